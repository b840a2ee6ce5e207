/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-cnnslice
 * @title: cnnslice
 * @short_description: Some of the rows, columns and channels (slicing as in Python)
 *
 * Each of the three is "first:end:step" as in Python: negative places count from the end, a negative step goes
 * backwards, what is missing is everything. Four slices with step 2 in rows and columns and a cnnmerge are the
 * "focus" of object detectors.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=30 ! cnnslice rows=::2 columns=::2 ! videoconvert ! autovideosink
 * ]| Every second row and column.
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=30 ! video/x-raw,format=RGB ! cnnslice channels=0 ! videoconvert ! autovideosink
 * ]| What is red.
 */
#include "layer/gstcnnslice.h"

#include "common/windowtext.h"

/* The axes, and the ids of their properties less one. */
enum { ROWS, COLUMNS, CHANNELS, N_AXES };

static const gchar *const names[N_AXES] = {"rows", "columns", "channels"};

/* `base` counts only in copies. */
typedef struct {
  GstCnnLayerSettings base;
  CnnSlice slices[N_AXES];
} SliceSettings;

struct _GstCnnSlice {
  GstCnnLayer parent;
  /* Under the object lock. */
  SliceSettings settings;
  gchar *texts[N_AXES]; /* as set */
};

G_DEFINE_TYPE (GstCnnSlice, gst_cnn_slice, GST_TYPE_CNN_LAYER)
GST_ELEMENT_REGISTER_DEFINE (cnnslice, "cnnslice", GST_RANK_NONE, GST_TYPE_CNN_SLICE)

static GstCnnLayerSettings *
gst_cnn_slice_copy_settings (GstCnnLayer *layer)
{
  SliceSettings *copy = g_new (SliceSettings, 1);
  *copy = GST_CNN_SLICE (layer)->settings;
  return &copy->base;
}

static void
gst_cnn_slice_free_settings (GstCnnLayerSettings *settings)
{
  g_free (settings);
}

static CnnShapeRule
get_rule (const GstCnnLayerSettings *base)
{
  const CnnSlice *slices = ((const SliceSettings *)base)->slices;
  return (CnnShapeRule){{.kind = CNN_RULE_SLICE, .slice = slices[ROWS]},
      {.kind = CNN_RULE_SLICE, .slice = slices[COLUMNS]},
      {.kind = CNN_CHANNELS_SLICE, .slice = slices[CHANNELS]}};
}

static gboolean
gst_cnn_slice_get_geometry (const GstCnnLayerSettings *base, const CnnShape *input,
    GstCnnGeometry *geometry, CnnError *error)
{
  geometry->rule = get_rule (base);
  return TRUE;
}

static gint *
places_of (const CnnSlice *slice, gint size, gint count)
{
  gint *places = g_new (gint, count);
  cnn_gather_slice (slice, size, places);
  return places;
}

static CnnLayer *
gst_cnn_slice_create_layer (GstCnnLayer *layer, const GstCnnLayerSettings *base,
    const GstCnnLayerSetup *setup, CnnError *error)
{
  const CnnShapeRule rule = get_rule (base);
  const CnnShape in = setup->input;
  CnnShape out;
  if (!cnn_shape_rule_output (&rule, in, &out, error))
    return NULL;
  g_autofree gint *rows = places_of (&rule.rows.slice, in.h, out.h);
  g_autofree gint *columns = places_of (&rule.columns.slice, in.w, out.w);
  g_autofree gint *channels = places_of (&rule.channels.slice, in.c, out.c);
  const CnnGatherDesc desc = {
      .input = in,
      .input_format = setup->input_format,
      .output_format = setup->output_format,
      .normalization = setup->normalization,
      .output = out,
      .rows = rows,
      .columns = columns,
      .channels = channels,
  };
  return cnn_gather_new (setup->context, &desc, error);
}

/* The weights before it may be in another order. */
static gboolean
gst_cnn_slice_get_weights (GstCnnLayer *layer, GstCnnWeights *weights)
{
  return FALSE;
}

static void
gst_cnn_slice_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstCnnSlice *self = GST_CNN_SLICE (object);
  CnnError error;
  if (id < 1 || id > N_AXES) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    return;
  }
  GST_OBJECT_LOCK (self);
  const gboolean valid = gst_cnn_parse_slice (
      pspec->name, g_value_get_string (value), &self->settings.slices[id - 1], &error);
  if (valid) {
    g_free (self->texts[id - 1]);
    self->texts[id - 1] = g_value_dup_string (value);
  }
  GST_OBJECT_UNLOCK (self);
  gst_cnn_layer_property_set (GST_CNN_LAYER (self), pspec, valid ? NULL : &error);
}

static void
gst_cnn_slice_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id < 1 || id > N_AXES) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    return;
  }
  GST_OBJECT_LOCK (object);
  g_value_set_string (value, GST_CNN_SLICE (object)->texts[id - 1]);
  GST_OBJECT_UNLOCK (object);
}

static void
gst_cnn_slice_finalize (GObject *object)
{
  for (guint i = 0; i < N_AXES; i++)
    g_free (GST_CNN_SLICE (object)->texts[i]);
  G_OBJECT_CLASS (gst_cnn_slice_parent_class)->finalize (object);
}

static void
gst_cnn_slice_init (GstCnnSlice *self)
{
  for (guint i = 0; i < N_AXES; i++)
    self->settings.slices[i] = (CnnSlice){CNN_SLICE_OPEN, CNN_SLICE_OPEN, 1};
}

static void
gst_cnn_slice_class_init (GstCnnSliceClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstCnnLayerClass *layer_class = GST_CNN_LAYER_CLASS (klass);

  object_class->set_property = gst_cnn_slice_set_property;
  object_class->get_property = gst_cnn_slice_get_property;
  object_class->finalize = gst_cnn_slice_finalize;
  for (guint i = 0; i < N_AXES; i++)
    g_object_class_install_property (object_class, i + 1,
        g_param_spec_string (names[i], names[i],
            "\"first:end:step\" as in Python, or \"N\" for one alone; unset: all", NULL,
            GST_CNN_LAYER_PROPERTY_FLAGS));
  layer_class->copy_settings = gst_cnn_slice_copy_settings;
  layer_class->free_settings = gst_cnn_slice_free_settings;
  layer_class->get_geometry = gst_cnn_slice_get_geometry;
  layer_class->create_layer = gst_cnn_slice_create_layer;
  layer_class->get_weights = gst_cnn_slice_get_weights;
  gst_element_class_set_static_metadata (GST_ELEMENT_CLASS (klass), "Slicing layer",
      "Filter/Effect/Video", "Some of the rows, columns and channels (slicing)",
      "The gst-cnn authors");
}
