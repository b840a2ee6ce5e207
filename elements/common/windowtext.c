/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/windowtext.h"

#include <string.h>

/* Splits at `separator` into at most `most` whole numbers within [min, CNN_MAX_EXTENT]; 0 when the text
 * is anything else. */
static guint
parse_numbers (const gchar *text, const gchar *separator, gint min, guint most, gint *numbers)
{
  gchar **parts = g_strsplit (text ? text : "", separator, (gint)most + 1);
  guint count = g_strv_length (parts);
  if (count > most)
    count = 0;
  for (guint i = 0; i < count; i++) {
    guint64 value;
    if (!g_ascii_string_to_unsigned (
            g_strstrip (parts[i]), 10, (guint64)min, CNN_MAX_EXTENT, &value, NULL)) {
      count = 0;
      break;
    }
    numbers[i] = (gint)value;
  }
  g_strfreev (parts);
  return count;
}

gboolean
gst_cnn_parse_size (
    const gchar *property, const gchar *text, gint *rows, gint *columns, CnnError *error)
{
  gint numbers[2];
  guint count = parse_numbers (text, "x", 1, 2, numbers);
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

gboolean
gst_cnn_parse_padding (const gchar *text, CnnWindow *window, CnnError *error)
{
  gint sides[4];
  if (g_strcmp0 (text, "same") == 0) {
    set_padding (window, 0, 0, 0, 0);
    window->rows.rule = window->columns.rule = CNN_SIZE_SAME;
  } else if (g_strcmp0 (text, "valid") == 0) {
    set_padding (window, 0, 0, 0, 0);
  } else if (parse_numbers (text, ",", 0, 4, sides) == 4) {
    set_padding (window, sides[0], sides[1], sides[2], sides[3]);
  } else {
    guint count = parse_numbers (text, "x", 0, 2, sides);
    if (count == 0)
      return cnn_error_set (error,
          "padding=\"%.40s\" is none of P, HxW, top,left,bottom,right (whole numbers from 0 to "
          "%d), "
          "same and valid",
          text ? text : "", CNN_MAX_EXTENT);
    set_padding (window, sides[0], sides[count - 1], sides[0], sides[count - 1]);
  }
  return TRUE;
}
