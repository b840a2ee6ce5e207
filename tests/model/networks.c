/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whole networks beside the outputs that somebody else's runtime gave for them.
 *
 *   model-networks [--isa ISA] [--threads N] [--time] FOLDER MINIMUM
 *
 * Without an ISA everything is computed by the reference functions; with one (or "best") by layers, and with one thread
 * and with N the same bytes have to come out. --time tells what a frame takes.
 *
 * Each folder in FOLDER has a model.onnx, a test_input.npy, and test_output.npy, test_output_0.npy ... or
 * test_outputs.npz. Every value
 * has to be within 2e-4 of its output's largest magnitude, plus 1e-6. Fewer than MINIMUM networks fail, and none at
 * all is a skipped test.
 */
#include <cnn/memory.h>
#include <cnn/model.h>
#include <glib.h>
#include <math.h>
#include <string.h>
#include <weights.h>

#define SKIPPED 77

static CnnContext *context;
static gboolean tells_time;
static gint n_threads = 2;

typedef struct {
  CnnTensorInfo info;
  gfloat *values;
} Array;

/* The array of a .npy file, or one of a .npz file by its name. */
static gboolean
read_member (const gchar *folder, const gchar *name, const gchar *member, Array *array)
{
  gchar *path = g_build_filename (folder, name, NULL);
  gboolean found = g_file_test (path, G_FILE_TEST_EXISTS);
  if (found) {
    GError *error = NULL;
    CnnWeightsFile *file = cnn_weights_open (path, &error);
    g_assert_no_error (error);
    const CnnTensorInfo *tensor =
        member ? cnn_weights_find (file, member) : cnn_weights_get_tensor (file, 0);
    g_assert_nonnull (tensor);
    array->info = *tensor;
    array->info.name = NULL;
    array->values = cnn_alloc (tensor->n_elements, sizeof *array->values);
    cnn_weights_read_float32 (file, tensor, array->values, &error);
    g_assert_no_error (error);
    cnn_weights_close (file);
  }
  g_free (path);
  return found;
}

static gboolean
read_array (const gchar *folder, const gchar *name, Array *array)
{
  return read_member (folder, name, NULL, array);
}

static gboolean
read_expected (const gchar *folder, gint i, Array *array)
{
  gchar *name = g_strdup_printf ("test_output_%d.npy", i);
  gchar *member = g_strdup_printf ("output_%d", i);
  gboolean found = read_array (folder, name, array) ||
                   read_member (folder, "test_outputs.npz", member, array) ||
                   (i == 0 && read_array (folder, "test_output.npy", array));
  g_free (member);
  g_free (name);
  return found;
}

/* Prints what is wrong with an output, if anything. */
static gboolean
compare (
    const gchar *what, const CnnModelTensor *tensor, const gfloat *values, const Array *expected)
{
  gboolean same_shape = tensor->rank == (gint)expected->info.rank;
  for (gint i = 0; same_shape && i < tensor->rank; i++)
    same_shape = tensor->size[i] == expected->info.shape[i];
  if (!same_shape) {
    gchar *wanted = cnn_tensor_format_shape (&expected->info);
    g_printerr ("%s: output %s has another shape than %s (rank %d)\n", what, tensor->name, wanted,
        tensor->rank);
    g_free (wanted);
    return FALSE;
  }
  gdouble largest = 0, worst = 0;
  gsize at = 0, n_bad = 0;
  for (gsize i = 0; i < expected->info.n_elements; i++)
    largest = MAX (largest, fabs (expected->values[i]));
  for (gsize i = 0; i < expected->info.n_elements; i++) {
    const gdouble difference = fabs ((gdouble)values[i] - expected->values[i]);
    if (!(difference <= worst)) {
      worst = difference;
      at = i;
    }
    n_bad += !(difference <= 2e-4 * largest + 1e-6);
  }
  if (n_bad == 0)
    return TRUE;
  g_printerr ("%s: output %s: %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT
              " values differ, by %g at most, at %" G_GSIZE_FORMAT ": %g, not %g\n",
      what, tensor->name, n_bad, expected->info.n_elements, worst, at, values[at],
      expected->values[at]);
  return FALSE;
}

