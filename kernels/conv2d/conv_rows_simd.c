/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each accumulator is one vector of adjacent pixels of one output row: ROWS x VECTORS of them. An
 * input vector is loaded once for all the rows that see it, and loads are what bounds one output:
 * most cross a cache line. */
#include "conv2d/conv_rows.h"
#include "simd/vec.h"

#if VEC_REGISTERS == 32
#define VECTORS 4
#else
#define VECTORS 2
#endif

/* Kernel sizes known where this is compiled, 0 where not. */
typedef struct {
  int rows, kernel;
} RowsShape;

/* What the vectors of one tap add to each row that sees it: row q sees it through kernel row
 * `seen` - q. */
VEC_INLINE void
add_tap (const CnnConvRows *rows, const int n_rows, const int vectors, const int kernel_rows,
    const int seen, const float *weights, const int kernel_columns, const Vec in[VECTORS],
    Vec sum[CNN_CONV_ROWS][VECTORS])
{
  VEC_UNROLL (4)
  for (int q = 0; q < n_rows; q++) {
    if (seen < q || seen - q >= kernel_rows)
      continue;
    Vec weight = vec_set1 (weights[(seen - q) * kernel_columns]);
    VEC_PIN (weight);
    VEC_UNROLL (4)
    for (int v = 0; v < vectors; v++)
      sum[q][v] = vec_fma (in[v], weight, sum[q][v]);
  }
}

VEC_INLINE void
load_tap (const float *tap, const int vectors, int lanes, Vec in[VECTORS])
{
  VEC_UNROLL (4)
  for (int v = 0; v < vectors; v++) {
    in[v] = lanes == VEC_LANES ? vec_load (tap + v * VEC_LANES) : vec_load_partial (tap, lanes);
    VEC_PIN (in[v]);
  }
}

/* Pixels [x, x + vectors * VEC_LANES) of `shape.rows` rows beginning at `first`, of which only the
 * first `lanes` exist when vectors is 1. */
VEC_INLINE void
compute_block (
    const CnnConvRows *rows, int first, int x, const RowsShape shape, const int vectors, int lanes)
{
  const int kernel_rows = shape.kernel > 0 ? shape.kernel : rows->kernel_rows;
  const int kernel_columns = shape.kernel > 0 ? shape.kernel : rows->kernel_columns;
  const int seen_rows = rows->kernel_rows + rows->rows - 1;
  Vec sum[CNN_CONV_ROWS][VECTORS], in[VECTORS];
  VEC_UNROLL (4)
  for (int q = 0; q < shape.rows; q++) {
    VEC_UNROLL (4)
    for (int v = 0; v < vectors; v++)
      sum[q][v] = vec_set1 (rows->bias);
  }
  for (int i = 0; i < rows->inputs; i++) {
    const float *const *taps = rows->taps + (i * seen_rows + first) * kernel_columns;
    const float *weights = rows->weights + i * kernel_rows * kernel_columns;
    if (shape.kernel > 0) {
      VEC_UNROLL (8)
      for (int seen = 0; seen < shape.kernel + shape.rows - 1; seen++) {
        VEC_UNROLL (8)
        for (int kx = 0; kx < shape.kernel; kx++) {
          load_tap (taps[seen * shape.kernel + kx] + x, vectors, lanes, in);
          add_tap (
              rows, shape.rows, vectors, shape.kernel, seen, weights + kx, shape.kernel, in, sum);
        }
      }
      continue;
    }
    for (int seen = 0; seen < kernel_rows + shape.rows - 1; seen++) {
      for (int kx = 0; kx < kernel_columns; kx++) {
        load_tap (taps[seen * kernel_columns + kx] + x, vectors, lanes, in);
        add_tap (
            rows, shape.rows, vectors, kernel_rows, seen, weights + kx, kernel_columns, in, sum);
      }
    }
  }
  const Vec low = vec_set1 (rows->low), high = vec_set1 (rows->high);
  VEC_UNROLL (4)
  for (int q = 0; q < shape.rows; q++) {
    float *out = rows->out[first + q] + x;
    VEC_UNROLL (4)
    for (int v = 0; v < vectors; v++) {
      const Vec result = vec_clamp (sum[q][v], low, high);
      if (lanes == VEC_LANES)
        vec_store (out + v * VEC_LANES, result);
      else
        vec_store_partial (out, result, lanes);
    }
  }
}

VEC_INLINE void
compute_rows (const CnnConvRows *rows, int first, const RowsShape shape)
{
  int x = 0;
  for (; x + VECTORS * VEC_LANES <= rows->count; x += VECTORS * VEC_LANES)
    compute_block (rows, first, x, shape, VECTORS, VEC_LANES);
  for (; x + VEC_LANES <= rows->count; x += VEC_LANES)
    compute_block (rows, first, x, shape, 1, VEC_LANES);
  if (x < rows->count)
    compute_block (rows, first, x, shape, 1, rows->count - x);
}

VEC_INLINE void
compute (const CnnConvRows *rows, const int kernel)
{
  int first = 0;
  for (; first + 4 <= rows->rows; first += 4)
    compute_rows (rows, first, (RowsShape){4, kernel});
  for (; first + 2 <= rows->rows; first += 2)
    compute_rows (rows, first, (RowsShape){2, kernel});
  for (; first < rows->rows; first++)
    compute_rows (rows, first, (RowsShape){1, kernel});
}

CnnConvRowsFunc CNN_SYMBOL (conv_rows);

void
CNN_SYMBOL (conv_rows) (const CnnConvRows *rows)
{
  if (rows->kernel_rows == 3 && rows->kernel_columns == 3)
    compute (rows, 3);
  else if (rows->kernel_rows == 5 && rows->kernel_columns == 5)
    compute (rows, 5);
  else
    compute (rows, 0);
}
