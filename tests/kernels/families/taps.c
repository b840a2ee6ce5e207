/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "families/taps.h"

#include <math.h>

Taps
taps_new (int n, size_t floats, CheckGuard guard)
{
  Taps taps = {.n = n, .floats = floats};
  for (int t = 0; t < n; t++)
    taps.pointers[t] = taps.rows[t] = check_guarded_floats (floats, guard);
  if (n > 0 && floats > 0 && check_random_int (0, 9) == 0)
    taps.rows[check_random_int (0, n - 1)][check_random_int (0, (int)floats - 1)] = NAN;
  return taps;
}

void
taps_free (Taps *taps)
{
  for (int t = 0; t < taps->n; t++)
    check_guarded_free (taps->rows[t]);
}

Bounds
random_bounds (void)
{
  switch (check_random_int (0, 3)) {
  case 0:
    return (Bounds){-INFINITY, INFINITY};
  case 1:
    return (Bounds){0, INFINITY};
  case 2:
    return (Bounds){0, 6};
  }
  return (Bounds){-0.5f, 0.75f};
}

float
clamped (double sum, Bounds bounds)
{
  if (isnan (sum))
    return NAN;
  return (float)fmin (fmax (sum, (double)bounds.low), (double)bounds.high);
}

double
sum_tolerance (int n_products)
{
  return 1e-6 + 1e-7 * n_products;
}
