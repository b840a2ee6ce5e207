/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model-private.h"
#include "layers.h"
#include "onnx/onnx.h"
#include "onnx/read-file.h"
#include "onnx/wire.h"
#include "plan/plan.h"
#include "rules/rules.h"
#include "shapes.h"
#include "text.h"

#include <cnn/memory.h>
#include <inttypes.h>

struct CnnModel {
  CnnGraph *graph;
};

struct CnnModelPlan {
  CnnPlan *plan;
  CnnModelInfo info;
};

static void
refuse (char **sentence, const char *message)
{
  if (sentence)
    *sentence = cnn_text_copy (message);
}

static void
refuse_with (char **sentence, CnnText *text)
{
  if (sentence)
    *sentence = text->chars;
  else
    cnn_free (text->chars);
}

/* --- Reading -------------------------------------------------------------------------------------- */

static CnnModel *
make_model (CnnGraph *graph, const char *const *outputs, int n_outputs, char **sentence)
{
  CnnError error;
  if (n_outputs > 0 && !cnn_graph_select_outputs (graph, outputs, n_outputs, &error)) {
    refuse (sentence, error.message);
    return NULL;
  }
  CnnText faults = {0};
  cnn_text_append (&faults, "not supported: ");
  if (!cnn_graph_check (graph, &faults)) {
    refuse_with (sentence, &faults);
    return NULL;
  }
  cnn_free (faults.chars);
  CnnModel *model = cnn_alloc (1, sizeof *model);
  if (model)
    model->graph = graph;
  return model;
}

static CnnModel *
open_bytes (const uint8_t *bytes, size_t size, const char *path, const char *const *outputs,
    int n_outputs, char **sentence)
{
  CnnError error;
  CnnGraph *graph = cnn_onnx_read (bytes, size, path, &error);
  if (!graph) {
    refuse (sentence, error.message);
    return NULL;
  }
  CnnModel *model = make_model (graph, outputs, n_outputs, sentence);
  if (!model)
    cnn_graph_free (graph);
  return model;
}

CnnModel *
cnn_model_open (const char *path, const char *const *outputs, int n_outputs, char **sentence)
{
  CnnError error;
  size_t size = SIZE_MAX;
  if (sentence)
    *sentence = NULL;
  uint8_t *bytes = cnn_read_file (path, NULL, 0, &size, CNN_ONNX_MAX_BYTES, &error);
  if (!bytes) {
    refuse (sentence, error.message);
    return NULL;
  }
  char *fault = NULL;
  CnnModel *model = open_bytes (bytes, size, path, outputs, n_outputs, &fault);
  cnn_free (bytes);
  if (!model && fault && sentence) {
    CnnText text = {0};
    CnnPrintable printable;
    cnn_text_append (&text, "%s: %s", cnn_printable (path, &printable), fault);
    *sentence = text.chars;
  }
  cnn_free (fault);
  return model;
}

CnnModel *
cnn_model_open_memory (
    const void *bytes, size_t size, const char *const *outputs, int n_outputs, char **sentence)
{
  if (sentence)
    *sentence = NULL;
  return open_bytes (bytes, size, NULL, outputs, n_outputs, sentence);
}

void
cnn_model_free (CnnModel *model)
{
  if (model)
    cnn_graph_free (model->graph);
  cnn_free (model);
}

static CnnModelTensor
describe (const CnnValue *value, const char *name)
{
  CnnModelTensor tensor = {.name = name,
      .is_integer = value->elements == CNN_ELEMENTS_INTEGER,
      .rank = value->is_known ? value->dims.rank : -1};
  for (int i = 0; i < tensor.rank; i++)
    tensor.size[i] = value->dims.size[i];
  return tensor;
}

static CnnModelTensor
describe_input (const CnnGraph *graph, int i)
{
  const CnnValue *value = &graph->values[graph->inputs[i]];
  return describe (value, value->name);
}

static CnnModelTensor
describe_output (const CnnGraph *graph, int i)
{
  return describe (&graph->values[graph->outputs[i].value], graph->outputs[i].name);
}

int
cnn_model_n_inputs (const CnnModel *model)
{
  return model->graph->n_inputs;
}

CnnModelTensor
cnn_model_input (const CnnModel *model, int i)
{
  return describe_input (model->graph, i);
}

int
cnn_model_n_outputs (const CnnModel *model)
{
  return model->graph->n_outputs;
}

CnnModelTensor
cnn_model_output (const CnnModel *model, int i)
{
  return describe_output (model->graph, i);
}

bool
cnn_model_is_channels_last (const CnnModel *model, int i)
{
  const CnnModelTensor input = cnn_model_input (model, i);
  return input.rank == 4 && input.size[3] >= 1 && input.size[3] <= 4 &&
         !(input.size[1] >= 1 && input.size[1] <= 4);
}

CnnModelTensor
cnn_model_input_for (const CnnModel *model, int i, int64_t rows, int64_t columns)
{
  CnnModelTensor input = cnn_model_input (model, i);
  const bool last = cnn_model_is_channels_last (model, i);
  const int channels = last ? 3 : 1, first = last ? 1 : 2;
  if (input.rank == 4) {
    input.size[first] = rows;
    input.size[first + 1] = columns;
    if (input.size[channels] < 0)
      input.size[channels] = 3;
  }
  for (int k = 0; k < input.rank; k++)
    if (input.size[k] < 0)
      input.size[k] = 1;
  return input;
}

