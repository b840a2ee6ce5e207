/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The properties of a cnnview: settings as GObject sees them. */
#ifndef GST_CNN_VIEW_PROPERTIES_H
#define GST_CNN_VIEW_PROPERTIES_H

#include "view/settings.h"

#include <gst/gst.h>

G_BEGIN_DECLS

GType gst_cnn_view_normalize_get_type (void);
GType gst_cnn_view_colormap_get_type (void);
GType gst_cnn_view_values_get_type (void);
GType gst_cnn_view_tensor_layout_get_type (void);

/* Enums are as wide as int: all fields are read and written by the type of their property. */
G_STATIC_ASSERT (sizeof (CnnViewNormalize) == sizeof (gint));
G_STATIC_ASSERT (sizeof (CnnColormap) == sizeof (gint));
G_STATIC_ASSERT (sizeof (CnnLayout) == sizeof (gint));

/* Property ids: all fields of the settings, and from `channels` on what is none. */
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
  GST_CNN_VIEW_PROP_IGNORE_BORDER,
  GST_CNN_VIEW_PROP_COLORMAP,
  GST_CNN_VIEW_PROP_LABELS,
  GST_CNN_VIEW_PROP_LEGEND,
  GST_CNN_VIEW_PROP_TITLE,
  GST_CNN_VIEW_PROP_KERNELS,
  GST_CNN_VIEW_PROP_HELP,
  GST_CNN_VIEW_PROP_FREEZE,
  GST_CNN_VIEW_PROP_VALUES,
  GST_CNN_VIEW_PROP_ARITHMETIC,
  GST_CNN_VIEW_PROP_STEP,
  GST_CNN_VIEW_PROP_LAYERS,
  GST_CNN_VIEW_PROP_LAYER,
  GST_CNN_VIEW_PROP_GAP,
  GST_CNN_VIEW_PROP_TENSOR_LAYOUT,
  GST_CNN_VIEW_PROP_CHANNELS,
  GST_CNN_VIEW_PROP_REDRAW_PAUSED,
  GST_CNN_VIEW_PROP_SNAPSHOT_LOCATION,
  GST_CNN_VIEW_PROP_NAMES,
  GST_CNN_VIEW_N_PROPS
};

/* Installs a property for each id; specs[id] is its specification. */
void gst_cnn_view_properties_install (
    GObjectClass *object_class, GParamSpec *specs[GST_CNN_VIEW_N_PROPS]);

/* Of every id before `channels`. FALSE with a sentence, and the old value kept, for a word that does not
 * exist. */
gboolean gst_cnn_view_properties_set (
    CnnViewSettings *settings, guint id, const GValue *value, GParamSpec *pspec, CnnError *error);
void gst_cnn_view_properties_get (const CnnViewSettings *settings, guint id, GValue *value);
gboolean
gst_cnn_view_properties_differ (const CnnViewSettings *a, const CnnViewSettings *b, guint id);

G_END_DECLS

#endif
