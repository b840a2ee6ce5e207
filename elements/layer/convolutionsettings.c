/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layer/convolutionsettings.h"

#include <string.h>

#define DEFAULT_KERNEL_SIZE 3

/* --- Settings ------------------------------------------------------------------------------------- */

void
gst_cnn_convolution_settings_init (GstCnnConvolutionSettings *settings, gboolean pointwise)
{
  memset (settings, 0, sizeof *settings);
  settings->pointwise = pointwise;
  settings->window = cnn_window_unit ();
  settings->batch_norm_eps = 1e-5;
}

void
gst_cnn_convolution_settings_copy (
    GstCnnConvolutionSettings *copy, const GstCnnConvolutionSettings *settings)
{
  *copy = *settings;
  gst_cnn_double_array_copy (&copy->coefficients, &settings->coefficients);
  gst_cnn_double_array_copy (&copy->bias, &settings->bias);
  gst_cnn_double_array_copy (&copy->alpha, &settings->alpha);
  copy->weights = settings->weights ? cnn_weights_ref (settings->weights) : NULL;
  copy->layer = g_strdup (settings->layer);
  copy->batch_norm = g_strdup (settings->batch_norm);
  copy->alpha_layer = g_strdup (settings->alpha_layer);
}

void
gst_cnn_convolution_settings_clear (GstCnnConvolutionSettings *settings)
{
  gst_cnn_double_array_clear (&settings->coefficients);
  gst_cnn_double_array_clear (&settings->bias);
  gst_cnn_double_array_clear (&settings->alpha);
  g_clear_pointer (&settings->weights, cnn_weights_close);
  g_clear_pointer (&settings->layer, g_free);
  g_clear_pointer (&settings->batch_norm, g_free);
  g_clear_pointer (&settings->alpha_layer, g_free);
}

/* --- Where the weights come from ------------------------------------------------------------------ */

/* Exactly one of kernel, coefficients and weights. */
static gboolean
check_one_origin (const GstCnnConvolutionSettings *settings, CnnError *error)
{
  const gboolean kernel = settings->filter != GST_CNN_FILTER_NONE;
  const gboolean coefficients = settings->coefficients.count > 0;
  const gboolean weights = settings->weights != NULL;
  const gint origins = kernel + coefficients + weights;
  if (origins == 1)
    return TRUE;
  if (origins == 0)
    return cnn_error_set (error,
        "there are no weights: set one of %s, coefficients and weights (a file)",
        settings->pointwise ? "kernel=random" : "kernel (a named filter)");
  return cnn_error_set (error, "%s%s%s %s say where the weights come from: set only one of them",
      kernel ? "kernel" : "coefficients", kernel && coefficients ? " and coefficients" : "",
      weights ? " and weights" : "", origins == 2 ? "both" : "all");
}

static void
kernel_size (const GstCnnConvolutionSettings *settings, gint *rows, gint *columns)
{
  if (settings->pointwise)
    *rows = *columns = 1;
  else if (settings->has_kernel_size) {
    *rows = settings->window.rows.kernel;
    *columns = settings->window.columns.kernel;
  } else
    *rows = *columns = DEFAULT_KERNEL_SIZE;
}

static void
set_kernel (CnnWindow *window, gint rows, gint columns)
{
  window->rows.kernel = rows;
  window->columns.kernel = columns;
}

static gboolean
check_groups (gint groups, gint out_channels, CnnError *error)
{
  if (out_channels % groups == 0)
    return TRUE;
  return cnn_error_set (
      error, "groups=%d does not divide the %d output channels", groups, out_channels);
}

/* Output channels that do not depend on the input's, which are a multiple of the groups. */
static CnnChannelRule
grouped_channels (gint groups, gint outputs)
{
  return (CnnChannelRule){.kind = CNN_CHANNELS_GROUPED,
      .each = {.multiplier = 1, .groups = groups, .outputs = outputs}};
}

