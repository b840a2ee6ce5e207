/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private to kernels/: the families of kernels, their function types, and the table of the variants
 * chosen for a process.
 *
 * A family is one job with one function type. Its variants are named cnn_<family>_<isa>; the C one
 * is the specification, always exists and may be selected on any machine. kernel-list.inc lists
 * them. No variant reads or writes anything but the samples its arguments name, and every pointer
 * may have any alignment that its type has (floats: 4 bytes) unless a comment says otherwise. */
#ifndef CNN_DISPATCH_H
#define CNN_DISPATCH_H

#include "cnn/activation.h"
#include "cnn/cpu.h"
#include "cnn/image.h"
#include "cnn/layer.h"
#include "view/view-kernels.h"

#include <stdbool.h>
#include <stddef.h>

/* Name of this variant of a family, inside sources that are compiled once per instruction set with
 * -DCNN_ISA=avx2 and the like: CNN_SYMBOL (activation) is cnn_activation_avx2. */
#define CNN_SYMBOL(family) CNN_SYMBOL_JOIN (family, CNN_ISA)
#define CNN_SYMBOL_JOIN(family, isa) CNN_SYMBOL_PASTE (family, isa)
#define CNN_SYMBOL_PASTE(family, isa) cnn_##family##_##isa

/* Floats of one vector register; packed weights are made for it. C: 4, so that the reference walks
 * the same panels. */
int cnn_isa_lanes (CnnIsa isa);

/* The widest panel of output channels that a convolution tile of this variant computes at once. */
int cnn_isa_panel (CnnIsa isa);

/* ---- Samples in: images to floats ------------------------------------------------------------ */

/* Row (n, y), columns [x0, x0 + count) of an image of any sample type, strides and planes, as
 * floats row[count][c]. Integer samples become sample * scale[c] + offset[c] (product and sum
 * rounded separately; NULL arrays mean 1 and 0), floats are copied. */
typedef void CnnLoadInterleavedFunc (const CnnImage *image, int n, int y, int x0, int count,
    const CnnNormalization *normalization, float *row);

/* The same, channel c at planes + c * plane_stride (in floats). */
typedef void CnnLoadPlanarFunc (const CnnImage *image, int n, int y, int x0, int count,
    const CnnNormalization *normalization, float *planes, size_t plane_stride);

/* ---- Samples out: floats to images ----------------------------------------------------------- */

/* Floats row[count][c] to row (n, y), columns [x0, x0 + count) of an image of any layout: floats as
 * they are, bytes clamp (255 * v rounded to nearest, ties to even, 0, 255) with NaN giving 0, and
 * the padding bytes of a pixel 255. */
typedef void
CnnStoreInterleavedFunc (const float *row, const CnnImage *image, int n, int y, int x0, int count);

/* The same from channel c at planes + c * plane_stride (in floats). */
typedef void CnnStorePlanarFunc (const float *planes, size_t plane_stride, const CnnImage *image,
    int n, int y, int x0, int count);

/* ---- Activation ------------------------------------------------------------------------------ */

/* out[i][c] = activation (in[i][c]) for count pixels of `channels`; a row of one plane is channels
 * = 1. `out` may be `in`, except for CRELU: there `out` has 2 * channels a pixel and does not
 * overlap `in`. `alpha` as in CnnConv2dDesc: n_alpha is 1 or `channels`, never NULL here. */
typedef void CnnActivationFunc (CnnActivation activation, const float *alpha, int n_alpha,
    const float *in, int count, int channels, float *out);

/* ---- Pooling --------------------------------------------------------------------------------- */

/* Windows that follow each other along a row, over one or several input rows. Distances count
 * floats; column x of window i starts at
 *     rows[...] + first + i * stride + x * dilation.
 * A pixel of channels-last rows is `channels` adjacent floats, each pooled by itself; a row of one
 * plane has channels = 1. */
typedef struct {
  size_t first, stride, dilation;
  size_t columns;       /* of a window, at least 1 */
  size_t channels;      /* at least 1 */
  size_t output_stride; /* from one output to the next, at least `channels` */
  float scale;          /* what the sum of an average is multiplied by; maxima ignore it */
} CnnPoolWindows;

