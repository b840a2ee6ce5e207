/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Layers found in files: the networks of write-reference.py give PyTorch's own output, and small
 * files built here give every refusal.
 *
 *   layers FOLDER   with the networks
 */
#include "weights.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

static const gchar *reference_folder;

/* --- PyTorch's networks ---------------------------------------------------------------------- */

typedef struct {
  gint channels, rows, columns;
  gfloat *values;
} Planes;

static Planes
read_planes (const CnnWeightsFile *file, const gchar *name)
{
  const CnnTensorInfo *tensor = cnn_weights_find (file, name);
  g_assert_nonnull (tensor);
  gint dims[3] = {1, 1, 1};
  for (guint i = 1; i < tensor->rank; i++)
    dims[i - 1] = (gint)tensor->shape[i];
  Planes planes = {dims[0], dims[1], dims[2], g_new (gfloat, tensor->n_elements)};
  g_assert_true (cnn_weights_read_float32 (file, tensor, planes.values, NULL));
  return planes;
}

/* One output sample of the layer over `input`, without padding, stride 1. */
static gdouble
convolve_at (const CnnLayerWeights *layer, const Planes *input, gint o, gint y, gint x)
{
  gint groups = input->channels / layer->in_channels;
  gint first = o / (layer->out_channels / groups) * layer->in_channels;
  gdouble sum = layer->bias ? layer->bias[o] : 0;
  const gfloat *weight =
      layer->weights + (gsize)o * layer->in_channels * layer->kernel_rows * layer->kernel_columns;
  for (gint i = 0; i < layer->in_channels; i++)
    for (gint row = 0; row < layer->kernel_rows; row++)
      for (gint column = 0; column < layer->kernel_columns; column++)
        sum += (gdouble)*weight++ *
               input->values[((first + i) * input->rows + y + row) * input->columns + x + column];
  return sum;
}

static gdouble
activate (const CnnLayerWeights *layer, gint o, gdouble value)
{
  if (!layer->alpha || value >= 0)
    return value;
  return value * layer->alpha[layer->n_alpha == 1 ? 0 : o];
}

static void
check_output (const CnnLayerWeights *layer, const Planes *input, const Planes *output)
{
  gint rows = input->rows - layer->kernel_rows + 1;
  gint columns = input->columns - layer->kernel_columns + 1;
  g_assert_cmpint (output->channels, ==, layer->out_channels);
  g_assert_cmpint (output->rows, ==, rows);
  g_assert_cmpint (output->columns, ==, columns);
  const gfloat *expected = output->values;
  for (gint o = 0; o < layer->out_channels; o++)
    for (gint y = 0; y < rows; y++)
      for (gint x = 0; x < columns; x++) {
        gdouble value = activate (layer, o, convolve_at (layer, input, o, y, x));
        g_assert_cmpfloat_with_epsilon (value, *expected, 1e-4 * (1 + fabs (*expected)));
        expected++;
      }
}

typedef struct {
  const gchar *network;
  CnnLayerQuery query;
  gint n_alpha;
} NetworkCase;

static const NetworkCase network_cases[] = {
    {"conv", {.layer = "0"}, 0},
    {"conv", {.layer = NULL}, 0},
    {"conv_no_bias", {.layer = "0"}, 0},
    {"conv_grouped", {.layer = "0"}, 0},
    {"conv_depthwise", {.layer = "0"}, 0},
    {"conv_half", {.layer = "0"}, 0},
    {"conv_half", {.layer = "0", .kind = CNN_LAYER_POINTWISE}, 0},
    {"conv_bfloat", {.layer = "0"}, 0},
    {"batch_norm", {.layer = "0", .batch_norm = "1", .batch_norm_eps = 1e-3}, 0},
    {"batch_norm_plain", {.layer = "0", .batch_norm = "1", .batch_norm_eps = 1e-5}, 0},
    {"prelu", {.layer = "0", .alpha_layer = "1"}, 4},
    {"prelu", {.layer = "0", .alpha_layer = "1.weight"}, 4},
    {"prelu_single", {.layer = "0", .alpha_layer = "1"}, 1},
    {"flatten_linear", {.layer = "1"}, 0},
    {"flatten_linear", {.layer = NULL}, 0},
    {"linear", {.layer = "fc", .kind = CNN_LAYER_POINTWISE}, 0},
    {"linear", {.layer = "fc"}, 0},
};

