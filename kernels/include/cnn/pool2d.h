/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pooling, each channel by itself: torch.nn.MaxPool2d, AvgPool2d, AdaptiveMaxPool2d,
 * AdaptiveAvgPool2d. A maximum is NaN when any value in its window is; padded places never win it.
 */
#ifndef CNN_POOL2D_H
#define CNN_POOL2D_H

#include "cnn/api.h"
#include "cnn/layer.h"

CNN_BEGIN_DECLARATIONS

typedef enum {
  CNN_POOL_MAX,
  CNN_POOL_AVERAGE,
} CnnPoolMode;

typedef struct {
  CnnShape input;
  CnnFormat input_format, output_format;
  CnnNormalization normalization;
  CnnPoolMode mode;
  CnnWindow window; /* padding of each side smaller than the effective kernel; padding_mode ZEROS */
  bool count_include_pad; /* average: padded places count in the divisor (places beyond the padding,
                             which ceil_mode may reach, never do) */
  int divisor_override;   /* average: the divisor, or 0 */
} CnnPool2dDesc;

CNN_API CnnLayer *
cnn_pool2d_new (const CnnContext *context, const CnnPool2dDesc *desc, CnnError *error);

CNN_END_DECLARATIONS

#endif
