/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layer/gstcnnconvolution.h"

#include "common/enumwords.h"
#include "common/activationtype.h"

enum {
  PROP_0,
  PROP_COEFFICIENTS,
  PROP_BIAS,
  PROP_WEIGHTS,
  PROP_LAYER,
  PROP_BATCH_NORM,
  PROP_BATCH_NORM_EPS,
  PROP_OUT_CHANNELS,
  PROP_GROUPS,
  PROP_ACTIVATION,
  PROP_ALPHA,
  PROP_ALPHA_LAYER,
  PROP_SEED,
};

#define DEFAULT_BATCH_NORM_EPS 1e-5
#define DEFAULT_ALPHA 0.01

/* A copy for the base class. */
typedef struct {
  GstCnnLayerSettings base;
  GstCnnConvolutionSettings values;
} SharedSettings;

typedef struct {
  GstCnnConvolutionSettings settings; /* under the object lock */

  /* Streaming thread only: of the layer created last, for who looks at them. */
  GstCnnWeights shown;
  gint groups;
  gchar *warned;      /* what the bus was told last */
  gfloat *shown_bias; /* NULL for none */
  CnnActivation shown_activation;
} GstCnnConvolutionPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (GstCnnConvolution, gst_cnn_convolution, GST_TYPE_CNN_LAYER)

#define PRIVATE(self) ((GstCnnConvolutionPrivate *)gst_cnn_convolution_get_instance_private (self))

GstCnnConvolutionSettings *
gst_cnn_convolution_settings (GstCnnConvolution *self)
{
  return &PRIVATE (self)->settings;
}

static GstCnnLayerSettings *
gst_cnn_convolution_copy_settings (GstCnnLayer *layer)
{
  SharedSettings *copy = g_new0 (SharedSettings, 1);
  gst_cnn_convolution_settings_copy (
      &copy->values, &PRIVATE (GST_CNN_CONVOLUTION (layer))->settings);
  return &copy->base;
}

static void
gst_cnn_convolution_free_settings (GstCnnLayerSettings *settings)
{
  gst_cnn_convolution_settings_clear (&((SharedSettings *)settings)->values);
  g_free (settings);
}

static const GstCnnConvolutionSettings *
values_of (const GstCnnLayerSettings *settings)
{
  return &((const SharedSettings *)settings)->values;
}

/* --- The file ------------------------------------------------------------------------------------- */

/* Opens the file outside the lock. An empty path means none. */
static gboolean
set_weights (GstCnnConvolution *self, const gchar *path, CnnError *error)
{
  GError *reason = NULL;
  CnnWeightsFile *file = path && *path ? cnn_weights_open (path, &reason) : NULL;
  if (reason) {
    cnn_error_set (error, "weights: %s", reason->message);
    g_error_free (reason);
    return FALSE;
  }
  GST_OBJECT_LOCK (self);
  GstCnnConvolutionSettings *settings = gst_cnn_convolution_settings (self);
  CnnWeightsFile *old = settings->weights;
  settings->weights = file;
  GST_OBJECT_UNLOCK (self);
  cnn_weights_close (old);
  return TRUE;
}

/* What the path has by now; for whoever takes the settings next. */
static gboolean
open_weights_again (GstCnnConvolution *self, const gchar *path, CnnError *error)
{
  if (!set_weights (self, path, error))
    return FALSE;
  gst_cnn_layer_settings_changed (GST_CNN_LAYER (self));
  return TRUE;
}

/* --- Layer ---------------------------------------------------------------------------------------- */

static gboolean
gst_cnn_convolution_get_geometry (const GstCnnLayerSettings *settings, const CnnShape *input,
    GstCnnGeometry *geometry, CnnError *error)
{
  return gst_cnn_convolution_geometry (values_of (settings), input, geometry, error);
}

