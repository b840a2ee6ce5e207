/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/doublearray.h"

#include <string.h>

/* The values of these properties are text of a type of its own: GStreamer turns no text into a GstValueArray
 * that does not begin with '<', and says nothing but "could not set property" then, while anything becomes
 * text: what is typed in a launch line, a GValue by the transformations below, any object of Python. So all
 * of it arrives at set_property, which can answer with a sentence. */
#define GST_TYPE_CNN_NUMBERS (numbers_get_type ())

/* --- Text ----------------------------------------------------------------------------------------- */

#define SEPARATORS " \t\r\n,;"
#define BRACKETS "<>[](){}"

static gboolean
refuse_text (const gchar *property, guint index, const gchar *text, gsize length, CnnError *error)
{
  return cnn_error_set (error, "%s: value %u is \"%.*s\", not a number", property, index,
      (gint)MIN (length, 40), text);
}

/* "tensor([1., 0.], dtype=torch.float64)" and "array([1., 0.])": where the numbers begin and end. */
static void
find_numbers (const gchar **begin, const gchar **end)
{
  static const gchar *const makers[] = {"torch.", "numpy.", "np.", "tensor(", "array("};
  for (guint i = 0; i < G_N_ELEMENTS (makers); i++)
    if (g_str_has_prefix (*begin, makers[i]))
      *begin += strlen (makers[i]);
  const gchar *options = strstr (*begin, "=");
  while (options && options > *begin && !strchr (SEPARATORS, options[-1]))
    options--;
  *end = options ? options : *begin + strlen (*begin);
}

/* A number, or a fraction like 1/9; what follows the number, or NULL when there is none. */
static const gchar *
read_number (const gchar *text, gdouble *number)
{
  gchar *after;
  *number = g_ascii_strtod (text, &after);
  if (after != text && *after == '/') {
    const gchar *below = after + 1;
    const gdouble divisor = g_ascii_isdigit (*below) ? g_ascii_strtod (below, &after) : 0;
    if (divisor == 0)
      return NULL;
    *number /= divisor;
  }
  return after == text ? NULL : after;
}

/* GStreamer's own "(double)" and "(fraction)" before a value. */
static const gchar *
skip_type_name (const gchar *text)
{
  static const gchar *const names[] = {
      "(double)", "(float)", "(int)", "(fraction)", "(d)", "(f)", "(i)"};
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_has_prefix (text, names[i]))
      return text + strlen (names[i]);
  return text;
}

static gboolean
append_text (GArray *values, const gchar *property, const gchar *text, CnnError *error)
{
  if (g_ascii_strcasecmp (text, "none") == 0 || g_ascii_strcasecmp (text, "false") == 0)
    return TRUE;
  GString *open = g_string_new (NULL);
  const gchar *position = text, *end;
  gboolean valid = TRUE;
  find_numbers (&position, &end);
  const gboolean called = position != text; /* a parenthesis of array (...) is still open */
  while (valid && position < end) {
    gdouble number;
    position = skip_type_name (position);
    const gchar *bracket = *position ? strchr (BRACKETS, *position) : NULL;
    const gchar *after;
    if (bracket && (bracket - BRACKETS) % 2 == 0 && !g_ascii_isalpha (position[1])) {
      g_string_append_c (open, bracket[1]);
      position++;
    } else if (bracket && open->len > 0 && open->str[open->len - 1] == *bracket) {
      g_string_truncate (open, open->len - 1);
      position++;
    } else if (*position && strchr (SEPARATORS, *position)) {
      position++;
    } else if ((after = read_number (position, &number)) &&
               (after >= end || strchr (SEPARATORS BRACKETS, *after))) {
      g_array_append_val (values, number);
      position = after;
    } else if (called && open->len == 0 && *position == ')') {
      break;
    } else {
      const gsize length = strcspn (position, SEPARATORS "<>[]{}");
      valid = refuse_text (property, values->len, position, MAX (length, 1), error);
    }
  }
  if (valid && open->len > 0)
    valid = cnn_error_set (
        error, "%s=\"%.40s\" lacks a closing %c", property, text, open->str[open->len - 1]);
  g_string_free (open, TRUE);
  return valid;
}

/* --- The property --------------------------------------------------------------------------------- */

gboolean
gst_cnn_double_array_set (
    GstCnnDoubleArray *array, const gchar *property, const GValue *value, CnnError *error)
{
  const gchar *text = g_value_get_string (value);
  GArray *values = g_array_new (FALSE, FALSE, sizeof (gdouble));
  if (!append_text (values, property, text ? text : "", error)) {
    g_array_unref (values);
    return FALSE;
  }
  g_free (array->values);
  array->count = values->len;
  array->values = (gdouble *)g_array_free (values, FALSE);
  return TRUE;
}

/* The fewest digits that mean exactly this number. */
static void
append_number (GString *text, gdouble number)
{
  gchar digits[G_ASCII_DTOSTR_BUF_SIZE];
  for (gint precision = 15; precision <= 17; precision++) {
    const gchar format[] = {'%', '.', '1', (gchar)('0' + precision - 10), 'g', '\0'};
    g_ascii_formatd (digits, sizeof digits, format, number);
    if (g_ascii_strtod (digits, NULL) == number)
      break;
  }
  g_string_append (text, digits);
}

void
gst_cnn_double_array_get (const GstCnnDoubleArray *array, GValue *value)
{
  GString *text = g_string_new ("<");
  for (guint i = 0; i < array->count; i++) {
    g_string_append (text, i ? ", " : "");
    append_number (text, array->values[i]);
  }
  g_string_append_c (text, '>');
  g_value_take_string (value, g_string_free (text, FALSE));
}

