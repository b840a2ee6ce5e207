/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fuzz target of one weights format, FUZZ_FORMAT: whatever the bytes are, the reader either refuses
 * them in a clean sentence or gives tensors that can be read and searched for layers. Sanitizers
 * see the rest.
 */
#include "tensor-file.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput (const guint8 *data, size_t size);

/* A refusal is one line of UTF-8 that starts with the file's name. */
static void
check_error (GError *error)
{
  g_assert_nonnull (error);
  g_assert_true (error->domain == CNN_WEIGHTS_ERROR);
  g_assert_true (g_str_has_prefix (error->message, "fuzz: "));
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  for (const gchar *at = error->message; *at; at = g_utf8_next_char (at))
    g_assert_false (g_unichar_iscntrl (g_utf8_get_char (at)));
  g_error_free (error);
}

static void
read_tensor (const CnnWeightsFile *file, const CnnTensorInfo *tensor)
{
  gsize elements = 1;
  for (guint i = 0; i < tensor->rank; i++)
    elements *= (gsize)tensor->shape[i];
  g_assert_cmpuint (tensor->n_elements, ==, elements);
  g_assert_cmpuint (tensor->bytes, ==, elements * cnn_dtype_size (tensor->dtype));
  g_assert_true (cnn_weights_find (file, tensor->name) == tensor);
  /* Reading megabytes of an inflated member teaches nothing more. */
  if (elements > 1 << 16)
    return;
  gfloat *values = g_new (gfloat, elements);
  GError *error = NULL;
  if (!cnn_weights_read_float32 (file, tensor, values, &error))
    check_error (error);
  g_free (values);
}

static void
find_layer (const CnnWeightsFile *file, const CnnLayerQuery *query)
{
  CnnLayerWeights layer;
  GError *error = NULL;
  if (!cnn_weights_load_layer (file, query, &layer, &error)) {
    check_error (error);
    return;
  }
  /* Every weight is there to be read. */
  gsize count =
      (gsize)layer.out_channels * layer.in_channels * layer.kernel_rows * layer.kernel_columns;
  volatile gfloat last = layer.weights[count - 1];
  if (layer.bias)
    last = layer.bias[layer.out_channels - 1];
  (void)last;
  cnn_layer_weights_clear (&layer);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  GError *error = NULL;
  const int fd = memfd_create ("fuzz", MFD_CLOEXEC);
  g_assert_cmpint (fd, >=, 0);
  g_assert_true (write (fd, data, size) == (gssize)size);
  CnnWeightsFile *file = cnn_weights_parse ("fuzz", FUZZ_FORMAT, fd, &error);
  if (!file) {
    check_error (error);
    return 0;
  }
  for (guint i = 0; i < cnn_weights_get_n_tensors (file); i++)
    read_tensor (file, cnn_weights_get_tensor (file, i));
  const CnnLayerQuery queries[] = {
      {.kind = CNN_LAYER_CONVOLUTION},
      {.kind = CNN_LAYER_CONVOLUTION, .in_channels = 2, .in_rows = 2, .in_columns = 1},
      {.kind = CNN_LAYER_POINTWISE, .layer = "a", .in_channels = 4},
      {.layer = "conv", .batch_norm = "bn", .batch_norm_eps = 1e-5, .alpha_layer = "act"},
  };
  for (guint i = 0; i < G_N_ELEMENTS (queries); i++) {
    find_layer (file, &queries[i]);
    g_array_unref (cnn_weights_list_choices (file, &queries[i]));
  }
  cnn_weights_close (file);
  return 0;
}
