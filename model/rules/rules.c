/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules.h"

#include "../shapes.h"
#include "match.h"

/* Constants are folded whenever shapes are inferred: before the first rule and after each. Rules that recognise
 * something come before those that take its parts away. */
static const CnnRule rules[] = {
    {"remove-identity", "nodes that give what they get", cnn_rule_remove_identity},
    {"scalar-arithmetic", "arithmetic with a number as a function", cnn_rule_scalar_arithmetic},
    {"merge-scalar", "functions of a number behind one another", cnn_rule_merge_scalar},
    {"activation-pieces", "activations written in pieces", cnn_rule_activation_pieces},
    {"gemm", "matrix products as fully connected layers", cnn_rule_gemm},
    {"global-pool", "means and maxima of whole planes as pooling", cnn_rule_global_pool},
    {"channel-shuffle", "Reshape, Transpose, Reshape as channel shuffle", cnn_rule_channel_shuffle},
    {"pixel-shuffle", "Reshape, Transpose, Reshape as depth to space", cnn_rule_pixel_shuffle},
    {"merge-transpose", "transposes behind one another", cnn_rule_merge_transpose},
    {"transpose-as-reshape", "transposes that move nothing", cnn_rule_transpose_as_reshape},
    {"merge-reshape", "reshapes behind one another", cnn_rule_merge_reshape},
    {"pad-convolution", "padding into convolutions", cnn_rule_pad_convolution},
    {"pad-pool", "padding into pooling", cnn_rule_pad_pool},
    {"affine-behind", "scale and shift into the layer in front", cnn_rule_affine_behind},
    {"affine-before", "scale and shift into the layer behind", cnn_rule_affine_before},
    {"merge-affine", "scales and shifts behind one another", cnn_rule_merge_affine},
    {"fuse-prelu", "slopes of channels into the node in front", cnn_rule_fuse_prelu},
    {"fuse-activation", "activations into the node in front", cnn_rule_fuse_activation},
    {NULL, NULL, NULL},
};

const CnnRule *
cnn_rule (int i)
{
  const int count = (int)(sizeof rules / sizeof *rules) - 1;
  return i >= 0 && i < count ? &rules[i] : NULL;
}

bool
cnn_rule_apply (const CnnRule *rule, CnnGraph *graph, int *count, CnnText *faults)
{
  int found = 0;
  bool done = true;
  for (int i = 0; done && i < graph->n_nodes; i++) {
    bool changed = false;
    if (graph->nodes[i].is_removed)
      continue;
    done = rule->apply (graph, i, &changed);
    found += changed;
  }
  if (count)
    *count = found;
  if (!done)
    cnn_text_append (faults, "not enough memory for a graph of %d nodes", graph->n_nodes);
  return done && (found == 0 || (cnn_graph_tidy (graph, NULL) && cnn_graph_infer (graph, faults)));
}

bool
cnn_rules_apply (CnnGraph *graph, CnnText *faults)
{
  int found = 1;
  /* Each round leaves fewer nodes, or the last one. */
  for (int round = 0; round < graph->n_nodes + 2 && found > 0; round++) {
    found = 0;
    for (int i = 0; cnn_rule (i); i++) {
      int count;
      if (!cnn_rule_apply (cnn_rule (i), graph, &count, faults))
        return false;
      found += count;
    }
  }
  return true;
}
