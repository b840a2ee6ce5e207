/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Branches joined: layers against a direct implementation. */
#include "layer-check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Layers ---------------------------------------------------------------------------------- */

#define MAX_BRANCHES 4
#define MAX_CHANNELS 48

typedef struct {
  CnnMergeDesc desc;
  CnnBranch branches[MAX_BRANCHES];
  LayerImage images[MAX_BRANCHES];
  float scale[3][MAX_CHANNELS]; /* by sample type */
  float offset[MAX_CHANNELS], alpha[MAX_BRANCHES * MAX_CHANNELS];
} Case;

/* Along a dimension each branch has the size of all others, or 1; concatenated ones any along the
 * axis. */
static void
random_branch (Case *c, CnnBranch *branch, CnnShape shape)
{
  int *sizes[] = {&branch->shape.c, &branch->shape.h, &branch->shape.w, &branch->shape.n};
  const int most[] = {MAX_CHANNELS, 9, 40};
  *branch = (CnnBranch){.name = "branch", .shape = shape};
  if (c->desc.mode == CNN_MERGE_CONCAT)
    *sizes[c->desc.axis] = check_random_int (1, most[c->desc.axis]);
  for (int i = 0; i < 4 && c->desc.mode != CNN_MERGE_CONCAT; i++) {
    if (check_random_int (0, 4) == 0)
      *sizes[i] = 1;
  }
  branch->format.layout = (CnnLayout)check_random_int (0, 1);
  branch->format.type = (CnnSampleType)(check_random_int (0, 2) ? 0 : check_random_int (1, 2));
  if (c->desc.mode == CNN_MERGE_DIVIDE) /* an error of a divisor near 0 would be any error */
    branch->format.type = CNN_SAMPLE_FLOAT32;
  branch->normalization = (CnnNormalization){c->scale[branch->format.type], c->offset};
}

static void
random_case (Case *c, CheckGuard guard)
{
  *c = (Case){.desc = {.mode = (CnnMergeMode)check_random_int (0, CNN_MERGE_AVERAGE),
                  .axis = (CnnMergeAxis)check_random_int (0, CNN_AXIS_COLUMNS),
                  .n_branches = check_random_int (1, MAX_BRANCHES)}};
  const CnnShape shape = {check_random_int (0, 4) ? 1 : 2, check_random_int (1, 9),
      check_random_int (1, 40), check_random_int (1, MAX_CHANNELS)};
  c->desc.branches = c->branches;
  for (int i = 0; i < MAX_CHANNELS; i++) {
    c->scale[CNN_SAMPLE_UINT8][i] = (1 + check_random_float () / 2) / 255;
    c->scale[CNN_SAMPLE_UINT16_LE][i] = (1 + check_random_float () / 2) / 65535;
    c->offset[i] = check_random_float ();
  }
  check_fill (c->alpha, MAX_BRANCHES * MAX_CHANNELS);
  for (int i = 0; i < c->desc.n_branches; i++) {
    CnnBranch *branch = &c->branches[i];
    random_branch (c, branch, shape);
    c->images[i] = layer_image (branch->format.type, branch->format.layout,
        (LayerImageKind)check_random_int (0, 3), branch->shape, guard);
    layer_image_fill (&c->images[i], false);
  }
  c->desc.output_format =
      (CnnFormat){check_random_int (0, 3) ? CNN_SAMPLE_FLOAT32 : CNN_SAMPLE_UINT8,
          (CnnLayout)check_random_int (0, 1)};
  c->desc.activation = check_random_int (0, 1)   ? CNN_ACTIVATION_NONE
                       : check_random_int (0, 1) ? CNN_ACTIVATION_CRELU
                                                 : CNN_ACTIVATION_PRELU;
}

static double
branch_value (const Case *c, int branch, int n, int y, int x, int channel)
{
  const CnnImage *image = &c->images[branch].image;
  const double value = layer_image_sample (image, n, y, x, channel);
  if (image->type == CNN_SAMPLE_FLOAT32)
    return value;
  return value * (double)c->scale[image->type][channel] + (double)c->offset[channel];
}

