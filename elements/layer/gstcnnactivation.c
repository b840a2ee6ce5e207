/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-cnnactivation
 * @title: cnnactivation
 * @short_description: One function applied to every value, or softmax over the channels of every pixel
 *
 * All activations of cnnconv by themselves, and those that networks have elsewhere: clip, exp, sqrt, square, power,
 * softmax, and hard-sigmoid with a slope and an offset.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=30 ! cnnactivation activation=power exponent=0.45 ! videoconvert ! autovideosink
 * ]| Gamma correction of a picture.
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=30 ! cnnactivation activation=clip minimum=0.2 maximum=0.8 ! videoconvert ! autovideosink
 * ]| Nothing darker than a fifth and nothing brighter than four fifths.
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=1 ! cnnconv kernel=random out-channels=8 ! cnnactivation activation=softmax ! fakesink
 * ]| The eight values of a pixel become probabilities.
 */
#include "layer/gstcnnactivation.h"

#include "common/doublearray.h"
#include "common/enumwords.h"

enum {
  PROP_0,
  PROP_ACTIVATION,
  PROP_ALPHA,
  PROP_MINIMUM,
  PROP_MAXIMUM,
  PROP_SLOPE,
  PROP_OFFSET,
  PROP_EXPONENT,
};

#define DEFAULT_ACTIVATION CNN_ACTIVATION_NONE
#define DEFAULT_MINIMUM 0.0
#define DEFAULT_MAXIMUM 1.0
#define DEFAULT_SLOPE (1.0 / 6)
#define DEFAULT_OFFSET 0.5
#define DEFAULT_EXPONENT 2.0

/* Values of the enum: a CnnActivation, or a CnnUnary counted from here. */
#define FIRST_UNARY 100

/* `base` counts only in copies. */
typedef struct {
  GstCnnLayerSettings base;
  gint function;
  GstCnnDoubleArray alpha;
  gdouble minimum, maximum, slope, offset, exponent;
} ActivationSettings;

struct _GstCnnActivationLayer {
  GstCnnLayer parent;
  ActivationSettings settings; /* under the object lock */
};

G_DEFINE_TYPE (GstCnnActivationLayer, gst_cnn_activation_layer, GST_TYPE_CNN_LAYER)
GST_ELEMENT_REGISTER_DEFINE (
    cnnactivation, "cnnactivation", GST_RANK_NONE, GST_TYPE_CNN_ACTIVATION_LAYER)

#define GST_TYPE_CNN_FUNCTION (function_get_type ())

static GType
function_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
      {CNN_ACTIVATION_NONE, "No activation", "none"},
      {CNN_ACTIVATION_RELU, "max (x, 0)", "relu"},
      {CNN_ACTIVATION_RELU6, "min (max (x, 0), 6)", "relu6"},
      {CNN_ACTIVATION_LEAKY_RELU, "x, or alpha * x below 0", "leaky-relu"},
      {CNN_ACTIVATION_PRELU, "x, or alpha[channel] * x below 0", "prelu"},
      {CNN_ACTIVATION_CRELU, "relu (x) then relu (-x): doubles the channels", "crelu"},
      {CNN_ACTIVATION_ELU, "x, or alpha * (exp (x) - 1) below 0", "elu"},
      {CNN_ACTIVATION_SIGMOID, "1 / (1 + exp (-x))", "sigmoid"},
      {CNN_ACTIVATION_TANH, "tanh (x)", "tanh"},
      {CNN_ACTIVATION_SILU, "x * sigmoid (x)", "silu"},
      {FIRST_UNARY + CNN_UNARY_HARD_SIGMOID, "min (max (slope * x + offset, 0), 1)",
          "hard-sigmoid"},
      {CNN_ACTIVATION_HARD_SWISH, "x * min (max (x + 3, 0), 6) / 6", "hard-swish"},
      {CNN_ACTIVATION_GELU, "x / 2 * (1 + erf (x / sqrt (2)))", "gelu"},
      {CNN_ACTIVATION_ABS, "Absolute value", "abs"},
      {FIRST_UNARY + CNN_UNARY_CLIP, "min (max (x, minimum), maximum)", "clip"},
      {FIRST_UNARY + CNN_UNARY_EXP, "exp (x)", "exp"},
      {FIRST_UNARY + CNN_UNARY_SQRT, "Square root, NaN below 0", "sqrt"},
      {FIRST_UNARY + CNN_UNARY_SQUARE, "x * x", "square"},
      {FIRST_UNARY + CNN_UNARY_POWER, "x to the exponent", "power"},
      {FIRST_UNARY + CNN_UNARY_SOFTMAX, "exp (x) / sum of it over the channels of the pixel",
          "softmax"},
      {0, NULL, NULL},
  };
  static const GstCnnEnumAlias aliases[] = {
      {"linear", CNN_ACTIVATION_NONE},
      {"identity", CNN_ACTIVATION_NONE},
      {"lrelu", CNN_ACTIVATION_LEAKY_RELU},
      {"logistic", CNN_ACTIVATION_SIGMOID},
      {"swish", CNN_ACTIVATION_SILU},
      {"hsigmoid", FIRST_UNARY + CNN_UNARY_HARD_SIGMOID},
      {"hswish", CNN_ACTIVATION_HARD_SWISH},
      {"absolute", CNN_ACTIVATION_ABS},
      {"clamp", FIRST_UNARY + CNN_UNARY_CLIP},
      {"hard-tanh", FIRST_UNARY + CNN_UNARY_CLIP},
      {"pow", FIRST_UNARY + CNN_UNARY_POWER},
      {NULL, 0},
  };
  if (g_once_init_enter (&type))
    g_once_init_leave (&type, gst_cnn_enum_register ("GstCnnFunction", values, aliases));
  return type;
}

