/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "modules.h"

#include "tensor-file.h"

#include <string.h>

#define MAX_SEARCHED_MODULES 4096

const gchar *
cnn_module_kind_name (CnnModuleKind kind)
{
  static const gchar *const names[] = {
      "Conv2d", "Conv2d or ConvTranspose2d", "ConvTranspose2d", "Linear", "BatchNorm2d", "PReLU"};
  return names[kind];
}

gboolean
cnn_module_is_convolution (const CnnModule *module)
{
  return module->kind <= CNN_MODULE_CONV_TRANSPOSE2D;
}

/* --- Transposed convolutions ---------------------------------------------------------------------- */

/* The last part of a weight's name before ".weight", in lower case: "up" of "decoder.0.up.weight". */
static gchar *
module_part (const CnnTensorInfo *weight)
{
  gchar *name = g_ascii_strdown (weight->name, -1);
  if (g_str_has_suffix (name, ".weight"))
    name[strlen (name) - strlen (".weight")] = '\0';
  const gchar *dot = strrchr (name, '.');
  gchar *part = g_strdup (dot ? dot + 1 : name);
  g_free (name);
  return part;
}

static gboolean
starts_with_word (const gchar *text, const gchar *word)
{
  const gsize length = strlen (word);
  return strncmp (text, word, length) == 0 && !g_ascii_isalpha (text[length]);
}

static gboolean
is_called_transposed (const gchar *part)
{
  return strstr (part, "deconv") || strstr (part, "transpose") ||
         starts_with_word (part, "tconv") || starts_with_word (part, "convt");
}

static gboolean
is_called_up (const gchar *part)
{
  return starts_with_word (part, "up") || starts_with_word (part, "upconv") ||
         starts_with_word (part, "upsample") || starts_with_word (part, "up_conv");
}

CnnTransposed
cnn_weights_guess_transposed (const CnnTensorInfo *weight, const CnnTensorInfo *bias)
{
  if (weight->rank != 4 || weight->shape[1] < 1)
    return CNN_TRANSPOSED_NO;
  gchar *part = module_part (weight);
  const gboolean transposed = is_called_transposed (part), up = is_called_up (part);
  g_free (part);
  if (bias && (bias->rank != 1 || bias->shape[0] != weight->shape[0])) {
    const gint64 groups = bias->rank == 1 ? bias->shape[0] / weight->shape[1] : 0;
    const gboolean fits =
        groups > 0 && groups * weight->shape[1] == bias->shape[0] && weight->shape[0] % groups == 0;
    /* Groups in a transposed convolution are too rare to explain any number. */
    return fits && (groups == 1 || transposed) ? CNN_TRANSPOSED_BY_BIAS : CNN_TRANSPOSED_NO;
  }
  if (bias && weight->shape[0] != weight->shape[1] && !transposed)
    return CNN_TRANSPOSED_NO;
  const gboolean even = weight->shape[2] % 2 == 0 && weight->shape[3] == weight->shape[2];
  if (transposed || (up && even))
    return CNN_TRANSPOSED_BY_NAME;
  return up || even ? CNN_TRANSPOSED_POSSIBLY : CNN_TRANSPOSED_NO;
}

/* --- Residual blocks ------------------------------------------------------------------------------ */

/* The part of `name` that says that something goes around a layer, or NULL. To be freed. */
static gchar *
find_skip_word (const gchar *name)
{
  static const gchar *const words[] = {
      "downsample", "shortcut", "skip", "residual", "resblock", "res_block", "identity"};
  gchar *lower = g_ascii_strdown (name, -1), *found = NULL;
  gchar **parts = g_strsplit (lower, ".", -1);
  for (gchar **part = parts; *part && !found; part++)
    for (guint i = 0; i < G_N_ELEMENTS (words) && !found; i++)
      if (starts_with_word (*part, words[i]))
        found = g_strdup (*part);
  g_strfreev (parts);
  g_free (lower);
  return found;
}

/* The length of the name of the block of "block.conv1", or 0. */
static gsize
conv1_block (const CnnModule *module)
{
  const gchar *suffix = ".conv1";
  return cnn_module_is_convolution (module) && g_str_has_suffix (module->name, suffix)
             ? strlen (module->name) - strlen (suffix)
             : 0;
}

