/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pooling kernels against their C reference. */
#include "check.h"

#include <math.h>
#include <string.h>

#define MAX_ROWS 5

typedef struct {
  const char *name;
  CnnPoolFunc *func, *reference;
  CnnIsa isa;
  bool is_max;
} Variant;

/* A window's geometry, and exactly the memory that it may touch. */
typedef struct {
  CnnPoolWindows windows;
  size_t n_rows, count;
  size_t row_floats;
} Case;

static Case
random_case (int lanes)
{
  const bool plane = check_random_int (0, 1);
  const size_t channels = plane ? 1 : (size_t)check_random_int (1, 9 * lanes + 1);
  Case c = {.n_rows = (size_t)check_random_int (0, MAX_ROWS),
      .count = (size_t)check_random_int (1, 2 * lanes + 1)};
  CnnPoolWindows *w = &c.windows;
  w->channels = channels;
  w->columns = (size_t)check_random_int (1, 5);
  if (check_random_int (0, 4) == 0) /* one long window */
    w->columns = (size_t)check_random_int (1, 300), c.count = 1;
  w->stride = channels * (size_t)check_random_int (1, 3);
  w->dilation = channels * (size_t)(check_random_int (0, 2) ? 1 : check_random_int (1, 3));
  w->first = (size_t)check_random_int (0, 5);
  w->output_stride = channels + (check_random_int (0, 2) ? 0 : (size_t)check_random_int (0, 3));
  w->scale = 0.25f;
  c.row_floats = w->first + (c.count - 1) * w->stride + (w->columns - 1) * w->dilation + channels;
  return c;
}

static void
check_case (const Variant *variant, const Case *c, CheckGuard guard, bool edges)
{
  const CnnPoolWindows *w = &c->windows;
  float *rows[MAX_ROWS];
  const float *pointers[MAX_ROWS];
  const size_t out_floats = (c->count - 1) * w->output_stride + w->channels;
  check_context ("%s %s: %zu rows, %zu columns, %zu channels, stride %zu, dilation %zu, count %zu",
      variant->name, cnn_isa_name (variant->isa), c->n_rows, w->columns, w->channels, w->stride,
      w->dilation, c->count);
  for (size_t y = 0; y < c->n_rows; y++) {
    rows[y] = check_guarded (c->row_floats * sizeof (float), guard);
    (edges ? check_fill_edges : check_fill) (rows[y], c->row_floats);
    pointers[y] = rows[y];
  }
  float *actual = check_guarded (out_floats * sizeof (float), guard);
  float *expected = check_guarded (out_floats * sizeof (float), guard);
  /* Floats between the outputs must stay. */
  memset (actual, 0x42, out_floats * sizeof (float));
  memset (expected, 0x42, out_floats * sizeof (float));
  variant->func (pointers, c->n_rows, w, c->count, actual);
  variant->reference (pointers, c->n_rows, w, c->count, expected);
  if (!edges || variant->is_max)
    check_floats (actual, expected, out_floats, variant->is_max ? 0 : 1e-5, 0, "output");
  for (size_t y = 0; y < c->n_rows; y++)
    check_guarded_free (rows[y]);
  check_guarded_free (actual);
  check_guarded_free (expected);
}

static void
run_family (bool is_max)
{
  for (int i = 0; i < check_isa_count (); i++) {
    const CnnDispatch *dispatch = check_kernels (i);
    const Variant variant = {
        is_max ? "pool_max" : "pool_average",
        is_max ? dispatch->pool_max : dispatch->pool_average,
        is_max ? cnn_pool_max_c : cnn_pool_average_c,
        check_isa (i),
        is_max,
    };
    for (int round = 0; round < 400 && check_ok (); round++) {
      const Case c = random_case (cnn_isa_lanes (check_isa (i)));
      check_case (&variant, &c, (CheckGuard)(round % 2), round % 3 == 0);
    }
  }
}

static void
run_max (void)
{
  run_family (true);
}

static void
run_average (void)
{
  run_family (false);
}

const CheckTest check_pool_max = {"pool-max", "pool_max", run_max};
const CheckTest check_pool_average = {"pool-average", "pool_average", run_average};

