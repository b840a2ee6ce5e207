/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check.h"

/* Each operation rounded by itself, as the contract says. */
static float
blended (float a, const float *b, const CnnBlendWeights *weights)
{
  const volatile float product = a * weights->a;
  const volatile float first = product + weights->offset;
  if (!b)
    return first;
  const volatile float second = *b * weights->b;
  return first + second;
}

/* With both rows and with one, into a third array and into either of the two. */
static void
check_once (CnnBlendFunc *kernel, size_t count, CheckGuard guard)
{
  const CnnBlendWeights weights = {
      check_random_float (), check_random_float (), check_random_float ()};
  float *a = check_guarded_floats (count, guard), *b = check_guarded_floats (count, guard);
  float *third = check_guarded_floats (count, guard), *out[] = {third, a, b};
  float *expected = check_guarded_floats (count, guard);
  for (int i = 0; i < 6 && check_ok (); i++) {
    const float *second = i % 2 ? b : NULL;
    check_context ("%zu values, output %d, %d rows", count, i / 2, 1 + i % 2);
    check_fill_edges (a, count);
    check_fill_edges (b, count);
    for (size_t k = 0; k < count; k++)
      expected[k] = blended (a[k], second ? &b[k] : NULL, &weights);
    kernel (a, second, &weights, count, out[i / 2]);
    check_floats (out[i / 2], expected, count, 0, 0, "output");
  }
  check_guarded_free (a);
  check_guarded_free (b);
  check_guarded_free (third);
  check_guarded_free (expected);
}

void
check_blend (CnnBlendFunc *kernel)
{
  for (size_t count = 1; count < 150 && check_ok (); count++)
    check_once (kernel, count, (CheckGuard)(count % 2));
}

void
bench_blend (CnnBlendFunc *kernel)
{
  enum { COUNT = 3584 };
  const CnnBlendWeights weights = {0.75f, 0.25f, 0.1f};
  float *a = check_guarded_floats (COUNT, CHECK_GUARD_BEHIND);
  float *b = check_guarded_floats (COUNT, CHECK_GUARD_BEHIND);
  float *out = check_guarded_floats (COUNT, CHECK_GUARD_BEHIND);
  CheckTimer timer = check_timer ("3584 values");
  while (check_timer_runs (&timer))
    kernel (a, b, &weights, COUNT, out);
  check_guarded_free (a);
  check_guarded_free (b);
  check_guarded_free (out);
}
