/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fuzz target of networks: whatever the bytes are, they are refused in a clean sentence, or give a graph that can be
 * given shapes, folded, shown and, when it is small, run.
 */
#include "layers.h"
#include "model-private.h"
#include "shapes.h"

#include <cnn/memory.h>
#include <glib.h>

/* More teaches nothing, and takes time. */
#define MAX_WORK 200000

int LLVMFuzzerTestOneInput (const guint8 *data, size_t size);

static void
check_sentence (gchar *sentence)
{
  g_assert_nonnull (sentence);
  for (const gchar *c = sentence; *c; c++)
    g_assert_true ((guchar)*c >= ' ' && *c != 127);
  cnn_free (sentence);
}

/* What the graph would compute, roughly; G_MAXINT64 when it is a lot. */
static gint64
count_work (const CnnGraph *graph)
{
  gint64 work = 0;
  for (gint i = 0; i < graph->n_values; i++) {
    gint64 count = 0;
    if (graph->values[i].is_known && !cnn_dims_count (&graph->values[i].dims, &count, NULL))
      return G_MAXINT64;
    work += count;
  }
  for (gint i = 0; i < graph->n_nodes; i++) {
    const CnnNode *node = &graph->nodes[i];
    work += cnn_node_macs (graph, node);
    if (node->op->kind == CNN_OPERATOR_POOL || node->op->kind == CNN_OPERATOR_RESIZE ||
        node->op->kind == CNN_OPERATOR_LOCAL_RESPONSE_NORMALIZATION)
      return G_MAXINT64; /* windows of any size */
    if (work > MAX_WORK)
      return G_MAXINT64;
  }
  return work;
}

static void
run_plan (const CnnModel *model)
{
  gchar *sentence = NULL;
  CnnModelPlan *plan = cnn_model_plan_new (model, NULL, NULL, &sentence);
  if (!plan) {
    check_sentence (sentence);
    return;
  }
  const gint n_inputs = cnn_model_n_inputs (model), n_outputs = cnn_model_n_outputs (model);
  gfloat **inputs = g_new0 (gfloat *, n_inputs), **outputs = g_new0 (gfloat *, n_outputs);
  /* Room for any: the work was counted. */
  for (gint i = 0; i < n_inputs; i++)
    inputs[i] = g_new0 (gfloat, MAX_WORK);
  for (gint i = 0; i < n_outputs; i++)
    outputs[i] = g_new0 (gfloat, MAX_WORK);
  if (!cnn_model_plan_run (plan, (const gfloat *const *)inputs, outputs, 0, &sentence))
    check_sentence (sentence);
  for (gint i = 0; i < n_inputs; i++)
    g_free (inputs[i]);
  for (gint i = 0; i < n_outputs; i++)
    g_free (outputs[i]);
  g_free (inputs);
  g_free (outputs);
  cnn_model_plan_free (plan);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  gchar *sentence = NULL;
  CnnModel *model = cnn_model_open_memory (data, size, NULL, 0, &sentence);
  if (!model) {
    check_sentence (sentence);
    return 0;
  }
  CnnGraph *graph = cnn_model_bind (model, NULL, true, &sentence);
  if (graph) {
    CnnText dot = {0}, table = {0};
    cnn_graph_dot (graph, &dot);
    cnn_graph_table (graph, &table);
    cnn_free (dot.chars);
    cnn_free (table.chars);
    if (count_work (graph) <= MAX_WORK && graph->n_inputs + graph->n_outputs < 64)
      run_plan (model);
    cnn_graph_free (graph);
  } else {
    check_sentence (sentence);
  }
  cnn_model_free (model);
  return 0;
}
