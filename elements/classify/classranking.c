/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "classify/classranking.h"

#include <math.h>

void
gst_cnn_softmax (gdouble *scores, guint count)
{
  gdouble largest = -INFINITY, sum = 0;
  for (guint i = 0; i < count; i++)
    largest = fmax (largest, scores[i]);
  for (guint i = 0; i < count; i++) {
    scores[i] = exp (scores[i] - largest);
    sum += scores[i];
  }
  for (guint i = 0; i < count; i++)
    scores[i] /= sum;
}

void
gst_cnn_smooth (gdouble *smoothed, const gdouble *values, guint count, gdouble smoothing)
{
  for (guint i = 0; i < count; i++) {
    if (isnan (smoothed[i]))
      smoothed[i] = values[i];
    else if (!isnan (values[i]))
      smoothed[i] = smoothing * smoothed[i] + (1 - smoothing) * values[i];
  }
}

/* Larger values first, then smaller numbers. */
static gint
compare_classes (gconstpointer a, gconstpointer b, gpointer values)
{
  const guint first = *(const guint *)a, second = *(const guint *)b;
  const gdouble *value = values;
  if (value[first] != value[second])
    return value[first] > value[second] ? -1 : 1;
  return first < second ? -1 : first > second;
}

guint
gst_cnn_rank (const gdouble *values, guint count, guint top, gdouble threshold, guint *classes)
{
  guint *candidates = g_new (guint, MAX (count, 1));
  guint n_candidates = 0;
  for (guint i = 0; i < count; i++)
    if (values[i] >= threshold)
      candidates[n_candidates++] = i;
  g_qsort_with_data (
      candidates, (gint)n_candidates, sizeof *candidates, compare_classes, (gpointer)values);
  const guint listed = MIN (n_candidates, top);
  for (guint i = 0; i < listed; i++)
    classes[i] = candidates[i];
  g_free (candidates);
  return listed;
}

gchar *
gst_cnn_ranking_text (const GstCnnRanking *ranking)
{
  GString *text = g_string_new (NULL);
  for (guint i = 0; i < ranking->count; i++) {
    gchar percent[400]; /* any double has at most 311 characters */
    g_ascii_formatd (percent, sizeof percent, "%.1f", 100 * ranking->values[ranking->classes[i]]);
    g_string_append_printf (text, "%s %s%%\n", ranking->labels[i], percent);
  }
  return g_string_free (text, FALSE);
}

static void
append_item (GValue *array, GType type, guint class, const gchar *label, gdouble value)
{
  GValue item = G_VALUE_INIT;
  g_value_init (&item, type);
  if (type == G_TYPE_INT)
    g_value_set_int (&item, (gint) class);
  else if (type == G_TYPE_STRING)
    g_value_set_string (&item, label);
  else
    g_value_set_double (&item, value);
  gst_value_array_append_and_take_value (array, &item);
}

void
gst_cnn_ranking_add_to (const GstCnnRanking *ranking, GstStructure *structure)
{
  static const gchar *const names[] = {"class", "label", "probability"};
  const GType types[] = {G_TYPE_INT, G_TYPE_STRING, G_TYPE_DOUBLE};
  for (guint f = 0; f < G_N_ELEMENTS (names); f++) {
    GValue array = G_VALUE_INIT;
    g_value_init (&array, GST_TYPE_ARRAY);
    for (guint i = 0; i < ranking->count; i++)
      append_item (&array, types[f], ranking->classes[i], ranking->labels[i],
          ranking->values[ranking->classes[i]]);
    gst_structure_take_value (structure, names[f], &array);
  }
}