static void
keep_weights (GstCnnConvolution *self, const GstCnnConvolutionWeights *weights, gint in_channels)
{
  GstCnnWeights *shown = &PRIVATE (self)->shown;
  PRIVATE (self)->groups = weights->groups;
  shown->out_channels = weights->out_channels;
  shown->in_channels = in_channels / weights->groups;
  shown->rows = weights->window.rows.kernel;
  shown->columns = weights->window.columns.kernel;
  gst_clear_buffer (&shown->values);
  const guint64 most = GST_CNN_MAX_CARRIED_WEIGHTS / sizeof (gfloat);
  const guint64 kernel = (guint64)shown->rows * (guint64)shown->columns;
  const guint64 kernels = (guint64)shown->out_channels * (guint64)shown->in_channels;
  if (kernel <= most && kernels <= most && kernel * kernels <= most)
    shown->values =
        gst_buffer_new_memdup (weights->weights, (gsize)(kernel * kernels) * sizeof (gfloat));
}

static void
keep_rest (
    GstCnnConvolution *self, const GstCnnConvolutionWeights *weights, CnnActivation activation)
{
  GstCnnConvolutionPrivate *priv = PRIVATE (self);
  g_free (priv->shown_bias);
  priv->shown_bias = weights->bias ? g_memdup2 (weights->bias,
                                         (gsize)weights->out_channels * sizeof *weights->bias)
                                   : NULL;
  priv->shown_activation = activation;
}

/* As in a launch line; NULL for none. */
static const gchar *
activation_name (CnnActivation activation)
{
  GEnumClass *klass = g_type_class_ref (GST_TYPE_CNN_ACTIVATION);
  const GEnumValue *value = g_enum_get_value (klass, (gint)activation);
  g_type_class_unref (klass);
  return activation != CNN_ACTIVATION_NONE && value ? value->value_nick : NULL;
}

static void
gst_cnn_convolution_get_operation (
    GstCnnLayer *layer, CnnViewOperation *operation, GstBuffer **weights)
{
  const GstCnnConvolutionPrivate *priv = PRIVATE (GST_CNN_CONVOLUTION (layer));
  operation->kind = CNN_VIEW_OPERATION_CONVOLUTION;
  operation->groups = operation->input.c / priv->shown.in_channels;
  operation->out_channels = priv->shown.out_channels;
  operation->window.rows.kernel = priv->shown.rows;
  operation->window.columns.kernel = priv->shown.columns;
  operation->bias = priv->shown_bias;
  operation->activation = activation_name (priv->shown_activation);
  *weights = priv->shown.values;
}

static gboolean
gst_cnn_convolution_get_weights (GstCnnLayer *layer, GstCnnWeights *weights)
{
  *weights = PRIVATE (GST_CNN_CONVOLUTION (layer))->shown;
  return weights->values != NULL;
}

static void
gst_cnn_convolution_describe (GstCnnLayer *layer, GstStructure *info)
{
  gst_structure_set (
      info, "groups", G_TYPE_INT, PRIVATE (GST_CNN_CONVOLUTION (layer))->groups, NULL);
}

/* Says once what the file leaves to guess. */
static void
warn_of_weights (GstCnnConvolution *self, const GstCnnConvolutionWeights *weights)
{
  GstCnnConvolutionPrivate *priv = PRIVATE (self);
  GString *text = g_string_new (NULL);
  for (guint i = 0; weights->warnings && i < weights->warnings->len; i++)
    g_string_append_printf (
        text, "%s%s", i > 0 ? "; " : "", (const gchar *)g_ptr_array_index (weights->warnings, i));
  if (text->len > 0 && g_strcmp0 (text->str, priv->warned) != 0)
    GST_ELEMENT_WARNING (
        self, LIBRARY, SETTINGS, ("%s: weights: %s", GST_OBJECT_NAME (self), text->str), (NULL));
  g_free (priv->warned);
  priv->warned = g_string_free (text, FALSE);
}

static CnnLayer *
create_layer (GstCnnConvolution *self, const GstCnnConvolutionSettings *settings,
    const GstCnnLayerSetup *setup, GstCnnConvolutionWeights *weights, CnnError *error)
{
  const CnnConv2dDesc desc = {
      .input = setup->input,
      .input_format = setup->input_format,
      .output_format = setup->output_format,
      .normalization = setup->normalization,
      .window = weights->window,
      .out_channels = weights->out_channels,
      .groups = weights->groups,
      .weights = weights->weights,
      .bias = weights->bias,
      .activation = settings->activation,
      .alpha = weights->alpha,
      .n_alpha = weights->n_alpha,
  };
  CnnLayer *created = cnn_conv2d_new (setup->context, &desc, error);
  if (created) {
    keep_weights (self, weights, setup->input.c);
    keep_rest (self, weights, settings->activation);
    warn_of_weights (self, weights);
  }
  gst_cnn_convolution_weights_clear (weights);
  return created;
}

