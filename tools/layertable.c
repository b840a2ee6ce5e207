/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layertable.h"

#include <json-glib/json-glib.h>

typedef struct {
  gchar *source;  /* name of the element, without the pipeline before it */
  gchar *name;    /* of the layer: the element's, or that of a layer inside of it */
  gchar *element; /* its factory, or the operator of a layer inside */
  GstStructure *info;
} Row;

struct CnnLayerTable {
  GPtrArray *rows;
};

static void
row_free (gpointer data)
{
  Row *row = data;
  g_free (row->source);
  g_free (row->name);
  g_free (row->element);
  gst_structure_free (row->info);
  g_free (row);
}

CnnLayerTable *
cnn_layer_table_new (void)
{
  CnnLayerTable *table = g_new (CnnLayerTable, 1);
  table->rows = g_ptr_array_new_with_free_func (row_free);
  return table;
}

void
cnn_layer_table_free (CnnLayerTable *table)
{
  g_ptr_array_unref (table->rows);
  g_free (table);
}

guint
cnn_layer_table_length (const CnnLayerTable *table)
{
  return table->rows->len;
}

/* The row of a layer, or NULL. */
static Row *
find_row (const CnnLayerTable *table, const gchar *source, const gchar *name)
{
  for (guint i = 0; i < table->rows->len; i++) {
    Row *row = table->rows->pdata[i];
    if (g_strcmp0 (row->source, source) == 0 && g_strcmp0 (row->name, name) == 0)
      return row;
  }
  return NULL;
}

gboolean
cnn_layer_table_take (CnnLayerTable *table, GstMessage *message)
{
  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ELEMENT ||
      !gst_message_has_name (message, "cnn-layer-info"))
    return FALSE;
  const GstStructure *info = gst_message_get_structure (message);
  const gchar *source = GST_MESSAGE_SRC_NAME (message);
  const gchar *inner = gst_structure_get_string (info, "name");
  const gchar *kind = gst_structure_get_string (info, "operator");
  Row *row = find_row (table, source, inner ? inner : source);
  if (row) {
    gst_structure_free (row->info);
    row->info = gst_structure_copy (info);
    return TRUE;
  }
  GstElementFactory *factory = gst_element_get_factory (GST_ELEMENT (GST_MESSAGE_SRC (message)));
  row = g_new (Row, 1);
  row->source = g_strdup (source);
  row->name = g_strdup (inner ? inner : source);
  row->element = g_strdup (kind ? kind : factory ? GST_OBJECT_NAME (factory) : "");
  row->info = gst_structure_copy (info);
  g_ptr_array_add (table->rows, row);
  return TRUE;
}

/* --- Text ----------------------------------------------------------------------------------------- */

static gint
array_int (const GstStructure *info, const gchar *field, guint index)
{
  const GValue *array = gst_structure_get_value (info, field);
  return array && index < gst_value_array_get_size (array)
             ? g_value_get_int (gst_value_array_get_value (array, index))
             : 0;
}

static gint64
get_int64 (const GstStructure *info, const gchar *field)
{
  gint64 value = 0;
  gst_structure_get_int64 (info, field, &value);
  return value;
}

/* "12.3 M" */
static gchar *
short_number (gint64 value)
{
  static const gchar units[] = " kMGTPE";
  gdouble scaled = (gdouble)value;
  guint unit = 0;
  while (scaled >= 1000 && unit + 2 < sizeof units) {
    scaled /= 1000;
    unit++;
  }
  return unit ? g_strdup_printf ("%.3g %c", scaled, units[unit])
              : g_strdup_printf ("%" G_GINT64_FORMAT, value);
}

/* A batch of one is not said. */
static gchar *
shape_text (const GstStructure *info, const gchar *field)
{
  const gint n = array_int (info, field, 0), h = array_int (info, field, 1);
  const gint w = array_int (info, field, 2), c = array_int (info, field, 3);
  if (n == 0)
    return g_strdup ("");
  return n == 1 ? g_strdup_printf ("%dx%dx%d", h, w, c)
                : g_strdup_printf ("%d of %dx%dx%d", n, h, w, c);
}

enum { COLUMNS = 9 };

static const gchar *const headings[COLUMNS] = {"layer", "element", "input", "output", "parameters",
    "if connected", "MACs", "sees", "computed by"};
/* Numbers end, words begin at the column's edge. */
static const gboolean ends_right[COLUMNS] = {
    FALSE, FALSE, FALSE, FALSE, TRUE, TRUE, TRUE, TRUE, FALSE};

static void
row_cells (const Row *row, gchar *cells[COLUMNS])
{
  const GstStructure *info = row->info;
  const gchar *kernel = gst_structure_get_string (info, "kernel-name");
  cells[0] = g_strdup (row->name);
  cells[1] = g_strdup (row->element);
  cells[2] = shape_text (info, "input");
  cells[3] = shape_text (info, "output");
  cells[4] = short_number (get_int64 (info, "parameters"));
  cells[5] = short_number (get_int64 (info, "dense-parameters"));
  cells[6] = short_number (get_int64 (info, "macs"));
  cells[7] = g_strdup_printf (
      "%dx%d", array_int (info, "receptive-field", 0), array_int (info, "receptive-field", 1));
  cells[8] = g_strdup (kernel ? kernel : "");
}