/* The networks carry input and output as tensors of rank 4, which no search may find. */
static void
test_network (gconstpointer data)
{
  const NetworkCase *test = data;
  gchar *name = g_strconcat (test->network, ".safetensors", NULL);
  gchar *path = g_build_filename (reference_folder, name, NULL);
  GError *error = NULL;
  CnnWeightsFile *file = cnn_weights_open (path, &error);
  g_assert_no_error (error);
  Planes input = read_planes (file, "input"), output = read_planes (file, "output");
  CnnLayerQuery query = test->query;
  query.in_channels = input.channels;
  query.in_rows = input.rows;
  query.in_columns = input.columns;
  CnnLayerWeights layer;
  cnn_weights_load_layer (file, &query, &layer, &error);
  g_assert_no_error (error);
  g_assert_cmpint (layer.n_alpha, ==, test->n_alpha);
  check_output (&layer, &input, &output);
  cnn_layer_weights_clear (&layer);
  g_free (input.values);
  g_free (output.values);
  cnn_weights_close (file);
  g_free (path);
  g_free (name);
}

/* --- Files built here ------------------------------------------------------------------------ */

/* Adds "NAME SHAPE" or "NAME:DTYPE SHAPE", SHAPE in JSON, with four bytes an element: element k is
 * k as float32; of "NAME! SHAPE" the first is NaN and the second infinite. */
static void
append_tensor (GString *header, GByteArray *data, const gchar *text)
{
  gchar **parts = g_strsplit (text, " ", 2), **name = g_strsplit (parts[0], ":", 2);
  guint begin = data->len, count = 1;
  const gboolean odd = g_str_has_suffix (name[0], "!");
  if (odd)
    name[0][strlen (name[0]) - 1] = '\0';
  for (const gchar *at = parts[1]; *at; at++)
    if (g_ascii_isdigit (*at)) {
      gchar *end;
      count *= (guint)g_ascii_strtoull (at, &end, 10);
      at = end - 1;
    }
  for (guint i = 0; i < count; i++) {
    gfloat value = odd && i < 2 ? (i == 0 ? NAN : -INFINITY) : (gfloat)i;
    guint32 bits;
    memcpy (&bits, &value, sizeof bits);
    bits = GUINT32_TO_LE (bits);
    g_byte_array_append (data, (const guint8 *)&bits, sizeof bits);
  }
  g_string_append_printf (header,
      "%s\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%u,%u]}",
      header->len > 1 ? "," : "", name[0], name[1] ? name[1] : "F32", parts[1], begin, data->len);
  g_strfreev (parts);
  g_strfreev (name);
}

/* Opens a .safetensors file with these tensors, separated by "; ". */
static CnnWeightsFile *
open_built (const gchar *tensors)
{
  GString *header = g_string_new ("{");
  GByteArray *data = g_byte_array_new ();
  gchar **texts = g_strsplit (tensors, "; ", -1);
  for (gchar **text = texts; *text; text++)
    append_tensor (header, data, *text);
  g_strfreev (texts);
  g_string_append_c (header, '}');
  guint64 length = GUINT64_TO_LE ((guint64)header->len);
  g_string_prepend_len (header, (const gchar *)&length, sizeof length);
  g_string_append_len (header, (const gchar *)data->data, data->len);

  GError *error = NULL;
  gchar *path;
  gint fd = g_file_open_tmp ("built-XXXXXX.safetensors", &path, &error);
  g_assert_no_error (error);
  g_close (fd, NULL);
  g_file_set_contents (path, header->str, (gssize)header->len, &error);
  g_assert_no_error (error);
  CnnWeightsFile *file = cnn_weights_open (path, &error);
  g_assert_no_error (error);
  /* An open file does not need its path any more. */
  g_unlink (path);
  g_free (path);
  g_byte_array_unref (data);
  g_string_free (header, TRUE);
  return file;
}

typedef struct {
  const gchar *title, *shapes;
  CnnLayerQuery query;
  /* What the layer is, "OxIxHxW WEIGHT BIAS", or a part of the message. */
  const gchar *found, *refused;
} LayerCase;

#define NET "a.weight [4,3,3,3]; a.bias [4]; b.weight [2,4,1,1]; b.bias [2]"
#define PAIR "a.weight [6,4,3,3]; b.weight [8,2,5,5]"
#define NORM "c.weight [4,3,1,1]; n.running_mean [4]; n.running_var [4]"