/* out[i * output_stride + c] = maximum, or scale * sum, of the window's columns in n_rows rows, for i
 * in [0, count). Without rows: -infinity, or 0. A NaN in a window makes its maximum NaN. `out` overlaps
 * no row. */
typedef void CnnPoolFunc (const float *const *rows, size_t n_rows, const CnnPoolWindows *windows,
    size_t count, float *out);

/* Windows that follow each other along one row of pixels, `channels` adjacent floats each, from its
 * first column on. */
typedef struct {
  size_t columns;     /* of a window, at least 1 */
  size_t stride;      /* columns from a window to the next, at least 1 */
  size_t channels;    /* at least 1 */
  const float *scale; /* one a window; maxima ignore it, and `factor` */
  float factor;
  float *scratch; /* ((count - 1) * stride + columns) * channels floats, aligned to 64 bytes */
} CnnPoolRunning;

/* out[i * channels + c] = maximum, or scale[i] * factor * sum, of window i's columns, for i in
 * [0, count): in a time for each output that hardly grows with the window. A NaN in a window makes its
 * maximum NaN. `out` and scratch overlap nothing. */
typedef void
CnnPoolRunningFunc (const float *row, const CnnPoolRunning *windows, size_t count, float *out);

/* ---- Convolution ----------------------------------------------------------------------------- */

/* Every sum below starts at the bias and adds its products in the order of the taps, whatever the
 * place in a row: results do not depend on how a frame is split. Then it is clamped to [low, high],
 * which is RELU, RELU6 or, with infinities, nothing; NaN stays NaN. `out` overlaps no input. */

/* Output channels in lanes, over interleaved rows:
 *
 *     out[p * out_stride + o] = bias[o] + sum over t < n_taps, i < run of
 *         taps[t][p * pixel_stride + i] * weights[(t * run + i) * panel + o]
 *
 * for p < count and o < outputs. */
typedef struct {
  const float *const *taps;
  int n_taps, run;
  ptrdiff_t pixel_stride, out_stride;
  const float *weights; /* zeros where outputs <= o < panel; 64-byte aligned, as is `bias` */
  const float *bias;    /* panel values */
  int panel;            /* a multiple of the variant's lanes, at most cnn_isa_panel () */
  int outputs;          /* in (panel - lanes, panel] */
  int count;            /* output pixels, at least 0 */
  float low, high;
  float *out;
} CnnConvTile;

typedef void CnnConvTileFunc (const CnnConvTile *tile);

/* Pixels in lanes, over rows of planes:
 *
 *     out[o * plane_stride + x * pixel_stride] =
 *         bias[o] + sum over t < n_taps of taps[t][x] * weights[t * outputs + o]
 *
 * for x < count and o < outputs. Either pixel_stride is 1; or plane_stride is, pixel_stride is at least
 * `outputs`, and `outputs` is 4 or 8. */
typedef struct {
  const float *const *taps;
  int n_taps;
  const float *weights;
  const float *bias;
  int outputs; /* 1, 2, 4 or 8 */
  int count;
  float low, high;
  float *out;
  ptrdiff_t plane_stride, pixel_stride;
} CnnConvPlane;

typedef void CnnConvPlaneFunc (const CnnConvPlane *plane);

/* The most output rows that CnnConvRows computes together. */
#define CNN_CONV_ROWS 4

/* Pixels in lanes, several rows of one output plane, which share the input rows they see:
 *
 *     out[r][x] = bias + sum over i < inputs, ky < kernel_rows, kx < kernel_columns of
 *         taps[(i * (kernel_rows + rows - 1) + r + ky) * kernel_columns + kx][x] *
 *         weights[(i * kernel_rows + ky) * kernel_columns + kx]
 *
 * for x < count and r < rows. */
typedef struct {
  const float *const *taps;
  int inputs, kernel_rows, kernel_columns;
  const float *weights;
  float bias;
  int rows; /* in [1, CNN_CONV_ROWS] */
  int count;
  float low, high;
  float *out[CNN_CONV_ROWS];
} CnnConvRows;