/* `inputs` of each group; 0 groups: any that divide the outputs. */
static CnnChannelRule
weights_channels (gint inputs, gint outputs, gint groups)
{
  return (CnnChannelRule){
      .kind = CNN_CHANNELS_WEIGHTS, .weights = {inputs, outputs, groups, outputs}};
}

/* A kernel of that size, or of the whole input when it is 0x0. */
static void
set_rule_kernel (CnnShapeRule *rule, gint rows, gint columns)
{
  CnnAxis *y = &rule->rows.window, *x = &rule->columns.window;
  if (rows > 0 && columns > 0) {
    y->kernel = rows;
    x->kernel = columns;
  } else {
    y->rule = x->rule = CNN_SIZE_ADAPTIVE;
    y->adaptive_output = x->adaptive_output = 1;
  }
}

static gboolean
filter_geometry (
    const GstCnnConvolutionSettings *settings, GstCnnGeometry *geometry, CnnError *error)
{
  CnnChannelRule *channels = &geometry->rule.channels;
  gint rows, columns;
  kernel_size (settings, &rows, &columns);
  set_rule_kernel (&geometry->rule, rows, columns);
  if (settings->filter == GST_CNN_FILTER_RANDOM) {
    *channels = grouped_channels (MAX (settings->groups, 1), MAX (settings->out_channels, 1));
    return check_groups (channels->each.groups, channels->each.outputs, error);
  }
  /* Trying it tells whether the filter has this size. */
  gfloat *kernels = gst_cnn_filter_make (settings->filter, rows, columns, error);
  if (!kernels)
    return FALSE;
  g_free (kernels);
  const gint count = gst_cnn_filter_count (settings->filter);
  if (settings->groups > 0)
    *channels = grouped_channels (settings->groups, count * settings->groups);
  else
    channels->each.multiplier = count;
  return TRUE;
}

/* One kernel and nothing said about channels: it runs on each channel by itself, as named filters do. */
static gboolean
is_single_kernel (const GstCnnConvolutionSettings *settings)
{
  gint rows, columns;
  kernel_size (settings, &rows, &columns);
  return settings->groups == 0 && settings->out_channels == 0 && !settings->pointwise &&
         settings->coefficients.count == (guint64)rows * (guint64)columns;
}

static gboolean
coefficients_geometry (
    const GstCnnConvolutionSettings *settings, GstCnnGeometry *geometry, CnnError *error)
{
  gint rows, columns;
  kernel_size (settings, &rows, &columns);
  set_rule_kernel (&geometry->rule, rows, columns);
  if (is_single_kernel (settings)) {
    geometry->prefers_one_channel = TRUE;
    return TRUE;
  }
  const gint out_channels = MAX (settings->out_channels, 1), groups = MAX (settings->groups, 1);
  const gint64 each = (gint64)rows * columns * out_channels;
  const gint64 count = settings->coefficients.count;
  if (each > count || count % each != 0)
    return cnn_error_set (error,
        "coefficients has %" G_GINT64_FORMAT
        " values, not a multiple of out-channels x kernel-size "
        "= %dx%dx%d = %" G_GINT64_FORMAT,
        count, out_channels, rows, columns, each);
  if (count / each * groups > G_MAXINT)
    return cnn_error_set (error, "groups=%d make too many input channels", groups);
  geometry->rule.channels = weights_channels ((gint)(count / each), out_channels, groups);
  return check_groups (groups, out_channels, error);
}