static guint
hash_output (const CnnModelPlan *plan, gint i, const gfloat *values)
{
  const CnnModelTensor tensor = cnn_model_plan_output (plan, i);
  gsize count = 1;
  guint hash = 5381;
  for (gint k = 0; k < tensor.rank; k++)
    count *= (gsize)tensor.size[k];
  for (gsize k = 0; k < count * sizeof *values; k++)
    hash = hash * 33 + ((const guchar *)values)[k];
  return hash;
}

/* The fastest of some frames, with one thread and with several. */
static void
print_times (const gchar *name, CnnModelPlan *plan, const gfloat *input, gfloat *const *outputs)
{
  gdouble fastest[2] = {G_MAXDOUBLE, G_MAXDOUBLE};
  for (gint run = 0; run < 20; run++)
    for (gint k = 0; k < 2; k++) {
      const gint64 start = g_get_monotonic_time ();
      cnn_model_plan_run (plan, &input, outputs, k ? n_threads : 1, NULL);
      fastest[k] = MIN (fastest[k], (gdouble)(g_get_monotonic_time () - start) * 1e-3);
    }
  g_print ("%-28s %8.3f ms, %8.3f ms with %d threads\n", name, fastest[0], fastest[1], n_threads);
}

/* Without arrays of the caller's, the same numbers are in the plan. */
static gboolean
find_results (CnnModelPlan *plan, gint n_outputs, const gfloat *input, gfloat *const *outputs)
{
  gfloat **none = g_new0 (gfloat *, n_outputs);
  gboolean same = cnn_model_plan_run (plan, &input, none, n_threads, NULL);
  for (gint i = 0; same && i < n_outputs; i++) {
    const CnnModelTensor tensor = cnn_model_plan_output (plan, i);
    CnnImage image;
    if (!cnn_model_plan_result (plan, i, &image)) {
      same = tensor.is_integer;
      continue;
    }
    const CnnShape *shape = &image.shape;
    gsize at = 0;
    for (gint n = 0; n < shape->n; n++)
      for (gint c = 0; c < shape->c; c++)
        for (gint y = 0; y < shape->h; y++)
          for (gint x = 0; x < shape->w; x++)
            same = memcmp (cnn_image_row (&image, n, y, c) + x * image.pixel_stride,
                       &outputs[i][at++], sizeof (gfloat)) == 0 &&
                   same;
  }
  g_free (none);
  return same;
}

static gboolean
run_plan (const gchar *name, const gchar *folder, CnnModelPlan *plan, const CnnModel *model,
    const gfloat *input)
{
  const gint n_outputs = cnn_model_n_outputs (model);
  gfloat **outputs = g_new0 (gfloat *, n_outputs);
  gboolean passed = TRUE;
  for (gint i = 0; i < n_outputs; i++) {
    const CnnModelTensor tensor = cnn_model_plan_output (plan, i);
    gsize count = 1;
    for (gint k = 0; k < tensor.rank; k++)
      count *= (gsize)tensor.size[k];
    outputs[i] = cnn_alloc (count, sizeof (gfloat));
  }
  gchar *sentence = NULL;
  /* Twice: the second frame must not see anything of the first. */
  guint hashes[2] = {0};
  for (gint run = 0; run < 2 && passed; run++) {
    passed = cnn_model_plan_run (plan, &input, outputs, run ? n_threads : 1, &sentence);
    for (gint i = 0; i < n_outputs; i++)
      hashes[run] = hashes[run] * 31 + hash_output (plan, i, outputs[i]);
  }
  if (!passed)
    g_printerr ("%s: %s\n", name, sentence);
  if (passed && hashes[0] != hashes[1]) {
    g_printerr ("%s: %d threads give other bytes than one\n", name, n_threads);
    passed = FALSE;
  }
  if (passed && !find_results (plan, n_outputs, input, outputs)) {
    g_printerr ("%s: the plan's own results differ from those that it gives\n", name);
    passed = FALSE;
  }
  if (passed && tells_time)
    print_times (name, plan, input, outputs);
  for (gint i = 0; passed && i < n_outputs; i++) {
    const CnnModelTensor tensor = cnn_model_plan_output (plan, i);
    Array expected;
    if (!read_expected (folder, i, &expected)) {
      g_printerr ("%s: there is no expected output %d\n", name, i);
      passed = FALSE;
      break;
    }
    passed = compare (name, &tensor, outputs[i], &expected);
    cnn_free (expected.values);
  }
  for (gint i = 0; i < n_outputs; i++)
    cnn_free (outputs[i]);
  g_free (outputs);
  cnn_free (sentence);
  return passed;
}

