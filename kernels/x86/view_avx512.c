/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dispatch.h"

#include <immintrin.h>

/* Transposes 16 pixels x 16 channels; rows of `in` are `channels` floats apart. Only `n_channels`
 * columns are read and written. */
static inline __attribute__ ((always_inline)) void
transpose_block (const float *in, size_t channels, int n_channels, float *out, size_t plane_stride)
{
  const __mmask16 mask = (__mmask16)((1u << n_channels) - 1);
  __m512i r[16], t[16];
#pragma GCC unroll 16
  for (int i = 0; i < 16; i++)
    r[i] = _mm512_maskz_loadu_epi32 (mask, in + (size_t)i * channels);
#pragma GCC unroll 8
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_epi32 (r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32 (r[i], r[i + 1]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 16; i += 4) {
    r[i] = _mm512_unpacklo_epi64 (t[i], t[i + 2]);
    r[i + 1] = _mm512_unpackhi_epi64 (t[i], t[i + 2]);
    r[i + 2] = _mm512_unpacklo_epi64 (t[i + 1], t[i + 3]);
    r[i + 3] = _mm512_unpackhi_epi64 (t[i + 1], t[i + 3]);
  }
  /* r[4 g + k] holds, in 128-bit lane l, channel 4 l + k of pixels 4 g to 4 g + 3. */
#pragma GCC unroll 4
  for (int k = 0; k < 4; k++) {
    __m512i a = _mm512_shuffle_i32x4 (r[k], r[4 + k], 0x88);
    __m512i b = _mm512_shuffle_i32x4 (r[8 + k], r[12 + k], 0x88);
    __m512i c = _mm512_shuffle_i32x4 (r[k], r[4 + k], 0xdd);
    __m512i d = _mm512_shuffle_i32x4 (r[8 + k], r[12 + k], 0xdd);
    t[k] = _mm512_shuffle_i32x4 (a, b, 0x88);
    t[8 + k] = _mm512_shuffle_i32x4 (a, b, 0xdd);
    t[4 + k] = _mm512_shuffle_i32x4 (c, d, 0x88);
    t[12 + k] = _mm512_shuffle_i32x4 (c, d, 0xdd);
  }
#pragma GCC unroll 16
  for (int i = 0; i < 16; i++)
    if (i < n_channels)
      _mm512_storeu_si512 (out + (size_t)i * plane_stride, t[i]);
}

void
cnn_view_transpose_avx512 (
    const float *pixels, int n_pixels, int channels, float *planes, size_t plane_stride)
{
  size_t wide = (size_t)channels;
  int p = 0;
  for (; p + 16 <= n_pixels; p += 16) {
    const float *in = pixels + (size_t)p * wide;
    int c = 0;
    for (; c + 16 <= channels; c += 16)
      transpose_block (in + c, wide, 16, planes + (size_t)c * plane_stride + p, plane_stride);
    if (c < channels)
      transpose_block (
          in + c, wide, channels - c, planes + (size_t)c * plane_stride + p, plane_stride);
  }
  cnn_view_transpose_c (
      pixels + (size_t)p * wide, n_pixels - p, channels, planes + p, plane_stride);
}
