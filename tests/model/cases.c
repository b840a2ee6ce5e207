/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bad networks and what is said about them.
 *
 *   model-cases FOLDER
 *
 * FOLDER/cases.tsv has a line a network: its name, the step at which it is refused (open, plan, run) or "accept", and
 * a part of the sentence.
 */
#include <cnn/memory.h>
#include <cnn/model.h>
#include <glib.h>
#include <string.h>

static gchar *folder;

static gsize
count_values (const CnnModelTensor *tensor)
{
  gsize count = 1;
  for (gint i = 0; i < tensor->rank; i++)
    count *= (gsize)tensor->size[i];
  return count;
}

/* False with a sentence when the frame is refused. */
static gboolean
run_zeros (CnnModelPlan *plan, const CnnModel *model, gchar **sentence)
{
  const gint n_inputs = cnn_model_n_inputs (model), n_outputs = cnn_model_n_outputs (model);
  gfloat **inputs = g_new0 (gfloat *, n_inputs), **outputs = g_new0 (gfloat *, n_outputs);
  for (gint i = 0; i < n_inputs; i++) {
    const CnnModelTensor tensor = cnn_model_plan_input (plan, i);
    inputs[i] = g_new0 (gfloat, count_values (&tensor) + 1);
  }
  for (gint i = 0; i < n_outputs; i++) {
    const CnnModelTensor tensor = cnn_model_plan_output (plan, i);
    outputs[i] = g_new0 (gfloat, count_values (&tensor) + 1);
  }
  const gboolean done =
      cnn_model_plan_run (plan, (const gfloat *const *)inputs, outputs, 0, sentence);
  for (gint i = 0; i < n_inputs; i++)
    g_free (inputs[i]);
  for (gint i = 0; i < n_outputs; i++)
    g_free (outputs[i]);
  g_free (inputs);
  g_free (outputs);
  return done;
}

static void G_GNUC_PRINTF (1, 2) fail (const gchar *format, ...)
{
  va_list args;
  va_start (args, format);
  gchar *text = g_strdup_vprintf (format, args);
  g_printerr ("%s\n", text);
  g_free (text);
  va_end (args);
  g_test_fail ();
}

static void
assert_sentence (const gchar *name, const gchar *sentence, const gchar *part)
{
  if (!sentence || !strstr (sentence, part) || strchr (sentence, '\n'))
    fail ("%s: \"%s\" does not say \"%s\"", name, sentence ? sentence : "(nothing)", part);
  g_assert_true (!sentence || g_utf8_validate (sentence, -1, NULL));
}

static void
test_case (const gchar *name, const gchar *step, const gchar *part)
{
  gchar *file = g_strconcat (name, ".onnx", NULL), *sentence = NULL;
  gchar *path = g_build_filename (folder, file, NULL);
  const gchar *reached = "open";
  CnnModel *model = cnn_model_open (path, NULL, 0, &sentence);
  CnnModelPlan *plan = NULL;
  if (model) {
    reached = "plan";
    plan = cnn_model_plan_new (model, NULL, NULL, &sentence);
  }
  if (plan) {
    reached = "run";
    if (run_zeros (plan, model, &sentence))
      reached = "accept";
  }
  if (strcmp (reached, step) != 0)
    fail ("%s came to %s, not %s: %s", name, reached, step, sentence ? sentence : "(nothing)");
  if (strcmp (step, "accept") == 0)
    g_assert_null (sentence);
  else if (strcmp (step, reached) == 0)
    assert_sentence (name, sentence, part);
  cnn_free (sentence);
  cnn_model_plan_free (plan);
  cnn_model_free (model);
  g_free (path);
  g_free (file);
}

static void
test_cases (void)
{
  gchar *path = g_build_filename (folder, "cases.tsv", NULL), *text;
  GError *error = NULL;
  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  gchar **lines = g_strsplit (g_strchomp (text), "\n", -1);
  guint refused = 0;
  for (guint i = 0; lines[i]; i++) {
    gchar **cells = g_strsplit (lines[i], "\t", 3);
    test_case (cells[0], cells[1], cells[2]);
    refused += strcmp (cells[1], "accept") != 0;
    g_strfreev (cells);
  }
  g_test_message ("%u bad networks", refused);
  g_assert_cmpuint (refused, >=, 120);
  g_strfreev (lines);
  g_free (text);
  g_free (path);
}

/* Every prefix of a good file, and every byte of it changed, is read or refused. */
static void
test_damage (void)
{
  gchar *path = g_build_filename (folder, "good.onnx", NULL), *bytes;
  gsize size;
  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  for (gsize i = 0; i < size; i++)
    for (gint change = 0; change < 9; change++) {
      gchar *sentence = NULL;
      gchar *copy = g_memdup2 (bytes, size);
      if (change < 8)
        copy[i] = (gchar)(copy[i] ^ 1 << change);
      CnnModel *model = cnn_model_open_memory (copy, change < 8 ? size : i, NULL, 0, &sentence);
      g_assert_true (!model == !!sentence);
      cnn_model_free (model);
      cnn_free (sentence);
      g_free (copy);
    }
  g_free (bytes);
  g_free (path);
}

static void
test_files (void)
{
  gchar *sentence = NULL;
  g_assert_null (cnn_model_open (folder, NULL, 0, &sentence));
  assert_sentence ("a folder", sentence, "is no regular file");
  cnn_free (sentence);
  g_assert_null (cnn_model_open ("/nonexistent.onnx", NULL, 0, &sentence));
  assert_sentence ("no file", sentence, "No such file");
  cnn_free (sentence);
  g_assert_null (cnn_model_open ("/dev/zero", NULL, 0, &sentence));
  assert_sentence ("a device", sentence, "is no regular file");
  cnn_free (sentence);
  g_assert_null (cnn_model_open ("/nonexistent.onnx", NULL, 0, NULL));
}

static void
test_outputs (void)
{
  gchar *path = g_build_filename (folder, "unknown_operators.onnx", NULL), *sentence = NULL;
  const gchar *input[] = {"x"}, *missing[] = {"nothing"}, *first[] = {"a"};
  /* Nothing that is not supported is needed for the input itself. */
  CnnModel *model = cnn_model_open (path, input, 1, &sentence);
  g_assert_nonnull (model);
  cnn_model_free (model);
  g_assert_null (cnn_model_open (path, missing, 1, &sentence));
  assert_sentence ("outputs", sentence, "has no tensor and no node \"nothing\"");
  cnn_free (sentence);
  g_assert_null (cnn_model_open (path, first, 1, &sentence));
  assert_sentence ("outputs", sentence, "not supported: LSTM \"first\"");
  g_assert_null (strstr (sentence, "If"));
  cnn_free (sentence);
  g_free (path);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_cmpint (argc, ==, 2);
  folder = argv[1];
  g_test_add_func ("/cases/sentences", test_cases);
  g_test_add_func ("/cases/damage", test_damage);
  g_test_add_func ("/cases/files", test_files);
  g_test_add_func ("/cases/outputs", test_outputs);
  return g_test_run ();
}
