/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report-network.h"

#include "tensor-file.h"

#include <cnn/memory.h>
#include <cnn/model.h>
#include <string.h>

static int
refuse (char *sentence)
{
  g_printerr ("cnn-weights: %s\n", sentence ? sentence : "not enough memory");
  cnn_free (sentence);
  return 1;
}

static gchar *
describe (const CnnModelTensor *tensor)
{
  GString *text = g_string_new (NULL);
  gchar *name = cnn_weights_printable (tensor->name, strlen (tensor->name));
  g_string_append_printf (text, "%s %s", name, tensor->is_integer ? "integers" : "floats");
  for (gint i = 0; i < tensor->rank; i++)
    if (tensor->size[i] < 0)
      g_string_append_printf (text, "%s?", i ? "x" : " ");
    else
      g_string_append_printf (text, "%s%" G_GINT64_FORMAT, i ? "x" : " ", (gint64)tensor->size[i]);
  g_free (name);
  return g_string_free (text, FALSE);
}

/* The inputs for the wanted size, or NULL for the file's; FALSE when it leaves one open. */
static gboolean
choose_inputs (const CnnNetworkRequest *request, const CnnModel *model, CnnModelTensor **inputs)
{
  const guint count = (guint)cnn_model_n_inputs (model);
  gboolean open = FALSE;
  *inputs = NULL;
  for (guint i = 0; i < count; i++) {
    const CnnModelTensor input = cnn_model_input (model, (gint)i);
    for (gint k = 2; input.rank == 4 && k < 4; k++)
      open = open || input.size[k] < 0;
  }
  if (request->rows > 0) {
    *inputs = g_new (CnnModelTensor, count);
    for (guint i = 0; i < count; i++)
      (*inputs)[i] = cnn_model_input_for (model, (gint)i, request->rows, request->columns);
  }
  return request->rows > 0 || !open;
}

static int
print_table (const CnnModel *model, const CnnModelTensor *inputs, gboolean known)
{
  char *sentence = NULL;
  for (gint i = 0; i < cnn_model_n_inputs (model); i++) {
    const CnnModelTensor tensor = inputs ? inputs[i] : cnn_model_input (model, i);
    gchar *text = describe (&tensor);
    g_print ("input   %s\n", text);
    g_free (text);
  }
  for (gint i = 0; i < cnn_model_n_outputs (model); i++) {
    const CnnModelTensor tensor = cnn_model_output (model, i);
    gchar *name = cnn_weights_printable (tensor.name, strlen (tensor.name));
    g_print ("output  %s\n", name);
    g_free (name);
  }
  if (!known) {
    g_print ("\nThe file leaves the input's rows and columns open: --input=240x320 gives the table "
             "of the layers for a\nsize.\n");
    return 0;
  }
  char *table = cnn_model_table (model, inputs, TRUE, &sentence);
  if (!table)
    return refuse (sentence);
  g_print ("\n%s", table);
  cnn_free (table);
  return 0;
}

static int
print_check (const CnnModel *model, const CnnModelTensor *inputs, gboolean known)
{
  char *sentence = NULL;
  CnnModelPlan *plan = known ? cnn_model_plan_new (model, NULL, inputs, &sentence) : NULL;
  if (known && !plan)
    return refuse (sentence);
  g_print (known ? "Supported.\n"
                 : "Every operator is supported; --input=240x320 checks the shapes, too.\n");
  cnn_model_plan_free (plan);
  return 0;
}

static int
print_dot (const CnnModel *model, const CnnModelTensor *inputs, gboolean folded)
{
  char *sentence = NULL, *dot = cnn_model_dot (model, inputs, folded, &sentence);
  if (!dot)
    return refuse (sentence);
  g_print ("%s", dot);
  cnn_free (dot);
  return 0;
}

/* What shows the first output: a picture, its maps, or words. */
static const gchar *
find_end (const CnnModelTensor *output, gboolean channels_last)
{
  if (output->rank != 4)
    return output->rank <= 2 ? "cnnclassify ! fdsink" : "fakesink";
  const gint channels = channels_last ? 3 : 1;
  const gint64 values = output->size[channels];
  if (output->size[0] == 1 && (values == 1 || values == 3))
    return "videoconvert ! autovideosink";
  return "cnnview ! videoconvert ! autovideosink";
}

static int
print_launch (const CnnNetworkRequest *request, const CnnModel *model, const CnnModelTensor *inputs)
{
  char *sentence = NULL;
  CnnModelPlan *plan = cnn_model_plan_new (model, NULL, inputs, &sentence);
  if (!plan)
    return refuse (sentence);
  const CnnModelTensor input = cnn_model_plan_input (plan, 0);
  const CnnModelTensor output = cnn_model_plan_output (plan, 0);
  const gboolean last = cnn_model_is_channels_last (model, 0);
  gchar *path = g_shell_quote (request->path);
  if (input.rank == 4)
    g_print ("gst-launch-1.0 videotestsrc ! videoconvert ! videoscale ! "
             "video/x-raw,width=%" G_GINT64_FORMAT ",height=%" G_GINT64_FORMAT
             " ! cnnmodel location=%s ! %s\n",
        (gint64)input.size[last ? 2 : 3], (gint64)input.size[last ? 1 : 2], path,
        find_end (&output, last));
  else
    g_printerr (
        "cnn-weights: the network's input has %d dimensions, and a picture has 4\n", input.rank);
  g_free (path);
  cnn_model_plan_free (plan);
  return input.rank != 4;
}

int
cnn_network_report (const CnnNetworkRequest *request)
{
  char *sentence = NULL;
  CnnModel *model = cnn_model_open (request->path, NULL, 0, &sentence);
  if (!model)
    return refuse (sentence);
  CnnModelTensor *inputs;
  const gboolean known = choose_inputs (request, model, &inputs);
  int result = 2;
  if (request->report == CNN_NETWORK_TABLE)
    result = print_table (model, inputs, known);
  else if (request->report == CNN_NETWORK_CHECK)
    result = print_check (model, inputs, known);
  else if (!known)
    g_printerr ("cnn-weights: %s leaves the input's rows and columns open: --input=240x320 chooses "
                "them\n",
        request->path);
  else if (request->report == CNN_NETWORK_LAUNCH)
    result = print_launch (request, model, inputs);
  else
    result = print_dot (model, inputs, request->report == CNN_NETWORK_GRAPH_AFTER);
  g_free (inputs);
  cnn_model_free (model);
  return result;
}