/* A file that was written to can no longer be read: what its path has by now counts. */
static CnnLayer *
create_of_new_file (GstCnnConvolution *self, const CnnWeightsFile *old,
    const GstCnnLayerSetup *setup, CnnError *error)
{
  GstCnnConvolutionWeights weights;
  CnnLayer *created = NULL;
  if (!open_weights_again (self, cnn_weights_get_path (old), error))
    return NULL;
  GstCnnLayerSettings *settings = gst_cnn_layer_ref_settings (GST_CNN_LAYER (self));
  if (gst_cnn_convolution_weights (values_of (settings), setup->input, &weights, error))
    created = create_layer (self, values_of (settings), setup, &weights, error);
  gst_cnn_layer_settings_unref (settings);
  return created;
}

static CnnLayer *
gst_cnn_convolution_create_layer (GstCnnLayer *layer, const GstCnnLayerSettings *settings,
    const GstCnnLayerSetup *setup, CnnError *error)
{
  GstCnnConvolution *self = GST_CNN_CONVOLUTION (layer);
  const GstCnnConvolutionSettings *values = values_of (settings);
  GstCnnConvolutionWeights weights;
  if (gst_cnn_convolution_weights (values, setup->input, &weights, error))
    return create_layer (self, values, setup, &weights, error);
  if (!values->weights || cnn_weights_is_current (values->weights))
    return NULL;
  return create_of_new_file (self, values->weights, setup, error);
}

/* A file that was replaced while the element rested counts from the start on. */
static gboolean
gst_cnn_convolution_start (GstBaseTransform *transform)
{
  GstCnnConvolution *self = GST_CNN_CONVOLUTION (transform);
  CnnError error;
  GstCnnLayerSettings *settings = gst_cnn_layer_ref_settings (GST_CNN_LAYER (self));
  const CnnWeightsFile *file = values_of (settings)->weights;
  const gboolean good = !file || cnn_weights_is_current (file) ||
                        open_weights_again (self, cnn_weights_get_path (file), &error);
  gst_cnn_layer_settings_unref (settings);
  g_clear_pointer (&PRIVATE (self)->warned, g_free);
  if (good)
    return GST_BASE_TRANSFORM_CLASS (gst_cnn_convolution_parent_class)->start (transform);
  GST_ELEMENT_ERROR (
      self, LIBRARY, SETTINGS, ("%s: %s", GST_OBJECT_NAME (self), error.message), (NULL));
  return FALSE;
}

/* --- GObject -------------------------------------------------------------------------------------- */

static void
replace_text (gchar **text, const GValue *value)
{
  g_free (*text);
  *text = g_value_dup_string (value);
}

static void
gst_cnn_convolution_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstCnnConvolution *self = GST_CNN_CONVOLUTION (object);
  CnnError error;
  gboolean valid = TRUE;
  gint word;
  if (id == PROP_WEIGHTS) {
    valid = set_weights (self, g_value_get_string (value), &error);
    gst_cnn_layer_property_set (GST_CNN_LAYER (self), pspec, valid ? NULL : &error);
    return;
  }
  GST_OBJECT_LOCK (self);
  GstCnnConvolutionSettings *settings = gst_cnn_convolution_settings (self);
  switch (id) {
  case PROP_COEFFICIENTS:
    valid = gst_cnn_double_array_set (&settings->coefficients, pspec->name, value, &error);
    break;
  case PROP_BIAS:
    valid = gst_cnn_double_array_set (&settings->bias, pspec->name, value, &error);
    break;
  case PROP_LAYER:
    replace_text (&settings->layer, value);
    break;
  case PROP_BATCH_NORM:
    replace_text (&settings->batch_norm, value);
    break;
  case PROP_BATCH_NORM_EPS:
    settings->batch_norm_eps = g_value_get_double (value);
    break;
  case PROP_OUT_CHANNELS:
    settings->out_channels = (gint)g_value_get_uint (value);
    break;
  case PROP_GROUPS:
    settings->groups = (gint)g_value_get_uint (value);
    break;
  case PROP_ACTIVATION:
    if ((valid = gst_cnn_enum_get (pspec, value, &word, &error)))
      settings->activation = (CnnActivation)word;
    break;
  case PROP_ALPHA:
    valid = gst_cnn_double_array_set (&settings->alpha, pspec->name, value, &error);
    break;
  case PROP_ALPHA_LAYER:
    replace_text (&settings->alpha_layer, value);
    break;
  case PROP_SEED:
    settings->seed = g_value_get_uint (value);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
  gst_cnn_layer_property_set (GST_CNN_LAYER (self), pspec, valid ? NULL : &error);
}

