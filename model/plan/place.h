/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private to model/: where values lie. */
#ifndef CNN_PLACE_H
#define CNN_PLACE_H

#include "plan.h"

/* N, C, H, W of a rank-4 tensor; false when a size does not suit images. */
bool cnn_image_shape (const CnnDims *dims, CnnShape *shape);
/* Memory of its own, dense in ONNX's order. */
CnnPlace cnn_place_plain (int value, const CnnValue *of);
/* Memory of its own, channels last; plain where that is the same. */
CnnPlace cnn_place_channels_last (int value, const CnnValue *of);
/* The same memory under another shape; `from` is plain. */
CnnPlace cnn_place_reshaped (const CnnPlace *from, const CnnValue *of);
/* A plain tensor of any rank as pixels whose channels are the last dimension. */
CnnPlace cnn_place_vectors (const CnnPlace *plain, const CnnDims *dims);
/* Another view of an image: for each of N, C, H, W of the result, the dimension of `from` that it is, its first element
 * and its step. */
CnnPlace cnn_place_view (const CnnPlace *from, const CnnValue *of, const int order[4],
    const int64_t start[4], const int64_t step[4]);
/* NHWC when channels are adjacent, else NCHW. */
CnnFormat cnn_place_format (const CnnImage *image);
/* Copies floats from one image to another of the same shape. */
void cnn_image_copy (const CnnImage *from, const CnnImage *to);
/* The same for row `y` of frame `n`. */
void cnn_image_copy_row (const CnnImage *from, const CnnImage *to, int n, int y);

#endif