void
gst_cnn_double_array_copy (GstCnnDoubleArray *copy, const GstCnnDoubleArray *array)
{
  copy->values = g_memdup2 (array->values, sizeof (gdouble) * array->count);
  copy->count = array->count;
}

void
gst_cnn_double_array_clear (GstCnnDoubleArray *array)
{
  g_clear_pointer (&array->values, g_free);
  array->count = 0;
}

gfloat *
gst_cnn_double_array_to_floats (const GstCnnDoubleArray *array)
{
  if (array->count == 0)
    return NULL;
  gfloat *floats = g_new (gfloat, array->count);
  for (guint i = 0; i < array->count; i++)
    floats[i] = (gfloat)array->values[i];
  return floats;
}

/* --- Types ---------------------------------------------------------------------------------------- */

/* Numbers with all their digits, and what is no number as text that set_property will refuse. */
static void
append_value (GString *text, const GValue *value)
{
  GValue number = G_VALUE_INIT;
  if (GST_VALUE_HOLDS_ARRAY (value)) {
    g_string_append_c (text, '<');
    for (guint i = 0; i < gst_value_array_get_size (value); i++) {
      g_string_append (text, i ? ", " : "");
      append_value (text, gst_value_array_get_value (value, i));
    }
    g_string_append_c (text, '>');
  } else if (G_VALUE_HOLDS_STRING (value)) {
    g_string_append (text, g_value_get_string (value) ? g_value_get_string (value) : "");
  } else if (G_VALUE_HOLDS_BOOLEAN (value)) {
    g_string_append (text, g_value_get_boolean (value) ? "true" : "false");
  } else {
    g_value_init (&number, G_TYPE_DOUBLE);
    if (g_value_transform (value, &number))
      append_number (text, g_value_get_double (&number));
    else
      g_string_append (text, G_VALUE_TYPE_NAME (value));
  }
}

static void
numbers_from_value (const GValue *from, GValue *to)
{
  GString *text = g_string_new (NULL);
  append_value (text, from);
  g_value_take_string (to, g_string_free (text, FALSE));
}

/* A transformation gets `to` without the array that an initialised value has. */
static void
array_from_numbers (const GValue *from, GValue *to)
{
  GstCnnDoubleArray numbers = {NULL, 0};
  GValue array = G_VALUE_INIT;
  g_value_init (&array, GST_TYPE_ARRAY);
  gst_cnn_double_array_set (&numbers, "", from, NULL);
  for (guint i = 0; i < numbers.count; i++) {
    GValue item = G_VALUE_INIT;
    g_value_init (&item, G_TYPE_DOUBLE);
    g_value_set_double (&item, numbers.values[i]);
    gst_value_array_append_and_take_value (&array, &item);
  }
  *to = array;
  gst_cnn_double_array_clear (&numbers);
}

static GType
register_numbers (void)
{
  const GType sources[] = {GST_TYPE_ARRAY, G_TYPE_STRING, G_TYPE_DOUBLE, G_TYPE_FLOAT, G_TYPE_INT,
      G_TYPE_UINT, G_TYPE_INT64, G_TYPE_UINT64, G_TYPE_LONG, G_TYPE_ULONG, G_TYPE_BOOLEAN,
      GST_TYPE_FRACTION};
  const GTypeInfo info = {0};
  const GType type = g_type_register_static (G_TYPE_STRING, "GstCnnNumbers", &info, 0);
  for (guint i = 0; i < G_N_ELEMENTS (sources); i++)
    g_value_register_transform_func (sources[i], type, numbers_from_value);
  g_value_register_transform_func (type, GST_TYPE_ARRAY, array_from_numbers);
  return type;
}

static GType
numbers_get_type (void)
{
  static gsize type = 0;
  if (g_once_init_enter (&type))
    g_once_init_leave (&type, register_numbers ());
  return type;
}

/* Nothing of a boxed property but the words that gst-inspect has for it: for others than GStreamer's own types
 * it prints addresses. */
typedef struct {
  GParamSpecBoxed parent;
  const gchar *default_text;
} ParamSpec;

static void
param_spec_set_default (GParamSpec *pspec, GValue *value)
{
  g_value_set_string (value, ((ParamSpec *)pspec)->default_text);
}

/* Set_property refuses what is no number, with a sentence. */
static gboolean
param_spec_validate (GParamSpec *pspec, GValue *value)
{
  return FALSE;
}

static gint
param_spec_compare (GParamSpec *pspec, const GValue *a, const GValue *b)
{
  return g_strcmp0 (g_value_get_string (a), g_value_get_string (b));
}

static void
param_spec_class_init (gpointer klass, gpointer data)
{
  GParamSpecClass *param_class = klass;
  param_class->value_type = GST_TYPE_CNN_NUMBERS;
  param_class->value_set_default = param_spec_set_default;
  param_class->value_validate = param_spec_validate;
  param_class->values_cmp = param_spec_compare;
}

static GType
param_spec_get_type (void)
{
  static gsize type = 0;
  if (g_once_init_enter (&type)) {
    const GTypeInfo info = {.class_size = sizeof (GParamSpecClass),
        .class_init = param_spec_class_init,
        .instance_size = sizeof (ParamSpec)};
    g_once_init_leave (
        &type, g_type_register_static (G_TYPE_PARAM_BOXED, "GstCnnParamSpecNumbers", &info, 0));
  }
  return type;
}

GParamSpec *
gst_cnn_param_spec_double_array (
    const gchar *name, const gchar *nick, const gchar *blurb, const gchar *default_text)
{
  ParamSpec *pspec = g_param_spec_internal (param_spec_get_type (), name, nick, blurb,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);
  pspec->default_text = default_text;
  return &pspec->parent.parent_instance;
}
