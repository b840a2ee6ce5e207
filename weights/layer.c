/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From the names in a file to a layer: the naming rules of PyTorch's state dictionaries, and what is
 * folded into the weights.
 */
#include "modules.h"
#include "search.h"

#include <math.h>
#include <string.h>

const CnnTensorInfo *
cnn_weights_find_parameter (const CnnWeightsFile *file, const gchar *prefix, const gchar *parameter)
{
  gchar *name = g_strconcat (prefix, *prefix ? "." : "", parameter, NULL);
  const CnnTensorInfo *tensor = cnn_weights_find (file, name);
  g_free (name);
  return tensor;
}

static gboolean
is_given (const gchar *name)
{
  return name && *name;
}

/* --- Values --------------------------------------------------------------------------------------- */

static void G_GNUC_PRINTF (2, 3) warn (CnnLayerWeights *layer, const gchar *format, ...)
{
  va_list arguments;
  va_start (arguments, format);
  if (!layer->warnings)
    layer->warnings = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (layer->warnings, g_strdup_vprintf (format, arguments));
  va_end (arguments);
}

/* One NaN in a kernel makes every output of its channel NaN. */
static void
warn_of_no_numbers (const CnnTensorInfo *tensor, const gfloat *values, CnnLayerWeights *layer)
{
  gsize n_nan = 0, n_infinite = 0;
  for (gsize i = 0; i < tensor->n_elements; i++) {
    n_nan += isnan (values[i]) != 0;
    n_infinite += isinf (values[i]) != 0;
  }
  if (n_nan == 0 && n_infinite == 0)
    return;
  gchar *name = cnn_weights_printable (tensor->name, strlen (tensor->name));
  warn (layer,
      "tensor \"%s\" has %" G_GSIZE_FORMAT " NaN and %" G_GSIZE_FORMAT
      " infinite of %" G_GSIZE_FORMAT " values",
      name, n_nan, n_infinite, tensor->n_elements);
  g_free (name);
}

/* float32 values to be freed, or NULL with the error set. Warns in `layer`. */
static gfloat *
read_values (
    const CnnWeightsFile *file, const CnnTensorInfo *tensor, CnnLayerWeights *layer, GError **error)
{
  if (!cnn_weights_is_weight_type (file, tensor->dtype)) {
    cnn_weights_refuse (file, CNN_WEIGHTS_ERROR_LAYER, tensor->name, error,
        "is %s; weights in a .safetensors file are float16, bfloat16, float32 or float64",
        cnn_dtype_name (tensor->dtype));
    return NULL;
  }
  gfloat *values = g_try_malloc_n (MAX (tensor->n_elements, 1), sizeof *values);
  if (!values) {
    cnn_weights_refuse (file, CNN_WEIGHTS_ERROR_MEMORY, tensor->name, error,
        "has %" G_GSIZE_FORMAT " elements: no memory for them as float32", tensor->n_elements);
    return NULL;
  }
  if (cnn_weights_read_float32 (file, tensor, values, error)) {
    warn_of_no_numbers (tensor, values, layer);
    return values;
  }
  g_free (values);
  return NULL;
}

/* A vector with one value an output channel. */
static gfloat *
read_vector (
    const CnnWeightsFile *file, const CnnTensorInfo *tensor, CnnLayerWeights *layer, GError **error)
{
  if (tensor->rank == 1 && tensor->shape[0] == layer->out_channels)
    return read_values (file, tensor, layer, error);
  gchar *shape = cnn_tensor_format_shape (tensor);
  cnn_weights_refuse (file, CNN_WEIGHTS_ERROR_LAYER, tensor->name, error,
      "has shape %s, but the layer has %d output channels: one value each is needed", shape,
      layer->out_channels);
  g_free (shape);
  return NULL;
}

/* --- Layers --------------------------------------------------------------------------------------- */

