/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames enlarged by a whole factor: torch.nn.Upsample and torch.nn.PixelShuffle. With f the factor,
 *
 *     nearest        out[y, x, c] = in[y / f, x / f, c]
 *     bilinear       in at row (y + 0.5) / f - 0.5 and column (x + 0.5) / f - 0.5 between the four
 *                    neighbours, edges repeated: align_corners = False
 *     pixel-shuffle  out[y, x, c] = in[y / f, x / f, c * f * f + y % f * f + x % f] */
#ifndef CNN_UPSAMPLE2D_H
#define CNN_UPSAMPLE2D_H

#include "cnn/api.h"
#include "cnn/layer.h"

CNN_BEGIN_DECLARATIONS

#define CNN_MAX_FACTOR 64

typedef enum {
  CNN_UPSAMPLE_NEAREST,
  CNN_UPSAMPLE_BILINEAR,
  CNN_UPSAMPLE_PIXEL_SHUFFLE,
} CnnUpsampleMode;

typedef struct {
  CnnShape input; /* pixel-shuffle: a multiple of factor * factor channels */
  CnnFormat input_format, output_format;
  CnnNormalization normalization;
  CnnUpsampleMode mode;
  int factor; /* in [1, CNN_MAX_FACTOR] */
} CnnUpsample2dDesc;

/* What it does to rows and columns. */
CNN_API CnnWindow cnn_upsample2d_window (CnnUpsampleMode mode, int factor);

/* NULL with a sentence in `error` when the description is impossible or memory is short. */
CNN_API CnnLayer *
cnn_upsample2d_new (const CnnContext *context, const CnnUpsample2dDesc *desc, CnnError *error);

CNN_END_DECLARATIONS

#endif
