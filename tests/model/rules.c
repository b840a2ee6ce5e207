/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Graph rules, on the networks of a folder.
 *
 *   model-rules FOLDER
 *
 * Each rule alone, and all together, leave every output as it was, within rounding; each fits somewhere; and of the
 * network "folding" and some others it is known what has to come out.
 */
#include "layers.h"
#include "model-private.h"
#include "plan/plan.h"
#include "rules/rules.h"
#include "shapes.h"

#include <cnn/memory.h>
#include <glib.h>
#include <math.h>
#include <string.h>

static gchar *folder;

typedef struct {
  const gchar *name;
  CnnModelTensor input;
} Network;

static const Network networks[] = {
    {"binary", {0}},
    {"dynamic", {.rank = 4, .size = {1, 4, 10, 12}}},
    {"folding", {0}},
    {"layout", {0}},
    {"matrices", {0}},
    {"mobile", {.rank = 4, .size = {1, 3, 20, 24}}},
    {"normalizations", {0}},
    {"old_forms", {0}},
    {"pieces", {0}},
    {"reductions", {0}},
    {"resize", {0}},
    {"shuffle", {0}},
    {"unary", {0}},
    {"windows", {0}},
};

static CnnGraph *
bind (const Network *network)
{
  gchar *path = g_build_filename (folder, network->name, "model.onnx", NULL), *sentence = NULL;
  CnnModel *model = cnn_model_open (path, NULL, 0, &sentence);
  g_assert_cmpstr (sentence, ==, NULL);
  CnnGraph *graph =
      cnn_model_bind (model, network->input.rank > 0 ? &network->input : NULL, false, &sentence);
  g_assert_cmpstr (sentence, ==, NULL);
  cnn_model_free (model);
  g_free (path);
  return graph;
}

/* The outputs of a graph for an input that is the same every time. The graph is taken over. */
static GPtrArray *
run (CnnGraph *graph)
{
  CnnError error = {""};
  const CnnDims *dims = &graph->values[graph->inputs[0]].dims;
  const gint64 count = cnn_dims_product (dims, 0, dims->rank);
  gfloat *input = g_new (gfloat, count);
  for (gint64 i = 0; i < count; i++)
    input[i] = (gfloat)sin ((gdouble)i * 1.7) * 3.0F;
  const gint n_outputs = graph->n_outputs;
  GPtrArray *outputs = g_ptr_array_new_with_free_func ((GDestroyNotify)g_array_unref);
  gfloat **pointers = g_new (gfloat *, n_outputs);
  for (gint i = 0; i < n_outputs; i++) {
    const CnnDims *out = &graph->values[graph->outputs[i].value].dims;
    GArray *array = g_array_sized_new (FALSE, TRUE, sizeof (gfloat), 1);
    g_array_set_size (array, (guint)cnn_dims_product (out, 0, out->rank));
    g_ptr_array_add (outputs, array);
    pointers[i] = (gfloat *)(gpointer)array->data;
  }
  CnnPlan *plan = cnn_plan_new (graph, NULL, &error);
  g_assert_cmpstr (error.message, ==, "");
  const gfloat *const inputs[] = {input};
  g_assert_true (cnn_plan_run (plan, inputs, pointers, 0, &error));
  cnn_plan_free (plan);
  g_free (pointers);
  g_free (input);
  return outputs;
}

static void
assert_equal (const gchar *network, const gchar *rule, GPtrArray *a, GPtrArray *b)
{
  g_assert_cmpuint (a->len, ==, b->len);
  for (guint i = 0; i < a->len; i++) {
    const GArray *before = a->pdata[i], *after = b->pdata[i];
    g_assert_cmpuint (before->len, ==, after->len);
    gdouble largest = 0;
    for (guint k = 0; k < before->len; k++)
      if (isfinite (g_array_index (before, gfloat, k)))
        largest = MAX (largest, fabs (g_array_index (before, gfloat, k)));
    for (guint k = 0; k < before->len; k++) {
      const gdouble x = g_array_index (before, gfloat, k), y = g_array_index (after, gfloat, k);
      if (!(fabs (x - y) <= 1e-5 * largest + 1e-6) && !(isnan (x) && isnan (y)) && x != y)
        g_error ("%s, %s: output %u has %g at %u, not %g", network, rule, i, y, k, x);
    }
  }
}

