/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "launch-line.h"
#include "report.h"

#include <json-glib/json-glib.h>

static void
add_int (JsonBuilder *builder, const gchar *name, gint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, value);
}

static void
add_double (JsonBuilder *builder, const gchar *name, gdouble value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_double_value (builder, value);
}

/* NULL becomes null. */
static void
add_string (JsonBuilder *builder, const gchar *name, const gchar *value)
{
  json_builder_set_member_name (builder, name);
  if (value)
    json_builder_add_string_value (builder, value);
  else
    json_builder_add_null_value (builder);
}

static void
add_ints (JsonBuilder *builder, const gchar *name, const gint64 *values, guint count)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_array (builder);
  for (guint i = 0; i < count; i++)
    json_builder_add_int_value (builder, values[i]);
  json_builder_end_array (builder);
}

static void
add_tensor (JsonBuilder *builder, const CnnWeightsFile *file, const CnnTensorInfo *tensor)
{
  const CnnStatistics statistics = cnn_report_measure (file, tensor);
  json_builder_begin_object (builder);
  add_string (builder, "name", tensor->name);
  add_string (builder, "dtype", cnn_dtype_name (tensor->dtype));
  add_ints (builder, "shape", tensor->shape, tensor->rank);
  add_int (builder, "bytes", (gint64)tensor->bytes);
  if (statistics.known) {
    add_double (builder, "min", statistics.min);
    add_double (builder, "max", statistics.max);
    add_double (builder, "mean", statistics.mean);
  }
  add_int (builder, "nan", (gint64)statistics.n_nan);
  add_int (builder, "infinite", (gint64)statistics.n_infinite);
  json_builder_end_object (builder);
}

static void
add_layer (JsonBuilder *builder, const CnnReport *report, const CnnModule *module)
{
  json_builder_begin_object (builder);
  add_string (builder, "name", module->name);
  add_string (builder, "type", cnn_module_kind_name (module->kind));
  if (module->in_channels > 0)
    add_int (builder, "in-channels", module->in_channels);
  add_int (builder, "out-channels", module->out_channels);
  if (cnn_module_is_convolution (module))
    add_ints (builder, "kernel-size", module->weight->shape + 2, 2);
  if (module->in_channels > 0) {
    json_builder_set_member_name (builder, "bias");
    json_builder_add_boolean_value (builder, module->bias != NULL);
  }
  add_int (builder, "parameters", module->n_parameters);
  if (report->rows > 0)
    add_int (builder, "macs", cnn_report_count_macs (report, module));
  json_builder_end_object (builder);
}

static void
add_lists (JsonBuilder *builder, const CnnReport *report, const GArray *modules)
{
  json_builder_set_member_name (builder, "tensors");
  json_builder_begin_array (builder);
  for (guint i = 0; i < cnn_weights_get_n_tensors (report->file); i++)
    add_tensor (builder, report->file, cnn_weights_get_tensor (report->file, i));
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "layers");
  json_builder_begin_array (builder);
  for (guint i = 0; i < modules->len; i++)
    add_layer (builder, report, &g_array_index (modules, CnnModule, i));
  json_builder_end_array (builder);
}

void
cnn_report_print_json (const CnnReport *report)
{
  JsonBuilder *builder = json_builder_new ();
  GArray *modules = cnn_weights_list_modules (report->file);
  gchar *display = g_filename_display_name (report->path), *obstacle = NULL;
  json_builder_begin_object (builder);
  add_string (builder, "file", display);
  add_int (builder, "parameters", cnn_report_count_parameters (report->file));
  add_int (builder, "bytes", cnn_report_count_bytes (report->file));
  add_string (builder, "activation", cnn_launch_line_activation (report->file));
  add_lists (builder, report, modules);
  gchar *line =
      cnn_launch_line_new (report->file, report->path, modules, report->no_skips, &obstacle);
  add_string (builder, "launch-line", line);
  add_string (builder, "obstacle", obstacle);
  json_builder_end_object (builder);
  JsonGenerator *generator = json_generator_new ();
  JsonNode *root = json_builder_get_root (builder);
  json_generator_set_root (generator, root);
  json_generator_set_pretty (generator, TRUE);
  gchar *text = json_generator_to_data (generator, NULL);
  g_print ("%s\n", text);
  g_free (text);
  json_node_unref (root);
  g_object_unref (generator);
  g_object_unref (builder);
  g_free (line);
  g_free (obstacle);
  g_free (display);
  g_array_unref (modules);
}
