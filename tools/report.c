/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"

#include <math.h>

CnnStatistics
cnn_report_measure (const CnnWeightsFile *file, const CnnTensorInfo *tensor)
{
  CnnStatistics statistics = {INFINITY, -INFINITY, 0, 0, 0, FALSE};
  gfloat *values = g_try_malloc_n (MAX (tensor->n_elements, 1), sizeof *values);
  if (values && cnn_weights_read_float32 (file, tensor, values, NULL)) {
    gdouble sum = 0;
    for (gsize i = 0; i < tensor->n_elements; i++) {
      statistics.n_nan += isnan (values[i]) != 0;
      statistics.n_infinite += isinf (values[i]) != 0;
      if (!isfinite (values[i]))
        continue;
      statistics.min = MIN (statistics.min, values[i]);
      statistics.max = MAX (statistics.max, values[i]);
      sum += values[i];
    }
    const gsize n_finite = tensor->n_elements - statistics.n_nan - statistics.n_infinite;
    statistics.known = n_finite > 0;
    statistics.mean = sum / (gdouble)n_finite;
  }
  g_free (values);
  return statistics;
}

static gboolean
is_parameter (const CnnTensorInfo *tensor)
{
  static const gchar *const buffers[] = {"running_mean", "running_var", "num_batches_tracked"};
  for (guint i = 0; i < G_N_ELEMENTS (buffers); i++)
    if (g_str_has_suffix (tensor->name, buffers[i]))
      return FALSE;
  return TRUE;
}

gint64
cnn_report_count_parameters (const CnnWeightsFile *file)
{
  gint64 count = 0;
  for (guint i = 0; i < cnn_weights_get_n_tensors (file); i++) {
    const CnnTensorInfo *tensor = cnn_weights_get_tensor (file, i);
    if (is_parameter (tensor))
      count += (gint64)tensor->n_elements;
  }
  return count;
}

gint64
cnn_report_count_bytes (const CnnWeightsFile *file)
{
  gint64 bytes = 0;
  for (guint i = 0; i < cnn_weights_get_n_tensors (file); i++)
    bytes += (gint64)cnn_weights_get_tensor (file, i)->bytes;
  return bytes;
}

gint64
cnn_report_count_macs (const CnnReport *report, const CnnModule *module)
{
  guint64 macs = module->weight->n_elements;
  if (module->kind == CNN_MODULE_BATCH_NORM || module->kind == CNN_MODULE_PRELU)
    return 0;
  if (module->kind != CNN_MODULE_LINEAR &&
      !g_uint64_checked_mul (&macs, macs, (guint64)report->rows * (guint64)report->columns))
    return G_MAXINT64;
  return (gint64)MIN (macs, G_MAXINT64);
}
