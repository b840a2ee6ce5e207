/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "search.h"

#include <string.h>

gboolean
cnn_weights_is_weight_type (const CnnWeightsFile *file, CnnDtype dtype)
{
  if (dtype == CNN_DTYPE_F8_E4M3 || dtype == CNN_DTYPE_F8_E5M2)
    return FALSE;
  return dtype >= CNN_DTYPE_F16 || file->format != CNN_WEIGHTS_SAFETENSORS;
}

/* --- Kernels -------------------------------------------------------------------------------------- */

/* The size of the kernel that a Linear weight becomes in a convolution; 0 pixels while not known. */
static gint64
linear_kernel (const CnnLayerQuery *query, CnnKernelShape *kernel)
{
  const gboolean given = query->kernel_rows > 0 && query->kernel_columns > 0;
  kernel->rows = given ? query->kernel_rows : MAX (query->in_rows, 0);
  kernel->columns = given ? query->kernel_columns : MAX (query->in_columns, 0);
  return (gint64)kernel->rows * kernel->columns;
}

static gboolean
is_whole_input (const CnnLayerQuery *query, gint64 inputs, gint64 pixels)
{
  return query->in_channels > 0 && pixels > 1 && inputs % query->in_channels == 0 &&
         inputs / query->in_channels == pixels;
}

static void
shape_kernel (const CnnLayerQuery *query, const CnnTensorInfo *tensor, CnnKernelShape *kernel)
{
  *kernel = (CnnKernelShape){(gint)tensor->shape[0], (gint)tensor->shape[1], 1, 1};
  if (tensor->rank == 4) {
    kernel->rows = (gint)tensor->shape[2];
    kernel->columns = (gint)tensor->shape[3];
  } else if (query->kind == CNN_LAYER_CONVOLUTION) {
    CnnKernelShape whole = *kernel;
    if (is_whole_input (query, tensor->shape[1], linear_kernel (query, &whole))) {
      *kernel = whole;
      kernel->in_channels = query->in_channels;
    }
  }
}

