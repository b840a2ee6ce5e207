/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private to kernels/: the variants chosen for a process. The code that plans and drives layers calls
 * kernels by this table only; a family's contract is in its own header. */
#ifndef CNN_DISPATCH_H
#define CNN_DISPATCH_H

#include "activation/activation.h"
#include "blend/blend.h"
#include "cnn/layer.h"
#include "conv2d/conv_bytes.h"
#include "conv2d/conv_depthwise.h"
#include "conv2d/conv_dot.h"
#include "conv2d/conv_plane.h"
#include "conv2d/conv_rows.h"
#include "conv2d/conv_tile.h"
#include "conv2d/winograd.h"
#include "convert/load.h"
#include "convert/store.h"
#include "core/context-private.h"
#include "cpu/levels.h"
#include "merge/merge_pairs.h"
#include "pool2d/pool.h"
#include "pool2d/pool_sliding.h"
#include "rows/copy_runs.h"
#include "rows/deinterleave.h"
#include "rows/interleave.h"
#include "rows/repeat_pixels.h"
#include "rows/repeat_words.h"
#include "rows/rows_weighted_sum.h"
#include "unary/unary.h"
#include "upsample2d/upsample_between.h"
#include "upsample2d/upsample_shuffle.h"
#include "view/view_average.h"
#include "view/view_levels.h"
#include "view/view_pack.h"
#include "view/view_range.h"

/* For each family the function and the level it was made for: `dispatch->activation (...)`,
 * `dispatch->activation_isa`. Never NULL. */
struct CnnDispatch {
#define CNN_FAMILY(family, Func)                                                                   \
  Func *family;                                                                                    \
  CnnIsa family##_isa;
#include "cpu/kernels.inc"
};

/* Declares every variant in this build. */
#define CNN_KERNEL(family, Func, variant, LEVEL) Func cnn_##family##_##variant;
#include "cpu/kernels.inc"

#endif
