/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/enumwords.h"

#include <string.h>

/* A word that does not exist has to pass through a GValue that holds a number, up to set_property, which can
 * answer: it is kept as its GQuark, counted from a number that no enum has. */
#define FIRST_UNKNOWN_WORD (G_MININT / 2)

static GQuark
aliases_quark (void)
{
  return g_quark_from_static_string ("gst-cnn-enum-aliases");
}

/* --- Words ---------------------------------------------------------------------------------------- */

/* "Leaky_ReLU" and "leaky-relu" are the same word. */
static gboolean
same_word (const gchar *a, const gchar *b)
{
  for (;;) {
    while (*a == '-' || *a == '_' || *a == ' ')
      a++;
    while (*b == '-' || *b == '_' || *b == ' ')
      b++;
    if (g_ascii_tolower (*a) != g_ascii_tolower (*b))
      return FALSE;
    if (*a == '\0')
      return TRUE;
    a++;
    b++;
  }
}

static gboolean
find_number (GType type, const gchar *text, gint *number)
{
  GEnumClass *words = g_type_class_ref (type);
  const GstCnnEnumAlias *aliases = g_type_get_qdata (type, aliases_quark ());
  gboolean found = FALSE;
  gchar *end;
  for (guint i = 0; !found && i < words->n_values; i++) {
    *number = words->values[i].value;
    found = same_word (text, words->values[i].value_nick) ||
            strcmp (text, words->values[i].value_name) == 0;
  }
  for (; !found && aliases && aliases->word; aliases++) {
    *number = aliases->value;
    found = same_word (text, aliases->word);
  }
  if (!found && g_ascii_isdigit (*text)) {
    const guint64 value = g_ascii_strtoull (text, &end, 10);
    found = *end == '\0' && value <= G_MAXINT && g_enum_get_value (words, (gint)value);
    *number = (gint)value;
  }
  g_type_class_unref (words);
  return found;
}

static gboolean
enum_from_text (GValue *value, const gchar *text)
{
  gint number;
  if (!find_number (G_VALUE_TYPE (value), text, &number))
    number = FIRST_UNKNOWN_WORD - (gint)g_quark_from_string (text);
  g_value_set_enum (value, number);
  return TRUE;
}

static void
enum_from_string (const GValue *from, GValue *to)
{
  const gchar *text = g_value_get_string (from);
  enum_from_text (to, text ? text : "");
}

gboolean
gst_cnn_enum_get (GParamSpec *pspec, const GValue *value, gint *number, CnnError *error)
{
  const gint set = g_value_get_enum (value);
  if (set > FIRST_UNKNOWN_WORD) {
    *number = set;
    return TRUE;
  }
  GEnumClass *words = g_type_class_ref (pspec->value_type);
  GString *list = g_string_new (NULL);
  for (guint i = 0; i < words->n_values; i++)
    g_string_append_printf (list, i ? ", %s" : "%s", words->values[i].value_nick);
  cnn_error_set (error, "%s=%.40s is not one of %s", pspec->name,
      g_quark_to_string ((GQuark)(FIRST_UNKNOWN_WORD - set)), list->str);
  g_string_free (list, TRUE);
  g_type_class_unref (words);
  return FALSE;
}

/* --- Types ---------------------------------------------------------------------------------------- */

GType
gst_cnn_enum_register (const gchar *name, const GEnumValue *values, const GstCnnEnumAlias *aliases)
{
  const GType type = g_enum_register_static (name, values);
  GstValueTable *table = g_new0 (GstValueTable, 1);
  table->type = type;
  table->deserialize = enum_from_text;
  g_type_set_qdata (type, aliases_quark (), (gpointer)aliases);
  g_value_register_transform_func (G_TYPE_STRING, type, enum_from_string);
  gst_value_register (table);
  return type;
}

/* Lets words that do not exist pass; numbers become the default as ever. */
static gboolean
param_spec_validate (GParamSpec *pspec, GValue *value)
{
  GParamSpecClass *enum_class = g_type_class_peek (G_TYPE_PARAM_ENUM);
  return g_value_get_enum (value) > FIRST_UNKNOWN_WORD && enum_class->value_validate (pspec, value);
}

static void
param_spec_class_init (gpointer klass, gpointer data)
{
  G_PARAM_SPEC_CLASS (klass)->value_validate = param_spec_validate;
}

static GType
param_spec_get_type (void)
{
  static gsize type = 0;
  if (g_once_init_enter (&type)) {
    const GTypeInfo info = {.class_size = sizeof (GParamSpecClass),
        .class_init = param_spec_class_init,
        .instance_size = sizeof (GParamSpecEnum)};
    g_once_init_leave (
        &type, g_type_register_static (G_TYPE_PARAM_ENUM, "GstCnnParamSpecEnum", &info, 0));
  }
  return type;
}

GParamSpec *
gst_cnn_param_spec_enum (const gchar *name, const gchar *nick, const gchar *blurb, GType type,
    gint default_value, GParamFlags flags)
{
  GParamSpec *pspec = g_param_spec_internal (param_spec_get_type (), name, nick, blurb, flags);
  G_PARAM_SPEC_ENUM (pspec)->enum_class = g_type_class_ref (type);
  G_PARAM_SPEC_ENUM (pspec)->default_value = default_value;
  pspec->value_type = type;
  return pspec;
}
