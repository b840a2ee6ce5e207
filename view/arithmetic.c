/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/arithmetic.h"

#include "view/image.h"
#include "view/number.h"

#include <math.h>
#include <string.h>

#define DOT "\302\267"

/* ---- Taps ------------------------------------------------------------------------------------ */

CnnViewReach
cnn_view_arithmetic_reach (const CnnAxis *axis, gint input, gint output, gint index)
{
  if (axis->rule == CNN_SIZE_ADAPTIVE) {
    const gint first = (gint)((gint64)index * input / output);
    const gint end = (gint)(((gint64)(index + 1) * input + output - 1) / output);
    return (CnnViewReach){first, 1, end - first};
  }
  return (CnnViewReach){index * axis->stride - axis->padding_before, axis->dilation, axis->kernel};
}

gint
cnn_view_arithmetic_group (const CnnViewOperation *operation)
{
  return operation->input.c / operation->groups;
}

gint
cnn_view_arithmetic_first_channel (const CnnViewOperation *operation, gint output_channel)
{
  const gint before_activation = output_channel % operation->out_channels;
  const gint outputs_of_group = operation->out_channels / operation->groups;
  return before_activation / outputs_of_group * cnn_view_arithmetic_group (operation);
}

static gdouble
input_value (const CnnViewOperation *operation, const CnnImage *input, gint batch, gint row,
    gint column, gint channel)
{
  const gdouble sample = cnn_view_image_value (input, batch, row, column, channel);
  return operation->scale ? sample * operation->scale[channel] + operation->offset[channel]
                          : sample;
}

CnnViewTap
cnn_view_arithmetic_tap (const CnnViewOperation *operation, const CnnImage *input, gint batch,
    gint row, gint column, gint channel)
{
  const CnnViewOperation *op = operation;
  CnnViewTap tap = {.row = row, .column = column, .weight = 1};
  tap.is_padding = row < 0 || row >= op->input.h || column < 0 || column >= op->input.w;
  if (tap.is_padding) {
    row = cnn_padding_source (op->window.rows.padding_mode, row, op->input.h);
    column = cnn_padding_source (op->window.columns.padding_mode, column, op->input.w);
  }
  if (row >= 0 && column >= 0)
    tap.input = input_value (op, input, batch, row, column, channel);
  return tap;
}

gdouble
cnn_view_arithmetic_weight (
    const CnnViewOperation *op, gint output_channel, gint channel, gint ky, gint kx)
{
  if (op->kind != CNN_VIEW_OPERATION_CONVOLUTION || !op->weights)
    return 1;
  const gsize rows = (gsize)op->window.rows.kernel, columns = (gsize)op->window.columns.kernel;
  const gsize of_group = (gsize)cnn_view_arithmetic_group (op);
  const gsize kernel = (gsize)(output_channel % op->out_channels) * of_group +
                       (gsize)(channel - cnn_view_arithmetic_first_channel (op, output_channel));
  return op->weights[(kernel * rows + (gsize)ky) * columns + (gsize)kx];
}

static gboolean
counts (const CnnViewOperation *op, const CnnViewTap *tap)
{
  if (op->kind == CNN_VIEW_OPERATION_CONVOLUTION || !tap->is_padding)
    return TRUE;
  /* What ceil-mode reaches beyond the padding counts nowhere. */
  const gboolean beyond = tap->row >= op->input.h + op->window.rows.padding_after ||
                          tap->column >= op->input.w + op->window.columns.padding_after;
  return op->kind == CNN_VIEW_OPERATION_AVERAGE && op->count_include_pad && !beyond;
}

GArray *
cnn_view_arithmetic_taps (const CnnViewOperation *op, const CnnImage *input, gint batch, gint y,
    gint x, gint output_channel, gint channel)
{
  const CnnViewReach rows =
      cnn_view_arithmetic_reach (&op->window.rows, op->input.h, op->output.h, y);
  const CnnViewReach columns =
      cnn_view_arithmetic_reach (&op->window.columns, op->input.w, op->output.w, x);
  GArray *taps = g_array_new (FALSE, FALSE, sizeof (CnnViewTap));
  for (gint ky = 0; ky < rows.count; ky++)
    for (gint kx = 0; kx < columns.count; kx++) {
      CnnViewTap tap = cnn_view_arithmetic_tap (op, input, batch, rows.first + ky * rows.step,
          columns.first + kx * columns.step, channel);
      tap.weight = cnn_view_arithmetic_weight (op, output_channel, channel, ky, kx);
      if (counts (op, &tap))
        g_array_append_val (taps, tap);
    }
  return taps;
}

