/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chains against their layers one after the other: the same bytes, in strips or not, for any number
 * of threads. */
#include "layer-check.h"

#include "chain/chain-private.h"

#include <stdlib.h>
#include <string.h>

#define MAX_STEPS 6
#define MAX_WEIGHTS (24 * 24 * 25)

typedef enum {
  KIND_CONV,
  KIND_DEPTHWISE,
  KIND_POOL,
  KIND_UPSAMPLE,
  KIND_ADD,    /* the last output of the same shape, or the output twice */
  KIND_CONCAT, /* with the chain's input, where their sizes agree */
  N_KINDS,
} Kind;

typedef struct {
  Kind kind;
  CnnFormat in_format, format;
  CnnShape in, out;
  int inputs[2];
  unsigned seed; /* of everything else */
} StepCase;

typedef struct {
  CnnShape input;
  CnnFormat input_format;
  int n_steps;
  StepCase steps[MAX_STEPS];
  float weights[MAX_WEIGHTS], scale[64];
} Case;

static int
pick (unsigned *seed, int min, int max)
{
  *seed = *seed * 1664525u + 1013904223u;
  return min + (int)((*seed >> 8) % (unsigned)(max - min + 1));
}

static CnnAxis
random_axis (unsigned *seed, int input, bool pooling)
{
  CnnAxis axis;
  do {
    axis = (CnnAxis){.kernel = pick (seed, 1, 5), .dilation = pick (seed, 0, 3) ? 1 : 2};
    axis.stride = pick (seed, 0, 2) ? 1 : pick (seed, 2, 3);
    axis.padding_before = pick (seed, 0, axis.kernel - 1);
    axis.padding_after = pick (seed, 0, axis.kernel - 1);
    axis.padding_mode = pooling ? CNN_PADDING_ZEROS : (CnnPaddingMode)pick (seed, 0, 4);
  } while (cnn_axis_output (&axis, input) < 1);
  return axis;
}

static CnnLayer *
make_conv (const Case *c, const StepCase *step, const CnnContext *context, bool depthwise)
{
  unsigned seed = step->seed;
  const CnnActivation activations[] = {
      CNN_ACTIVATION_NONE, CNN_ACTIVATION_RELU, CNN_ACTIVATION_TANH, CNN_ACTIVATION_CRELU};
  CnnConv2dDesc desc = {.input = step->in,
      .input_format = step->in_format,
      .output_format = step->format,
      .normalization = {c->scale, NULL},
      .groups = depthwise ? step->in.c : 1,
      .out_channels = depthwise ? step->in.c : pick (&seed, 1, 24),
      .weights = c->weights,
      .activation = activations[pick (&seed, 0, 3)]};
  desc.window.rows = random_axis (&seed, step->in.h, false);
  desc.window.columns = random_axis (&seed, step->in.w, false);
  if (pick (&seed, 0, 1)) { /* Winograd's window, or that of most networks */
    desc.window.rows = (CnnAxis){.kernel = 3, .stride = 1, .dilation = 1};
    desc.window.rows.padding_before = desc.window.rows.padding_after = 1;
    desc.window.columns = desc.window.rows;
  }
  if (step->in.c > 24 || step->in.c * step->in.h > 2000)
    return NULL;
  return cnn_conv2d_new (context, &desc, NULL);
}

static CnnLayer *
make_pool (const Case *c, const StepCase *step, const CnnContext *context)
{
  unsigned seed = step->seed;
  CnnPool2dDesc desc = {.input = step->in,
      .input_format = step->in_format,
      .output_format = step->format,
      .normalization = {c->scale, NULL},
      .mode = (CnnPoolMode)pick (&seed, 0, 1)};
  desc.window.rows = random_axis (&seed, step->in.h, true);
  desc.window.columns = random_axis (&seed, step->in.w, true);
  if (pick (&seed, 0, 6) == 0)
    desc.window.rows =
        (CnnAxis){.rule = CNN_SIZE_ADAPTIVE, .adaptive_output = pick (&seed, 1, step->in.h)};
  return cnn_pool2d_new (context, &desc, NULL);
}

static CnnLayer *
make_merge (const Case *c, const StepCase *step, const CnnContext *context)
{
  CnnBranch branches[2];
  for (int k = 0; k < 2; k++) {
    const int from = step->inputs[k];
    branches[k] = (CnnBranch){.name = "branch",
        .shape = from < 0 ? c->input : c->steps[from].out,
        .format = from < 0 ? c->input_format : c->steps[from].format,
        .normalization = {c->scale, NULL}};
  }
  const CnnMergeDesc desc = {.mode = step->kind == KIND_ADD ? CNN_MERGE_ADD : CNN_MERGE_CONCAT,
      .axis = step->seed % 2 ? CNN_AXIS_CHANNELS : CNN_AXIS_ROWS,
      .n_branches = 2,
      .branches = branches,
      .output_format = step->format};
  return cnn_merge_new (context, &desc, NULL);
}

