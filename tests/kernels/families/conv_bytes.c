/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check.h"

#include <math.h>
#include <stdlib.h>

#define MAX_TAPS 26

/* Divisors as the plan makes them: a power of two, or a 16-bit reciprocal that is exact for the sums
 * there are. */
static int
random_division (CnnByteDivision *division)
{
  if (check_random_int (0, 2) == 0) {
    *division = (CnnByteDivision){.shift = 3, .multiplier = 58255, .half = 4};
    return 9; /* (sum + 4) * 58255 >> 19 is sum / 9 to nearest for sums below 9 * 7281 */
  }
  const int shift = check_random_int (0, 6);
  *division = (CnnByteDivision){.shift = shift, .half = 1 << shift >> 1};
  return 1 << shift;
}

typedef struct {
  CnnConvBytes bytes;
  int divisor;
  unsigned char *taps[MAX_TAPS], *out[CNN_CONV_BYTES_ROWS];
  const unsigned char *pointers[MAX_TAPS];
  signed char *weights[CNN_CONV_BYTES_ROWS];
} Case;

static Case
new_case (int n_taps, int rows, int count, CheckGuard guard)
{
  Case this = {.bytes = {.n_taps = n_taps, .rows = rows, .count = count}};
  this.divisor = random_division (&this.bytes.division);
  this.bytes.bias = check_random_int (0, 1) ? check_random_int (-900, 900) : 0;
  for (int t = 0; t < n_taps; t++) {
    this.taps[t] = check_guarded ((size_t)count, guard);
    check_fill_bytes (this.taps[t], (size_t)count);
    this.pointers[t] = this.taps[t];
  }
  for (int r = 0; r < rows; r++) {
    this.out[r] = check_guarded ((size_t)count, guard);
    this.weights[r] = check_guarded ((size_t)n_taps, guard);
    for (int t = 0; t < n_taps; t++) /* no sum leaves 16 bits */
      this.weights[r][t] = (signed char)(check_random_int (-110, 110) / n_taps);
    this.weights[r][check_random_int (0, n_taps - 1)] += (signed char)check_random_int (1, 9);
    this.bytes.weights[r] = this.weights[r];
    this.bytes.out[r] = this.out[r];
  }
  return this;
}

static void
free_case (Case *this)
{
  for (int t = 0; t < this->bytes.n_taps; t++)
    check_guarded_free (this->taps[t]);
  for (int r = 0; r < this->bytes.rows; r++) {
    check_guarded_free (this->weights[r]);
    check_guarded_free (this->out[r]);
  }
}

/* To nearest, ties to even. */
static int
expected_byte (const Case *this, int r, int x)
{
  int sum = this->bytes.bias;
  for (int t = 0; t < this->bytes.n_taps; t++)
    sum += this->taps[t][x] * this->weights[r][t];
  return (int)fmin (fmax (rint ((double)sum / this->divisor), 0), 255);
}

static void
check_once (CnnConvBytesFunc *kernel, CheckGuard guard)
{
  const int most = check_random_int (0, 1) ? 70 : 300;
  Case this = new_case (2 * check_random_int (1, MAX_TAPS / 2),
      check_random_int (1, CNN_CONV_BYTES_ROWS), check_random_int (1, most), guard);
  this.bytes.taps = this.pointers;
  check_context ("%d taps, %d rows of %d, divisor %d", this.bytes.n_taps, this.bytes.rows,
      this.bytes.count, this.divisor);
  kernel (&this.bytes);
  for (int r = 0; r < this.bytes.rows && check_ok (); r++)
    for (int x = 0; x < this.bytes.count && check_ok (); x++)
      if (this.out[r][x] != expected_byte (&this, r, x))
        check_fail (
            "[%d][%d] is %d, expected %d", r, x, this.out[r][x], expected_byte (&this, r, x));
  free_case (&this);
}

void
check_conv_bytes (CnnConvBytesFunc *kernel)
{
  for (int round = 0; round < 500 && check_ok (); round++)
    check_once (kernel, (CheckGuard)(round % 2));
}

/* Two rows of 1280 bytes, 3x3. */
void
bench_conv_bytes (CnnConvBytesFunc *kernel)
{
  Case this = new_case (12, 2, 1280, CHECK_GUARD_BEHIND);
  this.bytes.taps = this.pointers;
  CheckTimer timer = check_timer ("2 rows of 1280 bytes, 3x3");
  while (check_timer_runs (&timer))
    kernel (&this.bytes);
  free_case (&this);
}