static const LayerCase layer_cases[] = {
    {"named", NET, {.layer = "a"}, "4x3x3x3 a.weight a.bias", NULL},
    {"exact", NET, {.layer = "a.weight"}, "4x3x3x3 a.weight -", NULL},
    {"exact-before-none", "a [4,3,1,1]", {.layer = "a"}, "4x3x1x1 a -", NULL},
    {"parameter-before-exact", "a [1,1]; a.weight [4,3,1,1]", {.layer = "a"}, "4x3x1x1 a.weight -",
        NULL},
    {"by-input", NET, {.in_channels = 3}, "4x3x3x3 a.weight a.bias", NULL},
    {"by-input-empty-name", NET, {.layer = "", .in_channels = 3}, "4x3x3x3 a.weight a.bias", NULL},
    {"by-kind", NET, {.kind = CNN_LAYER_POINTWISE}, "2x4x1x1 b.weight b.bias", NULL},
    {"only", "w [4,3,3,3]; bias [9]", {.layer = NULL}, "4x3x3x3 w -", NULL},
    {"bare-module", "weight [4,3,3,3]; bias [4]", {.layer = NULL}, "4x3x3x3 weight bias", NULL},
    {"not-a-suffix", "xweight [4,3,3,3]; xbias [4]", {.layer = NULL}, "4x3x3x3 xweight -", NULL},
    {"beside-integers", "a.weight [4,3,3,3]; a.table:I32 [4,3]", {.layer = NULL},
        "4x3x3x3 a.weight -", NULL},
    {"linear-unknown-input", "f.weight [5,18]", {.layer = "f"}, "5x18x1x1 f.weight -", NULL},
    {"linear-whole-input", "f.weight [5,18]",
        {.layer = "f", .in_channels = 2, .in_rows = 3, .in_columns = 3}, "5x2x3x3 f.weight -",
        NULL},
    {"linear-searched", "f.weight [5,18]; g.weight [5,4]",
        {.in_channels = 2, .in_rows = 3, .in_columns = 3}, "5x2x3x3 f.weight -", NULL},
    {"linear-one-pixel", "f.weight [5,18]",
        {.layer = "f", .in_channels = 18, .in_rows = 1, .in_columns = 1}, "5x18x1x1 f.weight -",
        NULL},
    {"grouped", "g.weight [6,2,3,3]", {.layer = "g", .in_channels = 4}, "6x2x3x3 g.weight -", NULL},
    {"by-kernel", PAIR, {.in_channels = 4, .kernel_rows = 5, .kernel_columns = 5},
        "8x2x5x5 b.weight -", NULL},
    {"by-outputs", PAIR, {.in_channels = 4, .out_channels = 6}, "6x4x3x3 a.weight -", NULL},
    {"by-groups", PAIR, {.in_channels = 4, .groups = 2}, "8x2x5x5 b.weight -", NULL},
    {"by-one-group", PAIR, {.in_channels = 4, .groups = 1}, "6x4x3x3 a.weight -", NULL},
    {"only-need-not-agree", "a.weight [4,3,3,3]",
        {.in_channels = 3, .groups = 2, .out_channels = 9, .kernel_rows = 1, .kernel_columns = 1},
        "4x3x3x3 a.weight -", NULL},
    {"linear-not-the-whole-input", "a.weight [4,2,3,3]; f.weight [5,2]",
        {.in_channels = 2, .in_rows = 4, .in_columns = 4}, "4x2x3x3 a.weight -", NULL},
    {"linear-one-pixel-searched", "f.weight [5,18]; g.weight [5,4]",
        {.in_channels = 18, .in_rows = 1, .in_columns = 1}, "5x18x1x1 f.weight -", NULL},
    {"linear-of-a-size", "f.weight [5,18]; g.weight [5,8]",
        {.in_channels = 2, .in_rows = 9, .in_columns = 9, .kernel_rows = 3, .kernel_columns = 3},
        "5x2x3x3 f.weight -", NULL},
    {"linear-of-a-size-unknown-input", "f.weight [5,18]; g.weight [5,8]",
        {.kernel_rows = 3, .kernel_columns = 3}, "5x18x1x1 f.weight -", NULL},
    {"norm", NORM, {.layer = "c", .batch_norm = "n", .batch_norm_eps = 1}, "4x3x1x1 c.weight -",
        NULL},

    {"ambiguous-unnamed", "a [4,3,3,3]; b [4,3,1,1]; c [4,3]", {.layer = NULL}, NULL,
        "3 weights fit, so layer= must name one; the weights in this file are: a 4x3x3x3 float32, "
        "b 4x3x1x1 float32, c 4x3 float32"},
    {"missing", NET, {.layer = "c"}, NULL,
        "neither a tensor \"c.weight\" nor a tensor \"c\"; the weights in this file are: a.weight "
        "4x3x3x3 float32, b.weight 2x4x1x1 float32"},
    {"missing-control", NET, {.layer = "c\n\033"}, NULL, "\"c\\u000a\\u001b\""},
    {"ambiguous", NET, {.layer = NULL}, NULL, "2 weights fit, so layer= must name one"},
    {"none-fits", NET, {.in_channels = 5}, NULL, "no weight fits an input of 5 channels; the"},
    {"ambiguous-input", PAIR, {.in_channels = 4}, NULL,
        "2 weights fit an input of 4 channels, so layer= must name one; the weights"},
    {"ambiguous-whole-input", "a.weight [4,2,3,3]; f.weight [5,18]",
        {.in_channels = 2, .in_rows = 3, .in_columns = 3}, NULL, "2 weights fit an input of 2"},
    {"none-fits-one", NET, {.in_channels = 1}, NULL, "no weight fits an input of 1 channel; the"},
    {"none-so-narrow", PAIR,
        {.in_channels = 4, .kernel_rows = 3, .kernel_columns = 5, .groups = 1, .out_channels = 7},
        NULL,
        "no weight fits an input of 4 channels with a 3x5 kernel in 1 group with 7 output "
        "channels; "
        "the"},
    {"none-there", "a.bias [4]; b.bias [4]", {.layer = NULL}, NULL,
        "no weight fits; the weights in this file are: none"},
    {"only-does-not-fit", "a.weight [4,3,3,3]; a.bias [4]", {.in_channels = 5}, NULL,
        "tensor \"a.weight\" of shape 4x3x3x3 takes 3 input channels, but the input has 5"},
    {"fewer-channels", NET, {.layer = "a", .in_channels = 1}, NULL,
        "takes 3 input channels, but the input has 1"},
    {"groups-do-not-divide", NET, {.layer = "a", .in_channels = 9}, NULL,
        "3 groups, which do not divide its 4 output channels"},
    {"rank-1", NET, {.layer = "a.bias"}, NULL, "has rank 1: a weight has rank 4"},
    {"rank-3", "a.weight [4,3,3]", {.layer = "a"}, NULL, "has rank 3"},
    {"rank-5", "a.weight [4,3,1,1,1]", {.layer = NULL}, NULL, "has rank 5"},
    {"zero", "a.weight [4,0,3,3]", {.layer = "a"}, NULL, "has a dimension of 0"},
    {"zero-output", "a.weight [0,3]", {.layer = NULL}, NULL, "has a dimension of 0"},
    {"integers", "a.weight:I32 [4,3,3,3]", {.layer = "a"}, NULL, "is int32"},
    {"pointwise-kernel", NET, {.layer = "a", .kind = CNN_LAYER_POINTWISE}, NULL,
        "has a 3x3 kernel: this layer takes 1x1"},
    {"linear-other-input", "f.weight [5,18]",
        {.layer = "f", .in_channels = 2, .in_rows = 3, .in_columns = 4}, NULL,
        "takes 18 input channels, but the input has 2"},
    {"linear-pointwise", "f.weight [5,18]",
        {.layer = "f",
            .kind = CNN_LAYER_POINTWISE,
            .in_channels = 2,
            .in_rows = 3,
            .in_columns = 3},
        NULL, "takes 18 input channels, but the input has 2"},
    {"bias-length", "a.weight [4,3,3,3]; a.bias [3]", {.layer = "a"}, NULL,
        "tensor \"a.bias\" has shape 3, but the layer has 4 output channels"},
    {"bias-rank", "a.weight [4,3,3,3]; a.bias [4,1]", {.layer = "a"}, NULL,
        "tensor \"a.bias\" has shape 4x1"},
    {"bias-integers", "a.weight [4,3,3,3]; a.bias:I32 [4]", {.layer = "a"}, NULL,
        "tensor \"a.bias\" is int32"},
    {"norm-missing", NORM, {.layer = "c", .batch_norm = "m"}, NULL,
        "there is no tensor \"m.running_mean\", which a batch normalisation"},
    {"norm-no-variance", "c.weight [4,3,1,1]; n.running_mean [4]",
        {.layer = "c", .batch_norm = "n"}, NULL, "there is no tensor \"n.running_var\""},
    {"norm-channels", "c.weight [4,3,1,1]; n.running_mean [3]; n.running_var [4]",
        {.layer = "c", .batch_norm = "n", .batch_norm_eps = 1}, NULL,
        "tensor \"n.running_mean\" has shape 3, but the layer has 4"},
    {"norm-zero-variance", NORM, {.layer = "c", .batch_norm = "n"}, NULL,
        "tensor \"n.running_var\" has 0 at channel 0, which with eps 0"},
    {"norm-eps", NORM, {.layer = "c", .batch_norm = "n", .batch_norm_eps = -1}, NULL,
        "eps -1 is below 0"},
    {"norm-eps-nan", NORM, {.layer = "c", .batch_norm = "n", .batch_norm_eps = NAN}, NULL,
        "eps nan"},
    {"transposed", "t.weight [4,3,2,2]; t.bias [3]", {.layer = "t"}, NULL,
        "tensor \"t.bias\" has shape 3, but the layer has 4 output channels: a weight of shape "
        "4x3x2x2 with "
        "this bias is a ConvTranspose2d's (I,O,H,W), not a Conv2d's"},
    {"bias-count", "t.weight [4,3,2,2]; t.bias [2]", {.layer = "t"}, NULL,
        "tensor \"t.bias\" has shape 2, but the layer has 4 output channels: one value each is "
        "needed"},
    {"slopes-missing", NET, {.layer = "a", .alpha_layer = "p"}, NULL,
        "neither a tensor \"p.weight\" nor a tensor \"p\" for the slopes"},
    {"slopes-count", NET "; p.weight [3]", {.layer = "a", .alpha_layer = "p"}, NULL,
        "tensor \"p.weight\" has shape 3, but the layer has 4 output channels"},
};