static CnnLayer *
make_layer (const Case *c, const StepCase *step, const CnnContext *context)
{
  unsigned seed = step->seed;
  const CnnUpsample2dDesc upsample = {.input = step->in,
      .input_format = step->in_format,
      .output_format = step->format,
      .normalization = {c->scale, NULL},
      .mode = (CnnUpsampleMode)pick (&seed, 0, 2),
      .factor = pick (&seed, 1, 3)};
  switch (step->kind) {
  case KIND_CONV:
  case KIND_DEPTHWISE:
    return make_conv (c, step, context, step->kind == KIND_DEPTHWISE);
  case KIND_POOL:
    return make_pool (c, step, context);
  case KIND_UPSAMPLE:
    return step->in.w > 60 ? NULL : cnn_upsample2d_new (context, &upsample, NULL);
  case KIND_ADD:
  case KIND_CONCAT:
    return make_merge (c, step, context);
  case N_KINDS:
    break;
  }
  return NULL;
}

static bool
random_step (Case *c, int i, const CnnContext *context)
{
  StepCase *step = &c->steps[i];
  *step = (StepCase){.kind = (Kind)check_random_int (0, N_KINDS - 1), .seed = check_random ()};
  step->in = i == 0 ? c->input : c->steps[i - 1].out;
  step->in_format = i == 0 ? c->input_format : c->steps[i - 1].format;
  step->inputs[0] = i - 1;
  step->inputs[1] = step->kind == KIND_CONCAT ? CNN_CHAIN_INPUT (0) : i - 1;
  for (int k = 0; k < i - 1 && step->kind == KIND_ADD; k++)
    if (memcmp (&c->steps[k].out, &step->in, sizeof step->in) == 0)
      step->inputs[1] = k;
  step->format.layout = (CnnLayout)(check_random_int (0, 3) == 0);
  step->format.type = check_random_int (0, 7) ? CNN_SAMPLE_FLOAT32 : CNN_SAMPLE_UINT8;
  CnnLayer *layer = make_layer (c, step, context);
  if (layer)
    step->out = cnn_layer_output_shape (layer);
  cnn_layer_free (layer);
  return layer != NULL;
}

static void
random_case (Case *c, const CnnContext *context)
{
  *c = (Case){.input = {check_random_int (0, 3) ? 1 : 2, check_random_int (8, 60),
                  check_random_int (3, 40), check_random_int (1, 6)},
      .input_format = {check_random_int (0, 3) ? CNN_SAMPLE_FLOAT32 : CNN_SAMPLE_UINT8,
          (CnnLayout)check_random_int (0, 1)}};
  check_fill (c->weights, MAX_WEIGHTS);
  for (int i = 0; i < 64; i++)
    c->scale[i] = 1 / 255.0f;
  const int wanted = check_random_int (2, MAX_STEPS);
  for (int tries = 0; c->n_steps < wanted && tries < 100; tries++)
    c->n_steps += random_step (c, c->n_steps, context);
}

static LayerImage
new_image (CnnFormat format, CnnShape shape, CheckGuard guard)
{
  return layer_image (format.type, format.layout, LAYER_IMAGE_DENSE, shape, guard);
}

/* The layers one after the other, into images of their own; returns the last one's. */
static LayerImage
run_layers (const Case *c, const LayerImage *in, const CnnContext *context, CheckGuard guard)
{
  LayerImage images[MAX_STEPS];
  for (int i = 0; i < c->n_steps; i++) {
    const StepCase *step = &c->steps[i];
    CnnLayer *layer = make_layer (c, step, context);
    CnnImage inputs[2];
    images[i] = new_image (step->format, step->out, guard);
    for (int k = 0; k < 2; k++)
      inputs[k] = step->inputs[k] < 0 ? in->image : images[step->inputs[k]].image;
    cnn_layer_run (layer, inputs, &images[i].image, 1);
    cnn_layer_free (layer);
  }
  for (int i = 0; i < c->n_steps - 1; i++)
    layer_image_free (&images[i]);
  return images[c->n_steps - 1];
}

static void
describe (const Case *c, int isa, const CnnChainLimits *limits)
{
  static const char *const names[] = {"conv", "depthwise", "pool", "upsample", "add", "concat"};
  char text[200] = "";
  for (int i = 0; i < c->n_steps; i++) {
    strcat (text, " ");
    strcat (text, names[c->steps[i].kind]);
  }
  check_context ("%s: %dx%dx%dx%d%s, rings of %zu bytes", cnn_isa_name (check_isa (isa)),
      c->input.n, c->input.h, c->input.w, c->input.c, text, limits->ring_bytes);
}

static CnnLayer *
make_chain (const Case *c, const CnnContext *context, const CnnChainLimits *limits, CnnError *error)
{
  CnnChainStep steps[MAX_STEPS];
  for (int i = 0; i < c->n_steps; i++)
    steps[i] = (CnnChainStep){make_layer (c, &c->steps[i], context), c->steps[i].inputs};
  return cnn_chain_new_with (context, steps, c->n_steps, limits, error);
}

static int chains_in_strips;