/* `input` is NULL while not known. */
static CnnLayerQuery
layer_query (const GstCnnConvolutionSettings *settings, const CnnShape *input)
{
  const gboolean sized = settings->has_kernel_size && !settings->pointwise;
  return (CnnLayerQuery){
      .kind = settings->pointwise ? CNN_LAYER_POINTWISE : CNN_LAYER_CONVOLUTION,
      .layer = settings->layer,
      .batch_norm = settings->batch_norm,
      .batch_norm_eps = settings->batch_norm_eps,
      .alpha_layer = settings->alpha_layer,
      .in_channels = input ? input->c : 0,
      .in_rows = input ? input->h : 0,
      .in_columns = input ? input->w : 0,
      .out_channels = settings->out_channels,
      .groups = settings->groups,
      .kernel_rows = sized ? settings->window.rows.kernel : 0,
      .kernel_columns = sized ? settings->window.columns.kernel : 0,
  };
}

/* Finds the layer in the file, with or without its values. */
static gboolean
find_layer (const GstCnnConvolutionSettings *settings, const CnnShape *input, gboolean with_values,
    CnnLayerWeights *found, CnnError *error)
{
  const CnnLayerQuery query = layer_query (settings, input);
  GError *reason = NULL;
  if (with_values ? cnn_weights_load_layer (settings->weights, &query, found, &reason)
                  : cnn_weights_find_layer (settings->weights, &query, found, &reason))
    return TRUE;
  cnn_error_set (error, "weights: %s", reason->message);
  g_clear_error (&reason);
  return FALSE;
}

/* A weight of rank 2 belongs to a fully connected layer: for cnnconv its kernel is the whole input, or as
 * large as kernel-size says. */
static gboolean
linear_geometry (const GstCnnConvolutionSettings *settings, const CnnLayerWeights *loaded,
    GstCnnGeometry *geometry, CnnError *error)
{
  if (!settings->has_kernel_size) {
    set_rule_kernel (&geometry->rule, 0, 0);
    geometry->rule.channels = grouped_channels (1, loaded->out_channels);
    return TRUE;
  }
  const gint64 taps = (gint64)settings->window.rows.kernel * settings->window.columns.kernel;
  if (loaded->in_channels % taps != 0)
    return cnn_error_set (error,
        "%s has %d inputs, which are no whole number of channels for kernel-size=%dx%d",
        loaded->weight_name, loaded->in_channels, settings->window.rows.kernel,
        settings->window.columns.kernel);
  geometry->rule.channels =
      weights_channels ((gint)(loaded->in_channels / taps), loaded->out_channels, 1);
  return TRUE;
}

static gboolean
conv2d_geometry (const GstCnnConvolutionSettings *settings, const CnnLayerWeights *loaded,
    GstCnnGeometry *geometry, CnnError *error)
{
  const CnnWindow *window = &settings->window;
  if (settings->has_kernel_size && (window->rows.kernel != loaded->kernel_rows ||
                                       window->columns.kernel != loaded->kernel_columns))
    return cnn_error_set (error, "kernel-size=%dx%d, but %s is %dx%d", window->rows.kernel,
        window->columns.kernel, loaded->weight_name, loaded->kernel_rows, loaded->kernel_columns);
  set_rule_kernel (&geometry->rule, loaded->kernel_rows, loaded->kernel_columns);
  if (settings->groups > 0 && !check_groups (settings->groups, loaded->out_channels, error))
    return FALSE;
  geometry->rule.channels =
      weights_channels (loaded->in_channels, loaded->out_channels, settings->groups);
  return TRUE;
}

/* The choices among the weights of a file when the input decides. FALSE when nothing is to be decided. */
static gboolean
list_choices (const GstCnnConvolutionSettings *settings, GstCnnGeometry *geometry)
{
  if (settings->layer && *settings->layer)
    return FALSE;
  const CnnLayerQuery query = layer_query (settings, NULL);
  GArray *choices = cnn_weights_list_choices (settings->weights, &query);
  geometry->choices = g_array_new (FALSE, FALSE, sizeof (CnnShapeRule));
  for (guint i = 0; i < choices->len; i++) {
    const CnnLayerChoice *choice = &g_array_index (choices, CnnLayerChoice, i);
    CnnShapeRule rule = geometry->rule;
    set_rule_kernel (&rule, choice->kernel_rows, choice->kernel_columns);
    rule.channels = choice->in_channels > 0
                        ? weights_channels (choice->in_channels, choice->out_channels, 1)
                        : grouped_channels (1, choice->out_channels);
    g_array_append_val (geometry->choices, rule);
  }
  g_array_unref (choices);
  return geometry->choices->len > 0;
}

