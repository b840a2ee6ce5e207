/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "shapes/axis-rules.h"

#include "core/integers.h"

/* The most samples that a mode can add on one side of `input`. */
static int64_t
fillable (CnnPaddingMode mode, int64_t input)
{
  return mode == CNN_PADDING_REFLECT                                     ? input - 1
         : mode == CNN_PADDING_CIRCULAR || mode == CNN_PADDING_SYMMETRIC ? input
                                                                         : INT64_MAX;
}

static int64_t
pad_output (const CnnAxisRule *rule, int64_t input)
{
  const CnnPadAxis *pad = &rule->pad;
  if (max (pad->before, pad->after) > fillable (pad->mode, input))
    return 0;
  return input + pad->before + pad->after;
}

static void
pad_refuse (const CnnAxisRule *rule, int input, const char *what, CnnError *error)
{
  const CnnPadAxis *pad = &rule->pad;
  static const char *const names[] = {"zeros", "reflect", "replicate", "circular", "symmetric"};
  const int padding = max (pad->before, pad->after);
  if (padding > fillable (pad->mode, input))
    cnn_error_set (error,
        "padding-mode=%s cannot fill a padding of %d %s from an input of %d: at most %lld",
        names[pad->mode], padding, what, input, (long long)fillable (pad->mode, input));
  else if ((int64_t)input + pad->before + pad->after < 1)
    cnn_error_set (error, "a padding of %d and %d leaves none of the %d %s", pad->before,
        pad->after, input, what);
  else
    cnn_error_set (error, "%d %s with a padding of %d and %d are too many", input, what,
        pad->before, pad->after);
}

static CnnReceptiveAxis
pad_extend (const CnnAxisRule *rule, CnnReceptiveAxis field, int input)
{
  (void)input;
  field.offset -= rule->pad.before * field.jump;
  return field;
}

const CnnAxisRuleClass cnn_pad_rule = {pad_output, NULL, pad_refuse, pad_extend};