typedef void CnnConvRowsFunc (const CnnConvRows *rows);

/* Each channel by itself, channels in lanes, over interleaved rows:
 *
 *     out[p * channels + c] = bias[c] + sum over t < n_taps of
 *         taps[t][p * pixel_stride + c] * weights[t * channels + c]
 *
 * for p < count and c < channels. */
typedef struct {
  const float *const *taps;
  int n_taps;
  ptrdiff_t pixel_stride;
  const float *weights;
  const float *bias;
  int channels;
  int count;
  float low, high;
  bool beyond_cache; /* rows come from memory and go there: worth asking for them ahead of time */
  float *out;
} CnnConvDepthwise;

typedef void CnnConvDepthwiseFunc (const CnnConvDepthwise *depthwise);

/* Input channels in lanes, for few outputs: as CnnConvTile with another order of weights,
 *
 *     out[p * out_stride + o] = bias[o] + sum over t, i of
 *         taps[t][p * pixel_stride + i] * weights[(o * n_taps + t) * run_floats + i]
 *
 * and another order of sums: products are added in each lane, then the lanes. */
typedef struct {
  const float *const *taps;
  int n_taps, run;
  ptrdiff_t pixel_stride, out_stride;
  const float *weights; /* zeros where run <= i < run_floats; 64-byte aligned */
  size_t run_floats;    /* run rounded up to 16 */
  const float *bias;
  int outputs;
  int count;
  float low, high;
  float *out;
} CnnConvDot;

typedef void CnnConvDotFunc (const CnnConvDot *dot);

/* How sums of bytes are divided, rounded to nearest with ties to even: by 2^shift, when multiplier is
 * 0, as (sum + half - 1 + (sum >> shift & 1)) >> shift, half being 2^shift / 2; else as
 * ((max (sum, 0) + half) * multiplier >> 16) >> shift, for divisors and sums that the plan has checked. */
typedef struct {
  int shift;
  int multiplier; /* below 65536 */
  int half;
} CnnByteDivision;

/* The most output rows that CnnConvBytes computes together. */
#define CNN_CONV_BYTES_ROWS 2

/* One filter over rows of bytes, for output rows that see much the same:
 *
 *     out[r][x] = clamp ((bias + sum over t < n_taps of taps[t][x] * weights[r][t]) divided, 0, 255)
 *
 * for r < rows and x < count. n_taps is even; no partial sum leaves 16 bits. */
typedef struct {
  const unsigned char *const *taps;
  const signed char *weights[CNN_CONV_BYTES_ROWS]; /* in [-127, 127] */
  int n_taps;
  int bias;
  CnnByteDivision division;
  int rows; /* in [1, CNN_CONV_BYTES_ROWS] */
  int count;
  unsigned char *out[CNN_CONV_BYTES_ROWS];
} CnnConvBytes;

typedef void CnnConvBytesFunc (const CnnConvBytes *bytes);

/* ---- Winograd F(4x4, 3x3) and F(2x2, 3x3) ---------------------------------------------------- */

/* A. Lavin, S. Gray, "Fast algorithms for convolutional neural networks", CVPR 2016: the outputs of a
 * 3x3 window in tiles of 4x4 from 36 products instead of 144, with the interpolation points 0, 1, -1,
 * 2, -2 and infinity, or in tiles of 2x2 from 16 instead of 36, with 0, 1, -1 and infinity. An output
 * is At (G w Gt * Bt d B) A, the inner product by elements. A tile of `tile` rows and columns sees a
 * window of tile + 2. */
#define CNN_WINOGRAD_MAX_TILE 4
#define CNN_WINOGRAD_MAX_WINDOW 6

/* One window of input pixels, B transposed times window times B: element (i, j) of channel c goes to
 * out[(window * i + j) * matrix_stride + c]. Columns from `columns` on are taken as zeros and not
 * read; the cache may be asked for those of the window to the right, which need not be there. */
typedef struct {
  int tile;                                   /* 2 or 4 */
  const float *rows[CNN_WINOGRAD_MAX_WINDOW]; /* tile + 2 rows */
  ptrdiff_t pixel_stride;                     /* floats */
  int columns;                                /* in [1, tile + 2] */
  int channels;
  float *out;
  size_t matrix_stride; /* floats */
} CnnWinogradInput;

