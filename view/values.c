/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/values.h"

#include "view/number.h"

#include <math.h>
#include <string.h>

/* More decimals are never written. */
#define MAX_DECIMALS 4
#define RULE_COLOR 0x14161a

void
cnn_view_values_print (gchar *string, gdouble value, gint decimals)
{
  gchar number[CNN_VIEW_NUMBER_SIZE], form[8];
  if (!isfinite (value) || fabs (value) > 1e6) {
    cnn_view_number (string, value, CNN_VIEW_DIGITS);
    return;
  }
  g_snprintf (form, sizeof form, "%%.%df", decimals);
  g_ascii_formatd (number, sizeof number, form, fabs (value));
  /* What rounds to nothing has no sign. */
  const gboolean nothing = strspn (number, "0.") == strlen (number);
  g_snprintf (string, CNN_VIEW_NUMBER_SIZE, "%s%s", value < 0 && !nothing ? "\342\210\222" : "",
      nothing ? "0" : number);
}

/* TRUE when this many decimals leave nothing out. */
static gboolean
are_exact (const gfloat *values, gsize count, gint decimals)
{
  const gdouble power = pow (10, decimals);
  for (gsize i = 0; i < count; i++)
    if (isfinite (values[i]) && fabs (values[i] * power - round (values[i] * power)) > 1e-3)
      return FALSE;
  return TRUE;
}

/* As few as are exact, or so many that the largest number has three digits that matter. */
static gint
most_decimals (const gfloat *values, gsize count)
{
  gdouble largest = 0;
  for (gsize i = 0; i < count; i++)
    if (isfinite (values[i]))
      largest = MAX (largest, fabs ((gdouble)values[i]));
  if (largest == 0)
    return 0;
  const gint most = CLAMP (2 - (gint)floor (log10 (largest)), 0, MAX_DECIMALS);
  gint decimals = 0;
  while (decimals < most && !are_exact (values, count, decimals))
    decimals++;
  return decimals;
}

static gint
widest (CnnViewText *text, gint size, const gfloat *values, gsize count, gint decimals)
{
  gchar string[CNN_VIEW_NUMBER_SIZE];
  gint width = 0;
  for (gsize i = 0; i < count; i++) {
    cnn_view_values_print (string, values[i], decimals);
    width = MAX (width, cnn_view_text_width (text, size, string));
  }
  return width;
}

CnnViewValuesFormat
cnn_view_values_fit (CnnViewText *text, const gfloat *values, gsize count, gint cell_width,
    gint cell_height, gint least, gint most)
{
  const gint room = cell_width * 7 / 8, decimals = most_decimals (values, count);
  const gint size = MIN (most, MIN (cell_height * 2 / 3, cell_width / 2));
  if (size < least || count == 0)
    return (CnnViewValuesFormat){0, 0};
  for (gint left = decimals; left >= MIN (decimals, 1); left--) {
    const gint width = widest (text, size, values, count, left);
    if (width <= room)
      return (CnnViewValuesFormat){size, left};
    /* Smaller before fewer decimals, as long as it is read. */
    const gint smaller = size * room / width;
    if (smaller >= least && widest (text, smaller, values, count, left) <= room)
      return (CnnViewValuesFormat){smaller, left};
  }
  return (CnnViewValuesFormat){0, 0};
}

static gboolean
is_light (const CnnPixelFormat *format, guint32 pixel)
{
  guint8 bytes[4];
  memcpy (bytes, &pixel, sizeof bytes);
  return 2 * bytes[format->red] + 5 * bytes[format->green] + bytes[format->blue] > 8 * 130;
}

void
cnn_view_values_write (CnnViewText *text, const CnnViewCanvas *canvas, CnnViewValuesFormat format,
    CnnViewBox cell, gdouble value, guint32 pixel)
{
  gchar string[CNN_VIEW_NUMBER_SIZE];
  cnn_view_values_print (string, value, format.decimals);
  const gint width = cnn_view_text_width (text, format.size, string);
  cnn_view_text_draw (text, canvas, format.size, cell.x + (cell.width - width) / 2,
      cell.y + cell.height / 2, string, is_light (&canvas->format, pixel) ? 0x000000 : 0xffffff);
}

void
cnn_view_values_rule (const CnnViewCanvas *canvas, CnnViewBox box, gint columns, gint rows)
{
  for (gint column = 1; column < columns; column++)
    cnn_view_canvas_fill (canvas,
        (CnnViewBox){box.x + column * box.width / columns, box.y, 1, box.height}, RULE_COLOR);
  for (gint row = 1; row < rows; row++)
    cnn_view_canvas_fill (
        canvas, (CnnViewBox){box.x, box.y + row * box.height / rows, box.width, 1}, RULE_COLOR);
}
