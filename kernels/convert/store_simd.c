/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The layouts that tensors and video have; anything else goes to the C kernel. */
#include "convert/store.h"

#include "simd/samples.h"

#include <string.h>

static void
store_bytes (const float *in, size_t count, uint8_t *out)
{
  const Vec scale = vec_set1 (255.0f);
  size_t i = 0;
  for (; i + VEC_LANES <= count; i += VEC_LANES)
    vec_store_u8 (out + i, vec_mul (vec_load (in + i), scale));
  if (i < count) {
    const int lanes = (int)(count - i);
    vec_store_u8_partial (out + i, vec_mul (vec_load_partial (in + i, lanes), scale), lanes);
  }
}

/* Four pixels of adjacent channels at a time to any order, their padding bytes 255. */
static void
pack_pixels (
    const PackedPixels *packed, int padding_bytes, const uint8_t *in, int count, unsigned char *out)
{
  uint8_t order[16], padding[16] = {0};
  const int size = packed->pixel_bytes;
  memset (order, 0x80, sizeof order);
  for (int i = 0; i < 4; i++) {
    for (int c = 0; c < packed->channels; c++)
      order[i * size + packed->byte_of[c]] = (uint8_t)(i * packed->channels + c);
    memset (padding + i * size + packed->padding_first, 255, (size_t)padding_bytes);
  }
  const Bytes shuffle = bytes_load (order), opaque = bytes_load (padding);
  for (int x = 0; x < count; x += 4, in += 4 * packed->channels, out += 4 * size) {
    uint8_t four[16];
    bytes_store (four, bytes_or (bytes_shuffle (bytes_load (in), shuffle), opaque));
    if (count - x >= 4 && size == 4)
      memcpy (out, four, 16);
    else if (count - x >= 4)
      memcpy (out, four, 12);
    else
      memcpy (out, four, (size_t)((count - x) * size));
  }
}

static bool
fills_its_pixels (const PackedPixels *packed, int padding_bytes)
{
  return packed->channels + padding_bytes == packed->pixel_bytes;
}

static void
store_packed (
    const PackedPixels *packed, int padding_bytes, const float *row, int count, unsigned char *out)
{
  uint8_t bytes[SAMPLES_BLOCK * 4 + 16] = {0};
  for (int x = 0; x < count; x += SAMPLES_BLOCK) {
    const int block = count - x < SAMPLES_BLOCK ? count - x : SAMPLES_BLOCK;
    store_bytes (row + (size_t)x * (size_t)packed->channels,
        (size_t)block * (size_t)packed->channels, bytes);
    pack_pixels (packed, padding_bytes, bytes, block, out + (ptrdiff_t)x * packed->pixel_bytes);
  }
}

CnnStoreInterleavedFunc CNN_SYMBOL (store_interleaved);

void
CNN_SYMBOL (store_interleaved) (
    const float *row, const CnnImage *image, int n, int y, int x0, int count)
{
  const size_t channels = (size_t)image->shape.c;
  unsigned char *out = cnn_image_row (image, n, y, 0) + x0 * image->pixel_stride;
  PackedPixels packed;
  if (image->type == CNN_SAMPLE_FLOAT32 && is_interleaved (image))
    memcpy (out, row, (size_t)count * channels * sizeof (float));
  else if (is_planar (image) && has_aligned_floats (image))
    transpose (row, channels, (size_t)count, channels, (float *)(void *)out,
        (size_t)(image->channel_stride / (ptrdiff_t)sizeof (float)));
  else if (image->type == CNN_SAMPLE_UINT8 && is_interleaved (image))
    store_bytes (row, (size_t)count * channels, out);
  else if (find_packed_pixels (image, &packed) && fills_its_pixels (&packed, image->padding_bytes))
    store_packed (&packed, image->padding_bytes, row, count, out + packed.lowest);
  else
    cnn_store_interleaved_c (row, image, n, y, x0, count);
}

static void
store_planes (const float *planes, size_t plane_stride, const CnnImage *image, int n, int y, int x0,
    int count)
{
  for (int c = 0; c < image->shape.c; c++, planes += plane_stride) {
    unsigned char *out = cnn_image_row (image, n, y, c) + x0 * image->pixel_stride;
    if (image->type == CNN_SAMPLE_FLOAT32)
      memcpy (out, planes, (size_t)count * sizeof (float));
    else
      store_bytes (planes, (size_t)count, out);
  }
}

CnnStorePlanarFunc CNN_SYMBOL (store_planar);

void
CNN_SYMBOL (store_planar) (const float *planes, size_t plane_stride, const CnnImage *image, int n,
    int y, int x0, int count)
{
  const int channels = image->shape.c;
  if (is_planar (image)) {
    store_planes (planes, plane_stride, image, n, y, x0, count);
  } else if (is_interleaved (image) && has_aligned_floats (image)) {
    unsigned char *out = cnn_image_row (image, n, y, 0) + x0 * image->pixel_stride;
    transpose (planes, plane_stride, (size_t)channels, (size_t)count, (float *)(void *)out,
        (size_t)channels);
  } else if (channels <= 4) {
    float block[SAMPLES_BLOCK * 4];
    for (int x = 0; x < count; x += SAMPLES_BLOCK) {
      const int size = count - x < SAMPLES_BLOCK ? count - x : SAMPLES_BLOCK;
      transpose (planes + x, plane_stride, (size_t)channels, (size_t)size, block, (size_t)channels);
      CNN_SYMBOL (store_interleaved) (block, image, n, y, x0 + x, size);
    }
  } else {
    cnn_store_planar_c (planes, plane_stride, image, n, y, x0, count);
  }
}
