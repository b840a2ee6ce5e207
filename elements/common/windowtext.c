/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/windowtext.h"

#include <string.h>

/* The text without white space and one pair of brackets around it, as tuples and lists are printed. */
static gchar *
without_brackets (const gchar *text)
{
  static const gchar *const pairs[] = {"()", "[]", "<>", "{}"};
  gchar *inner = g_strstrip (g_strdup (text ? text : ""));
  const gsize length = strlen (inner);
  for (guint i = 0; length > 1 && i < G_N_ELEMENTS (pairs); i++) {
    if (inner[0] != pairs[i][0] || inner[length - 1] != pairs[i][1])
      continue;
    inner[0] = inner[length - 1] = ' ';
    g_strstrip (inner);
    if (g_str_has_suffix (inner, ",")) /* Python's (3,) */
      inner[strlen (inner) - 1] = '\0';
    break;
  }
  return inner;
}

/* Past what may stand between two numbers: white space, and one of the separators within it. NULL when
 * nothing follows, or two numbers touch. */
static const gchar *
skip_separator (const gchar *text, const gchar *separators)
{
  const gchar *next = text + strspn (text, " \t");
  if (*next && strchr (separators, *next)) {
    next++;
    next += strspn (next, " \t");
  }
  return next == text || *next == '\0' ? NULL : next;
}

/* Reads at most `most` whole numbers within [min, CNN_MAX_EXTENT]; 0 when the text is anything else. */
static guint
parse_numbers (const gchar *text, const gchar *separators, gint min, guint most, gint *numbers)
{
  gchar *inner = without_brackets (text);
  const gchar *position = inner;
  guint count = 0;
  gboolean valid = *inner != '\0';
  while (valid && *position) {
    gchar *end = NULL;
    const guint64 value =
        g_ascii_isdigit (*position) ? g_ascii_strtoull (position, &end, 10) : G_MAXUINT64;
    valid = count < most && value >= (guint64)min && value <= CNN_MAX_EXTENT;
    if (valid) {
      numbers[count++] = (gint)value;
      position = *end ? skip_separator (end, separators) : end;
      valid = position != NULL;
    }
  }
  g_free (inner);
  return valid ? count : 0;
}

gboolean
gst_cnn_parse_size (
    const gchar *property, const gchar *text, gint *rows, gint *columns, CnnError *error)
{
  gint numbers[2];
  guint count = parse_numbers (text, "xX,;", 1, 2, numbers);
  if (count == 0)
    return cnn_error_set (error,
        "%s=\"%.40s\" is neither N nor HxW with whole numbers from 1 to %d", property,
        text ? text : "", CNN_MAX_EXTENT);
  *rows = numbers[0];
  *columns = numbers[count - 1];
  return TRUE;
}

static void
set_padding (CnnWindow *window, gint top, gint left, gint bottom, gint right)
{
  window->rows.rule = window->columns.rule = CNN_SIZE_EXPLICIT;
  window->rows.padding_before = top;
  window->rows.padding_after = bottom;
  window->columns.padding_before = left;
  window->columns.padding_after = right;
}

/* In any case, and as ONNX or with a hyphen. */
static gboolean
is_word (const gchar *text, const gchar *word)
{
  gchar *written = g_strdelimit (g_strdup (text ? text : ""), "-", '_');
  const gboolean same = g_ascii_strcasecmp (written, word) == 0;
  g_free (written);
  return same;
}

gboolean
gst_cnn_parse_padding (const gchar *text, CnnWindow *window, CnnError *error)
{
  gint sides[4];
  if (is_word (text, "same") || is_word (text, "same_upper")) {
    set_padding (window, 0, 0, 0, 0);
    window->rows.rule = window->columns.rule = CNN_SIZE_SAME;
  } else if (is_word (text, "same_lower")) {
    set_padding (window, 0, 0, 0, 0);
    window->rows.rule = window->columns.rule = CNN_SIZE_SAME_LOWER;
  } else if (is_word (text, "valid")) {
    set_padding (window, 0, 0, 0, 0);
  } else if (parse_numbers (text, ",;", 0, 4, sides) == 4) {
    set_padding (window, sides[0], sides[1], sides[2], sides[3]);
  } else {
    guint count = parse_numbers (text, "xX,;", 0, 2, sides);
    if (count == 0)
      return cnn_error_set (error,
          "padding=\"%.40s\" is none of P, HxW, top,left,bottom,right (whole numbers from 0 to "
          "%d), same, same_lower and valid",
          text ? text : "", CNN_MAX_EXTENT);
    set_padding (window, sides[0], sides[count - 1], sides[0], sides[count - 1]);
  }
  return TRUE;
}
