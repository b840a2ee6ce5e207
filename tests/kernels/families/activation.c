/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Activations against the C reference, and the reference against double precision. */
#include "check.h"

#include <math.h>
#include <string.h>

static double
sigmoid (double x)
{
  return 1 / (1 + exp (-x));
}

/* torch.nn's definitions. */
static double
exact (CnnActivation activation, double alpha, double x)
{
  switch (activation) {
  case CNN_ACTIVATION_NONE:
    return x;
  case CNN_ACTIVATION_RELU:
  case CNN_ACTIVATION_CRELU:
    return x < 0 ? 0 : x;
  case CNN_ACTIVATION_RELU6:
    return x < 0 ? 0 : x > 6 ? 6 : x;
  case CNN_ACTIVATION_LEAKY_RELU:
  case CNN_ACTIVATION_PRELU:
    return x < 0 ? alpha * x : x;
  case CNN_ACTIVATION_ELU:
    return x < 0 ? alpha * expm1 (x) : x;
  case CNN_ACTIVATION_SIGMOID:
    return sigmoid (x);
  case CNN_ACTIVATION_TANH:
    return tanh (x);
  case CNN_ACTIVATION_SILU:
    return x * sigmoid (x);
  case CNN_ACTIVATION_HARD_SIGMOID:
    return x < -3 ? 0 : x > 3 ? 1 : (x + 3) / 6;
  case CNN_ACTIVATION_HARD_SWISH:
    return x < -3 ? x * 0 : x > 3 ? x : x * (x + 3) / 6;
  case CNN_ACTIVATION_GELU:
    return x / 2 * (1 + erf (x * sqrt (0.5)));
  case CNN_ACTIVATION_ABS:
    return fabs (x);
  }
  return 0;
}

static void
check_row (
    CnnActivationFunc *kernel, CnnActivation activation, int count, int channels, CheckGuard guard)
{
  const size_t in_floats = (size_t)count * (size_t)channels;
  const int out_channels = cnn_activation_channels (activation, channels);
  const size_t out_floats = (size_t)count * (size_t)out_channels;
  const int n_alpha = activation == CNN_ACTIVATION_PRELU && check_random_int (0, 1) ? channels : 1;
  check_context ("number %d, %d pixels of %d, %d slopes", activation, count, channels, n_alpha);
  float *in = check_guarded (in_floats * sizeof (float), guard);
  float *out = check_guarded (out_floats * sizeof (float), guard);
  float *alpha = check_guarded ((size_t)n_alpha * sizeof (float), guard);
  check_fill_edges (in, in_floats);
  check_fill (alpha, (size_t)n_alpha);
  kernel (activation, alpha, n_alpha, in, count, channels, out);
  for (int i = 0; i < count && check_ok (); i++)
    for (int c = 0; c < out_channels && check_ok (); c++) {
      float x = in[i * channels + c % channels];
      if (c >= channels)
        x = -x;
      const float expected = (float)exact (activation, alpha[n_alpha > 1 ? c : 0], x);
      /* GELU's 1 + erf cancels below 0, as torch's does. */
      const double cancelled = activation == CNN_ACTIVATION_GELU && isfinite (x) ? fabs (x) : 0;
      check_context ("number %d of %.9g", activation, (double)x);
      check_floats (out + i * out_channels + c, &expected, 1, 2e-7 + 2e-7 * fmin (cancelled, 8),
          5e-7, "output");
    }
  if (activation != CNN_ACTIVATION_CRELU) { /* in place gives the same */
    kernel (activation, alpha, n_alpha, in, count, channels, in);
    if (memcmp (in, out, in_floats * sizeof (float)) != 0)
      check_fail ("in place gives other values");
  }
  check_guarded_free (in);
  check_guarded_free (out);
  check_guarded_free (alpha);
}

static void
check_rows (CnnActivationFunc *kernel)
{
  for (int a = CNN_ACTIVATION_NONE; a <= CNN_ACTIVATION_ABS; a++)
    for (int width = 1; width <= 2 * check_lanes () + 1 && check_ok (); width++) {
      check_row (kernel, (CnnActivation)a, width, 1, (CheckGuard)(width % 2));
      if (check_ok ())
        check_row (kernel, (CnnActivation)a, 3, width, (CheckGuard)(width % 2));
    }
}

/* The functions over their whole interesting range. */
static void
check_sweep (CnnActivationFunc *kernel)
{
  enum { COUNT = 4096 };
  static float in[COUNT], out[COUNT];
  const float alpha = 0.75f;
  for (int a = CNN_ACTIVATION_NONE; a <= CNN_ACTIVATION_ABS; a++) {
    if (a == CNN_ACTIVATION_CRELU)
      continue;
    for (int i = 0; i < COUNT; i++)
      in[i] = ((float)i - COUNT / 2) * (i % 2 ? 0.05f : 0.003f) + check_random_float () * 0.01f;
    kernel ((CnnActivation)a, &alpha, 1, in, COUNT, 1, out);
    for (int i = 0; i < COUNT && check_ok (); i++) {
      const float expected = (float)exact ((CnnActivation)a, (double)alpha, (double)in[i]);
      /* exp (-x) overflows in single precision where the sigmoid is 1e-38. */
      const double cancelled = a == CNN_ACTIVATION_GELU ? fmin (fabs ((double)in[i]), 8) : 0;
      check_context ("number %d of %.9g", a, (double)in[i]);
      check_floats (&out[i], &expected, 1, 1.5e-7 * cancelled + 1e-35, 5e-7, "output");
    }
  }
}

void
check_activation (CnnActivationFunc *kernel)
{
  check_rows (kernel);
  if (check_ok ())
    check_sweep (kernel);
}

void
bench_activation (CnnActivationFunc *kernel)
{
  enum { COUNT = 3584 };
  static const struct {
    CnnActivation activation;
    const char *name;
  } kinds[] = {{CNN_ACTIVATION_RELU, "relu"}, {CNN_ACTIVATION_SIGMOID, "sigmoid"},
      {CNN_ACTIVATION_GELU, "gelu"}};
  const float alpha = 0.01f;
  float *in = check_guarded_floats (COUNT, CHECK_GUARD_BEHIND);
  float *out = check_guarded_floats (COUNT, CHECK_GUARD_BEHIND);
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    CheckTimer timer = check_timer ("%s of 3584 values", kinds[i].name);
    while (check_timer_runs (&timer))
      kernel (kinds[i].activation, &alpha, 1, in, COUNT, 1, out);
  }
  check_guarded_free (in);
  check_guarded_free (out);
}