static void
check_chain (const Case *c, int isa, const CnnChainLimits *limits, CheckGuard guard)
{
  const CnnContext context = {.dispatch = check_kernels (isa), .workers = layer_workers (3)};
  const StepCase *last = &c->steps[c->n_steps - 1];
  CnnError error = {""};
  describe (c, isa, limits);
  CnnLayer *chain = make_chain (c, &context, limits, &error);
  CHECK (chain, "refused: %s", error.message);
  chains_in_strips += strcmp (cnn_layer_info (chain).kernel_name, "chain-in-strips") == 0;
  LayerImage in = new_image (c->input_format, c->input, guard);
  layer_image_fill (&in, false);
  LayerImage expected = run_layers (c, &in, &context, guard);
  LayerImage out = new_image (last->format, last->out, guard);
  const size_t bytes = (size_t)out.image.batch_stride * (size_t)last->out.n;
  for (int round = 0; round < 4; round++) { /* once more what was run before */
    const int threads = round % 3 + 1;
    memset (out.block, 0x42, bytes);
    cnn_layer_run (chain, &in.image, &out.image, threads);
    const unsigned char *a = out.block, *b = expected.block;
    for (size_t i = 0; i < bytes && check_ok (); i++)
      if (a[i] != b[i])
        check_fail ("byte %zu of %zu differs with %d threads", i, bytes, threads);
  }
  cnn_layer_free (chain);
  layer_image_free (&in);
  layer_image_free (&expected);
  layer_image_free (&out);
}

static void
run_chains (void)
{
  for (int isa = 0; isa < check_isa_count (); isa++) {
    const CnnContext context = {.dispatch = check_kernels (isa), .workers = layer_workers (3)};
    chains_in_strips = 0;
    for (int round = 0; round < 150 && check_ok (); round++) {
      Case c;
      random_case (&c, &context);
      const CnnChainLimits limits[] = {
          {.ring_bytes = 0},
          {.most_macs = INT64_MAX, .ring_bytes = (size_t)check_random_int (1000, 40000)},
          {.most_macs = INT64_MAX, .ring_bytes = 10000000},
      };
      for (int i = 0; i < 3 && check_ok () && c.n_steps > 0; i++)
        check_chain (&c, isa, &limits[i], (CheckGuard)(round % 2));
    }
    if (check_ok () && chains_in_strips < 50)
      check_fail ("only %d of 450 chains ran in strips", chains_in_strips);
  }
}

const CheckTest check_chains = {"chains", "layers", run_chains};

/* ---- What is refused ------------------------------------------------------------------------- */

static CnnLayer *
new_merge (const CnnContext *context, CnnShape shape)
{
  const CnnBranch branches[] = {{.name = "a", .shape = shape}, {.name = "b", .shape = shape}};
  const CnnMergeDesc desc = {.mode = CNN_MERGE_ADD, .n_branches = 2, .branches = branches};
  return cnn_merge_new (context, &desc, NULL);
}

static void
check_refused (const CnnShape shapes[2], const int *first, const int *second, const char *part)
{
  const CnnContext context = {.dispatch = check_kernels (0), .workers = layer_workers (1)};
  const CnnChainStep steps[] = {
      {new_merge (&context, shapes[0]), first}, {new_merge (&context, shapes[1]), second}};
  CnnError error = {""};
  CnnLayer *chain = cnn_chain_new (&context, steps, 2, &error);
  check_context ("refusal naming \"%s\"", part);
  if (chain)
    check_fail ("was accepted");
  else if (!strstr (error.message, part))
    check_fail ("says \"%s\"", error.message);
  cnn_layer_free (chain);
}

static void
run_refusals (void)
{
  const CnnShape same[] = {{1, 4, 5, 2}, {1, 4, 5, 2}}, other[] = {{1, 4, 5, 2}, {1, 4, 6, 2}};
  const int inputs[] = {CNN_CHAIN_INPUT (0), CNN_CHAIN_INPUT (1)};
  const int far[] = {CNN_CHAIN_INPUT (0), CNN_CHAIN_INPUT (2)};
  const int both[] = {0, 0}, itself[] = {0, 1}, very_far[] = {0, -2147483647};
  check_refused (same, inputs, itself, "step 2 reads the output of step 2, which does not come");
  check_refused (same, inputs, inputs, "nobody reads the output of step 1");
  check_refused (same, far, both, "no step reads input 2 of 3");
  check_refused (same, inputs, very_far, "step 2 reads input 2147483647, but 4096 is the last");
  check_refused (same, NULL, both, "step 1 has 2 inputs, and none is named");
  check_refused (other, inputs, both, "step 2 reads 1x4x6x2 (N,H,W,C), but step 1 gives 1x4x5x2");
  const int mixed[] = {0, CNN_CHAIN_INPUT (0)};
  check_refused (other, inputs, mixed, "step 2 reads 1x4x6x2 (N,H,W,C), but step 1");
}

const CheckTest check_chain_refusals = {"chain-refusals", "layers", run_refusals};