static gchar *
describe_layer (const CnnLayerWeights *layer)
{
  return g_strdup_printf ("%dx%dx%dx%d %s %s", layer->out_channels, layer->in_channels,
      layer->kernel_rows, layer->kernel_columns, layer->weight_name,
      layer->bias_name ? layer->bias_name : "-");
}

/* Finding without loading says the same. */
static void
check_found (const CnnWeightsFile *file, const LayerCase *test)
{
  CnnLayerWeights layer;
  if (cnn_weights_find_layer (file, &test->query, &layer, NULL) && test->found) {
    gchar *found = describe_layer (&layer);
    g_assert_cmpstr (found, ==, test->found);
    g_free (found);
    g_assert_null (layer.weights);
  } else {
    g_assert_null (test->found);
  }
  cnn_layer_weights_clear (&layer);
}

static void
test_layer (gconstpointer data)
{
  const LayerCase *test = data;
  CnnWeightsFile *file = open_built (test->shapes);
  /* Finding does not look at the bias. */
  if (!test->refused || !strstr (test->refused, ".bias"))
    check_found (file, test);
  CnnLayerWeights layer;
  GError *error = NULL;
  gboolean good = cnn_weights_load_layer (file, &test->query, &layer, &error);
  if (test->found) {
    g_assert_no_error (error);
    gchar *found = describe_layer (&layer);
    g_assert_cmpstr (found, ==, test->found);
    g_free (found);
    gsize count =
        (gsize)layer.out_channels * layer.in_channels * layer.kernel_rows * layer.kernel_columns;
    for (gsize i = 0; i < count && !test->query.batch_norm; i++)
      g_assert_cmpfloat (layer.weights[i], ==, (gfloat)i);
    g_assert_true ((layer.bias != NULL) == (layer.bias_name || test->query.batch_norm));
    cnn_layer_weights_clear (&layer);
  } else {
    g_assert_false (good);
    g_assert_error (error, CNN_WEIGHTS_ERROR, CNN_WEIGHTS_ERROR_LAYER);
    if (!strstr (error->message, test->refused))
      g_error ("\"%s\" does not say \"%s\"", error->message, test->refused);
    g_clear_error (&error);
  }
  const CnnLayerWeights cleared = {0};
  g_assert_cmpmem (&layer, sizeof layer, &cleared, sizeof cleared);
  cnn_weights_close (file);
}

