/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The properties strength, gain and bias-offset: numbers for GstController, which fade a layer from frame to
 * frame without making it anew. */
#include "layer/gstcnnlayer-private.h"

#include "common/gstcnncontext.h"

#define PRIVATE(self) gst_cnn_layer_private (self)

enum { STRENGTH, GAIN, BIAS_OFFSET };

#define DEFAULT_STRENGTH 1.0
#define DEFAULT_GAIN 1.0
#define DEFAULT_BIAS_OFFSET 0.0

#define PROPERTY_FLAGS (GST_CNN_LAYER_PROPERTY_FLAGS | GST_PARAM_CONTROLLABLE)

void
gst_cnn_layer_blend_init (GstCnnLayerBlend *blend)
{
  *blend = (GstCnnLayerBlend){
      .strength = DEFAULT_STRENGTH, .gain = DEFAULT_GAIN, .bias_offset = DEFAULT_BIAS_OFFSET};
}

void
gst_cnn_layer_blend_install_properties (GObjectClass *object_class, guint first_id)
{
  g_object_class_install_property (object_class, first_id + STRENGTH,
      g_param_spec_double ("strength", "Strength",
          "How much of the result there is, blended with the layer's input, where both have the "
          "same shape: "
          "0 gives the input, 1 the result",
          0, 1, DEFAULT_STRENGTH, PROPERTY_FLAGS));
  g_object_class_install_property (object_class, first_id + GAIN,
      g_param_spec_double ("gain", "Gain", "Multiplies the result, after the activation",
          -G_MAXFLOAT, G_MAXFLOAT, DEFAULT_GAIN, PROPERTY_FLAGS));
  g_object_class_install_property (object_class, first_id + BIAS_OFFSET,
      g_param_spec_double ("bias-offset", "Bias offset", "Added to the result, after the gain",
          -G_MAXFLOAT, G_MAXFLOAT, DEFAULT_BIAS_OFFSET, PROPERTY_FLAGS));
}

static gdouble *
number_of (GstCnnLayerBlend *blend, guint which)
{
  return which == STRENGTH ? &blend->strength : which == GAIN ? &blend->gain : &blend->bias_offset;
}

void
gst_cnn_layer_blend_set_property (GstCnnLayerBlend *blend, guint which, const GValue *value)
{
  *number_of (blend, which) = g_value_get_double (value);
}

void
gst_cnn_layer_blend_get_property (GstCnnLayerBlend *blend, guint which, GValue *value)
{
  g_value_set_double (value, *number_of (blend, which));
}

void
gst_cnn_layer_blend_forget (GstCnnLayerBlend *blend)
{
  g_clear_pointer (&blend->layer, cnn_layer_free);
  g_clear_pointer (&blend->result, cnn_free);
  blend->refused = FALSE;
}

gboolean
gst_cnn_layer_blend_check (gdouble strength, CnnShape input, CnnShape output, CnnError *error)
{
  if (strength == 1 || cnn_shape_equal (input, output))
    return TRUE;
  return cnn_error_set (error,
      "strength=%g blends the result with the input, but the input is %dx%dx%dx%d and the result "
      "%dx%dx%dx%d (N,H,W,C): set padding=same and as many output channels as there are input "
      "channels, "
      "or strength=1",
      strength, input.n, input.h, input.w, input.c, output.n, output.h, output.w, output.c);
}

gboolean
gst_cnn_layer_blend_wanted (GstCnnLayer *self)
{
  const GstCnnLayerBlend *blend = &PRIVATE (self)->blend;
  GST_OBJECT_LOCK (self);
  const gboolean wanted = blend->strength != 1 || blend->gain != 1 || blend->bias_offset != 0;
  GST_OBJECT_UNLOCK (self);
  return wanted;
}

gboolean
gst_cnn_layer_blend_needs_layer (GstCnnLayer *self)
{
  const GstCnnLayerPrivate *priv = PRIVATE (self);
  if (priv->out_info.type == CNN_SAMPLE_FLOAT32 || !priv->layer ||
      priv->layer == priv->blend.float_layer || !gst_cnn_layer_blend_wanted (self))
    return FALSE;
  GST_OBJECT_LOCK (self);
  const gdouble strength = priv->blend.strength;
  GST_OBJECT_UNLOCK (self);
  /* Where they differ, the frame itself tells. */
  return gst_cnn_layer_blend_check (strength, priv->in_info.shape, priv->out_info.shape, NULL);
}

/* The second pass and the frame between the two, at the first frame that needs them. */
static gboolean
make_blend (GstCnnLayer *self, CnnError *error)
{
  GstCnnLayerPrivate *priv = PRIVATE (self);
  GstCnnLayerBlend *blend = &priv->blend;
  const GstCnnStreamInfo *in = &priv->in_info, *out = &priv->out_info;
  gfloat *scale = NULL, *offset = NULL;
  gsize count;
  const CnnContext *context = gst_cnn_context_get (error);
  GST_OBJECT_LOCK (self);
  const gboolean normalized =
      gst_cnn_normalizer_make (&priv->common.normalizer, in, &scale, &offset, error);
  GST_OBJECT_UNLOCK (self);
  if (context && normalized && cnn_shape_count (out->shape, sizeof (gfloat), &count, error)) {
    const CnnBlendDesc desc = {
        .shape = out->shape,
        .layout = out->layout,
        .input = in->shape,
        .input_format = {in->type, in->layout},
        .normalization = {scale, offset},
        .output_format = {out->type, out->layout},
    };
    blend->result = cnn_alloc (count, sizeof (gfloat));
    if (!blend->result)
      cnn_error_set (error, "no memory for a frame to blend");
    else
      blend->layer = cnn_blend_new (context, &desc, error);
  }
  g_free (scale);
  g_free (offset);
  return blend->layer != NULL;
}

/* Told once for each layer that is made. */
static void
refuse (GstCnnLayer *self, const CnnError *error)
{
  GstCnnLayerBlend *blend = &PRIVATE (self)->blend;
  if (!blend->refused)
    GST_ELEMENT_WARNING (
        self, LIBRARY, SETTINGS, ("%s: %s", GST_OBJECT_NAME (self), error->message), (NULL));
  blend->refused = TRUE;
}

gboolean
gst_cnn_layer_blend_run (GstCnnLayer *self, const CnnImage *in, const CnnImage *out, gint n_threads)
{
  GstCnnLayerPrivate *priv = PRIVATE (self);
  GstCnnLayerBlend *blend = &priv->blend;
  CnnError error;
  GST_OBJECT_LOCK (self);
  gdouble strength = blend->strength;
  const gdouble gain = blend->gain, offset = blend->bias_offset;
  GST_OBJECT_UNLOCK (self);
  if (!gst_cnn_layer_blend_check (strength, in->shape, out->shape, &error)) {
    refuse (self, &error);
    strength = 1;
  }
  if ((strength == 1 && gain == 1 && offset == 0) ||
      (priv->layer != blend->float_layer && out->type != CNN_SAMPLE_FLOAT32))
    return FALSE;
  if (!blend->layer && !make_blend (self, &error)) {
    refuse (self, &error);
    return FALSE;
  }
  const CnnImage images[] = {
      cnn_image_from_tensor (blend->result, CNN_SAMPLE_FLOAT32, priv->out_info.layout, out->shape),
      *in};
  if (strength > 0)
    cnn_layer_run (priv->layer, in, &images[0], n_threads);
  cnn_blend_set (blend->layer, strength, gain, offset);
  cnn_layer_run (blend->layer, images, out, n_threads);
  return TRUE;
}