static gint64
total (const CnnLayerTable *table, const gchar *field)
{
  gint64 sum = 0;
  for (guint i = 0; i < table->rows->len; i++) {
    const gint64 value = get_int64 (((const Row *)table->rows->pdata[i])->info, field);
    sum = value > G_MAXINT64 - sum ? G_MAXINT64 : sum + value;
  }
  return sum;
}

static void
append_line (GString *text, gchar *const cells[COLUMNS], const gint widths[COLUMNS])
{
  for (guint column = 0; column < COLUMNS; column++) {
    const gint padding = widths[column] - (gint)g_utf8_strlen (cells[column], -1);
    const gboolean last = column + 1 == COLUMNS;
    g_string_append_printf (text, "%*s%s%*s%s", ends_right[column] ? padding : 0, "", cells[column],
        ends_right[column] || last ? 0 : padding, "", last ? "\n" : "  ");
  }
}

gchar *
cnn_layer_table_text (const CnnLayerTable *table)
{
  const guint n_rows = table->rows->len;
  gchar *(*cells)[COLUMNS] = g_malloc_n (n_rows + 1, sizeof *cells);
  gint widths[COLUMNS];
  for (guint column = 0; column < COLUMNS; column++)
    cells[0][column] = g_strdup (headings[column]);
  for (guint i = 0; i < n_rows; i++)
    row_cells (table->rows->pdata[i], cells[i + 1]);
  for (guint column = 0; column < COLUMNS; column++) {
    widths[column] = 0;
    for (guint i = 0; i <= n_rows; i++)
      widths[column] = MAX (widths[column], (gint)g_utf8_strlen (cells[i][column], -1));
  }
  GString *text = g_string_new (NULL);
  for (guint i = 0; i <= n_rows; i++) {
    append_line (text, cells[i], widths);
    for (guint column = 0; column < COLUMNS; column++)
      g_free (cells[i][column]);
  }
  g_free (cells);
  gchar *parameters = short_number (total (table, "parameters"));
  gchar *macs = short_number (total (table, "macs"));
  g_string_append_printf (text,
      "\n%u layer%s, %s parameters, %s multiply-accumulates (MACs) a frame.\n"
      "Shapes are rows x columns x channels. \"if connected\" counts the weights of a fully "
      "connected "
      "layer\nbetween the same shapes; \"sees\" is the receptive field of one output value, in "
      "pixels "
      "of the source.\n",
      n_rows, n_rows == 1 ? "" : "s", parameters, macs);
  g_free (macs);
  g_free (parameters);
  return g_string_free (text, FALSE);
}

/* --- JSON ----------------------------------------------------------------------------------------- */

static void
add_value (JsonBuilder *builder, const GValue *value)
{
  if (GST_VALUE_HOLDS_ARRAY (value)) {
    json_builder_begin_array (builder);
    for (guint i = 0; i < gst_value_array_get_size (value); i++)
      add_value (builder, gst_value_array_get_value (value, i));
    json_builder_end_array (builder);
  } else if (G_VALUE_HOLDS_INT (value)) {
    json_builder_add_int_value (builder, g_value_get_int (value));
  } else if (G_VALUE_HOLDS_INT64 (value)) {
    json_builder_add_int_value (builder, g_value_get_int64 (value));
  } else if (G_VALUE_HOLDS_DOUBLE (value)) {
    json_builder_add_double_value (builder, g_value_get_double (value));
  } else if (G_VALUE_HOLDS_STRING (value)) {
    json_builder_add_string_value (builder, g_value_get_string (value));
  } else {
    gchar *text = gst_value_serialize (value);
    json_builder_add_string_value (builder, text ? text : "");
    g_free (text);
  }
}

static gboolean
add_field (GQuark field, const GValue *value, gpointer data)
{
  if (g_strcmp0 (g_quark_to_string (field), "name") == 0) /* it has been said */
    return TRUE;
  json_builder_set_member_name (data, g_quark_to_string (field));
  add_value (data, value);
  return TRUE;
}

gchar *
cnn_layer_table_json (const CnnLayerTable *table)
{
  JsonBuilder *builder = json_builder_new ();
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "layers");
  json_builder_begin_array (builder);
  for (guint i = 0; i < table->rows->len; i++) {
    const Row *row = table->rows->pdata[i];
    json_builder_begin_object (builder);
    json_builder_set_member_name (builder, "name");
    json_builder_add_string_value (builder, row->name);
    json_builder_set_member_name (builder, "element");
    json_builder_add_string_value (builder, row->element);
    gst_structure_foreach (row->info, add_field, builder);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "totals");
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "layers");
  json_builder_add_int_value (builder, table->rows->len);
  json_builder_set_member_name (builder, "parameters");
  json_builder_add_int_value (builder, total (table, "parameters"));
  json_builder_set_member_name (builder, "macs");
  json_builder_add_int_value (builder, total (table, "macs"));
  json_builder_end_object (builder);
  json_builder_end_object (builder);
  JsonNode *root = json_builder_get_root (builder);
  gchar *text = json_to_string (root, TRUE);
  json_node_unref (root);
  g_object_unref (builder);
  return text;
}
