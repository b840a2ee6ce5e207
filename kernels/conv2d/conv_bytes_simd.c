/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two taps are multiplied and added together, which is one instruction on x86. Output rows computed
 * together share the loads and what makes the bytes ready, which take longer than the products. */
#include "conv2d/conv_bytes.h"
#include "simd/sums.h"

#define MAX_VECTORS 2
#define MAX_ROWS CNN_CONV_BYTES_ROWS

/* See CnnByteDivision. */
VEC_INLINE SumsLanes
divide (SumsLanes sum, CnnByteDivision division)
{
  if (division.multiplier > 0) {
    sum = sums_add (sums_max (sum, sums_set1 (0)), sums_set1 (division.half));
    return sums_shift (sums_multiply_high (sum, sums_set1 (division.multiplier)), division.shift);
  }
  if (division.shift > 0) {
    const SumsLanes odd = sums_and (sums_shift (sum, division.shift), sums_set1 (1));
    sum = sums_add (sum, sums_set1 (division.half - 1));
    return sums_shift (sums_add (sum, odd), division.shift);
  }
  return sum;
}

VEC_INLINE void
compute_vectors (
    const CnnConvBytes *bytes, const int first[MAX_ROWS], int x, const int rows, const int vectors)
{
  Sums sums[MAX_ROWS][MAX_VECTORS];
  for (int r = 0; r < rows; r++) {
    for (int v = 0; v < vectors; v++)
      sums[r][v].low = sums[r][v].high = sums_set1 (first[r]);
  }
  for (int t = 0; t < bytes->n_taps; t += 2) {
    const unsigned char *one = bytes->taps[t] + x, *other = bytes->taps[t + 1] + x;
    for (int v = 0; v < vectors; v++) {
      const SumsPair pair =
          sums_pair (sums_load (one + v * SUMS_BYTES), sums_load (other + v * SUMS_BYTES));
      for (int r = 0; r < rows; r++)
        sums[r][v] = sums_add_products (sums[r][v], pair, bytes->weights[r] + t);
    }
  }
  for (int r = 0; r < rows; r++) {
    for (int v = 0; v < vectors; v++) {
      const Sums divided = {
          divide (sums[r][v].low, bytes->division), divide (sums[r][v].high, bytes->division)};
      sums_store (bytes->out[r] + x + v * SUMS_BYTES, sums_pack (divided));
    }
  }
}

VEC_INLINE void
compute_rows (const CnnConvBytes *bytes, const int rows)
{
  int first[MAX_ROWS];
  for (int r = 0; r < rows; r++)
    first[r] = sums_first (bytes->bias, bytes->weights[r], bytes->n_taps);
  int x = 0;
  for (; x + MAX_VECTORS * SUMS_BYTES <= bytes->count; x += MAX_VECTORS * SUMS_BYTES)
    compute_vectors (bytes, first, x, rows, MAX_VECTORS);
  for (; x + SUMS_BYTES <= bytes->count; x += SUMS_BYTES)
    compute_vectors (bytes, first, x, rows, 1);
  if (x < bytes->count) /* again some of the last ones */
    compute_vectors (bytes, first, bytes->count - SUMS_BYTES, rows, 1);
}

CnnConvBytesFunc CNN_SYMBOL (conv_bytes);

void
CNN_SYMBOL (conv_bytes) (const CnnConvBytes *bytes)
{
  if (bytes->count < SUMS_BYTES)
    cnn_conv_bytes_c (bytes);
  else if (bytes->rows == 2)
    compute_rows (bytes, 2);
  else
    compute_rows (bytes, 1);
}
