/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Contexts from settings and from the environment. */
#include "layer-check.h"

#include <stdlib.h>
#include <string.h>

static void
check_refused (const char *isa, const char *exact, const char *part)
{
  CnnError error = {""};
  setenv ("CNN_ISA", isa, 1);
  setenv ("CNN_EXACT", exact, 1);
  CnnContext *context = cnn_context_from_environment (&error);
  check_context ("CNN_ISA=%s CNN_EXACT=%s", isa, exact);
  if (context)
    check_fail ("was accepted");
  else if (!strstr (error.message, part))
    check_fail ("says \"%s\", not \"%s\"", error.message, part);
  cnn_context_free (context);
}

/* Winograd runs a large 3x3 convolution unless the context is exact. */
static bool
is_exact (const CnnContext *context)
{
  static const float weights[32 * 32 * 9];
  const CnnAxis axis = {.kernel = 3, .stride = 1, .dilation = 1};
  const CnnConv2dDesc desc = {.input = {1, 40, 40, 32},
      .window = {axis, axis},
      .out_channels = 32,
      .groups = 1,
      .weights = weights};
  CnnLayer *layer = cnn_conv2d_new (context, &desc, NULL);
  const bool exact = layer && !strstr (cnn_layer_info (layer).kernel_name, "winograd");
  cnn_layer_free (layer);
  return exact;
}

static void
check_accepted (const char *isa, const char *exact, bool expected)
{
  CnnError error = {""};
  setenv ("CNN_ISA", isa, 1);
  setenv ("CNN_EXACT", exact, 1);
  CnnContext *context = cnn_context_from_environment (&error);
  check_context ("CNN_ISA=%s CNN_EXACT=%s", isa, exact);
  CHECK (context, "refused: %s", error.message);
  if (is_exact (context) != expected)
    check_fail ("is%s exact", expected ? " not" : "");
  if (strcmp (isa, "c") == 0 && strcmp (cnn_context_isa (context), "c") != 0)
    check_fail ("runs %s", cnn_context_isa (context));
  cnn_context_free (context);
}

static void
run_contexts (void)
{
  check_accepted ("", "1", true);
  check_accepted ("", "0", false);
  check_accepted ("c", "", false);
  check_refused ("mmx", "", "unknown instruction set \"mmx\"");
  check_refused ("", "yes", "CNN_EXACT=yes is neither 1 (exact) nor 0");
  unsetenv ("CNN_ISA");
  unsetenv ("CNN_EXACT");
  const CnnContextSettings few = {.n_threads = 2}, none = {.n_threads = -1};
  CnnError error = {""};
  CnnContext *context = cnn_context_new (&few, &error);
  CHECK (context, "refused: %s", error.message);
  check_context ("2 threads");
  if (cnn_context_thread_count (context) != 2)
    check_fail ("are %d", cnn_context_thread_count (context));
  cnn_context_free (context);
  CHECK (!cnn_context_new (&none, &error), "-1 threads were accepted");
  CHECK (strstr (error.message, "-1 threads"), "says \"%s\"", error.message);
}

const CheckTest check_contexts = {"contexts", "context", run_contexts};