/* ---- Equations ------------------------------------------------------------------------------- */

static const CnnViewTap *
tap_of (const GArray *taps, guint index)
{
  return &g_array_index (taps, CnnViewTap, index);
}

static gdouble
sum_of (const GArray *taps)
{
  gdouble sum = 0;
  for (guint i = 0; i < taps->len; i++)
    sum += tap_of (taps, i)->input * tap_of (taps, i)->weight;
  return sum;
}

gdouble
cnn_view_arithmetic_largest (const GArray *taps, guint *winner)
{
  gdouble largest = -INFINITY;
  *winner = 0;
  for (guint i = 0; i < taps->len; i++) {
    const gdouble value = tap_of (taps, i)->input;
    if (value > largest || isnan (value)) {
      largest = value;
      *winner = i;
    }
    if (isnan (value))
      break;
  }
  return largest;
}

static gdouble
divisor_of (const CnnViewOperation *op, const GArray *taps)
{
  return op->divisor > 0 ? op->divisor : (gdouble)MAX (1, taps->len);
}

gdouble
cnn_view_arithmetic_result (const CnnViewOperation *op, const GArray *taps)
{
  guint winner;
  switch (op->kind) {
  case CNN_VIEW_OPERATION_MAXIMUM:
    return cnn_view_arithmetic_largest (taps, &winner);
  case CNN_VIEW_OPERATION_AVERAGE:
    return sum_of (taps) / divisor_of (op, taps);
  case CNN_VIEW_OPERATION_CONVOLUTION:
  case CNN_VIEW_OPERATION_OTHER:
    break;
  }
  return sum_of (taps);
}

void
cnn_view_arithmetic_append (GString *string, gdouble value, gboolean in_brackets)
{
  gchar number[CNN_VIEW_NUMBER_SIZE];
  cnn_view_number (number, fabs (value) < 1e-7 ? 0 : value, CNN_VIEW_DIGITS);
  const gboolean brackets = in_brackets && value < 0 && fabs (value) >= 1e-7;
  g_string_append_printf (string, brackets ? "(%s)" : "%s", number);
}

static void
append_terms (GString *string, const CnnViewOperation *op, const GArray *taps, const gchar *between)
{
  const gboolean products = op->kind == CNN_VIEW_OPERATION_CONVOLUTION;
  for (guint i = 0; i < taps->len; i++) {
    if (i > 0)
      g_string_append (string, between);
    cnn_view_arithmetic_append (string, tap_of (taps, i)->input, *between == ' ' && i > 0);
    if (products) {
      g_string_append (string, DOT);
      cnn_view_arithmetic_append (string, tap_of (taps, i)->weight, TRUE);
    }
  }
}

gchar *
cnn_view_arithmetic_equation (const CnnViewOperation *op, const GArray *taps, guint most)
{
  GString *string = g_string_new (NULL);
  const gboolean written = taps->len <= most;
  switch (op->kind) {
  case CNN_VIEW_OPERATION_MAXIMUM:
    if (written) {
      g_string_append (string, "max (");
      append_terms (string, op, taps, ", ");
      g_string_append (string, ") = ");
    } else {
      g_string_append_printf (string, "the largest of %u = ", taps->len);
    }
    break;
  case CNN_VIEW_OPERATION_AVERAGE:
    if (written) {
      g_string_append (string, "(");
      append_terms (string, op, taps, " + ");
      g_string_append (string, ")");
    } else {
      g_string_append_printf (string, "the sum of %u", taps->len);
    }
    g_string_append_printf (string, " / %g = ", divisor_of (op, taps));
    break;
  case CNN_VIEW_OPERATION_CONVOLUTION:
  case CNN_VIEW_OPERATION_OTHER:
    if (written)
      append_terms (string, op, taps, " + ");
    else
      g_string_append_printf (string, "the sum of %u products", taps->len);
    g_string_append (string, " = ");
    break;
  }
  cnn_view_arithmetic_append (string, cnn_view_arithmetic_result (op, taps), FALSE);
  return g_string_free (string, FALSE);
}