static gboolean
find_weight (const CnnWeightsFile *file, const CnnLayerQuery *query, const CnnTensorInfo **weight,
    const CnnTensorInfo **bias, GError **error)
{
  *bias = NULL;
  if (!is_given (query->layer)) {
    *weight = cnn_weights_search_kernel (file, query, error);
    if (*weight)
      *bias = cnn_weights_find_bias_beside (file, *weight);
    return *weight != NULL;
  }
  *weight = cnn_weights_find_parameter (file, query->layer, "weight");
  if (*weight) {
    *bias = cnn_weights_find_parameter (file, query->layer, "bias");
    return TRUE;
  }
  *weight = cnn_weights_find (file, query->layer);
  if (*weight)
    return TRUE;
  gchar *printable = cnn_weights_printable (query->layer, strlen (query->layer));
  gchar *fault = g_strdup_printf (
      "there is neither a tensor \"%s.weight\" nor a tensor \"%s\"", printable, printable);
  cnn_weights_refuse_layer (file, error, fault);
  g_free (fault);
  g_free (printable);
  return FALSE;
}

/* Fills in what `layer` says about itself, and the tensors it comes from. */
static gboolean
find_layer (const CnnWeightsFile *file, const CnnLayerQuery *query, CnnLayerWeights *layer,
    const CnnTensorInfo **weight, const CnnTensorInfo **bias, GError **error)
{
  *layer = (CnnLayerWeights){0};
  if (!find_weight (file, query, weight, bias, error))
    return FALSE;
  CnnKernelShape kernel = {0};
  gchar *fault = cnn_weights_fit_kernel (file, query, *weight, &kernel);
  if (fault) {
    gchar *shape = cnn_tensor_format_shape (*weight);
    cnn_weights_refuse (
        file, CNN_WEIGHTS_ERROR_LAYER, (*weight)->name, error, "of shape %s %s", shape, fault);
    g_free (shape);
    g_free (fault);
    return FALSE;
  }
  layer->out_channels = kernel.out_channels;
  layer->in_channels = kernel.in_channels;
  layer->kernel_rows = kernel.rows;
  layer->kernel_columns = kernel.columns;
  layer->rank = (*weight)->rank;
  layer->weight_name = g_strdup ((*weight)->name);
  layer->bias_name = *bias ? g_strdup ((*bias)->name) : NULL;
  return TRUE;
}

gboolean
cnn_weights_find_layer (
    const CnnWeightsFile *file, const CnnLayerQuery *query, CnnLayerWeights *layer, GError **error)
{
  const CnnTensorInfo *weight, *bias;
  return find_layer (file, query, layer, &weight, &bias, error);
}

/* The layer would have as many output channels as the transposed one has inputs. */
static gboolean
refuse_transposed (const CnnWeightsFile *file, const CnnTensorInfo *weight,
    const CnnTensorInfo *bias, GError **error)
{
  gchar *shape = cnn_tensor_format_shape (weight);
  cnn_weights_refuse (file, CNN_WEIGHTS_ERROR_LAYER, bias->name, error,
      "has shape %" G_GINT64_FORMAT ", but the layer has %" G_GINT64_FORMAT
      " output channels: a weight of shape %s with this bias is a ConvTranspose2d's (I,O,H,W), not "
      "a "
      "Conv2d's",
      bias->shape[0], weight->shape[0], shape);
  g_free (shape);
  return FALSE;
}

/* TensorFlow has H,W,I,O: a small odd square in front, and behind it numbers of channels, which make no
 * kernel that anybody trains. */
static gboolean
looks_like_hwio (const CnnTensorInfo *weight)
{
  const gint64 side = weight->shape[0], rows = weight->shape[2], columns = weight->shape[3];
  if (weight->rank != 4 || side != weight->shape[1] || side % 2 == 0 || side > 11)
    return FALSE;
  return side == 1 ? rows >= 8 && columns >= 8
                   : rows != columns && (columns > 11 || columns % 2 == 0);
}

