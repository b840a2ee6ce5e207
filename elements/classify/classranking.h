/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the scores of classes to the likeliest ones, and those in words. Pure functions. */
#ifndef CNN_CLASS_RANKING_H
#define CNN_CLASS_RANKING_H

#include <gst/gst.h>

G_BEGIN_DECLS

/* exp (score) / sum of exp (scores), as torch.softmax: any finite scores are safe, a NaN makes all NaN. */
void gst_cnn_softmax (gdouble *scores, guint count);

/* The old value keeps the share `smoothing`, in [0, 1]; a NaN on either side is replaced by the other. */
void gst_cnn_smooth (gdouble *smoothed, const gdouble *values, guint count, gdouble smoothing);

/* Fills `classes` with the numbers of at most `top` classes of at least `threshold`, the largest first and
 * among equals the smallest number. NaN is never listed. Returns how many. */
guint
gst_cnn_rank (const gdouble *values, guint count, guint top, gdouble threshold, guint *classes);

/* The classes of one frame, the likeliest first. All belongs to the caller. */
typedef struct {
  guint count;
  guint *classes;
  gchar **labels;
  const gdouble *values; /* of all classes */
} GstCnnRanking;

/* Lines of "label 99.8%", each with its end; in every locale the same. To be freed. */
gchar *gst_cnn_ranking_text (const GstCnnRanking *ranking);

/* Sets the arrays class (int), label (string) and probability (double). */
void gst_cnn_ranking_add_to (const GstCnnRanking *ranking, GstStructure *structure);

G_END_DECLS

#endif
