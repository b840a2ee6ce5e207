/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "shapes/axis-rules.h"

static int64_t
transposed_output (const CnnAxisRule *rule, int64_t input)
{
  const CnnTransposedAxis *axis = &rule->transposed;
  return (input - 1) * axis->stride - axis->padding_before - axis->padding_after +
         (int64_t)axis->dilation * (axis->kernel - 1) + axis->output_padding + 1;
}

static void
transposed_refuse (const CnnAxisRule *rule, int input, const char *what, CnnError *error)
{
  const CnnTransposedAxis *axis = &rule->transposed;
  const int64_t output = transposed_output (rule, input);
  if (output < 1)
    cnn_error_set (error, "a padding of %d and %d takes all that %d input %s become",
        axis->padding_before, axis->padding_after, input, what);
  else
    cnn_error_set (
        error, "%d input %s become %lld, which are too many", input, what, (long long)output);
}

/* An output lies under up to ceil (effective kernel / stride) inputs, which are 1 / stride of an output apart. */
static CnnReceptiveAxis
transposed_extend (const CnnAxisRule *rule, CnnReceptiveAxis field, int input)
{
  const CnnTransposedAxis *axis = &rule->transposed;
  const double span = (double)axis->dilation * (axis->kernel - 1);
  (void)input;
  field.size += (double)(int64_t)(span / axis->stride) * field.jump;
  field.offset += (axis->padding_before - span / 2) / axis->stride * field.jump;
  field.jump /= axis->stride;
  return field;
}

const CnnAxisRuleClass cnn_transposed_rule = {
    transposed_output, NULL, transposed_refuse, transposed_extend};