typedef void CnnWinogradInputFunc (const CnnWinogradInput *input);

/* One tile of output pixels, A transposed times products times A, plus bias, clamped to [low, high]
 * with NaN staying NaN. Only `columns` pixels of `n_rows` rows are written. */
typedef struct {
  int tile;             /* 2 or 4 */
  const float *in;      /* element (i, j) of channel c at (window * i + j) * matrix_stride + c */
  size_t matrix_stride; /* floats */
  const float *bias;
  int channels;
  int n_rows, columns; /* in [1, tile] */
  float low, high;
  float *out[CNN_WINOGRAD_MAX_TILE]; /* n_rows rows */
  ptrdiff_t pixel_stride;            /* floats */
} CnnWinogradOutput;

typedef void CnnWinogradOutputFunc (const CnnWinogradOutput *output);

/* ---- Joining branches ------------------------------------------------------------------------ */

/* out[i] = a[i] + b[i], or a[i] - b[i], a[i] * b[i], a[i] / b[i], their maximum or minimum, which is NaN when
 * either is. `out` may be `a` or `b`. */
typedef void CnnMergeFunc (const float *a, const float *b, size_t count, float *out);

typedef struct {
  float a, b, offset;
} CnnBlendWeights;

/* out[i] = (a[i] * weights->a + weights->offset) + b[i] * weights->b, each operation rounded; without the last
 * term when b is NULL. `out` may be `a` or `b`. */
typedef void CnnBlendFunc (
    const float *a, const float *b, const CnnBlendWeights *weights, size_t count, float *out);

/* Runs of adjacent floats moved: out[i * out_stride + r] = in[i * in_stride + r] for i < count and
 * r < run; nothing between the runs is written. */
typedef void CnnCopyRunsFunc (
    const float *in, size_t in_stride, size_t run, size_t count, float *out, size_t out_stride);

/* ---- Upsampling ------------------------------------------------------------------------------ */

/* Each pixel of `channels` floats `times` times: out[(x * times + i) * channels + c] =
 * row[x * channels + c]. */
typedef void
CnnUpsampleRepeatFunc (const float *row, size_t count, size_t channels, int times, float *out);

/* Where a new pixel lies: between the old one it belongs to and its right neighbour, or between its
 * left neighbour and it. */
typedef struct {
  bool from_left;
  float before, after; /* weights of the left and the right one of the two */
} CnnUpsamplePhase;

/* out[(x * n_phases + i) * channels + c] = before * row[(x - from_left) * channels + c] +
 * after * row[(x - from_left + 1) * channels + c] with the values of phase i. Reads one pixel before
 * the row's first and one after its last. */
typedef void CnnUpsampleBetweenFunc (const float *row, size_t count, size_t channels,
    const CnnUpsamplePhase *phases, int n_phases, float *out);

/* A row of pixel-shuffle: out[(x * factor + i) * channels + c] =
 * row[x * channels * factor^2 + c * factor^2 + i]. */
typedef void
CnnUpsampleShuffleFunc (const float *row, size_t count, size_t channels, int factor, float *out);

/* Planes, plane_stride floats apart, in turn: out[x * n_planes + i] = planes[i * plane_stride + x]. */
typedef void CnnUpsampleZipFunc (
    const float *planes, ptrdiff_t plane_stride, int n_planes, size_t count, float *out);

/* ---- The chosen variants --------------------------------------------------------------------- */

/* For each family the function and the instruction set it was made for: `dispatch->activation (...)`,
 * `dispatch->activation_isa`. Never NULL. */
struct CnnDispatch {
  CnnIsa isa; /* the cap */
#define CNN_FAMILY(family, Func)                                                                   \
  Func *family;                                                                                    \
  CnnIsa family##_isa;
#include "cpu/kernel-list.inc"
};

/* Declares every variant in this build. The function type declares, so no variant can differ. */
#define CNN_KERNEL(family, Func, isa, ISA) Func cnn_##family##_##isa;
#include "cpu/kernel-list.inc"

#endif
