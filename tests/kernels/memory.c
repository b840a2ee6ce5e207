/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Layers when memory is short: the linker sends every allocation of the kernels through here. */
#include "layer-check.h"

#include "chain/chain-private.h"

#include <stdlib.h>
#include <string.h>

/* Allocations until one fails; below 0 none does. */
static long countdown = -1;
static long live;

int __real_posix_memalign (void **block, size_t alignment, size_t size);
int __wrap_posix_memalign (void **block, size_t alignment, size_t size);

int
__wrap_posix_memalign (void **block, size_t alignment, size_t size)
{
  if (countdown == 0)
    return 12; /* ENOMEM */
  if (countdown > 0)
    countdown--;
  const int result = __real_posix_memalign (block, alignment, size);
  live += result == 0;
  return result;
}

void __wrap_cnn_free (void *block);
void __real_cnn_free (void *block);

void
__wrap_cnn_free (void *block)
{
  live -= block != NULL;
  __real_cnn_free (block);
}

typedef CnnLayer *MakeLayer (const CnnContext *context, CnnError *error);

static CnnLayer *
make_pool (const CnnContext *context, CnnError *error)
{
  static const float scale[3] = {1, 2, 3};
  const CnnAxis axis = {.kernel = 3, .stride = 2, .dilation = 1, .padding_before = 1};
  const CnnPool2dDesc desc = {.input = {1, 9, 9, 3},
      .input_format = {CNN_SAMPLE_UINT8, CNN_LAYOUT_NHWC},
      .normalization = {scale, NULL},
      .window = {axis, axis}};
  return cnn_pool2d_new (context, &desc, error);
}

static CnnLayer *
make_conv (const CnnContext *context, CnnError *error)
{
  static const float weights[16 * 3 * 9], scale[3] = {1, 2, 3};
  const CnnAxis axis = {.kernel = 3, .stride = 1, .dilation = 1, .padding_before = 1};
  const CnnConv2dDesc desc = {.input = {1, 9, 9, 3},
      .normalization = {scale, NULL},
      .window = {axis, axis},
      .out_channels = 16,
      .groups = 1,
      .weights = weights};
  return cnn_conv2d_new (context, &desc, error);
}

static CnnLayer *
make_merge (const CnnContext *context, CnnError *error)
{
  static const float scale[3] = {1, 2, 3};
  const CnnBranch branches[] = {
      {.name = "a", .shape = {1, 9, 9, 3}, .format = {.type = CNN_SAMPLE_UINT8}, {scale, NULL}},
      {.name = "b", .shape = {1, 1, 1, 3}},
  };
  const CnnMergeDesc desc = {.mode = CNN_MERGE_AVERAGE, .n_branches = 2, .branches = branches};
  return cnn_merge_new (context, &desc, error);
}

/* A convolution and a pool in strips, then a merge of their output with itself. */
static CnnLayer *
make_chain (const CnnContext *context, CnnError *error)
{
  static const int twice[] = {1, 1};
  static const float weights[3 * 3 * 9];
  const CnnAxis axis = {
      .kernel = 3, .stride = 1, .dilation = 1, .padding_before = 1, .padding_after = 1};
  const CnnShape shape = {1, 30, 20, 3};
  const CnnConv2dDesc conv = {
      .input = shape, .window = {axis, axis}, .out_channels = 3, .groups = 1, .weights = weights};
  const CnnPool2dDesc pool = {.input = shape, .window = {axis, axis}};
  const CnnBranch branches[] = {{.name = "a", .shape = shape}, {.name = "b", .shape = shape}};
  const CnnMergeDesc merge = {.mode = CNN_MERGE_ADD, .n_branches = 2, .branches = branches};
  const CnnChainLimits limits = {.most_macs = INT64_MAX, .ring_bytes = 4000};
  const CnnChainStep steps[] = {
      {.layer = cnn_conv2d_new (context, &conv, error)},
      {.layer = cnn_pool2d_new (context, &pool, error)},
      {.layer = cnn_merge_new (context, &merge, error), .inputs = twice},
  };
  if (steps[0].layer && steps[1].layer && steps[2].layer)
    return cnn_chain_new_with (context, steps, 3, &limits, error);
  for (int i = 0; i < 3; i++)
    cnn_layer_free (steps[i].layer);
  return NULL;
}

static CnnLayer *
make_upsample (const CnnContext *context, CnnError *error)
{
  const CnnUpsample2dDesc desc = {
      .input = {1, 9, 9, 3}, .mode = CNN_UPSAMPLE_BILINEAR, .factor = 2};
  return cnn_upsample2d_new (context, &desc, error);
}

static void
check_maker (MakeLayer *make, const char *name, int isa)
{
  const CnnContext context = {.dispatch = check_kernels (isa), .workers = layer_workers (2)};
  CnnLayer *layer = NULL;
  const long before = live;
  long n = 0;
  for (; !layer && n < 1000; n++) {
    check_context ("%s %s, allocation %ld fails", name, cnn_isa_name (check_isa (isa)), n);
    CnnError error = {""};
    countdown = n;
    layer = make (&context, &error);
    countdown = -1;
    CHECK (layer || error.message[0], "refused without a word");
    CHECK (layer || live == before, "%ld blocks leak", live - before);
  }
  CHECK (layer && n > 1, "no allocation was seen to fail");
  cnn_layer_free (layer);
  CHECK (live == before, "a layer leaves %ld blocks", live - before);
}

static void
run_failures (void)
{
  for (int isa = 0; isa < check_isa_count () && check_ok (); isa++) {
    layer_workers (2);
    check_maker (make_pool, "pool2d", isa);
    if (check_ok ())
      check_maker (make_conv, "conv2d", isa);
    if (check_ok ())
      check_maker (make_upsample, "upsample2d", isa);
    if (check_ok ())
      check_maker (make_merge, "merge", isa);
    if (check_ok ())
      check_maker (make_chain, "chain", isa);
  }
  for (long n = 0; n < 4 && check_ok (); n++) {
    const long before = live;
    check_context ("workers, allocation %ld fails", n);
    countdown = n;
    CnnWorkers *workers = cnn_workers_new (2);
    CnnDispatch *dispatch = cnn_dispatch_new (0);
    countdown = -1;
    cnn_workers_free (workers);
    cnn_dispatch_free (dispatch);
    if (live != before)
      check_fail ("%ld blocks leak", live - before);
  }
}

const CheckTest check_memory_failures = {"memory-failures", "memory", run_failures};
