/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/number.h"

#include <math.h>

void
cnn_view_number (gchar *string, gdouble value, gint digits)
{
  const gchar *sign = value < 0 ? "\342\210\222" : "";
  if (isnan (value)) {
    g_strlcpy (string, "NaN", CNN_VIEW_NUMBER_SIZE);
  } else if (isinf (value)) {
    g_snprintf (string, CNN_VIEW_NUMBER_SIZE, "%s\342\210\236", sign);
  } else {
    const gdouble size = fabs (value);
    gchar format[8] = "%.0f", number[24];
    if (size < pow (10, digits - 1) || size >= 99999.5)
      g_snprintf (format, sizeof format, "%%.%dg", digits);
    g_ascii_formatd (number, sizeof number, format, size);
    g_snprintf (string, CNN_VIEW_NUMBER_SIZE, "%s%s", sign, number);
  }
}

void
cnn_view_number_range (gchar *low, gchar *high, gdouble min, gdouble max, gint digits)
{
  const gdouble least = 1e-5 * MAX (fabs (min), fabs (max));
  cnn_view_number (low, fabs (min) < least ? 0 : min, digits);
  cnn_view_number (high, fabs (max) < least ? 0 : max, digits);
}
