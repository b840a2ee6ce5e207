/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shape arithmetic of sliding windows: pure integer functions, no memory, no state.
 *
 * Output size of one axis, with n the input size, p the total padding, k the effective kernel and
 * s the stride (V. Dumoulin, F. Visin, "A guide to convolution arithmetic for deep learning",
 * 2016):
 *
 *     out = floor ((n + p - k) / s) + 1 = floor ((n + p - k + s) / s),   k = dilation * (kernel -
 * 1) + 1
 *
 * Receptive fields accumulate from layer to layer (A. Araujo et al., "Computing receptive fields of
 * convolutional neural networks", Distill 2019): size += (k - 1) * jump; jump *= s. */
#ifndef CNN_GEOMETRY_H
#define CNN_GEOMETRY_H

#include "cnn/api.h"
#include "cnn/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

CNN_BEGIN_DECLARATIONS

/* Largest value of a kernel size, stride, dilation or side of padding. Keeps every sum and product
 * of the functions below far inside int64_t. */
#define CNN_MAX_EXTENT 65535
/* Largest number of bytes one frame of a tensor may have. */
#define CNN_MAX_FRAME_BYTES ((size_t)1 << 31)

/* Batch, rows, columns, channels: each at least 1 in a valid shape. */
typedef struct {
  int n, h, w, c;
} CnnShape;

static inline bool
cnn_shape_equal (CnnShape a, CnnShape b)
{
  return a.n == b.n && a.h == b.h && a.w == b.w && a.c == b.c;
}

/* A closed interval of sizes; empty when min > max. */
typedef struct {
  int min, max;
} CnnRange;

typedef enum {
  CNN_PADDING_ZEROS,
  CNN_PADDING_REFLECT,   /* 2 1 | 0 1 2 | 1 0, torch "reflect": padding < input */
  CNN_PADDING_REPLICATE, /* 0 0 | 0 1 2 | 2 2, torch "replicate" */
  CNN_PADDING_CIRCULAR,  /* 1 2 | 0 1 2 | 0 1, torch "circular": padding <= input */
  CNN_PADDING_SYMMETRIC, /* 1 0 | 0 1 2 | 2 1, numpy "symmetric": padding <= input */
} CnnPaddingMode;

/* How the output size of an axis follows from its input size. */
typedef enum {
  CNN_SIZE_EXPLICIT,   /* padding_before and padding_after are given */
  CNN_SIZE_SAME,       /* out = ceil (n / stride); the odd row or column of padding comes after */
  CNN_SIZE_SAME_LOWER, /* the same, but it comes before: ONNX's SAME_LOWER */
  CNN_SIZE_ADAPTIVE,   /* out = adaptive_output for every n: torch's adaptive pooling */
  CNN_SIZE_ENLARGED,   /* out = n * factor: upsampling */
} CnnSizeRule;

/* One axis of a sliding window. All of kernel, stride and dilation in [1, CNN_MAX_EXTENT], padding
 * in [0, CNN_MAX_EXTENT]. */
typedef struct {
  CnnSizeRule rule;
  CnnPaddingMode padding_mode;
  int kernel, stride, dilation;
  int padding_before, padding_after; /* rows above and below, or columns left and right */
  bool ceil_mode; /* a last window that starts inside the input or before it counts */
  int adaptive_output;
  int factor; /* ENLARGED: at least 1; `kernel` is then the samples between which an output lies */
} CnnAxis;

typedef struct {
  CnnAxis rows, columns;
} CnnWindow;

/* A 1x1 window of stride 1 without padding. */
CNN_API CnnWindow cnn_window_unit (void);

/* dilation * (kernel - 1) + 1: the rows or columns one window spans. */
CNN_API int64_t cnn_axis_effective_kernel (const CnnAxis *axis);

/* The same axis with rule EXPLICIT and the padding that "same" means for this input size.
 * Axes of the other rules come back unchanged. */
CNN_API CnnAxis cnn_axis_resolve (const CnnAxis *axis, int input);

/* Output size for an input size >= 1, or 0 when no window fits or the padding mode cannot fill the
 * padding from so few samples. */
CNN_API int cnn_axis_output (const CnnAxis *axis, int input);

/* All output sizes that inputs within [input.min, input.max] lead to: their smallest interval. */
CNN_API CnnRange cnn_axis_output_range (const CnnAxis *axis, CnnRange input);

/* All input sizes that lead to an output within the range, exactly: cnn_axis_output () is
 * monotonic, so they form one interval. Empty when there are none. */
CNN_API CnnRange cnn_axis_input_range (const CnnAxis *axis, CnnRange output);

CNN_API bool cnn_range_is_empty (CnnRange range);
CNN_API CnnRange cnn_range_intersect (CnnRange a, CnnRange b);

/* Output rows and columns for an input shape; n and c are copied. On refusal returns false and a
 * sentence that names the effective kernel and the padded input. */
CNN_API bool
cnn_window_output (const CnnWindow *window, CnnShape input, CnnShape *output, CnnError *error);

/* Samples of a shape; false when a dimension is below 1 or the product is above
 * CNN_MAX_FRAME_BYTES / sample_bytes. */
CNN_API bool cnn_shape_count (CnnShape shape, size_t sample_bytes, size_t *count, CnnError *error);

/* Maps a padded position to the input index it shows, or -1 for a zero: `position` counts from the
 * first input sample, so it is negative in the padding before. */
CNN_API int cnn_padding_source (CnnPaddingMode mode, int position, int input);

/* What one output value sees of the first input of a chain of layers, per axis. */
typedef struct {
  double size;   /* rows or columns seen */
  double jump;   /* distance between the fields of neighbouring outputs, in input pixels */
  double offset; /* centre of the field of output 0, in input pixels; 0 is the middle of the first
                    one */
} CnnReceptiveAxis;

typedef struct {
  CnnReceptiveAxis rows, columns;
} CnnReceptiveField;

/* The field of the input itself: size 1, jump 1, offset 0. */
CNN_API CnnReceptiveField cnn_receptive_field_identity (void);

/* The field after one more layer whose input has `input` rows and columns. Adaptive windows extend
 * by the window they average, ceil (n / out), and jump n / out. Enlarged axes jump 1 / factor, and
 * output 0 lies (factor - 1) / (2 * factor) of an input sample before the middle of input 0. */
CNN_API CnnReceptiveField cnn_receptive_field_extend (
    const CnnReceptiveField *field, const CnnWindow *window, CnnShape input);

/* What the joined outputs of two branches of one chain see: the smallest intervals around both
 * fields. Where the jumps differ, the larger one counts. */
CNN_API CnnReceptiveField cnn_receptive_field_union (
    const CnnReceptiveField *a, const CnnReceptiveField *b);

CNN_END_DECLARATIONS

#endif