static double
concatenated_value (const Case *c, int n, int y, int x, int channel)
{
  int *places[] = {&channel, &y, &x}, *place = places[c->desc.axis];
  for (int i = 0; i < c->desc.n_branches; i++) {
    const CnnShape shape = c->branches[i].shape;
    const int sizes[] = {shape.c, shape.h, shape.w};
    if (*place < sizes[c->desc.axis])
      return branch_value (c, i, n, y, x, channel);
    *place -= sizes[c->desc.axis];
  }
  return 0;
}

static double
combined (CnnMergeMode mode, double a, double b)
{
  return mode == CNN_MERGE_MULTIPLY   ? a * b
         : mode == CNN_MERGE_SUBTRACT ? a - b
         : mode == CNN_MERGE_DIVIDE   ? a / b
         : mode == CNN_MERGE_MAXIMUM  ? fmax (a, b)
         : mode == CNN_MERGE_MINIMUM  ? fmin (a, b)
                                      : a + b;
}

static double
joined_value (const Case *c, int n, int y, int x, int channel)
{
  double joined = 0;
  if (c->desc.mode == CNN_MERGE_CONCAT)
    return concatenated_value (c, n, y, x, channel);
  for (int i = 0; i < c->desc.n_branches; i++) {
    const CnnShape s = c->branches[i].shape;
    const double value = branch_value (
        c, i, s.n > 1 ? n : 0, s.h > 1 ? y : 0, s.w > 1 ? x : 0, s.c > 1 ? channel : 0);
    joined = i == 0 ? value : combined (c->desc.mode, joined, value);
  }
  return c->desc.mode == CNN_MERGE_AVERAGE ? joined / c->desc.n_branches : joined;
}

static void
compare (const Case *c, const CnnImage *out, int joined_channels)
{
  const CnnShape s = out->shape;
  for (int n = 0; n < s.n; n++)
    for (int y = 0; y < s.h; y++)
      for (int x = 0; x < s.w; x++)
        for (int k = 0; k < s.c; k++) {
          const int channel = k % joined_channels;
          double expected = joined_value (c, n, y, x, channel);
          if (c->desc.activation == CNN_ACTIVATION_CRELU)
            expected = fmax (k < joined_channels ? expected : -expected, 0);
          if (c->desc.activation == CNN_ACTIVATION_PRELU && expected < 0)
            expected *= (double)c->alpha[channel];
          double tolerance = 1e-5 * (1 + fabs (expected));
          if (out->type == CNN_SAMPLE_UINT8) {
            expected = fmin (fmax (255 * expected, 0), 255);
            tolerance = 0.51;
          }
          const double actual = layer_image_sample (out, n, y, x, k);
          CHECK (fabs (actual - expected) <= tolerance, "(%d,%d,%d,%d) is %.9g, expected %.9g", n,
              y, x, k, actual, expected);
        }
}

static void
run_threads (const Case *c, CnnLayer *merge, LayerImage *out)
{
  CnnImage images[MAX_BRANCHES];
  for (int i = 0; i < c->desc.n_branches; i++)
    images[i] = c->images[i].image;
  const CnnShape s = out->image.shape;
  const size_t count = (size_t)s.n * (size_t)s.h * (size_t)s.w * (size_t)s.c;
  double *first = malloc (count * sizeof *first);
  for (int threads = 1; threads <= 3 && first; threads++) {
    cnn_layer_run (merge, images, &out->image, threads);
    for (size_t i = 0; i < count; i++) {
      const int k = (int)(i % (size_t)s.c), x = (int)(i / (size_t)s.c % (size_t)s.w);
      const int row = (int)(i / (size_t)s.c / (size_t)s.w);
      const double value = layer_image_sample (&out->image, row / s.h, row % s.h, x, k);
      if (threads == 1)
        first[i] = value;
      else if (first[i] != value)
        check_fail ("%d threads give %.9g, one %.9g", threads, value, first[i]);
    }
  }
  free (first);
}