static void
gst_cnn_convolution_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GST_OBJECT_LOCK (object);
  const GstCnnConvolutionSettings *settings = &PRIVATE (GST_CNN_CONVOLUTION (object))->settings;
  switch (id) {
  case PROP_COEFFICIENTS:
    gst_cnn_double_array_get (&settings->coefficients, value);
    break;
  case PROP_BIAS:
    gst_cnn_double_array_get (&settings->bias, value);
    break;
  case PROP_WEIGHTS:
    g_value_set_string (value, settings->weights ? cnn_weights_get_path (settings->weights) : NULL);
    break;
  case PROP_LAYER:
    g_value_set_string (value, settings->layer);
    break;
  case PROP_BATCH_NORM:
    g_value_set_string (value, settings->batch_norm);
    break;
  case PROP_BATCH_NORM_EPS:
    g_value_set_double (value, settings->batch_norm_eps);
    break;
  case PROP_OUT_CHANNELS:
    g_value_set_uint (value, (guint)settings->out_channels);
    break;
  case PROP_GROUPS:
    g_value_set_uint (value, (guint)settings->groups);
    break;
  case PROP_ACTIVATION:
    g_value_set_enum (value, settings->activation);
    break;
  case PROP_ALPHA:
    gst_cnn_double_array_get (&settings->alpha, value);
    break;
  case PROP_ALPHA_LAYER:
    g_value_set_string (value, settings->alpha_layer);
    break;
  case PROP_SEED:
    g_value_set_uint (value, settings->seed);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_OBJECT_UNLOCK (object);
}

static void
gst_cnn_convolution_finalize (GObject *object)
{
  gst_cnn_convolution_settings_clear (&PRIVATE (GST_CNN_CONVOLUTION (object))->settings);
  gst_clear_buffer (&PRIVATE (GST_CNN_CONVOLUTION (object))->shown.values);
  g_free (PRIVATE (GST_CNN_CONVOLUTION (object))->warned);
  g_free (PRIVATE (GST_CNN_CONVOLUTION (object))->shown_bias);
  G_OBJECT_CLASS (gst_cnn_convolution_parent_class)->finalize (object);
}

static void
gst_cnn_convolution_init (GstCnnConvolution *self)
{
  GstCnnConvolutionSettings *settings = &PRIVATE (self)->settings;
  gst_cnn_convolution_settings_init (settings, FALSE);
  settings->batch_norm_eps = DEFAULT_BATCH_NORM_EPS;
  settings->alpha.values = g_new (gdouble, 1);
  settings->alpha.values[0] = DEFAULT_ALPHA;
  settings->alpha.count = 1;
}