/* --- Plans ---------------------------------------------------------------------------------------- */

/* Definite sizes for an input. */
static bool
bind_input (CnnValue *value, const CnnModelTensor *wanted, CnnError *error)
{
  CnnPrintable printable;
  char text[CNN_DIMS_TEXT], other[CNN_DIMS_TEXT];
  const char *name = cnn_printable (value->name, &printable);
  const CnnDims file = value->dims;
  CnnDims dims = {.rank = wanted ? wanted->rank : file.rank};
  bool fits = dims.rank == file.rank;
  for (int i = 0; fits && i < file.rank; i++) {
    const int64_t size = wanted ? wanted->size[i] : file.size[i];
    dims.size[i] = size;
    if (!wanted && size == CNN_DYNAMIC) {
      if (file.rank == 4 && i >= 2)
        return cnn_error_set (error, "the size of input \"%s\" (%s) has to be chosen", name,
            cnn_dims_text (&file, text));
      dims.size[i] = 1;
    }
    fits = dims.size[i] > 0 && (file.size[i] == CNN_DYNAMIC || file.size[i] == dims.size[i]);
  }
  if (!fits)
    return cnn_error_set (error, "input \"%s\" takes %s, not %s", name, cnn_dims_text (&file, text),
        cnn_dims_text (&dims, other));
  value->dims = dims;
  int64_t count;
  return cnn_dims_count (&dims, &count, error);
}

CnnGraph *
cnn_model_bind (const CnnModel *model, const CnnModelTensor *inputs, bool fold, char **sentence)
{
  CnnGraph *graph = cnn_graph_copy (model->graph);
  CnnText faults = {0};
  CnnError error = {""};
  bool done = graph != NULL;
  for (int i = 0; done && i < graph->n_inputs; i++)
    done = bind_input (&graph->values[graph->inputs[i]], inputs ? &inputs[i] : NULL, &error);
  if (!done && graph)
    cnn_text_append (&faults, "%s", error.message);
  done = done && cnn_graph_infer (graph, &faults) && (!fold || cnn_rules_apply (graph, &faults));
  if (done) {
    cnn_free (faults.chars);
    return graph;
  }
  refuse_with (sentence, &faults);
  cnn_graph_free (graph);
  return NULL;
}

static CnnModelInfo
measure (const CnnGraph *graph)
{
  CnnModelInfo info = {.layers = graph->n_nodes};
  for (int i = 0; i < graph->n_nodes; i++) {
    info.parameters += cnn_node_parameters (graph, &graph->nodes[i]);
    info.macs += cnn_node_macs (graph, &graph->nodes[i]);
  }
  return info;
}

CnnModelInfo
cnn_model_plan_info (const CnnModelPlan *plan)
{
  return plan->info;
}

CnnModelPlan *
cnn_model_plan_new (
    const CnnModel *model, const CnnContext *context, const CnnModelTensor *inputs, char **sentence)
{
  if (sentence)
    *sentence = NULL;
  CnnGraph *graph = cnn_model_bind (model, inputs, true, sentence);
  CnnModelPlan *plan = graph ? cnn_alloc (1, sizeof *plan) : NULL;
  if (!plan) {
    cnn_graph_free (graph);
    return NULL;
  }
  CnnError error;
  plan->info = measure (graph); /* before weights are packed */
  plan->plan = cnn_plan_new (graph, context, &error);
  if (plan->plan)
    return plan;
  refuse (sentence, error.message);
  cnn_free (plan);
  return NULL;
}

void
cnn_model_plan_free (CnnModelPlan *plan)
{
  if (plan)
    cnn_plan_free (plan->plan);
  cnn_free (plan);
}

CnnModelTensor
cnn_model_plan_input (const CnnModelPlan *plan, int i)
{
  return describe_input (plan->plan->graph, i);
}

CnnModelTensor
cnn_model_plan_output (const CnnModelPlan *plan, int i)
{
  return describe_output (plan->plan->graph, i);
}

size_t
cnn_model_plan_bytes (const CnnModelPlan *plan)
{
  return plan->plan->arena_bytes;
}

bool
cnn_model_plan_run (CnnModelPlan *plan, const float *const *inputs, float *const *outputs,
    int n_threads, char **sentence)
{
  CnnError error;
  if (sentence)
    *sentence = NULL;
  if (cnn_plan_run (plan->plan, inputs, outputs, n_threads, &error))
    return true;
  refuse (sentence, error.message);
  return false;
}

/* --- For people ----------------------------------------------------------------------------------- */

static char *
print (const CnnModel *model, const CnnModelTensor *inputs, bool folded,
    void (*append) (const CnnGraph *graph, CnnText *text), char **sentence)
{
  CnnText text = {0};
  if (sentence)
    *sentence = NULL;
  CnnGraph *graph = cnn_model_bind (model, inputs, folded, sentence);
  if (!graph)
    return NULL;
  append (graph, &text);
  cnn_graph_free (graph);
  if (!text.failed)
    return text.chars;
  cnn_free (text.chars);
  return NULL;
}

char *
cnn_model_table (const CnnModel *model, const CnnModelTensor *inputs, bool folded, char **sentence)
{
  return print (model, inputs, folded, cnn_graph_table, sentence);
}

char *
cnn_model_dot (const CnnModel *model, const CnnModelTensor *inputs, bool folded, char **sentence)
{
  return print (model, inputs, folded, cnn_graph_dot, sentence);
}