static void
check_case (Case *c, int isa, CheckGuard guard)
{
  const CnnContext context = {.dispatch = check_kernels (isa), .workers = layer_workers (3)};
  CnnError error;
  CnnShape output;
  check_context ("%s mode %d, axis %d, %d branches, %dx%dx%dx%d, activation %d, output %d/%d",
      cnn_isa_name (check_isa (isa)), c->desc.mode, c->desc.axis, c->desc.n_branches,
      c->branches[0].shape.n, c->branches[0].shape.h, c->branches[0].shape.w,
      c->branches[0].shape.c, c->desc.activation, c->desc.output_format.type,
      c->desc.output_format.layout);
  c->desc.alpha = NULL;
  /* Two branches of more than one channel have the same number: that of the widest. */
  CHECK (cnn_merge_output (&c->desc, &output, &error), "refused: %s", error.message);
  const int joined = c->desc.activation == CNN_ACTIVATION_CRELU ? output.c / 2 : output.c;
  if (c->desc.activation == CNN_ACTIVATION_PRELU) {
    c->desc.alpha = c->alpha;
    c->desc.n_alpha = joined;
  }
  CnnLayer *merge = cnn_merge_new (&context, &c->desc, &error);
  CHECK (merge, "refused: %s", error.message);
  LayerImage out = layer_image (c->desc.output_format.type, c->desc.output_format.layout,
      (LayerImageKind)check_random_int (0, 3), output, guard);
  if (joined == 1)
    c->desc.alpha = c->alpha;
  run_threads (c, merge, &out);
  compare (c, &out.image, joined);
  layer_image_free (&out);
  cnn_layer_free (merge);
}

static void
run_layers (void)
{
  for (int isa = 0; isa < check_isa_count (); isa++)
    for (int round = 0; round < 500 && check_ok (); round++) {
      const CheckGuard guard = (CheckGuard)(round % 2);
      Case c;
      random_case (&c, guard);
      check_case (&c, isa, guard);
      for (int i = 0; i < c.desc.n_branches; i++)
        layer_image_free (&c.images[i]);
    }
}

const CheckTest check_layer_merge = {"layer-merge", "layers", run_layers};

/* ---- What is refused ------------------------------------------------------------------------- */

static void
check_refused (CnnMergeMode mode, CnnShape a, CnnShape b, int n_alpha, const char *part)
{
  const float alpha[8] = {0};
  const CnnBranch branches[] = {{.name = "sink_0", .shape = a}, {.name = "sink_1", .shape = b}};
  const CnnMergeDesc desc = {.mode = mode,
      .n_branches = 2,
      .branches = branches,
      .activation = CNN_ACTIVATION_PRELU,
      .alpha = alpha,
      .n_alpha = n_alpha};
  const CnnContext context = {.dispatch = check_kernels (0), .workers = layer_workers (1)};
  CnnError error = {""};
  check_context ("refusal naming \"%s\"", part);
  CHECK (!cnn_merge_new (&context, &desc, &error), "was accepted");
  CHECK (strstr (error.message, part), "says \"%s\"", error.message);
  CHECK (!cnn_merge_new (&context, &desc, NULL), "was accepted");
}

static void
run_refusals (void)
{
  check_refused (CNN_MERGE_CONCAT, (CnnShape){1, 4, 5, 2}, (CnnShape){1, 4, 6, 2}, 1,
      "sink_0 has 1x4x5 (N,H,W) and sink_1 1x4x6");
  check_refused (CNN_MERGE_ADD, (CnnShape){1, 4, 5, 2}, (CnnShape){1, 4, 5, 3}, 1,
      "sink_1 has 3 and sink_0 2");
  check_refused (CNN_MERGE_SUBTRACT, (CnnShape){1, 4, 1, 2}, (CnnShape){1, 3, 5, 2}, 1,
      "sink_0 has 1x4x1 (N,H,W) and sink_1 1x3x5");
  check_refused (CNN_MERGE_CONCAT, (CnnShape){1, 4, 5, 2}, (CnnShape){1, 4, 5, 0}, 1, "below 1");
  check_refused (CNN_MERGE_CONCAT, (CnnShape){1, 4, 5, 2}, (CnnShape){1, 4, 5, 3}, 4,
      "alpha has 4 values, but the branches joined have 5 channels");
  check_refused (CNN_MERGE_CONCAT, (CnnShape){1, 16384, 16384, 2}, (CnnShape){1, 16384, 16384, 1},
      1, "2048 MiB");
}

const CheckTest check_layer_merge_refusals = {"layer-merge-refusals", "layers", run_refusals};
