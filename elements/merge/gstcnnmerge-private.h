/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inside of cnnmerge: for gstcnnmerge.c and gstcnnmerge-negotiation.c only. */
#ifndef GST_CNN_MERGE_PRIVATE_H
#define GST_CNN_MERGE_PRIVATE_H

#include "merge/gstcnnmerge.h"
#include "merge/gstcnnmergepad.h"
#include "common/normalizer.h"

G_BEGIN_DECLS

/* What one set of branches and properties amounts to. */
typedef struct _GstCnnJoin GstCnnJoin;

struct _GstCnnMerge {
  GstAggregator parent;

  /* Under the object lock. */
  CnnMergeMode mode;
  CnnActivation activation;
  GstCnnDoubleArray alpha;
  GstCnnNormalizer normalizer;
  guint n_threads;
  gchar *fault; /* the last value that was refused before the element started */
  GstStructure *layer_info;

  /* Atomic. */
  gint started;
  gint changed; /* a property changed since `merge` was made */

  /* Source pad's thread only. */
  CnnLayer *merge;
  CnnImage *images; /* one a branch of `merge` */
  guint n_branches;
  GstCnnStreamInfo out_info;
  GstSegment segment;     /* the first pad's, as downstream knows it */
  gboolean new_branches;  /* caps arrived */
  gboolean new_chain;     /* a branch has another history */
  gboolean reconfigure;   /* downstream asked for it */
  const GstCnnJoin *join; /* while negotiating */
  CnnShape output;        /* while negotiating */
  gboolean error_posted;
};

/* On the bus, with the element's name before the sentence: a stream that cannot be processed, settings
 * that cannot take effect. */
void gst_cnn_merge_post_error (GstCnnMerge *self, const CnnError *error);
void gst_cnn_merge_post_warning (GstCnnMerge *self, const CnnError *error);

/* Brings new caps, new properties and downstream's wishes into effect before the next frames. Properties
 * that do not fit the branches leave the old join running. FALSE when there is no join to run. */
gboolean gst_cnn_merge_update (GstCnnMerge *self, const GPtrArray *pads);

/* Fills in the vmethods that deal with caps, queries and events. */
void gst_cnn_merge_install_negotiation (GstAggregatorClass *klass);

G_END_DECLS

#endif