static void
test_each_rule (void)
{
  guint fits[64] = {0};
  for (guint n = 0; n < G_N_ELEMENTS (networks); n++) {
    CnnGraph *graph = bind (&networks[n]);
    GPtrArray *before = run (cnn_graph_copy (graph));
    for (gint i = 0; cnn_rule (i); i++) {
      /* Alone, on a graph that the rules in front of it have prepared. */
      CnnGraph *changed = cnn_graph_copy (graph);
      CnnText faults = {0};
      gint count = 0;
      for (gint k = 0; k < i; k++)
        g_assert_true (cnn_rule_apply (cnn_rule (k), changed, NULL, &faults));
      g_assert_true (cnn_rule_apply (cnn_rule (i), changed, &count, &faults));
      fits[i] += (guint)count;
      GPtrArray *after = run (changed);
      assert_equal (networks[n].name, cnn_rule (i)->name, before, after);
      g_ptr_array_unref (after);
      cnn_free (faults.chars);
    }
    CnnText faults = {0};
    g_assert_true (cnn_rules_apply (graph, &faults));
    GPtrArray *after = run (graph);
    assert_equal (networks[n].name, "all", before, after);
    g_ptr_array_unref (after);
    g_ptr_array_unref (before);
  }
  for (gint i = 0; cnn_rule (i); i++) {
    g_test_message ("%s fits %u times", cnn_rule (i)->name, fits[i]);
    if (fits[i] == 0)
      g_error ("%s fits nowhere", cnn_rule (i)->name);
  }
}

/* The titles of a network's nodes, after all rules, in order. */
static gchar *
titles (const gchar *name)
{
  GString *text = g_string_new (NULL);
  for (guint n = 0; n < G_N_ELEMENTS (networks); n++) {
    if (strcmp (networks[n].name, name) != 0)
      continue;
    CnnGraph *graph = bind (&networks[n]);
    CnnText faults = {0};
    g_assert_true (cnn_rules_apply (graph, &faults));
    for (gint i = 0; i < graph->n_nodes; i++) {
      CnnText title = {0};
      cnn_node_title (graph, &graph->nodes[i], &title);
      g_string_append_printf (text, "%s\n", title.chars);
      cnn_free (title.chars);
    }
    cnn_graph_free (graph);
  }
  return g_string_free (text, FALSE);
}

static void
assert_titles (const gchar *name, const gchar *expected)
{
  gchar *found = titles (name);
  g_assert_cmpstr (found, ==, expected);
  g_free (found);
}

static void
test_results (void)
{
  assert_titles ("folding", "Pad\n"
                            "Conv 3x3\n"
                            "AveragePool 3x3\n"
                            "AveragePool 3x3\n"
                            "MaxPool 3x3\n"
                            "Relu\n"
                            "MaxPool 3x3\n"
                            "Pad\n"
                            "Conv 3x3\n"
                            "Pad\n"
                            "Conv 3x3\n"
                            "Conv 3x3 groups 2, relu\n"
                            "Conv 3x3\n"
                            "BatchNormalization\n"
                            "Conv 3x3\n"
                            "ConvTranspose 2x2 stride 2, sigmoid\n"
                            "BatchNormalization\n"
                            "Reshape\n"
                            "Gemm\n"
                            "Conv 1x1\n"
                            "BatchNormalization\n"
                            "Conv 1x1\n"
                            "hard-swish\n"
                            "silu\n"
                            "mish\n"
                            "gelu\n"
                            "gelu\n"
                            "hard-sigmoid\n"
                            "hard-swish\n"
                            "hard-swish\n"
                            "clip -1 to 1\n");
  assert_titles ("mobile", "Sub\n"
                           "Conv 3x3 stride 2, hard-swish\n"
                           "Conv 1x1, hard-swish\n"
                           "Conv 5x5 depthwise, hard-swish\n"
                           "GlobalAveragePool\n"
                           "Conv 1x1, relu\n"
                           "Conv 1x1, hard-sigmoid\n"
                           "Mul\n"
                           "Conv 1x1\n"
                           "Add\n"
                           "Conv 1x1, silu\n"
                           "GlobalAveragePool\n"
                           "Reshape\n"
                           "Gemm\n"
                           "Softmax\n");
  assert_titles ("dynamic", "Conv 3x3 stride 2, relu\nResize\nReshape\nAdd\nMul\n");
  assert_titles ("pieces", "Conv 3x3 stride 2\n"
                           "DepthToSpace\n"
                           "DepthToSpace\n"
                           "Conv 1x1, prelu\n"
                           "leaky-relu 0.2\n"
                           "Conv 1x1\n"
                           "Reshape\n"
                           "Transpose\n"
                           "BatchNormalization\n"
                           "GlobalMaxPool\n"
                           "Reshape\n"
                           "GlobalAveragePool\n"
                           "clip 0.1 to 0.5\n");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_cmpint (argc, ==, 2);
  folder = argv[1];
  g_test_add_func ("/rules/each", test_each_rule);
  g_test_add_func ("/rules/results", test_results);
  return g_test_run ();
}