/* Whether conv1, conv2 ... of a block with a name give as many channels as they take. */
static gboolean
is_block_of_equal_channels (const GArray *modules, const CnnModule *first)
{
  /* Each block looks at all modules: a file made to have very many shall not take minutes. */
  const gsize length = modules->len <= MAX_SEARCHED_MODULES ? conv1_block (first) : 0;
  const CnnModule *last = NULL;
  for (guint i = 0; length > 0 && i < modules->len; i++) {
    const CnnModule *module = &g_array_index (modules, CnnModule, i);
    const gchar *rest = module->name + length;
    if (cnn_module_is_convolution (module) && strncmp (module->name, first->name, length) == 0 &&
        strncmp (rest, ".conv", 5) == 0 && g_ascii_isdigit (rest[5]) && rest[6] == '\0' &&
        (!last || strcmp (module->name, last->name) > 0))
      last = module;
  }
  return last && last != first && last->out_channels == first->in_channels;
}

gchar *
cnn_modules_find_skip (const GArray *modules)
{
  for (guint i = 0; i < modules->len; i++) {
    const CnnModule *module = &g_array_index (modules, CnnModule, i);
    gchar *word = find_skip_word (module->name);
    if (word) {
      gchar *sentence = g_strdup_printf (
          "%s is called \"%s\": something is added to what other layers give, and a weights file "
          "does not say to what",
          module->name, word);
      g_free (word);
      return sentence;
    }
    if (is_block_of_equal_channels (modules, module))
      return g_strdup_printf (
          "%.*s takes and gives %" G_GINT64_FORMAT
          " channels, as a residual block does, and a weights file does not say "
          "whether its input is added",
          (int)conv1_block (module), module->name, module->in_channels);
  }
  return NULL;
}

/* --- Modules -------------------------------------------------------------------------------------- */

static void
clear_module (gpointer module)
{
  g_free (((CnnModule *)module)->name);
}

/* The module's name if `tensor` is its parameter of that name, else NULL. */
static gchar *
strip_parameter (const CnnTensorInfo *tensor, const gchar *parameter)
{
  if (strcmp (tensor->name, parameter) == 0)
    return g_strdup ("");
  gsize length = strlen (tensor->name), suffix = strlen (parameter);
  if (length <= suffix || tensor->name[length - suffix - 1] != '.' ||
      strcmp (tensor->name + length - suffix, parameter) != 0)
    return NULL;
  return g_strndup (tensor->name, length - suffix - 1);
}

static gboolean
is_batch_norm (const CnnWeightsFile *file, const gchar *prefix)
{
  const CnnTensorInfo *mean = cnn_weights_find_parameter (file, prefix, "running_mean");
  const CnnTensorInfo *variance = cnn_weights_find_parameter (file, prefix, "running_var");
  return mean && variance && mean->rank == 1 && variance->rank == 1 &&
         mean->shape[0] == variance->shape[0];
}

static gint64
count_elements (const CnnTensorInfo *tensor)
{
  return tensor ? (gint64)tensor->n_elements : 0;
}

static void
describe_batch_norm (const CnnWeightsFile *file, CnnModule *module)
{
  module->kind = CNN_MODULE_BATCH_NORM;
  module->out_channels = module->weight->shape[0];
  module->n_parameters =
      count_elements (cnn_weights_find_parameter (file, module->name, "weight")) +
      count_elements (cnn_weights_find_parameter (file, module->name, "bias"));
}

static void
describe_kernel (CnnModule *module)
{
  const CnnTensorInfo *weight = module->weight, *bias = module->bias;
  module->kind = CNN_MODULE_LINEAR;
  module->in_channels = weight->shape[1];
  module->out_channels = weight->shape[0];
  module->n_parameters = count_elements (weight) + count_elements (bias);
  if (weight->rank != 4)
    return;
  const CnnTransposed transposed = cnn_weights_guess_transposed (weight, bias);
  module->kind = transposed >= CNN_TRANSPOSED_BY_NAME    ? CNN_MODULE_CONV_TRANSPOSE2D
                 : transposed == CNN_TRANSPOSED_POSSIBLY ? CNN_MODULE_CONV2D_OR_TRANSPOSE
                                                         : CNN_MODULE_CONV2D;
  if (module->kind == CNN_MODULE_CONV_TRANSPOSE2D) {
    module->in_channels = weight->shape[0];
    module->out_channels = bias ? bias->shape[0] : weight->shape[1];
  }
}

