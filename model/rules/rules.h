/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rewriting a graph of known shapes into a smaller one with the same results. */
#ifndef CNN_RULES_H
#define CNN_RULES_H

#include "../graph.h"
#include "../text.h"

typedef struct {
  const char *name; /* "fold-batch-normalization" */
  const char *what; /* in a few words, for cnn-weights */
  /* Rewrites one place that begins at a node, if the rule fits there. False when memory is short; *changed is set
   * when anything was done. The graph is tidied afterwards, and shapes are inferred anew. */
  bool (*apply) (CnnGraph *graph, int node, bool *changed);
} CnnRule;

/* Rule `i`, in the order in which they are tried, or NULL behind the last. */
const CnnRule *cnn_rule (int i);

/* Applies one rule wherever it fits. `count`, if not NULL, becomes the number of places. False with a fault when
 * memory is short. */
bool cnn_rule_apply (const CnnRule *rule, CnnGraph *graph, int *count, CnnText *faults);
/* All rules, until none fits any longer. */
bool cnn_rules_apply (CnnGraph *graph, CnnText *faults);

#endif
