/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a user may set on a cnnview, and the syntax of its `channels`. */
#ifndef GST_CNN_VIEW_SETTINGS_H
#define GST_CNN_VIEW_SETTINGS_H

#include "cnn/cnn.h"

#include <gst/gst.h>

G_BEGIN_DECLS

typedef enum {
  GST_CNN_VIEW_NORMALIZE_CHANNEL,
  GST_CNN_VIEW_NORMALIZE_LAYER,
  GST_CNN_VIEW_NORMALIZE_SYMMETRIC,
  GST_CNN_VIEW_NORMALIZE_FIXED,
} GstCnnViewNormalize;

#define GST_CNN_VIEW_N_NORMALIZES 4
#define GST_CNN_VIEW_DEFAULT_CHANNELS "all"

GType gst_cnn_view_normalize_get_type (void);
GType gst_cnn_view_colormap_get_type (void);
GType gst_cnn_view_tensor_layout_get_type (void);
/* As in a launch line. */
const gchar *gst_cnn_view_colormap_nick (CnnColormap colormap);

/* Plain values: copied once a frame. Enums are as wide as int. */
G_STATIC_ASSERT (sizeof (GstCnnViewNormalize) == sizeof (gint));
G_STATIC_ASSERT (sizeof (CnnColormap) == sizeof (gint));
G_STATIC_ASSERT (sizeof (CnnLayout) == sizeof (gint));
typedef struct {
  guint columns; /* 0 = automatic */
  gint channel;  /* -1 = the grid */
  guint page;
  GstCnnViewNormalize normalize;
  gdouble minimum, maximum;
  gdouble gamma;
  gdouble smoothing;
  gdouble clip; /* percent */
  CnnColormap colormap;
  gboolean labels, legend, title, kernels, help, freeze;
  guint gap;
  CnnLayout tensor_layout; /* of tensors that ride on video */
} GstCnnViewSettings;

extern const GstCnnViewSettings gst_cnn_view_settings_default;

/* Property ids: all fields of the settings, and `channels`, which is not plain. */
enum {
  GST_CNN_VIEW_PROP_0,
  GST_CNN_VIEW_PROP_COLUMNS,
  GST_CNN_VIEW_PROP_CHANNEL,
  GST_CNN_VIEW_PROP_PAGE,
  GST_CNN_VIEW_PROP_NORMALIZE,
  GST_CNN_VIEW_PROP_MINIMUM,
  GST_CNN_VIEW_PROP_MAXIMUM,
  GST_CNN_VIEW_PROP_GAMMA,
  GST_CNN_VIEW_PROP_SMOOTHING,
  GST_CNN_VIEW_PROP_CLIP,
  GST_CNN_VIEW_PROP_COLORMAP,
  GST_CNN_VIEW_PROP_LABELS,
  GST_CNN_VIEW_PROP_LEGEND,
  GST_CNN_VIEW_PROP_TITLE,
  GST_CNN_VIEW_PROP_KERNELS,
  GST_CNN_VIEW_PROP_HELP,
  GST_CNN_VIEW_PROP_FREEZE,
  GST_CNN_VIEW_PROP_GAP,
  GST_CNN_VIEW_PROP_TENSOR_LAYOUT,
  GST_CNN_VIEW_PROP_CHANNELS,
  GST_CNN_VIEW_N_PROPS
};

/* Installs a property for each id; specs[id] is its specification. */
void
gst_cnn_view_settings_install (GObjectClass *object_class, GParamSpec *specs[GST_CNN_VIEW_N_PROPS]);

/* Of every id but `channels`. */
void gst_cnn_view_settings_set (GstCnnViewSettings *settings, guint id, const GValue *value);
void gst_cnn_view_settings_get (const GstCnnViewSettings *settings, guint id, GValue *value);
gboolean
gst_cnn_view_settings_differ (const GstCnnViewSettings *a, const GstCnnViewSettings *b, guint id);

/* FALSE and a sentence when they contradict each other. */
gboolean gst_cnn_view_settings_check (const GstCnnViewSettings *settings, CnnError *error);

/* "0-15,20" or "all": closed intervals of map numbers in the order they were written. */
typedef struct {
  gint first, last;
} GstCnnViewInterval;

/* GArray of GstCnnViewInterval, empty for all; NULL and a sentence when `text` is no list. */
GArray *gst_cnn_view_channels_parse (const gchar *text, CnnError *error);

/* The maps of a stream that `channels` lists, each once, as a GArray of int. NULL and a sentence when
 * the text is no list, or when it or `channel` asks for one that is not in [0, n_maps). */
GArray *
gst_cnn_view_choose_maps (const gchar *channels, gint channel, gint n_maps, CnnError *error);

G_END_DECLS

#endif