/* The module that `tensor` is the first sign of; `kernel` if it is one of the file's kernels. */
static gboolean
recognise (
    const CnnWeightsFile *file, const CnnTensorInfo *tensor, gboolean kernel, CnnModule *module)
{
  *module = (CnnModule){.weight = tensor};
  module->name = strip_parameter (tensor, "running_mean");
  if (module->name && is_batch_norm (file, module->name)) {
    describe_batch_norm (file, module);
    return TRUE;
  }
  g_clear_pointer (&module->name, g_free);
  gchar *prefix = strip_parameter (tensor, "weight");
  if (kernel) {
    module->bias = prefix ? cnn_weights_find_parameter (file, prefix, "bias") : NULL;
    /* A bare module's "weight" has no other name. */
    module->name = g_strdup (prefix && *prefix ? prefix : tensor->name);
    describe_kernel (module);
  } else if (prefix && *prefix && tensor->rank == 1 &&
             !cnn_weights_find_parameter (file, prefix, "bias") && !is_batch_norm (file, prefix)) {
    module->kind = CNN_MODULE_PRELU;
    module->name = g_strdup (prefix);
    module->out_channels = tensor->shape[0];
    module->n_parameters = count_elements (tensor);
  }
  g_free (prefix);
  return module->name != NULL;
}

GArray *
cnn_weights_list_modules (const CnnWeightsFile *file)
{
  GArray *modules = g_array_new (FALSE, FALSE, sizeof (CnnModule));
  g_array_set_clear_func (modules, clear_module);
  GPtrArray *kernels = cnn_weights_list_kernels (file);
  guint next_kernel = 0;
  for (guint i = 0; i < cnn_weights_get_n_tensors (file); i++) {
    const CnnTensorInfo *tensor = cnn_weights_get_tensor (file, i);
    gboolean kernel =
        next_kernel < kernels->len && g_ptr_array_index (kernels, next_kernel) == tensor;
    next_kernel += kernel;
    CnnModule module;
    if (recognise (file, tensor, kernel, &module))
      g_array_append_val (modules, module);
  }
  g_ptr_array_unref (kernels);
  return modules;
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  const gchar *first = ((const CnnModule *)a)->name, *second = ((const CnnModule *)b)->name;
  while (*first && *second) {
    if (g_ascii_isdigit (*first) && g_ascii_isdigit (*second)) {
      gchar *first_end, *second_end;
      guint64 first_number = g_ascii_strtoull (first, &first_end, 10);
      guint64 second_number = g_ascii_strtoull (second, &second_end, 10);
      if (first_number != second_number)
        return first_number < second_number ? -1 : 1;
      first = first_end;
      second = second_end;
    } else if (*first != *second) {
      break;
    } else {
      first++;
      second++;
    }
  }
  return (guchar)*first - (guchar)*second;
}

void
cnn_modules_sort_by_name (GArray *modules)
{
  g_array_sort (modules, compare_names);
}

static gboolean
is_same_part (const CnnModule *a, const CnnModule *b)
{
  const gsize length = strcspn (a->name, ".");
  return length == strcspn (b->name, ".") && memcmp (a->name, b->name, length) == 0;
}

static gboolean
part_has (const GArray *modules, const CnnModule *member, gboolean convolution)
{
  for (guint i = 0; i < modules->len; i++) {
    const CnnModule *module = &g_array_index (modules, CnnModule, i);
    if (is_same_part (module, member) &&
        (convolution ? cnn_module_is_convolution (module) : module->kind == CNN_MODULE_LINEAR))
      return TRUE;
  }
  return FALSE;
}

void
cnn_modules_put_linear_last (GArray *modules)
{
  GArray *last = g_array_new (FALSE, FALSE, sizeof (CnnModule)),
         *first = g_array_new (FALSE, FALSE, sizeof (CnnModule));
  for (guint i = 0; i < modules->len; i++) {
    const CnnModule *module = &g_array_index (modules, CnnModule, i);
    const gboolean goes_last =
        part_has (modules, module, FALSE) && !part_has (modules, module, TRUE);
    g_array_append_vals (goes_last ? last : first, module, 1);
  }
  g_array_append_vals (first, last->data, last->len);
  if (modules->len > 0)
    memcpy (modules->data, first->data, modules->len * sizeof (CnnModule));
  g_array_unref (last);
  g_array_unref (first);
}
