/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers as a person writes them. */
#ifndef CNN_VIEW_NUMBER_H
#define CNN_VIEW_NUMBER_H

#include <glib.h>

G_BEGIN_DECLS

/* So many significant digits, but all before the point up to 99999; a real minus sign. */
#define CNN_VIEW_NUMBER_SIZE 32
#define CNN_VIEW_DIGITS 3
void cnn_view_number (gchar *string, gdouble value, gint digits);

/* The ends of a range: what is nothing beside the other end is 0. */
void cnn_view_number_range (gchar *low, gchar *high, gdouble min, gdouble max, gint digits);

G_END_DECLS

#endif
