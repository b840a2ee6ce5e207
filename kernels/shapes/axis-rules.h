/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private to shapes/: what a rule of an axis provides, one file a rule. */
#ifndef CNN_AXIS_RULES_H
#define CNN_AXIS_RULES_H

#include "cnn/shape-rules.h"

typedef struct {
  /* The output size for an input in [1, INT_MAX], not above INT_MAX on either side; 0 or less: refused. Without
   * input_range, more input never means less output. */
  int64_t (*output) (const CnnAxisRule *rule, int64_t input);
  /* Optional: the inverse where `output` is not monotonic. */
  CnnRange (*input_range) (const CnnAxisRule *rule, CnnRange output);
  /* Why so many rows or columns (`what`) are refused. */
  void (*refuse) (const CnnAxisRule *rule, int input, const char *what, CnnError *error);
  CnnReceptiveAxis (*extend) (const CnnAxisRule *rule, CnnReceptiveAxis field, int input);
} CnnAxisRuleClass;

extern const CnnAxisRuleClass cnn_window_rule, cnn_transposed_rule, cnn_slice_rule, cnn_pad_rule,
    cnn_resize_rule, cnn_broadcast_rule;

/* True with a sentence said when the rule refuses this input. */
bool cnn_axis_rule_refuses (const CnnAxisRule *rule, int input, const char *what, CnnError *error);

#endif