/* An average over half a million equal values must not drift. */
static void
run_drift (void)
{
  enum { ROWS = 720, COLUMNS = 720 };
  float *values = check_guarded (COLUMNS * 2 * sizeof (float), CHECK_GUARD_BEHIND);
  const float *rows[ROWS];
  for (int i = 0; i < COLUMNS * 2; i++)
    values[i] = 0.1f;
  for (int i = 0; i < ROWS; i++)
    rows[i] = values;
  for (int i = 0; i < check_isa_count (); i++)
    for (size_t channels = 1; channels <= 2; channels++) {
      check_context ("pool_average %s: %zu channels of 720x720 times 0.1",
          cnn_isa_name (check_isa (i)), channels);
      const CnnPoolWindows windows = {.stride = channels,
          .dilation = channels,
          .columns = COLUMNS,
          .channels = channels,
          .output_stride = channels,
          .scale = 1.0f / (ROWS * COLUMNS)};
      float out[2];
      check_kernels (i)->pool_average (rows, ROWS, &windows, 1, out);
      CHECK (fabsf (out[0] - 0.1f) < 2e-7f, "the average is %.9g", out[0]);
    }
  check_guarded_free (values);
}

const CheckTest check_pool_drift = {"pool-average-drift", "pool_average", run_drift};

/* ---- Running windows ------------------------------------------------------------------------- */

typedef struct {
  const char *name;
  CnnPoolRunningFunc *func, *reference;
  bool is_max;
} RunningVariant;

/* Whether the window of output i has neither NaN nor infinity nor anything that could become one. */
static bool
is_tame (const float *row, const CnnPoolRunning *w, size_t i)
{
  for (size_t x = 0; x < w->columns; x++)
    if (!(fabsf (row[(i / w->channels * w->stride + x) * w->channels + i % w->channels]) <= 1))
      return false;
  return true;
}

static void
check_running (const RunningVariant *variant, int isa, CheckGuard guard, bool edges)
{
  const int lanes = cnn_isa_lanes (check_isa (isa));
  const int most_columns[] = {2, 9, 70, 300}, most_strides[] = {1, 2, 12};
  const size_t count = (size_t)(check_random_int (0, 1) ? check_random_int (1, 90)
                                                        : lanes * check_random_int (1, 5));
  CnnPoolRunning w = {
      .columns = (size_t)check_random_int (1, most_columns[check_random_int (0, 3)]),
      .stride = (size_t)check_random_int (1, most_strides[check_random_int (0, 2)]),
      .channels = (size_t)(check_random_int (0, 2) ? check_random_int (1, 6 * lanes + 1) : 1),
      .factor = 0.25f,
  };
  const size_t floats = ((count - 1) * w.stride + w.columns) * w.channels;
  const size_t out_floats = count * w.channels;
  float *row = check_guarded (floats * sizeof (float), guard);
  float *scale = check_guarded (count * sizeof (float), guard);
  float *actual = check_guarded (out_floats * sizeof (float), guard);
  float *expected = check_guarded (out_floats * sizeof (float), guard);
  float *scratch = check_guarded ((floats + 15) / 16 * 16 * sizeof (float), CHECK_GUARD_BEHIND);
  check_context ("%s %s: %zu windows of %zu columns, stride %zu, %zu channels", variant->name,
      cnn_isa_name (check_isa (isa)), count, w.columns, w.stride, w.channels);
  (edges ? check_fill_edges : check_fill) (row, floats);
  check_fill (scale, count);
  w.scale = scale;
  w.scratch = scratch;
  variant->func (row, &w, count, actual);
  variant->reference (row, &w, count, expected);
  if (!edges || variant->is_max)
    check_floats (actual, expected, out_floats, variant->is_max ? 0 : 1e-5, 0, "output");
  for (size_t i = 0; edges && !variant->is_max && i < out_floats; i++)
    CHECK (isfinite (actual[i]) || !is_tame (row, &w, i), "output %zu is %g", i, actual[i]);
  check_guarded_free (row);
  check_guarded_free (scale);
  check_guarded_free (actual);
  check_guarded_free (expected);
  check_guarded_free (scratch);
}

static void
run_running (bool is_max)
{
  for (int i = 0; i < check_isa_count (); i++) {
    const CnnDispatch *dispatch = check_kernels (i);
    const RunningVariant variant = {
        is_max ? "pool_running_max" : "pool_running_sum",
        is_max ? dispatch->pool_running_max : dispatch->pool_running_sum,
        is_max ? cnn_pool_running_max_c : cnn_pool_running_sum_c,
        is_max,
    };
    for (int round = 0; round < 200 && check_ok (); round++)
      check_running (&variant, i, (CheckGuard)(round % 2), round % 3 == 0);
  }
}

static void
run_running_max (void)
{
  run_running (true);
}

static void
run_running_sum (void)
{
  run_running (false);
}

const CheckTest check_pool_running_max = {"pool-running-max", "pool_running_max", run_running_max};
const CheckTest check_pool_running_sum = {"pool-running-sum", "pool_running_sum", run_running_sum};