/* The weight that this input decided for. */
static gboolean
decided_geometry (const GstCnnConvolutionSettings *settings, const CnnShape *input,
    GstCnnGeometry *geometry, CnnError *error)
{
  CnnLayerWeights found;
  if (!find_layer (settings, input, FALSE, &found, error))
    return FALSE;
  geometry->rule.channels = weights_channels (input->c, found.out_channels, 1);
  set_rule_kernel (&geometry->rule, found.kernel_rows, found.kernel_columns);
  cnn_layer_weights_clear (&found);
  return TRUE;
}

static gboolean
file_geometry (const GstCnnConvolutionSettings *settings, const CnnShape *input,
    GstCnnGeometry *geometry, CnnError *error)
{
  if (input)
    return decided_geometry (settings, input, geometry, error);
  CnnLayerWeights loaded;
  if (!find_layer (settings, NULL, FALSE, &loaded, error))
    return list_choices (settings, geometry);
  gboolean possible;
  if (loaded.rank == 2 && !settings->pointwise)
    possible = linear_geometry (settings, &loaded, geometry, error);
  else
    possible = conv2d_geometry (settings, &loaded, geometry, error);
  if (possible && settings->out_channels > 0 && settings->out_channels != loaded.out_channels)
    possible = cnn_error_set (error, "out-channels=%d, but %s has %d", settings->out_channels,
        loaded.weight_name, loaded.out_channels);
  cnn_layer_weights_clear (&loaded);
  return possible;
}

static gboolean
add_activation_channels (
    const GstCnnConvolutionSettings *settings, CnnChannelRule *channels, CnnError *error)
{
  gint *count = channels->kind == CNN_CHANNELS_WEIGHTS ? &channels->weights.outputs
                : channels->kind == CNN_CHANNELS_GROUPED && channels->each.outputs
                    ? &channels->each.outputs
                    : &channels->each.multiplier;
  if (*count > G_MAXINT / 2)
    return cnn_error_set (error, "%d output channels are too many", *count);
  *count = cnn_activation_channels (settings->activation, *count);
  return TRUE;
}

gboolean
gst_cnn_convolution_geometry (const GstCnnConvolutionSettings *settings, const CnnShape *input,
    GstCnnGeometry *geometry, CnnError *error)
{
  geometry->rule = cnn_shape_rule_window (&settings->window);
  gboolean possible = check_one_origin (settings, error);
  if (!possible)
    return FALSE;
  if (settings->weights)
    possible = file_geometry (settings, input, geometry, error);
  else if (settings->coefficients.count > 0)
    possible = coefficients_geometry (settings, geometry, error);
  else
    possible = filter_geometry (settings, geometry, error);
  if (!possible)
    return FALSE;
  for (guint i = 0; geometry->choices && i < geometry->choices->len; i++) {
    CnnShapeRule *rule = &g_array_index (geometry->choices, CnnShapeRule, i);
    if (!add_activation_channels (settings, &rule->channels, error))
      return FALSE;
  }
  return add_activation_channels (settings, &geometry->rule.channels, error);
}

/* --- The weights themselves ----------------------------------------------------------------------- */