/* --- Layer ---------------------------------------------------------------------------------------- */

static GstCnnLayerSettings *
gst_cnn_activation_layer_copy_settings (GstCnnLayer *layer)
{
  const ActivationSettings *settings = &GST_CNN_ACTIVATION_LAYER (layer)->settings;
  ActivationSettings *copy = g_new (ActivationSettings, 1);
  *copy = *settings;
  gst_cnn_double_array_copy (&copy->alpha, &settings->alpha);
  return &copy->base;
}

static void
gst_cnn_activation_layer_free_settings (GstCnnLayerSettings *settings)
{
  gst_cnn_double_array_clear (&((ActivationSettings *)settings)->alpha);
  g_free (settings);
}

static gboolean
gst_cnn_activation_layer_get_geometry (const GstCnnLayerSettings *base, const CnnShape *input,
    GstCnnGeometry *geometry, CnnError *error)
{
  const gint function = ((const ActivationSettings *)base)->function;
  if (function < FIRST_UNARY)
    geometry->rule.channels.each.multiplier = cnn_activation_channels ((CnnActivation)function, 1);
  return TRUE;
}

static CnnLayer *
create_activation (
    const ActivationSettings *settings, const GstCnnLayerSetup *setup, CnnError *error)
{
  g_autofree gfloat *alpha = gst_cnn_double_array_to_floats (&settings->alpha);
  const CnnGatherDesc desc = {
      .input = setup->input,
      .input_format = setup->input_format,
      .output_format = setup->output_format,
      .normalization = setup->normalization,
      .output = setup->input,
      .activation = (CnnActivation)settings->function,
      .alpha = alpha,
      .n_alpha = (gint)settings->alpha.count,
  };
  return cnn_gather_new (setup->context, &desc, error);
}

static CnnLayer *
create_function (const ActivationSettings *settings, const GstCnnLayerSetup *setup, CnnError *error)
{
  const CnnUnary function = (CnnUnary)(settings->function - FIRST_UNARY);
  const CnnUnaryDesc desc = {
      .input = setup->input,
      .input_format = setup->input_format,
      .output_format = setup->output_format,
      .normalization = setup->normalization,
      .function = function,
      .a = (gfloat)(function == CNN_UNARY_CLIP    ? settings->minimum
                    : function == CNN_UNARY_POWER ? settings->exponent
                                                  : settings->slope),
      .b = (gfloat)(function == CNN_UNARY_CLIP ? settings->maximum : settings->offset),
  };
  return cnn_unary_new (setup->context, &desc, error);
}

static CnnLayer *
gst_cnn_activation_layer_create_layer (GstCnnLayer *layer, const GstCnnLayerSettings *base,
    const GstCnnLayerSetup *setup, CnnError *error)
{
  const ActivationSettings *settings = (const ActivationSettings *)base;
  return settings->function >= FIRST_UNARY ? create_function (settings, setup, error)
                                           : create_activation (settings, setup, error);
}

/* --- GObject -------------------------------------------------------------------------------------- */

static gdouble *
number_of (GstCnnActivationLayer *self, guint id)
{
  switch (id) {
  case PROP_MINIMUM:
    return &self->settings.minimum;
  case PROP_MAXIMUM:
    return &self->settings.maximum;
  case PROP_SLOPE:
    return &self->settings.slope;
  case PROP_OFFSET:
    return &self->settings.offset;
  default:
    return &self->settings.exponent;
  }
}

