/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules.h"

#include "../shapes.h"

#include <stddef.h>

static const CnnRule rules[] = {
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
