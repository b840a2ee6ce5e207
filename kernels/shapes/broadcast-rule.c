/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "shapes/axis-rules.h"

static int64_t
broadcast_output (const CnnAxisRule *rule, int64_t input)
{
  if (rule->other == 1 || input == rule->other)
    return input;
  return input == 1 ? rule->other : 0;
}

static CnnRange
broadcast_input_range (const CnnAxisRule *rule, CnnRange output)
{
  if (rule->other == 1)
    return cnn_range_intersect (output, (CnnRange){1, INT32_MAX});
  if (rule->other >= output.min && rule->other <= output.max)
    return (CnnRange){1, rule->other};
  return (CnnRange){1, 0};
}

static void
broadcast_refuse (const CnnAxisRule *rule, int input, const char *what, CnnError *error)
{
  cnn_error_set (error, "%d %s do not fit the %d of the other input: the same number or 1 would",
      input, what, rule->other);
}

static CnnReceptiveAxis
broadcast_extend (const CnnAxisRule *rule, CnnReceptiveAxis field, int input)
{
  (void)rule;
  (void)input;
  return field;
}

const CnnAxisRuleClass cnn_broadcast_rule = {
    broadcast_output, broadcast_input_range, broadcast_refuse, broadcast_extend};