gchar *
cnn_weights_fit_kernel (const CnnWeightsFile *file, const CnnLayerQuery *query,
    const CnnTensorInfo *tensor, CnnKernelShape *kernel)
{
  if (tensor->rank != 4 && tensor->rank != 2)
    return g_strdup_printf ("has rank %u: a weight has rank 4 (O,I,H,W) or 2 (O,I)", tensor->rank);
  if (!cnn_weights_is_weight_type (file, tensor->dtype))
    return g_strdup_printf (
        "is %s: weights are float16, bfloat16, float32 or float64", cnn_dtype_name (tensor->dtype));
  for (guint i = 0; i < tensor->rank; i++)
    if (tensor->shape[i] < 1 || tensor->shape[i] > G_MAXINT)
      return g_strdup_printf ("has a dimension of %" G_GINT64_FORMAT
                              ": each of a weight's is at least 1 and below 2^31",
          tensor->shape[i]);
  shape_kernel (query, tensor, kernel);
  if (query->kind == CNN_LAYER_POINTWISE && (kernel->rows != 1 || kernel->columns != 1))
    return g_strdup_printf ("has a %dx%d kernel: this layer takes 1x1 kernels and Linear weights",
        kernel->rows, kernel->columns);
  if (query->in_channels < 1)
    return NULL;
  if (query->in_channels % kernel->in_channels != 0)
    return g_strdup_printf (
        "takes %d input channels, but the input has %d", kernel->in_channels, query->in_channels);
  const gint groups = query->in_channels / kernel->in_channels;
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
         cnn_weights_is_weight_type (file, tensor->dtype);
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

const CnnTensorInfo *
cnn_weights_find_bias_beside (const CnnWeightsFile *file, const CnnTensorInfo *weight)
{
  if (!is_named_weight (weight))
    return NULL;
  gsize stem = strlen (weight->name) - strlen ("weight");
  gchar *name = g_strdup_printf ("%.*sbias", (int)stem, weight->name);
  const CnnTensorInfo *bias = cnn_weights_find (file, name);
  g_free (name);
  return bias;
}

/* --- Refusals ------------------------------------------------------------------------------------- */

/* "conv1.weight 64x3x3x3 float32, conv2.weight ...": as many as a message has room for. */
static gchar *
list_candidates (const CnnWeightsFile *file)
{
  const gsize enough = 160;
  GPtrArray *kernels = cnn_weights_list_kernels (file);
  GString *text = g_string_new (kernels->len == 0 ? "none" : NULL);
  guint listed;
  for (listed = 0; listed < kernels->len && text->len < enough; listed++) {
    const CnnTensorInfo *tensor = g_ptr_array_index (kernels, listed);
    gchar *name = cnn_weights_printable (tensor->name, strlen (tensor->name));
    gchar *shape = cnn_tensor_format_shape (tensor);
    g_string_append_printf (
        text, "%s%s %s %s", listed > 0 ? ", " : "", name, shape, cnn_dtype_name (tensor->dtype));
    g_free (shape);
    g_free (name);
  }
  if (kernels->len > listed)
    g_string_append_printf (text, " and %u more", kernels->len - listed);
  g_ptr_array_unref (kernels);
  return g_string_free (text, FALSE);
}

gboolean
cnn_weights_refuse_layer (const CnnWeightsFile *file, GError **error, const gchar *fault)
{
  gchar *candidates = list_candidates (file);
  cnn_weights_refuse (file, CNN_WEIGHTS_ERROR_LAYER, NULL, error,
      "%s; the weights in this file are: %s", fault, candidates);
  g_free (candidates);
  return FALSE;
}

/* " an input of 3 channels", then what the search was narrowed to. */
static void
append_wish (GString *text, const CnnLayerQuery *query)
{
  if (query->in_channels > 0)
    g_string_append_printf (
        text, " an input of %d channel%s", query->in_channels, query->in_channels == 1 ? "" : "s");
  if (query->kernel_rows > 0 && query->kernel_columns > 0)
    g_string_append_printf (
        text, " with a %dx%d kernel", query->kernel_rows, query->kernel_columns);
  if (query->groups > 0)
    g_string_append_printf (text, " in %d group%s", query->groups, query->groups == 1 ? "" : "s");
  if (query->out_channels > 0)
    g_string_append_printf (text, " with %d output channel%s", query->out_channels,
        query->out_channels == 1 ? "" : "s");
}

static void
refuse_search (
    const CnnWeightsFile *file, const CnnLayerQuery *query, guint n_fitting, GError **error)
{
  GString *fault = g_string_new (NULL);
  if (n_fitting > 1)
    g_string_append_printf (fault, "%u weights fit", n_fitting);
  else
    g_string_append (fault, "no weight fits");
  append_wish (fault, query);
  if (n_fitting > 1)
    g_string_append (fault, ", so layer= must name one");
  cnn_weights_refuse_layer (file, error, fault->str);
  g_string_free (fault, TRUE);
}

/* --- Searching ------------------------------------------------------------------------------------ */

/* A Linear weight in a convolution is a kernel of the whole input, or of the wanted size. */
static gboolean
fits_as_linear (
    const CnnLayerQuery *query, const CnnTensorInfo *tensor, const CnnKernelShape *kernel)
{
  CnnKernelShape whole;
  const gint64 pixels = linear_kernel (query, &whole);
  if (pixels == 0)
    return TRUE;
  if (query->in_channels > 0)
    return pixels == kernel->rows * kernel->columns;
  return tensor->shape[1] % pixels == 0;
}

/* Whether a search for the query may end at `tensor`. `kernel` is its shape if so. */
static gboolean
fits_search (const CnnWeightsFile *file, const CnnLayerQuery *query, const CnnTensorInfo *tensor,
    CnnKernelShape *kernel)
{
  *kernel = (CnnKernelShape){0};
  gchar *fault = cnn_weights_fit_kernel (file, query, tensor, kernel);
  g_free (fault);
  if (fault)
    return FALSE;
  if (query->out_channels > 0 && query->out_channels != kernel->out_channels)
    return FALSE;
  if (query->groups > 0 &&
      (kernel->out_channels % query->groups != 0 ||
          (query->in_channels > 0 && query->in_channels / kernel->in_channels != query->groups)))
    return FALSE;
  if (tensor->rank == 2 && query->kind == CNN_LAYER_CONVOLUTION)
    return fits_as_linear (query, tensor, kernel);
  return query->kernel_rows < 1 || query->kernel_columns < 1 ||
         (query->kernel_rows == kernel->rows && query->kernel_columns == kernel->columns);
}

const CnnTensorInfo *
cnn_weights_search_kernel (const CnnWeightsFile *file, const CnnLayerQuery *query, GError **error)
{
  GPtrArray *kernels = cnn_weights_list_kernels (file);
  guint n_fitting = 0;
  const CnnTensorInfo *found = NULL, *fitting = NULL;
  for (guint i = 0; i < kernels->len; i++) {
    const CnnTensorInfo *tensor = g_ptr_array_index (kernels, i);
    CnnKernelShape kernel;
    if (fits_search (file, query, tensor, &kernel)) {
      n_fitting++;
      fitting = tensor;
    }
  }
  if (n_fitting == 1)
    found = fitting;
  else if (kernels->len == 1)
    found = g_ptr_array_index (kernels, 0);
  else if (cnn_weights_get_n_tensors (file) == 1)
    found = cnn_weights_get_tensor (file, 0);
  g_ptr_array_unref (kernels);
  if (!found)
    refuse_search (file, query, n_fitting, error);
  return found;
}

/* --- Choices -------------------------------------------------------------------------------------- */

/* Of the weights that an unknown input may meet. */
typedef struct {
  GArray *grouped, *ungrouped; /* CnnLayerChoice */
  GHashTable *n_weights;       /* input channels to the number of weights that fit them */
} Choices;

static void
add_choice (Choices *choices, const CnnKernelShape *kernel, gint64 in_channels, gboolean grouped)
{
  if (in_channels > G_MAXINT)
    return;
  const CnnLayerChoice choice = {
      (gint)in_channels, kernel->out_channels, kernel->rows, kernel->columns};
  const gpointer key = GINT_TO_POINTER (choice.in_channels);
  const guint count = GPOINTER_TO_UINT (g_hash_table_lookup (choices->n_weights, key));
  g_hash_table_insert (choices->n_weights, key, GUINT_TO_POINTER (count + 1));
  g_array_append_val (*(grouped ? &choices->grouped : &choices->ungrouped), choice);
}

static void
add_choices_of_weight (Choices *choices, const CnnLayerQuery *query, const CnnTensorInfo *tensor,
    const CnnKernelShape *shape)
{
  CnnKernelShape kernel = *shape;
  if (tensor->rank == 2 && query->kind == CNN_LAYER_CONVOLUTION) {
    const gint64 pixels = linear_kernel (query, &kernel);
    if (pixels != 1) {
      add_choice (choices, &kernel, pixels > 0 ? tensor->shape[1] / pixels : 0, FALSE);
      return;
    }
  }
  for (gint groups = 1; groups <= kernel.out_channels; groups++)
    if (kernel.out_channels % groups == 0 && (query->groups < 1 || query->groups == groups))
      add_choice (choices, &kernel, (gint64)kernel.in_channels * groups, groups > 1);
}

static void
append_unambiguous (const Choices *choices, const GArray *from, GArray *to)
{
  for (guint i = 0; i < from->len; i++) {
    const CnnLayerChoice *choice = &g_array_index (from, CnnLayerChoice, i);
    const gpointer key = GINT_TO_POINTER (choice->in_channels);
    if (choice->in_channels == 0 ||
        GPOINTER_TO_UINT (g_hash_table_lookup (choices->n_weights, key)) == 1)
      g_array_append_vals (to, choice, 1);
  }
}

GArray *
cnn_weights_list_choices (const CnnWeightsFile *file, const CnnLayerQuery *query)
{
  CnnLayerQuery unknown = *query;
  unknown.in_channels = unknown.in_rows = unknown.in_columns = 0;
  Choices choices = {g_array_new (FALSE, FALSE, sizeof (CnnLayerChoice)),
      g_array_new (FALSE, FALSE, sizeof (CnnLayerChoice)), g_hash_table_new (NULL, NULL)};
  GArray *unambiguous = g_array_new (FALSE, FALSE, sizeof (CnnLayerChoice));
  GPtrArray *kernels = cnn_weights_list_kernels (file);
  for (guint i = 0; i < kernels->len; i++) {
    const CnnTensorInfo *tensor = g_ptr_array_index (kernels, i);
    CnnKernelShape kernel;
    if (fits_search (file, &unknown, tensor, &kernel))
      add_choices_of_weight (&choices, &unknown, tensor, &kernel);
  }
  append_unambiguous (&choices, choices.ungrouped, unambiguous);
  append_unambiguous (&choices, choices.grouped, unambiguous);
  g_ptr_array_unref (kernels);
  g_hash_table_unref (choices.n_weights);
  g_array_unref (choices.grouped);
  g_array_unref (choices.ungrouped);
  return unambiguous;
}
