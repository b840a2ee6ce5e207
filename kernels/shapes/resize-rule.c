/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "shapes/axis-rules.h"

#include <math.h>

static int64_t
resize_output (const CnnAxisRule *rule, int64_t input)
{
  const CnnResizeAxis *resize = &rule->resize;
  return resize->size > 0 ? resize->size : (int64_t)floor ((double)input * resize->factor);
}

static void
resize_refuse (const CnnAxisRule *rule, int input, const char *what, CnnError *error)
{
  cnn_error_set (error, "%d %s times %g are %s", input, what, rule->resize.factor,
      resize_output (rule, input) < 1 ? "none" : "too many");
}

/* An output lies between two inputs; where the picture shrinks they are further apart. */
static CnnReceptiveAxis
resize_extend (const CnnAxisRule *rule, CnnReceptiveAxis field, int input)
{
  const int output = cnn_axis_rule_output (rule, input);
  const double ratio = output > 0 ? (double)input / output : 1;
  field.offset += (ratio - 1) / 2 * field.jump;
  field.jump *= ratio;
  return field;
}

const CnnAxisRuleClass cnn_resize_rule = {resize_output, NULL, resize_refuse, resize_extend};
