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
    const gboolean is_number =
        g_ascii_isdigit (*position) || (*position == '-' && g_ascii_isdigit (position[1]));
    const gint64 value = is_number ? g_ascii_strtoll (position, &end, 10) : G_MAXINT64;
    valid = count < most && value >= min && value <= CNN_MAX_EXTENT;
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

gboolean
gst_cnn_parse_pad (const gchar *text, CnnPadAxis *rows, CnnPadAxis *columns, CnnError *error)
{
  gint sides[4];
  const guint count = parse_numbers (text, "xX,;", -CNN_MAX_EXTENT, 4, sides);
  if (count != 1 && count != 2 && count != 4)
    return cnn_error_set (error,
        "padding=\"%.40s\" is none of P, HxW and top,left,bottom,right (whole numbers from %d to "
        "%d; "
        "negative ones crop)",
        text ? text : "", -CNN_MAX_EXTENT, CNN_MAX_EXTENT);
  rows->before = sides[0];
  columns->before = sides[count > 1 ? 1 : 0];
  rows->after = count == 4 ? sides[2] : rows->before;
  columns->after = count == 4 ? sides[3] : columns->before;
  return TRUE;
}

/* A number, or nothing for an open end. */
static gboolean
parse_place (gchar *text, gint *place)
{
  gint64 value;
  *place = CNN_SLICE_OPEN;
  if (*g_strstrip (text) == '\0')
    return TRUE;
  if (!g_ascii_string_to_signed (text, 10, -G_MAXINT, G_MAXINT, &value, NULL))
    return FALSE;
  *place = (gint)value;
  return TRUE;
}

gboolean
gst_cnn_parse_slice (const gchar *property, const gchar *text, CnnSlice *slice, CnnError *error)
{
  gchar *inner = without_brackets (text);
  gchar **parts = g_strsplit (inner, ":", 4);
  const guint count = g_strv_length (parts);
  CnnSlice parsed = {CNN_SLICE_OPEN, CNN_SLICE_OPEN, 1};
  gboolean valid = count <= 3;
  if (valid && count > 0)
    valid = parse_place (parts[0], &parsed.first);
  if (valid && count > 1)
    valid = parse_place (parts[1], &parsed.end);
  if (valid && count > 2 && *g_strstrip (parts[2]))
    valid = parse_place (parts[2], &parsed.step) && parsed.step != 0;
  if (valid && count == 1 && parsed.first != CNN_SLICE_OPEN && parsed.first != -1)
    parsed.end = parsed.first + 1; /* one place; the last one is open */
  g_strfreev (parts);
  g_free (inner);
  if (!valid)
    return cnn_error_set (error,
        "%s=\"%.40s\" is not first:end:step with whole numbers, each of which may be missing, and "
        "a step "
        "that is not 0",
        property, text ? text : "");
  *slice = parsed;
  return TRUE;
}
