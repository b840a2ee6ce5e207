/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-cnnpad
 * @title: cnnpad
 * @short_description: Rows and columns added around a picture, or taken away (torch.nn.functional.pad)
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=30 ! cnnpad padding=16 padding-mode=reflect ! videoconvert ! autovideosink
 * ]| The picture mirrored beyond its edges.
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=30 ! cnnpad padding=-8,0,-8,0 ! videoconvert ! autovideosink
 * ]| Negative padding crops: eight rows above and below are gone.
 */
#include "layer/gstcnnpad.h"

#include "common/enumwords.h"
#include "common/paddingmode.h"
#include "common/windowtext.h"

enum {
  PROP_0,
  PROP_PADDING,
  PROP_PADDING_MODE,
  PROP_VALUE,
};

#define DEFAULT_PADDING "0"
#define DEFAULT_VALUE 0.0

/* `base` counts only in copies. */
typedef struct {
  GstCnnLayerSettings base;
  CnnPadAxis rows, columns;
  gdouble value;
} PadSettings;

struct _GstCnnPad {
  GstCnnLayer parent;
  /* Under the object lock. */
  PadSettings settings;
  gchar *padding; /* as set */
};

G_DEFINE_TYPE (GstCnnPad, gst_cnn_pad, GST_TYPE_CNN_LAYER)
GST_ELEMENT_REGISTER_DEFINE (cnnpad, "cnnpad", GST_RANK_NONE, GST_TYPE_CNN_PAD)

static GstCnnLayerSettings *
gst_cnn_pad_copy_settings (GstCnnLayer *layer)
{
  PadSettings *copy = g_new (PadSettings, 1);
  *copy = GST_CNN_PAD (layer)->settings;
  return &copy->base;
}

static void
gst_cnn_pad_free_settings (GstCnnLayerSettings *settings)
{
  g_free (settings);
}

static CnnShapeRule
get_rule (const GstCnnLayerSettings *base)
{
  const PadSettings *settings = (const PadSettings *)base;
  return (CnnShapeRule){{.kind = CNN_RULE_PAD, .pad = settings->rows},
      {.kind = CNN_RULE_PAD, .pad = settings->columns}, cnn_channel_rule_keep ()};
}

static gboolean
gst_cnn_pad_get_geometry (const GstCnnLayerSettings *base, const CnnShape *input,
    GstCnnGeometry *geometry, CnnError *error)
{
  geometry->rule = get_rule (base);
  return TRUE;
}

static CnnLayer *
gst_cnn_pad_create_layer (GstCnnLayer *layer, const GstCnnLayerSettings *base,
    const GstCnnLayerSetup *setup, CnnError *error)
{
  const CnnShapeRule rule = get_rule (base);
  CnnShape out;
  if (!cnn_shape_rule_output (&rule, setup->input, &out, error))
    return NULL;
  g_autofree gint *rows = g_new (gint, out.h), *columns = g_new (gint, out.w);
  cnn_gather_pad (&rule.rows.pad, setup->input.h, rows);
  cnn_gather_pad (&rule.columns.pad, setup->input.w, columns);
  const CnnGatherDesc desc = {
      .input = setup->input,
      .input_format = setup->input_format,
      .output_format = setup->output_format,
      .normalization = setup->normalization,
      .output = out,
      .rows = rows,
      .columns = columns,
      .fill = (float)((const PadSettings *)base)->value,
  };
  return cnn_gather_new (setup->context, &desc, error);
}

static void
gst_cnn_pad_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstCnnPad *self = GST_CNN_PAD (object);
  CnnError error;
  gboolean valid = TRUE;
  gint word;
  GST_OBJECT_LOCK (self);
  switch (id) {
  case PROP_PADDING:
    if ((valid = gst_cnn_parse_pad (
             g_value_get_string (value), &self->settings.rows, &self->settings.columns, &error))) {
      g_free (self->padding);
      self->padding = g_value_dup_string (value);
    }
    break;
  case PROP_PADDING_MODE:
    if ((valid = gst_cnn_enum_get (pspec, value, &word, &error)))
      self->settings.rows.mode = self->settings.columns.mode = (CnnPaddingMode)word;
    break;
  case PROP_VALUE:
    self->settings.value = g_value_get_double (value);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
  gst_cnn_layer_property_set (GST_CNN_LAYER (self), pspec, valid ? NULL : &error);
}

static void
gst_cnn_pad_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstCnnPad *self = GST_CNN_PAD (object);
  GST_OBJECT_LOCK (self);
  switch (id) {
  case PROP_PADDING:
    g_value_set_string (value, self->padding);
    break;
  case PROP_PADDING_MODE:
    g_value_set_enum (value, (gint)self->settings.rows.mode);
    break;
  case PROP_VALUE:
    g_value_set_double (value, self->settings.value);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_cnn_pad_finalize (GObject *object)
{
  g_free (GST_CNN_PAD (object)->padding);
  G_OBJECT_CLASS (gst_cnn_pad_parent_class)->finalize (object);
}

static void
gst_cnn_pad_init (GstCnnPad *self)
{
  self->padding = g_strdup (DEFAULT_PADDING);
  self->settings.value = DEFAULT_VALUE;
}

static void
gst_cnn_pad_class_init (GstCnnPadClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstCnnLayerClass *layer_class = GST_CNN_LAYER_CLASS (klass);

  object_class->set_property = gst_cnn_pad_set_property;
  object_class->get_property = gst_cnn_pad_get_property;
  object_class->finalize = gst_cnn_pad_finalize;
  g_object_class_install_property (object_class, PROP_PADDING,
      g_param_spec_string ("padding", "Padding",
          "Rows and columns added on each side, or taken away where negative: \"P\", \"HxW\" or "
          "\"top,left,bottom,right\"",
          DEFAULT_PADDING, GST_CNN_LAYER_PROPERTY_FLAGS));
  g_object_class_install_property (object_class, PROP_PADDING_MODE,
      gst_cnn_param_spec_enum ("padding-mode", "Padding mode",
          "What the padding is filled with; zeros stands for `value`", GST_TYPE_CNN_PADDING_MODE,
          CNN_PADDING_ZEROS, GST_CNN_LAYER_PROPERTY_FLAGS));
  g_object_class_install_property (object_class, PROP_VALUE,
      g_param_spec_double ("value", "Value", "What padding-mode=zeros fills with", -G_MAXFLOAT,
          G_MAXFLOAT, DEFAULT_VALUE, GST_CNN_LAYER_PROPERTY_FLAGS));
  layer_class->copy_settings = gst_cnn_pad_copy_settings;
  layer_class->free_settings = gst_cnn_pad_free_settings;
  layer_class->get_geometry = gst_cnn_pad_get_geometry;
  layer_class->create_layer = gst_cnn_pad_create_layer;
  gst_element_class_set_static_metadata (GST_ELEMENT_CLASS (klass), "Padding layer",
      "Filter/Effect/Video",
      "Adds rows and columns around a picture, or takes them away (torch.nn.functional.pad)",
      "The gst-cnn authors");
}