static gboolean
test_network (const gchar *name, const gchar *folder)
{
  gchar *path = g_build_filename (folder, "model.onnx", NULL), *sentence = NULL;
  const gint64 start = g_get_monotonic_time ();
  gboolean passed = FALSE;
  Array input;
  CnnModel *model = cnn_model_open (path, NULL, 0, &sentence);
  CnnModelPlan *plan = NULL;
  if (model && read_array (folder, "test_input.npy", &input)) {
    CnnModelTensor wanted = {.rank = (gint)input.info.rank};
    for (gint i = 0; i < wanted.rank; i++)
      wanted.size[i] = input.info.shape[i];
    plan = cnn_model_plan_new (model, context, &wanted, &sentence);
    passed = plan && run_plan (name, folder, plan, model, input.values);
    cnn_free (input.values);
  }
  if (passed)
    g_print ("ok %s: %.3f s, %.1f MB of maps\n", name,
        (gdouble)(g_get_monotonic_time () - start) * 1e-6,
        (gdouble)cnn_model_plan_bytes (plan) * 1e-6);
  else
    g_printerr ("FAILED %s: %s\n", name, sentence ? sentence : "see above");
  cnn_model_plan_free (plan);
  cnn_model_free (model);
  cnn_free (sentence);
  g_free (path);
  return passed;
}

static gint
by_name (gconstpointer a, gconstpointer b)
{
  return strcmp (*(gchar *const *)a, *(gchar *const *)b);
}

static gboolean
make_context (const gchar *isa)
{
  const gboolean best = strcmp (isa, "best") == 0;
  const CnnContextSettings settings = {.isa = best ? NULL : isa, .n_threads = n_threads};
  CnnError error;
  context = cnn_context_new (&settings, &error);
  if (!context)
    g_error ("%s", error.message);
  if (!best && strcmp (isa, cnn_context_isa (context)) != 0) {
    g_printerr ("SKIPPED, NOTHING WAS TESTED: this processor has no %s\n", isa);
    cnn_context_free (context);
    return FALSE;
  }
  return TRUE;
}

int
main (int argc, char **argv)
{
  gchar *isa = NULL;
  const GOptionEntry options[] = {
      {"isa", 0, 0, G_OPTION_ARG_STRING, &isa, "Layers of this instruction set, or best", "ISA"},
      {"threads", 0, 0, G_OPTION_ARG_INT, &n_threads, "Threads of the second run", "N"},
      {"time", 0, 0, G_OPTION_ARG_NONE, &tells_time, "Tell what a frame takes", NULL},
      {0},
  };
  GOptionContext *parser = g_option_context_new ("FOLDER MINIMUM");
  g_option_context_add_main_entries (parser, options, NULL);
  if (!g_option_context_parse (parser, &argc, &argv, NULL) || argc != 3)
    return 2;
  g_option_context_free (parser);
  if (isa && !make_context (isa))
    return SKIPPED;
  GDir *dir = g_dir_open (argv[1], 0, NULL);
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  for (const gchar *name; dir && (name = g_dir_read_name (dir));)
    g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, by_name);
  guint n_passed = 0, n_failed = 0;
  for (guint i = 0; i < names->len; i++) {
    gchar *folder = g_build_filename (argv[1], names->pdata[i], NULL);
    gchar *file = g_build_filename (folder, "model.onnx", NULL);
    if (g_file_test (file, G_FILE_TEST_EXISTS)) {
      if (test_network (names->pdata[i], folder))
        n_passed++;
      else
        n_failed++;
    }
    g_free (file);
    g_free (folder);
  }
  if (dir)
    g_dir_close (dir);
  g_ptr_array_unref (names);
  g_print ("%u networks right, %u wrong\n", n_passed, n_failed);
  cnn_context_free (context);
  g_free (isa);
  if (n_passed + n_failed == 0) {
    g_printerr ("SKIPPED, NOTHING WAS TESTED: no networks in %s\n", argv[1]);
    return SKIPPED;
  }
  return n_failed > 0 || n_passed < (guint)g_ascii_strtoull (argv[2], NULL, 10);
}
