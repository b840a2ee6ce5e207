/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check.h"

#include <math.h>
#include <stdlib.h>

static bool
define_range (const float *values, size_t count, size_t period, float *min, float *max)
{
  bool finite = true;
  for (size_t i = 0; i < period; i++) {
    min[i] = INFINITY;
    max[i] = -INFINITY;
  }
  for (size_t i = 0; i < count; i++) {
    finite = finite && isfinite (values[i]);
    if (isfinite (values[i])) {
      min[i % period] = fminf (min[i % period], values[i]);
      max[i % period] = fmaxf (max[i % period], values[i]);
    }
  }
  return finite;
}

static void
check_once (CnnViewRangeFunc *kernel, size_t count, size_t period, CheckGuard guard)
{
  float *values = check_guarded_floats (count, guard);
  float *min = check_guarded_floats (period, guard), *max = check_guarded_floats (period, guard);
  float *expected = malloc (2 * period * sizeof *expected);
  if (check_random_int (0, 2) == 0)
    check_fill_edges (values, count);
  else if (check_random_int (0, 1)) /* one alone, wherever it is */
    values[check_random_int (0, (int)count - 1)] = check_random_int (0, 1) ? NAN : INFINITY;
  for (size_t i = 0; i < period; i++) {
    min[i] = INFINITY;
    max[i] = -INFINITY;
  }
  const bool finite = define_range (values, count, period, expected, expected + period);
  check_context ("%zu values, period %zu", count, period);
  if (kernel (values, count, period, min, max) != finite)
    check_fail ("says %s", finite ? "not finite" : "finite");
  check_floats (min, expected, period, 0, 0, "minimum");
  check_floats (max, expected + period, period, 0, 0, "maximum");
  check_guarded_free (values);
  check_guarded_free (min);
  check_guarded_free (max);
  free (expected);
}

void
check_view_range (CnnViewRangeFunc *kernel)
{
  for (int round = 0; round < 600 && check_ok (); round++)
    check_once (kernel, (size_t)check_random_int (1, 300), (size_t)check_random_int (1, 80),
        (CheckGuard)(round % 2));
}

void
bench_view_range (CnnViewRangeFunc *kernel)
{
  enum { COUNT = 320 * 64, PERIOD = 64 };
  float *values = check_guarded_floats (COUNT, CHECK_GUARD_BEHIND);
  float *min = check_guarded_floats (PERIOD, CHECK_GUARD_BEHIND);
  float *max = check_guarded_floats (PERIOD, CHECK_GUARD_BEHIND);
  CheckTimer timer = check_timer ("320 pixels of 64 channels");
  while (check_timer_runs (&timer))
    kernel (values, COUNT, PERIOD, min, max);
  check_guarded_free (values);
  check_guarded_free (min);
  check_guarded_free (max);
}