static void
gst_cnn_activation_layer_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstCnnActivationLayer *self = GST_CNN_ACTIVATION_LAYER (object);
  CnnError error;
  gboolean valid = TRUE;
  GST_OBJECT_LOCK (self);
  switch (id) {
  case PROP_ACTIVATION:
    valid = gst_cnn_enum_get (pspec, value, &self->settings.function, &error);
    break;
  case PROP_ALPHA:
    valid = gst_cnn_double_array_set (&self->settings.alpha, pspec->name, value, &error);
    break;
  case PROP_MINIMUM ... PROP_EXPONENT:
    *number_of (self, id) = g_value_get_double (value);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
  gst_cnn_layer_property_set (GST_CNN_LAYER (self), pspec, valid ? NULL : &error);
}

static void
gst_cnn_activation_layer_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstCnnActivationLayer *self = GST_CNN_ACTIVATION_LAYER (object);
  GST_OBJECT_LOCK (self);
  switch (id) {
  case PROP_ACTIVATION:
    g_value_set_enum (value, self->settings.function);
    break;
  case PROP_ALPHA:
    gst_cnn_double_array_get (&self->settings.alpha, value);
    break;
  case PROP_MINIMUM ... PROP_EXPONENT:
    g_value_set_double (value, *number_of (self, id));
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_cnn_activation_layer_finalize (GObject *object)
{
  gst_cnn_double_array_clear (&GST_CNN_ACTIVATION_LAYER (object)->settings.alpha);
  G_OBJECT_CLASS (gst_cnn_activation_layer_parent_class)->finalize (object);
}

static void
gst_cnn_activation_layer_init (GstCnnActivationLayer *self)
{
  self->settings.function = DEFAULT_ACTIVATION;
  self->settings.alpha.values = g_new (gdouble, 1);
  self->settings.alpha.values[0] = 0.01;
  self->settings.alpha.count = 1;
  self->settings.minimum = DEFAULT_MINIMUM;
  self->settings.maximum = DEFAULT_MAXIMUM;
  self->settings.slope = DEFAULT_SLOPE;
  self->settings.offset = DEFAULT_OFFSET;
  self->settings.exponent = DEFAULT_EXPONENT;
}

static void
install_number (GObjectClass *object_class, guint id, const gchar *name, const gchar *nick,
    const gchar *blurb, gdouble default_value)
{
  g_object_class_install_property (object_class, id,
      g_param_spec_double (
          name, nick, blurb, -G_MAXFLOAT, G_MAXFLOAT, default_value, GST_CNN_LAYER_PROPERTY_FLAGS));
}

static void
gst_cnn_activation_layer_class_init (GstCnnActivationLayerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstCnnLayerClass *layer_class = GST_CNN_LAYER_CLASS (klass);

  object_class->set_property = gst_cnn_activation_layer_set_property;
  object_class->get_property = gst_cnn_activation_layer_get_property;
  object_class->finalize = gst_cnn_activation_layer_finalize;
  g_object_class_install_property (object_class, PROP_ACTIVATION,
      gst_cnn_param_spec_enum ("activation", "Activation", "Function applied to each value",
          GST_TYPE_CNN_FUNCTION, DEFAULT_ACTIVATION, GST_CNN_LAYER_PROPERTY_FLAGS));
  g_object_class_install_property (object_class, PROP_ALPHA,
      gst_cnn_param_spec_double_array ("alpha", "Alpha",
          "Slope of leaky-relu and elu, slope or per-channel slopes of prelu", "<0.01>"));
  install_number (object_class, PROP_MINIMUM, "minimum", "Minimum", "Least value that clip gives",
      DEFAULT_MINIMUM);
  install_number (object_class, PROP_MAXIMUM, "maximum", "Maximum",
      "Greatest value that clip gives", DEFAULT_MAXIMUM);
  install_number (
      object_class, PROP_SLOPE, "slope", "Slope", "Slope of hard-sigmoid", DEFAULT_SLOPE);
  install_number (object_class, PROP_OFFSET, "offset", "Offset",
      "Added by hard-sigmoid before it clips", DEFAULT_OFFSET);
  install_number (
      object_class, PROP_EXPONENT, "exponent", "Exponent", "Of power", DEFAULT_EXPONENT);
  layer_class->copy_settings = gst_cnn_activation_layer_copy_settings;
  layer_class->free_settings = gst_cnn_activation_layer_free_settings;
  layer_class->get_geometry = gst_cnn_activation_layer_get_geometry;
  layer_class->create_layer = gst_cnn_activation_layer_create_layer;
  gst_element_class_set_static_metadata (GST_ELEMENT_CLASS (klass), "Activation layer",
      "Filter/Effect/Video",
      "One function applied to every value, or softmax over channels (torch.nn.ReLU, Softmax ...)",
      "The gst-cnn authors");
  gst_type_mark_as_plugin_api (GST_TYPE_CNN_FUNCTION, 0);
}
