/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sliding windows: core/geometry.c knows their arithmetic. */
#include "shapes/axis-rules.h"

static int64_t
window_output (const CnnAxisRule *rule, int64_t input)
{
  return cnn_axis_output (&rule->window, (int)input);
}

static CnnRange
window_input_range (const CnnAxisRule *rule, CnnRange output)
{
  return cnn_axis_input_range (&rule->window, output);
}

/* Rows and columns are refused together, in the words of the window: see cnn_shape_rule_output (). */
static void
window_refuse (const CnnAxisRule *rule, int input, const char *what, CnnError *error)
{
  const CnnWindow window = {rule->window, rule->window};
  CnnShape output;
  (void)what;
  cnn_window_output (&window, (CnnShape){1, input, input, 1}, &output, error);
}

static CnnReceptiveAxis
window_extend (const CnnAxisRule *rule, CnnReceptiveAxis field, int input)
{
  const CnnReceptiveField both = {field, field};
  const CnnWindow window = {rule->window, rule->window};
  return cnn_receptive_field_extend (&both, &window, (CnnShape){1, input, input, 1}).rows;
}

const CnnAxisRuleClass cnn_window_rule = {
    window_output, window_input_range, window_refuse, window_extend};