static gboolean
filter_weights (const GstCnnConvolutionSettings *settings, CnnShape input,
    GstCnnConvolutionWeights *weights, CnnError *error)
{
  const gint rows = weights->window.rows.kernel, columns = weights->window.columns.kernel;
  const gsize taps = (gsize)rows * columns;
  const gboolean random = settings->filter == GST_CNN_FILTER_RANDOM;
  weights->groups = settings->groups > 0 ? settings->groups : random ? 1 : input.c;
  const gint group_inputs = input.c / weights->groups;
  gfloat *kernels = NULL;
  gint count = 0;
  if (random) {
    weights->out_channels = MAX (settings->out_channels, 1);
  } else {
    kernels = gst_cnn_filter_make (settings->filter, rows, columns, error);
    if (!kernels)
      return FALSE;
    count = gst_cnn_filter_count (settings->filter);
    weights->out_channels = count * weights->groups;
    if (settings->out_channels > 0 && settings->out_channels != weights->out_channels) {
      g_free (kernels);
      return cnn_error_set (error,
          "out-channels=%d, but kernels of this name (%d a group) on %d groups of channels give %d",
          settings->out_channels, count, weights->groups, weights->out_channels);
    }
  }

  gsize total;
  if (!g_size_checked_mul (&total, taps, (gsize)weights->out_channels * group_inputs) ||
      !(weights->weights = g_try_new (gfloat, total))) {
    g_free (kernels);
    return cnn_error_set (error, "out of memory for weights of %dx%dx%dx%d (O,I,H,W)",
        weights->out_channels, group_inputs, rows, columns);
  }
  if (random)
    gst_cnn_filter_randomize (
        weights->weights, total, (gint64)group_inputs * (gint64)taps, settings->seed);
  else /* every input channel of a group meets the same kernel */
    for (gint o = 0; o < weights->out_channels; o++)
      for (gint i = 0; i < group_inputs; i++)
        memcpy (weights->weights + ((gsize)o * group_inputs + i) * taps, kernels + o % count * taps,
            sizeof (gfloat) * taps);
  g_free (kernels);
  return TRUE;
}

static gboolean
coefficients_weights (const GstCnnConvolutionSettings *settings, CnnShape input,
    GstCnnConvolutionWeights *weights, CnnError *error)
{
  weights->out_channels = MAX (settings->out_channels, 1);
  weights->groups = MAX (settings->groups, 1);
  weights->weights = gst_cnn_double_array_to_floats (&settings->coefficients);
  if (!is_single_kernel (settings) || input.c == 1)
    return TRUE;
  gfloat *kernel = weights->weights;
  const gsize taps = settings->coefficients.count;
  weights->out_channels = weights->groups = input.c;
  weights->weights = g_try_malloc_n ((gsize)input.c, taps * sizeof (gfloat));
  for (gint c = 0; weights->weights && c < input.c; c++)
    memcpy (weights->weights + (gsize)c * taps, kernel, taps * sizeof (gfloat));
  g_free (kernel);
  return weights->weights ||
         cnn_error_set (error, "out of memory for a kernel on %d channels", input.c);
}

static gboolean
file_weights (const GstCnnConvolutionSettings *settings, CnnShape input,
    GstCnnConvolutionWeights *weights, CnnError *error)
{
  CnnLayerWeights loaded;
  if (!find_layer (settings, &input, TRUE, &loaded, error))
    return FALSE;
  if (loaded.rank == 2 && !settings->pointwise && !settings->has_kernel_size &&
      (loaded.kernel_rows != input.h || loaded.kernel_columns != input.w)) {
    cnn_error_set (error,
        "%s has %d inputs, but the whole input has %dx%dx%d values: set kernel-size, or let cnn1x1 "
        "apply it to every pixel",
        loaded.weight_name, loaded.in_channels, input.h, input.w, input.c);
    cnn_layer_weights_clear (&loaded);
    return FALSE;
  }
  set_kernel (&weights->window, loaded.kernel_rows, loaded.kernel_columns);
  weights->out_channels = loaded.out_channels;
  weights->groups = input.c / loaded.in_channels;
  weights->weights = g_steal_pointer (&loaded.weights);
  weights->bias = g_steal_pointer (&loaded.bias);
  weights->alpha = g_steal_pointer (&loaded.alpha);
  weights->n_alpha = loaded.n_alpha;
  weights->warnings = g_steal_pointer (&loaded.warnings);
  cnn_layer_weights_clear (&loaded);
  return TRUE;
}