/* What is told besides, the sentences separated by "; "; "" for nothing. */
static const struct {
  const gchar *title, *shapes;
  CnnLayerQuery query;
  const gchar *warnings;
} warning_cases[] = {
    {"none", NET, {.layer = "a", .in_channels = 3}, ""},
    {"depthwise", "d.weight [6,1,3,3]", {.layer = "d", .in_channels = 6}, ""},
    {"groups-asked-for", "g.weight [6,2,3,3]", {.layer = "g", .in_channels = 4, .groups = 2}, ""},
    {"groups", "g.weight [6,2,3,3]; g.bias [6]", {.layer = "g", .in_channels = 4},
        "tensor \"g.weight\" of shape 6x2x3x3 takes 2 channels, but the input has 4: it runs as 2 "
        "groups, "
        "which groups=2 confirms; otherwise another layer belongs here"},
    {"gray-on-color", "g.weight [6,1,5,5]", {.layer = "g", .in_channels = 3},
        "tensor \"g.weight\" of shape 6x1x5x5 takes 1 channel, but the input has 3: it runs as 3 "
        "groups, "
        "which groups=3 confirms; otherwise another layer belongs here"},
    {"groups-or-transposed", "g.weight [4,2,3,3]", {.layer = "g", .in_channels = 4},
        "tensor \"g.weight\" of shape 4x2x3x3 takes 2 channels, but the input has 4: it runs as 2 "
        "groups, "
        "which groups=2 confirms; otherwise another layer belongs here, or it is the weight of a "
        "ConvTranspose2d"},
    {"transposed-by-name", "d.up1.weight [4,4,2,2]", {.layer = "d.up1", .in_channels = 4},
        "tensor \"d.up1.weight\" of shape 4x4x2x2 is a ConvTranspose2d's by its name, and runs as "
        "a "
        "Conv2d's"},
    {"tensorflow", "k [3,3,3,8]", {.layer = "k", .in_channels = 3},
        "tensor \"k\" of shape 3x3x3x8 runs as 3 channels to 3 by a kernel of 3x8, but looks like "
        "TensorFlow's H,W,I,O: kernel.transpose (3, 2, 0, 1) makes O,I,H,W of it"},
    {"row-and-column", "k [3,3,1,7]; l [3,3,5,3]; m [1,1,1,8]", {.layer = "k", .in_channels = 3},
        ""},
    {"one-channel-row", "m [1,1,1,8]", {.layer = "m", .in_channels = 1}, ""},
    {"odd-kernel-called-up", "up1.weight [4,4,3,3]", {.layer = "up1", .in_channels = 4}, ""},
    {"upper", "upper.weight [4,4,2,2]", {.layer = "upper", .in_channels = 4}, ""},
    {"not-finite", "a.weight! [2,3,1,1]; a.bias! [2]", {.layer = "a", .in_channels = 3},
        "tensor \"a.weight\" has 1 NaN and 1 infinite of 6 values; tensor \"a.bias\" has 1 NaN and "
        "1 "
        "infinite of 2 values"},
    {"slopes-not-finite", "a.weight [2,3,1,1]; p.weight! [2]",
        {.layer = "a", .alpha_layer = "p", .in_channels = 3},
        "tensor \"p.weight\" has 1 NaN and 1 infinite of 2 values"},
};

