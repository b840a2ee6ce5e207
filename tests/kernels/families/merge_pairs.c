/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check.h"

#include <math.h>
#include <stdlib.h>

static float
add (float a, float b)
{
  return a + b;
}

static float
subtract (float a, float b)
{
  return a - b;
}

static float
multiply (float a, float b)
{
  return a * b;
}

static float
divide (float a, float b)
{
  return a / b;
}

static float
maximum (float a, float b)
{
  return isnan (a) || isnan (b) ? NAN : fmaxf (a, b);
}

static float
minimum (float a, float b)
{
  return isnan (a) || isnan (b) ? NAN : fminf (a, b);
}

/* Into a third array, and into either of the two. */
static void
check_once (CnnMergeFunc *kernel, float (*join) (float, float), size_t count, CheckGuard guard)
{
  float *a = check_guarded_floats (count, guard), *b = check_guarded_floats (count, guard);
  float *third = check_guarded_floats (count, guard);
  float *out[] = {third, a, b}, *expected = malloc (count * sizeof *expected);
  for (int i = 0; i < 3 && check_ok (); i++) {
    check_context ("%zu values, output %d", count, i);
    check_fill_edges (a, count);
    check_fill_edges (b, count);
    for (size_t k = 0; k < count; k++)
      expected[k] = join (a[k], b[k]);
    kernel (a, b, count, out[i]);
    check_floats (out[i], expected, count, 0, 0, "output");
  }
  check_guarded_free (a);
  check_guarded_free (b);
  check_guarded_free (third);
  free (expected);
}

static void
check_pairs (CnnMergeFunc *kernel, float (*join) (float, float))
{
  for (size_t count = 1; count < 150 && check_ok (); count++)
    check_once (kernel, join, count, (CheckGuard)(count % 2));
}

static void
bench_pairs (CnnMergeFunc *kernel)
{
  enum { COUNT = 3584 };
  float *a = check_guarded_floats (COUNT, CHECK_GUARD_BEHIND);
  float *b = check_guarded_floats (COUNT, CHECK_GUARD_BEHIND);
  float *out = check_guarded_floats (COUNT, CHECK_GUARD_BEHIND);
  CheckTimer timer = check_timer ("3584 values");
  while (check_timer_runs (&timer))
    kernel (a, b, COUNT, out);
  check_guarded_free (a);
  check_guarded_free (b);
  check_guarded_free (out);
}

void
check_merge_add (CnnMergeFunc *kernel)
{
  check_pairs (kernel, add);
}

void
bench_merge_add (CnnMergeFunc *kernel)
{
  bench_pairs (kernel);
}

void
check_merge_subtract (CnnMergeFunc *kernel)
{
  check_pairs (kernel, subtract);
}

void
bench_merge_subtract (CnnMergeFunc *kernel)
{
  bench_pairs (kernel);
}

void
check_merge_multiply (CnnMergeFunc *kernel)
{
  check_pairs (kernel, multiply);
}

void
bench_merge_multiply (CnnMergeFunc *kernel)
{
  bench_pairs (kernel);
}

void
check_merge_divide (CnnMergeFunc *kernel)
{
  check_pairs (kernel, divide);
}

void
bench_merge_divide (CnnMergeFunc *kernel)
{
  bench_pairs (kernel);
}

void
check_merge_maximum (CnnMergeFunc *kernel)
{
  check_pairs (kernel, maximum);
}

void
bench_merge_maximum (CnnMergeFunc *kernel)
{
  bench_pairs (kernel);
}

void
check_merge_minimum (CnnMergeFunc *kernel)
{
  check_pairs (kernel, minimum);
}

void
bench_merge_minimum (CnnMergeFunc *kernel)
{
  bench_pairs (kernel);
}