static gboolean
check_count (const GstCnnDoubleArray *array, const gchar *property, gint out_channels,
    gboolean one_is_enough, CnnError *error)
{
  if (array->count == (guint)out_channels || (one_is_enough && array->count == 1))
    return TRUE;
  return cnn_error_set (error, "%s has %u value%s, but there %s %d output channel%s", property,
      array->count, array->count == 1 ? "" : "s", out_channels == 1 ? "is" : "are", out_channels,
      out_channels == 1 ? "" : "s");
}

/* A kernel that runs on each channel by itself has one bias, or one for each channel. */
static gfloat *
bias_of_channels (const GstCnnConvolutionSettings *settings, gint out_channels)
{
  if (settings->bias.count > 1 || out_channels == 1)
    return gst_cnn_double_array_to_floats (&settings->bias);
  gfloat *bias = g_new (gfloat, out_channels);
  for (gint c = 0; c < out_channels; c++)
    bias[c] = (gfloat)settings->bias.values[0];
  return bias;
}

static gboolean
repeats_one_kernel (const GstCnnConvolutionSettings *settings)
{
  if (settings->filter != GST_CNN_FILTER_NONE && settings->filter != GST_CNN_FILTER_RANDOM)
    return gst_cnn_filter_count (settings->filter) == 1;
  return settings->coefficients.count > 0 && is_single_kernel (settings);
}

/* The bias and alpha properties win over those in a file. */
static gboolean
add_bias_and_alpha (
    const GstCnnConvolutionSettings *settings, GstCnnConvolutionWeights *weights, CnnError *error)
{
  if (settings->bias.count > 0) {
    if (!check_count (
            &settings->bias, "bias", weights->out_channels, repeats_one_kernel (settings), error))
      return FALSE;
    g_free (weights->bias);
    weights->bias = bias_of_channels (settings, weights->out_channels);
  }
  if (weights->alpha)
    return TRUE;
  if (settings->alpha.count > 1) {
    if (settings->activation != CNN_ACTIVATION_PRELU)
      return cnn_error_set (error,
          "alpha has %u values, but only activation=prelu takes more than one",
          settings->alpha.count);
    if (!check_count (&settings->alpha, "alpha", weights->out_channels, TRUE, error))
      return FALSE;
  }
  weights->alpha = gst_cnn_double_array_to_floats (&settings->alpha);
  weights->n_alpha = (gint)settings->alpha.count;
  return TRUE;
}

gboolean
gst_cnn_convolution_weights (const GstCnnConvolutionSettings *settings, CnnShape input,
    GstCnnConvolutionWeights *weights, CnnError *error)
{
  gint rows, columns;
  memset (weights, 0, sizeof *weights);
  weights->window = settings->window;
  kernel_size (settings, &rows, &columns);
  set_kernel (&weights->window, rows, columns);
  gboolean made;
  if (settings->weights) {
    made = file_weights (settings, input, weights, error);
  } else if (settings->coefficients.count > 0) {
    made = coefficients_weights (settings, input, weights, error);
  } else {
    made = filter_weights (settings, input, weights, error);
  }
  made = made && add_bias_and_alpha (settings, weights, error);
  if (!made)
    gst_cnn_convolution_weights_clear (weights);
  return made;
}

void
gst_cnn_convolution_weights_clear (GstCnnConvolutionWeights *weights)
{
  g_clear_pointer (&weights->weights, g_free);
  g_clear_pointer (&weights->bias, g_free);
  g_clear_pointer (&weights->alpha, g_free);
  g_clear_pointer (&weights->warnings, g_ptr_array_unref);
}