/* What is taken for granted though the file does not say it. */
static void
warn_of_guesses (const CnnLayerQuery *query, const CnnTensorInfo *weight, const CnnTensorInfo *bias,
    CnnLayerWeights *layer)
{
  const gint groups = query->in_channels > 0 ? query->in_channels / layer->in_channels : 1;
  /* One input channel each and as many outputs: what a depthwise convolution looks like. */
  const gboolean depthwise = layer->in_channels == 1 && layer->out_channels == query->in_channels;
  gchar *shape = cnn_tensor_format_shape (weight);
  gchar *name = cnn_weights_printable (weight->name, strlen (weight->name));
  if (looks_like_hwio (weight))
    warn (layer,
        "tensor \"%s\" of shape %s runs as %d channels to %d by a kernel of %dx%d, but looks like "
        "TensorFlow's H,W,I,O: kernel.transpose (3, 2, 0, 1) makes O,I,H,W of it",
        name, shape, layer->in_channels, layer->out_channels, layer->kernel_rows,
        layer->kernel_columns);
  else if (groups > 1 && query->groups < 1 && !depthwise)
    warn (layer,
        "tensor \"%s\" of shape %s takes %d channel%s, but the input has %d: it runs as %d groups, "
        "which groups=%d confirms; otherwise another layer belongs here%s",
        name, shape, layer->in_channels, layer->in_channels == 1 ? "" : "s", query->in_channels,
        groups, groups,
        weight->shape[0] == query->in_channels && !bias
            ? ", or it is the weight of a ConvTranspose2d"
            : "");
  else if (weight->rank == 4 && groups == 1 &&
           cnn_weights_guess_transposed (weight, bias) >= CNN_TRANSPOSED_BY_NAME)
    warn (layer,
        "tensor \"%s\" of shape %s is a ConvTranspose2d's by its name, and runs as a Conv2d's",
        name, shape);
  g_free (name);
  g_free (shape);
}

static gboolean
load_kernel (
    const CnnWeightsFile *file, const CnnLayerQuery *query, CnnLayerWeights *layer, GError **error)
{
  const CnnTensorInfo *weight, *bias;
  if (!find_layer (file, query, layer, &weight, &bias, error))
    return FALSE;
  if (cnn_weights_guess_transposed (weight, bias) == CNN_TRANSPOSED_BY_BIAS)
    return refuse_transposed (file, weight, bias, error);
  layer->weights = read_values (file, weight, layer, error);
  if (!layer->weights)
    return FALSE;
  warn_of_guesses (query, weight, bias, layer);
  if (bias)
    layer->bias = read_vector (file, bias, layer, error);
  return !bias || layer->bias;
}

/* --- What is folded in ---------------------------------------------------------------------------- */

typedef struct {
  gfloat *scale, *shift; /* NULL: 1 and 0 */
  gfloat *mean, *variance;
} BatchNorm;

static void
batch_norm_clear (BatchNorm *norm)
{
  g_free (norm->scale);
  g_free (norm->shift);
  g_free (norm->mean);
  g_free (norm->variance);
}

static gboolean
batch_norm_read (const CnnWeightsFile *file, const gchar *name, CnnLayerWeights *layer,
    BatchNorm *norm, GError **error)
{
  const struct {
    const gchar *parameter;
    gboolean required;
    gfloat **values;
  } parts[] = {
      {"running_mean", TRUE, &norm->mean},
      {"running_var", TRUE, &norm->variance},
      {"weight", FALSE, &norm->scale},
      {"bias", FALSE, &norm->shift},
  };
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++) {
    const CnnTensorInfo *tensor = cnn_weights_find_parameter (file, name, parts[i].parameter);
    if (!tensor && parts[i].required) {
      gchar *printable = cnn_weights_printable (name, strlen (name));
      cnn_weights_refuse (file, CNN_WEIGHTS_ERROR_LAYER, NULL, error,
          "there is no tensor \"%s.%s\", which a batch normalisation \"%s\" has", printable,
          parts[i].parameter, printable);
      g_free (printable);
      return FALSE;
    }
    if (tensor && !(*parts[i].values = read_vector (file, tensor, layer, error)))
      return FALSE;
  }
  return TRUE;
}

/* y = (x - mean) / sqrt (variance + eps) * scale + shift after x = w * input + bias is one
 * convolution again. In double, so that folding rounds each weight once. */