static void
test_warnings (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (warning_cases); i++) {
    CnnWeightsFile *file = open_built (warning_cases[i].shapes);
    CnnLayerWeights layer;
    GError *error = NULL;
    cnn_weights_load_layer (file, &warning_cases[i].query, &layer, &error);
    g_assert_no_error (error);
    GString *text = g_string_new (NULL);
    for (guint k = 0; layer.warnings && k < layer.warnings->len; k++)
      g_string_append_printf (
          text, "%s%s", k > 0 ? "; " : "", (const gchar *)g_ptr_array_index (layer.warnings, k));
    if (!g_str_equal (text->str, warning_cases[i].warnings))
      g_error ("%s: \"%s\" instead of \"%s\"", warning_cases[i].title, text->str,
          warning_cases[i].warnings);
    g_string_free (text, TRUE);
    cnn_layer_weights_clear (&layer);
    cnn_weights_close (file);
  }
}

static void
test_many_candidates (void)
{
  GString *shapes = g_string_new (NULL);
  for (guint i = 0; i < 40; i++)
    g_string_append_printf (shapes, "%sl%u.weight [1,1]", i > 0 ? "; " : "", i);
  CnnWeightsFile *file = open_built (shapes->str);
  CnnLayerWeights layer;
  GError *error = NULL;
  const CnnLayerQuery query = {.layer = NULL};
  g_assert_false (cnn_weights_load_layer (file, &query, &layer, &error));
  g_assert_true (g_str_has_suffix (error->message, "l7.weight 1x1 float32 and 32 more"));
  g_clear_error (&error);
  cnn_weights_close (file);
  g_string_free (shapes, TRUE);
}

