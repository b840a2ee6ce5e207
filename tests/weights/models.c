/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pretrained networks: every layer loads, and a network saved as .npz and as .safetensors is the
 * same.
 *
 *   models FOLDER...   with a folder a network; a FOLDER may be absent, but not all networks
 */
#include "weights.h"

#include <math.h>
#include <string.h>

static CnnWeightsFile *
open_model (const gchar *folder, const gchar *name, const gchar *suffix)
{
  gchar *path = g_strconcat (folder, G_DIR_SEPARATOR_S, name, G_DIR_SEPARATOR_S, suffix, NULL);
  CnnWeightsFile *file = NULL;
  GError *error = NULL;
  if (g_file_test (path, G_FILE_TEST_EXISTS)) {
    file = cnn_weights_open (path, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (cnn_weights_get_n_tensors (file), >, 0);
  }
  g_free (path);
  return file;
}

/* Loads each layer of the file by its name. The number of layers. */
static guint
load_layers (const CnnWeightsFile *file)
{
  guint count = 0;
  for (guint i = 0; i < cnn_weights_get_n_tensors (file); i++) {
    const CnnTensorInfo *tensor = cnn_weights_get_tensor (file, i);
    if (!g_str_has_suffix (tensor->name, ".weight") || tensor->rank != 4)
      continue;
    gchar *name = g_strndup (tensor->name, strlen (tensor->name) - strlen (".weight"));
    const CnnLayerQuery query = {.layer = name, .in_channels = (gint)tensor->shape[1]};
    CnnLayerWeights layer;
    GError *error = NULL;
    cnn_weights_load_layer (file, &query, &layer, &error);
    g_assert_no_error (error);
    g_assert_cmpint (layer.out_channels, ==, tensor->shape[0]);
    g_assert_cmpint (layer.kernel_columns, ==, tensor->shape[3]);
    gchar *bias = g_strconcat (name, ".bias", NULL);
    g_assert_true ((layer.bias != NULL) == (cnn_weights_find (file, bias) != NULL));
    g_free (bias);
    gdouble energy = 0;
    for (gsize k = 0; k < tensor->n_elements; k++)
      energy += layer.weights[k] * layer.weights[k];
    g_assert_true (isfinite (energy) && energy > 0);
    cnn_layer_weights_clear (&layer);
    g_free (name);
    count++;
  }
  return count;
}

static void
compare_files (const CnnWeightsFile *first, const CnnWeightsFile *second)
{
  g_assert_cmpuint (cnn_weights_get_n_tensors (first), ==, cnn_weights_get_n_tensors (second));
  for (guint i = 0; i < cnn_weights_get_n_tensors (first); i++) {
    const CnnTensorInfo *a = cnn_weights_get_tensor (first, i);
    const CnnTensorInfo *b = cnn_weights_find (second, a->name);
    g_assert_nonnull (b);
    g_assert_cmpmem (a->shape, sizeof a->shape, b->shape, sizeof b->shape);
    gfloat *values = g_new (gfloat, a->n_elements), *others = g_new (gfloat, a->n_elements);
    g_assert_true (cnn_weights_read_float32 (first, a, values, NULL));
    g_assert_true (cnn_weights_read_float32 (second, b, others, NULL));
    gsize bytes = a->n_elements * sizeof *values;
    g_assert_cmpmem (values, bytes, others, bytes);
    g_free (values);
    g_free (others);
  }
}

/* How many networks there are below `path`. */
static guint
check_networks (const gchar *path)
{
  GDir *folder = g_dir_open (path, 0, NULL);
  guint n_models = 0;
  for (const gchar *name; folder && (name = g_dir_read_name (folder));) {
    CnnWeightsFile *file = open_model (path, name, "model.safetensors");
    if (!file)
      continue;
    n_models++;
    guint n_layers = load_layers (file);
    g_assert_cmpuint (n_layers, >, 0);
    CnnWeightsFile *archive = open_model (path, name, "model.npz");
    if (archive)
      compare_files (archive, file);
    g_print ("%s: %u layers%s\n", name, n_layers, archive ? ", as in its archive" : "");
    cnn_weights_close (archive);
    cnn_weights_close (file);
  }
  if (folder)
    g_dir_close (folder);
  else
    g_print ("%s is not there\n", path);
  return n_models;
}

int
main (int argc, char **argv)
{
  guint n_models = 0;
  for (int i = 1; i < argc; i++)
    n_models += check_networks (argv[i]);
  g_assert_cmpuint (n_models, >=, 6);
  return 0;
}
