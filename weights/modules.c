/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "modules.h"

#include "tensor-file.h"

#include <string.h>

const gchar *
cnn_module_kind_name (CnnModuleKind kind)
{
  static const gchar *const names[] = {"Conv2d", "Linear", "BatchNorm2d", "PReLU"};
  return names[kind];
}

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

/* The module that `tensor` is the first sign of; `kernel` if it is one of the file's kernels. */
static gboolean
recognise (
    const CnnWeightsFile *file, const CnnTensorInfo *tensor, gboolean kernel, CnnModule *module)
{
  *module = (CnnModule){.weight = tensor};
  gchar *prefix = strip_parameter (tensor, "running_mean");
  if (prefix && is_batch_norm (file, prefix)) {
    *module = (CnnModule){CNN_MODULE_BATCH_NORM, prefix, tensor, NULL};
    return TRUE;
  }
  g_free (prefix);
  prefix = strip_parameter (tensor, "weight");
  module->kind = tensor->rank == 4 ? CNN_MODULE_CONV2D : CNN_MODULE_LINEAR;
  if (prefix && kernel) {
    module->bias = cnn_weights_find_parameter (file, prefix, "bias");
    /* A bare module's "weight" has no other name. */
    module->name = *prefix ? g_strdup (prefix) : g_strdup (tensor->name);
  } else if (kernel) {
    module->name = g_strdup (tensor->name);
  } else if (prefix && *prefix && tensor->rank == 1 &&
             !cnn_weights_find_parameter (file, prefix, "bias") && !is_batch_norm (file, prefix)) {
    module->kind = CNN_MODULE_PRELU;
    module->name = g_strdup (prefix);
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
part_has (const GArray *modules, const CnnModule *member, CnnModuleKind kind)
{
  for (guint i = 0; i < modules->len; i++) {
    const CnnModule *module = &g_array_index (modules, CnnModule, i);
    if (module->kind == kind && is_same_part (module, member))
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
    const gboolean goes_last = part_has (modules, module, CNN_MODULE_LINEAR) &&
                               !part_has (modules, module, CNN_MODULE_CONV2D);
    g_array_append_vals (goes_last ? last : first, module, 1);
  }
  g_array_append_vals (first, last->data, last->len);
  if (modules->len > 0)
    memcpy (modules->data, first->data, modules->len * sizeof (CnnModule));
  g_array_unref (last);
  g_array_unref (first);
}
