/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Functions of one number against double precision. */
#include "check.h"

#include <math.h>
#include <string.h>

#define N_FUNCTIONS CNN_UNARY_SOFTMAX

static double
exact (CnnUnary function, double a, double b, double x)
{
  switch (function) {
  case CNN_UNARY_EXP:
    return exp (x);
  case CNN_UNARY_SQRT:
    return sqrt (x);
  case CNN_UNARY_SQUARE:
    return x * x;
  case CNN_UNARY_POWER:
    return pow (x, a);
  case CNN_UNARY_CLIP:
    return x < a ? a : x > b ? b : x;
  case CNN_UNARY_HARD_SIGMOID:
    return a * x + b < 0 ? 0 : a * x + b > 1 ? 1 : a * x + b;
  case CNN_UNARY_SOFTMAX:
    break;
  }
  return 0;
}

/* Into another array and in place. */
static void
check_row (CnnUnaryFunc *kernel, CnnUnary function, size_t count, CheckGuard guard)
{
  const float a = function == CNN_UNARY_CLIP ? -0.5f : function == CNN_UNARY_POWER ? 3.0f : 0.3f;
  const float b = 0.4f;
  float *in = check_guarded_floats (count, guard), *out = check_guarded_floats (count, guard);
  check_context ("function %d, %zu values", function, count);
  check_fill_edges (in, count);
  kernel (function, a, b, in, count, out);
  for (size_t i = 0; i < count && check_ok (); i++) {
    const float expected = (float)exact (function, (double)a, (double)b, (double)in[i]);
    check_context ("function %d of %.9g", function, (double)in[i]);
    check_floats (&out[i], &expected, 1, 2e-7, 5e-7, "output");
  }
  kernel (function, a, b, in, count, in);
  if (memcmp (in, out, count * sizeof *in) != 0)
    check_fail ("in place gives other values");
  check_guarded_free (in);
  check_guarded_free (out);
}

void
check_unary (CnnUnaryFunc *kernel)
{
  for (int function = 0; function < N_FUNCTIONS; function++)
    for (size_t count = 1; count < 90 && check_ok (); count++)
      check_row (kernel, (CnnUnary)function, count, (CheckGuard)(count % 2));
}

void
bench_unary (CnnUnaryFunc *kernel)
{
  enum { COUNT = 3584 };
  float *in = check_guarded_floats (COUNT, CHECK_GUARD_BEHIND);
  float *out = check_guarded_floats (COUNT, CHECK_GUARD_BEHIND);
  CheckTimer timer = check_timer ("exp of 3584 values");
  check_fill (in, COUNT);
  while (check_timer_runs (&timer))
    kernel (CNN_UNARY_EXP, 0, 0, in, COUNT, out);
  check_guarded_free (in);
  check_guarded_free (out);
}