static void
install_weight_properties (GObjectClass *object_class)
{
  g_object_class_install_property (object_class, PROP_COEFFICIENTS,
      gst_cnn_param_spec_double_array ("coefficients", "Coefficients",
          "The weights in place, in O,I,H,W order: <1.0,0.0,-1.0>", "<>"));
  g_object_class_install_property (object_class, PROP_BIAS,
      gst_cnn_param_spec_double_array ("bias", "Bias",
          "One value per output channel; wins over the bias of a weights file (empty = none)",
          "<>"));
  g_object_class_install_property (object_class, PROP_WEIGHTS,
      g_param_spec_string ("weights", "Weights file",
          "A .npy, .npz or .safetensors file to take the weights from", NULL,
          GST_CNN_LAYER_PROPERTY_FLAGS));
  g_object_class_install_property (object_class, PROP_LAYER,
      g_param_spec_string ("layer", "Layer",
          "Which tensors of the file: \"conv1\" finds conv1.weight and conv1.bias, "
          "\"conv1.weight\" "
          "names one exactly; unset: the only one that fits",
          NULL, GST_CNN_LAYER_PROPERTY_FLAGS));
  g_object_class_install_property (object_class, PROP_BATCH_NORM,
      g_param_spec_string ("batch-norm", "Batch normalization",
          "A batch normalization of the file that follows the layer, folded into the weights: "
          "\"bn1\" finds bn1.running_mean, bn1.running_var, bn1.weight and bn1.bias",
          NULL, GST_CNN_LAYER_PROPERTY_FLAGS));
  g_object_class_install_property (object_class, PROP_BATCH_NORM_EPS,
      g_param_spec_double ("batch-norm-eps", "Batch normalization epsilon",
          "Added to the variance of batch-norm", 0, G_MAXDOUBLE, DEFAULT_BATCH_NORM_EPS,
          GST_CNN_LAYER_PROPERTY_FLAGS));
}

static void
install_shape_properties (GObjectClass *object_class)
{
  g_object_class_install_property (object_class, PROP_OUT_CHANNELS,
      g_param_spec_uint ("out-channels", "Output channels",
          "Output channels, 0 = from the weights, else 1; needed with coefficients and "
          "kernel=random",
          0, CNN_MAX_EXTENT, 0, GST_CNN_LAYER_PROPERTY_FLAGS));
  g_object_class_install_property (object_class, PROP_GROUPS,
      g_param_spec_uint ("groups", "Groups",
          "Groups of channels that are convolved apart, 0 = from the weights: named filters run on "
          "each channel by itself",
          0, CNN_MAX_EXTENT, 0, GST_CNN_LAYER_PROPERTY_FLAGS));
  g_object_class_install_property (object_class, PROP_ACTIVATION,
      gst_cnn_param_spec_enum ("activation", "Activation", "Function applied to each output",
          GST_TYPE_CNN_ACTIVATION, CNN_ACTIVATION_NONE, GST_CNN_LAYER_PROPERTY_FLAGS));
  g_object_class_install_property (object_class, PROP_ALPHA,
      gst_cnn_param_spec_double_array ("alpha", "Alpha",
          "Slope of leaky-relu and elu, slope or per-channel slopes of prelu", "<0.01>"));
  g_object_class_install_property (object_class, PROP_ALPHA_LAYER,
      g_param_spec_string ("alpha-layer", "Alpha layer",
          "Slopes of prelu from the weights file: \"act1\" finds act1.weight", NULL,
          GST_CNN_LAYER_PROPERTY_FLAGS));
  g_object_class_install_property (object_class, PROP_SEED,
      g_param_spec_uint ("seed", "Seed", "Seed of kernel=random; the same weights on every machine",
          0, G_MAXUINT, 0, GST_CNN_LAYER_PROPERTY_FLAGS));
}

static void
gst_cnn_convolution_class_init (GstCnnConvolutionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstCnnLayerClass *layer_class = GST_CNN_LAYER_CLASS (klass);

  object_class->set_property = gst_cnn_convolution_set_property;
  object_class->get_property = gst_cnn_convolution_get_property;
  object_class->finalize = gst_cnn_convolution_finalize;
  install_weight_properties (object_class);
  install_shape_properties (object_class);
  layer_class->copy_settings = gst_cnn_convolution_copy_settings;
  layer_class->free_settings = gst_cnn_convolution_free_settings;
  layer_class->get_geometry = gst_cnn_convolution_get_geometry;
  layer_class->create_layer = gst_cnn_convolution_create_layer;
  layer_class->get_weights = gst_cnn_convolution_get_weights;
  layer_class->describe = gst_cnn_convolution_describe;
  GST_BASE_TRANSFORM_CLASS (klass)->start = gst_cnn_convolution_start;
  layer_class->get_operation = gst_cnn_convolution_get_operation;
  gst_type_mark_as_plugin_api (GST_TYPE_CNN_CONVOLUTION, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_CNN_ACTIVATION, 0);
}