static gboolean
batch_norm_fold (const CnnWeightsFile *file, const CnnLayerQuery *query, const BatchNorm *norm,
    CnnLayerWeights *layer, GError **error)
{
  gsize kernel = (gsize)layer->in_channels * layer->kernel_rows * layer->kernel_columns;
  for (gint o = 0; o < layer->out_channels; o++) {
    gdouble variance = norm->variance[o] + query->batch_norm_eps;
    if (!(variance > 0)) {
      gchar *printable = cnn_weights_printable (query->batch_norm, strlen (query->batch_norm));
      cnn_weights_refuse (file, CNN_WEIGHTS_ERROR_LAYER, NULL, error,
          "tensor \"%s.running_var\" has %g at channel %d, which with eps %g is no variance",
          printable, norm->variance[o], o, query->batch_norm_eps);
      g_free (printable);
      return FALSE;
    }
    gdouble factor = (norm->scale ? norm->scale[o] : 1.0) / sqrt (variance);
    gfloat *weights = layer->weights + (gsize)o * kernel;
    for (gsize i = 0; i < kernel; i++)
      weights[i] = (gfloat)(weights[i] * factor);
    layer->bias[o] = (gfloat)(((gdouble)layer->bias[o] - norm->mean[o]) * factor +
                              (norm->shift ? norm->shift[o] : 0.0));
  }
  return TRUE;
}

static gboolean
apply_batch_norm (
    const CnnWeightsFile *file, const CnnLayerQuery *query, CnnLayerWeights *layer, GError **error)
{
  if (!(query->batch_norm_eps >= 0))
    return cnn_weights_refuse (file, CNN_WEIGHTS_ERROR_LAYER, NULL, error,
        "the batch normalisation's eps %g is below 0", query->batch_norm_eps);
  if (!layer->bias)
    layer->bias = g_try_new0 (gfloat, layer->out_channels);
  if (!layer->bias)
    return cnn_weights_refuse (file, CNN_WEIGHTS_ERROR_MEMORY, layer->weight_name, error,
        "has %d output channels: no memory for their bias", layer->out_channels);
  BatchNorm norm = {0};
  gboolean good = batch_norm_read (file, query->batch_norm, layer, &norm, error) &&
                  batch_norm_fold (file, query, &norm, layer, error);
  batch_norm_clear (&norm);
  return good;
}

static gboolean
load_alpha (
    const CnnWeightsFile *file, const CnnLayerQuery *query, CnnLayerWeights *layer, GError **error)
{
  const CnnTensorInfo *tensor = cnn_weights_find_parameter (file, query->alpha_layer, "weight");
  if (!tensor)
    tensor = cnn_weights_find (file, query->alpha_layer);
  if (!tensor) {
    gchar *printable = cnn_weights_printable (query->alpha_layer, strlen (query->alpha_layer));
    cnn_weights_refuse (file, CNN_WEIGHTS_ERROR_LAYER, NULL, error,
        "there is neither a tensor \"%s.weight\" nor a tensor \"%s\" for the slopes", printable,
        printable);
    g_free (printable);
    return FALSE;
  }
  /* torch.nn.PReLU has one slope, or one a channel. */
  gboolean single = tensor->n_elements == 1 && tensor->rank <= 1;
  layer->n_alpha = single ? 1 : layer->out_channels;
  layer->alpha =
      single ? read_values (file, tensor, layer, error) : read_vector (file, tensor, layer, error);
  return layer->alpha != NULL;
}

gboolean
cnn_weights_load_layer (
    const CnnWeightsFile *file, const CnnLayerQuery *query, CnnLayerWeights *layer, GError **error)
{
  if (load_kernel (file, query, layer, error) &&
      (!is_given (query->batch_norm) || apply_batch_norm (file, query, layer, error)) &&
      (!is_given (query->alpha_layer) || load_alpha (file, query, layer, error)))
    return TRUE;
  cnn_layer_weights_clear (layer);
  return FALSE;
}

void
cnn_layer_weights_clear (CnnLayerWeights *layer)
{
  g_free (layer->weights);
  g_free (layer->bias);
  g_free (layer->alpha);
  g_free (layer->weight_name);
  g_free (layer->bias_name);
  g_clear_pointer (&layer->warnings, g_ptr_array_unref);
  *layer = (CnnLayerWeights){0};
}
