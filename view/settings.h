/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How maps are to be shown: plain values, and the syntax of a list of channels. */
#ifndef CNN_VIEW_SETTINGS_H
#define CNN_VIEW_SETTINGS_H

#include "cnn/cnn.h"
#include "view/view.h"
#include "view/colormap.h"
#include "view/values.h"

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  CNN_VIEW_NORMALIZE_CHANNEL,
  CNN_VIEW_NORMALIZE_LAYER,
  CNN_VIEW_NORMALIZE_SYMMETRIC,
  CNN_VIEW_NORMALIZE_FIXED,
} CnnViewNormalize;

#define CNN_VIEW_N_NORMALIZES 4
#define CNN_VIEW_DEFAULT_CHANNELS "all"

/* What it means, for a caption: "range of each channel" ... */
const gchar *cnn_view_normalize_words (CnnViewNormalize normalize);

/* Copied once a frame. */
typedef struct {
  guint columns; /* 0 = automatic */
  gint channel;  /* -1 = the grid */
  guint page;
  CnnViewNormalize normalize;
  gdouble minimum, maximum;
  gdouble gamma;
  gdouble smoothing;
  gdouble clip;           /* percent */
  gboolean ignore_border; /* ranges leave out the values that see padding */
  CnnColormap colormap;
  gboolean labels, legend, title, kernels, help, freeze;
  gboolean arithmetic; /* the sum behind a value beside the maps */
  gboolean layers;     /* a strip of all layers */
  guint layer;         /* which is shown: layers back from the last one */
  gboolean step;       /* the same, from value to value by itself */
  CnnViewValues values;
  guint gap;
  CnnLayout tensor_layout; /* of tensors that ride on video */
} CnnViewSettings;

extern const CnnViewSettings cnn_view_settings_default;

/* FALSE and a sentence when they contradict each other. */
gboolean cnn_view_settings_check (const CnnViewSettings *settings, CnnError *error);

/* "0-15,20" or "all": closed intervals of map numbers in the order they were written. */
typedef struct {
  gint first, last;
} CnnViewInterval;

/* GArray of CnnViewInterval, empty for all; NULL and a sentence when `text` is no list. */
GArray *cnn_view_channels_parse (const gchar *text, CnnError *error);

/* The maps of a stream that `channels` lists, each once, as a GArray of int. NULL and a sentence when
 * the text is no list, or when it or `channel` asks for one that is not in [0, n_maps). */
GArray *cnn_view_choose_maps (const gchar *channels, gint channel, gint n_maps, CnnError *error);

G_END_DECLS

#endif
