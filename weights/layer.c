/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From the names in a file to a layer: the naming rules of PyTorch's state dictionaries, the shapes
 * a layer may have, and the candidates an error lists.
 */
#include "tensor-file.h"

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

/* Integers in a state dictionary are counters or quantised values: no weights. An array somebody
 * saved from numpy is what it says. */
static gboolean
dtype_is_weight (const CnnWeightsFile *file, CnnDtype dtype)
{
  if (dtype == CNN_DTYPE_F8_E4M3 || dtype == CNN_DTYPE_F8_E5M2)
    return FALSE;
  return dtype >= CNN_DTYPE_F16 || file->format != CNN_WEIGHTS_SAFETENSORS;
}

/* float32 values to be freed, or NULL with the error set. */
static gfloat *
read_values (const CnnWeightsFile *file, const CnnTensorInfo *tensor, GError **error)
{
  if (!dtype_is_weight (file, tensor->dtype)) {
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
  if (cnn_weights_read_float32 (file, tensor, values, error))
    return values;
  g_free (values);
  return NULL;
}

/* A vector with one value an output channel. */
static gfloat *
read_vector (const CnnWeightsFile *file, const CnnTensorInfo *tensor, gint channels, GError **error)
{
  if (tensor->rank == 1 && tensor->shape[0] == channels)
    return read_values (file, tensor, error);
  gchar *shape = cnn_tensor_format_shape (tensor);
  cnn_weights_refuse (file, CNN_WEIGHTS_ERROR_LAYER, tensor->name, error,
      "has shape %s, but the layer has %d output channels: one value each is needed", shape,
      channels);
  g_free (shape);
  return NULL;
}

/* How a stored weight is used as a kernel. */
typedef struct {
  gint out_channels, in_channels, rows, columns;
} KernelShape;

static gboolean
is_whole_input (const CnnLayerQuery *query, gint64 inputs)
{
  if (query->kind != CNN_LAYER_CONVOLUTION)
    return FALSE;
  if (query->in_channels < 1 || query->in_rows < 1 || query->in_columns < 1)
    return FALSE;
  gint64 pixels = (gint64)query->in_rows * query->in_columns;
  return pixels > 1 && inputs % query->in_channels == 0 && inputs / query->in_channels == pixels;
}

/* Decides how `tensor` serves the query. Returns NULL, or what is wrong: to be freed. */
static gchar *
fit_kernel (const CnnWeightsFile *file, const CnnLayerQuery *query, const CnnTensorInfo *tensor,
    KernelShape *kernel)
{
  if (tensor->rank != 4 && tensor->rank != 2)
    return g_strdup_printf ("has rank %u: a weight has rank 4 (O,I,H,W) or 2 (O,I)", tensor->rank);
  if (!dtype_is_weight (file, tensor->dtype))
    return g_strdup_printf (
        "is %s: weights are float16, bfloat16, float32 or float64", cnn_dtype_name (tensor->dtype));
  for (guint i = 0; i < tensor->rank; i++)
    if (tensor->shape[i] < 1 || tensor->shape[i] > G_MAXINT)
      return g_strdup_printf ("has a dimension of %" G_GINT64_FORMAT
                              ": each of a weight's is at least 1 and below 2^31",
          tensor->shape[i]);
  *kernel = (KernelShape){(gint)tensor->shape[0], (gint)tensor->shape[1], 1, 1};
  if (tensor->rank == 4) {
    kernel->rows = (gint)tensor->shape[2];
    kernel->columns = (gint)tensor->shape[3];
  } else if (is_whole_input (query, tensor->shape[1])) {
    kernel->in_channels = query->in_channels;
    kernel->rows = query->in_rows;
    kernel->columns = query->in_columns;
  }
  if (query->kind == CNN_LAYER_POINTWISE && (kernel->rows != 1 || kernel->columns != 1))
    return g_strdup_printf ("has a %dx%d kernel: this layer takes 1x1 kernels and Linear weights",
        kernel->rows, kernel->columns);
  if (query->in_channels < 1)
    return NULL;
  if (query->in_channels % kernel->in_channels != 0)
    return g_strdup_printf (
        "takes %d input channels, but the input has %d", kernel->in_channels, query->in_channels);
  gint groups = query->in_channels / kernel->in_channels;
  if (kernel->out_channels % groups != 0)
    return g_strdup_printf (
        "takes %d of %d input channels, %d groups, which do not divide its %d output channels",
        kernel->in_channels, query->in_channels, groups, kernel->out_channels);
  return NULL;
}

static gboolean
is_named_weight (const CnnTensorInfo *tensor)
{
  const gchar *suffix = "weight";
  if (!g_str_has_suffix (tensor->name, suffix))
    return FALSE;
  gsize stem = strlen (tensor->name) - strlen (suffix);
  return stem == 0 || tensor->name[stem - 1] == '.';
}

/* Whether this may be a convolution's or a Linear layer's weight at all. */
static gboolean
is_kernel (const CnnWeightsFile *file, const CnnTensorInfo *tensor)
{
  return (tensor->rank == 4 || tensor->rank == 2) && tensor->n_elements > 0 &&
         dtype_is_weight (file, tensor->dtype);
}

GPtrArray *
cnn_weights_list_kernels (const CnnWeightsFile *file)
{
  GPtrArray *kernels = g_ptr_array_new ();
  gboolean named = FALSE;
  for (guint i = 0; i < cnn_weights_get_n_tensors (file); i++) {
    const CnnTensorInfo *tensor = cnn_weights_get_tensor (file, i);
    if (!is_kernel (file, tensor) || (named && !is_named_weight (tensor)))
      continue;
    if (!named && is_named_weight (tensor)) {
      named = TRUE;
      g_ptr_array_set_size (kernels, 0);
    }
    g_ptr_array_add (kernels, (gpointer)tensor);
  }
  return kernels;
}

/* "conv1.weight 64x3x3x3 float32, conv2.weight ..." */
static gchar *
list_candidates (const CnnWeightsFile *file)
{
  const guint most = 12;
  GPtrArray *kernels = cnn_weights_list_kernels (file);
  GString *text = g_string_new (kernels->len == 0 ? "none" : NULL);
  for (guint i = 0; i < MIN (kernels->len, most); i++) {
    const CnnTensorInfo *tensor = g_ptr_array_index (kernels, i);
    gchar *name = cnn_weights_printable (tensor->name, strlen (tensor->name));
    gchar *shape = cnn_tensor_format_shape (tensor);
    g_string_append_printf (
        text, "%s%s %s %s", i > 0 ? ", " : "", name, shape, cnn_dtype_name (tensor->dtype));
    g_free (shape);
    g_free (name);
  }
  if (kernels->len > most)
    g_string_append_printf (text, " and %u more", kernels->len - most);
  g_ptr_array_unref (kernels);
  return g_string_free (text, FALSE);
}

static gboolean
refuse_layer (const CnnWeightsFile *file, GError **error, const gchar *fault)
{
  gchar *candidates = list_candidates (file);
  cnn_weights_refuse (file, CNN_WEIGHTS_ERROR_LAYER, NULL, error,
      "%s; the weights in this file are: %s", fault, candidates);
  g_free (candidates);
  return FALSE;
}

/* The bias beside a weight found by searching: NAME.bias for NAME.weight, bias for weight. */
static const CnnTensorInfo *
find_bias_beside (const CnnWeightsFile *file, const CnnTensorInfo *weight)
{
  if (!is_named_weight (weight))
    return NULL;
  gsize stem = strlen (weight->name) - strlen ("weight");
  gchar *name = g_strdup_printf ("%.*sbias", (int)stem, weight->name);
  const CnnTensorInfo *bias = cnn_weights_find (file, name);
  g_free (name);
  return bias;
}

/* The only weight that fits the query. A file with a single weight gives that one even when it does
 * not fit, since its own fault says more than a list. */
static const CnnTensorInfo *
search_weight (const CnnWeightsFile *file, const CnnLayerQuery *query, GError **error)
{
  GPtrArray *kernels = cnn_weights_list_kernels (file);
  guint n_fitting = 0;
  const CnnTensorInfo *found = NULL, *fitting = NULL;
  for (guint i = 0; i < kernels->len; i++) {
    const CnnTensorInfo *tensor = g_ptr_array_index (kernels, i);
    KernelShape kernel;
    gchar *fault = fit_kernel (file, query, tensor, &kernel);
    if (!fault) {
      n_fitting++;
      fitting = tensor;
    }
    g_free (fault);
  }
  if (n_fitting == 1)
    found = fitting;
  else if (kernels->len == 1)
    found = g_ptr_array_index (kernels, 0);
  else if (cnn_weights_get_n_tensors (file) == 1)
    found = cnn_weights_get_tensor (file, 0);
  g_ptr_array_unref (kernels);
  if (found)
    return found;

  gchar *fault;
  if (n_fitting > 1)
    fault = g_strdup_printf ("%u weights fit, so layer= must name one", n_fitting);
  else if (query->in_channels > 0)
    fault = g_strdup_printf ("no weight fits an input of %d channels", query->in_channels);
  else
    fault = g_strdup ("no weight fits");
  refuse_layer (file, error, fault);
  g_free (fault);
  return NULL;
}

static gboolean
find_weight (const CnnWeightsFile *file, const CnnLayerQuery *query, const CnnTensorInfo **weight,
    const CnnTensorInfo **bias, GError **error)
{
  *bias = NULL;
  if (!is_given (query->layer)) {
    *weight = search_weight (file, query, error);
    if (*weight)
      *bias = find_bias_beside (file, *weight);
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
  refuse_layer (file, error, fault);
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
  KernelShape kernel = {0};
  gchar *fault = fit_kernel (file, query, *weight, &kernel);
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

static gboolean
load_kernel (
    const CnnWeightsFile *file, const CnnLayerQuery *query, CnnLayerWeights *layer, GError **error)
{
  const CnnTensorInfo *weight, *bias;
  if (!find_layer (file, query, layer, &weight, &bias, error))
    return FALSE;
  layer->weights = read_values (file, weight, error);
  if (!layer->weights)
    return FALSE;
  if (bias)
    layer->bias = read_vector (file, bias, layer->out_channels, error);
  return !bias || layer->bias;
}

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
batch_norm_read (
    const CnnWeightsFile *file, const gchar *name, gint channels, BatchNorm *norm, GError **error)
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
    if (tensor && !(*parts[i].values = read_vector (file, tensor, channels, error)))
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
  gboolean good = batch_norm_read (file, query->batch_norm, layer->out_channels, &norm, error) &&
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
  layer->alpha = single ? read_values (file, tensor, error)
                        : read_vector (file, tensor, layer->out_channels, error);
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
  *layer = (CnnLayerWeights){0};
}