/* What a search may find, as "INPUTS>OUTPUTS ROWSxCOLUMNS". */
static const struct {
  const gchar *title, *shapes;
  CnnLayerQuery query;
  const gchar *choices;
} choice_cases[] = {
    {"by-channels", "a.weight [2,3,3,3]; b.weight [5,16,1,1]", {.layer = NULL},
        "3>2 3x3, 16>5 1x1, 6>2 3x3, 80>5 1x1"},
    {"ambiguous-left-out", "a.weight [2,3,3,3]; b.weight [2,6,3,3]; c.weight [1,8,1,1]",
        {.layer = NULL}, "3>2 3x3, 8>1 1x1, 12>2 3x3"},
    {"all-ambiguous", "a.weight [2,3,3,3]; b.weight [2,3,1,1]", {.layer = NULL}, ""},
    {"grouped", PAIR, {.groups = 2}, "8>6 3x3, 4>8 5x5"},
    {"narrow", PAIR, {.kernel_rows = 5, .kernel_columns = 5, .groups = 1}, "2>8 5x5"},
    {"outputs", PAIR, {.out_channels = 6, .groups = 1}, "4>6 3x3"},
    {"pointwise", "a.weight [1,3,3,3]; f.weight [1,4]; g.weight [1,5]",
        {.kind = CNN_LAYER_POINTWISE}, "4>1 1x1, 5>1 1x1"},
    {"whole-input", "a.weight [1,3,3,3]; f.weight [2,48]; g.weight [5,4]", {.layer = NULL},
        "3>1 3x3, 0>2 0x0, 0>5 0x0"},
    {"linear-of-a-size", "f.weight [5,18]; g.weight [4,9]; h.weight [4,8]",
        {.kernel_rows = 3, .kernel_columns = 3}, "2>5 3x3, 1>4 3x3"},
    {"linear-of-a-pixel", "f.weight [2,3]; g.weight [1,4]", {.kernel_rows = 1, .kernel_columns = 1},
        "3>2 1x1, 4>1 1x1, 6>2 1x1"},
};

static void
test_choices (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (choice_cases); i++) {
    CnnWeightsFile *file = open_built (choice_cases[i].shapes);
    GArray *choices = cnn_weights_list_choices (file, &choice_cases[i].query);
    GString *text = g_string_new (NULL);
    for (guint c = 0; c < choices->len; c++) {
      const CnnLayerChoice *choice = &g_array_index (choices, CnnLayerChoice, c);
      g_string_append_printf (text, "%s%d>%d %dx%d", c > 0 ? ", " : "", choice->in_channels,
          choice->out_channels, choice->kernel_rows, choice->kernel_columns);
    }
    if (!g_str_equal (text->str, choice_cases[i].choices))
      g_error ("%s: \"%s\" instead of \"%s\"", choice_cases[i].title, text->str,
          choice_cases[i].choices);
    g_string_free (text, TRUE);
    g_array_unref (choices);
    cnn_weights_close (file);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (argc != 2)
    return 2;
  reference_folder = argv[1];
  for (guint i = 0; i < G_N_ELEMENTS (network_cases); i++) {
    gchar *path = g_strdup_printf ("/network/%s/%u", network_cases[i].network, i);
    g_test_add_data_func (path, &network_cases[i], test_network);
    g_free (path);
  }
  for (guint i = 0; i < G_N_ELEMENTS (layer_cases); i++) {
    gchar *path = g_strdup_printf ("/layer/%s", layer_cases[i].title);
    g_test_add_data_func (path, &layer_cases[i], test_layer);
    g_free (path);
  }
  g_test_add_func ("/layer/choices", test_choices);
  g_test_add_func ("/layer/warnings", test_warnings);
  g_test_add_func ("/layer/many-candidates", test_many_candidates);
  return g_test_run ();
}
