/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The layouts that tensors and video have; anything else goes to the C kernel. Integer samples become
 * the very floats that the C kernel makes: product and sum are rounded separately. */
#include "convert/load.h"

#include "simd/samples.h"

#include <string.h>

VEC_INLINE Vec
load_samples (const unsigned char *p, bool is_u8, int lanes)
{
  if (is_u8)
    return lanes == VEC_LANES ? vec_load_u8 (p) : vec_load_u8_partial (p, lanes);
  const uint16_t *p16 = (const uint16_t *)(const void *)p;
  return lanes == VEC_LANES ? vec_load_u16 (p16) : vec_load_u16_partial (p16, lanes);
}

/* `count` adjacent samples with one scale and offset. */
VEC_INLINE void
convert_evenly (
    const unsigned char *in, bool is_u8, size_t count, float scale, float offset, float *out)
{
  const Vec scales = vec_set1 (scale), offsets = vec_set1 (offset);
  const size_t bytes = is_u8 ? 1 : 2;
  size_t i = 0;
  for (; i + VEC_LANES <= count; i += VEC_LANES)
    vec_store (out + i,
        vec_add (vec_mul (load_samples (in + i * bytes, is_u8, VEC_LANES), scales), offsets));
  if (i < count) {
    const int lanes = (int)(count - i);
    vec_store_partial (out + i,
        vec_add (vec_mul (load_samples (in + i * bytes, is_u8, lanes), scales), offsets), lanes);
  }
}

/* `count` pixels of fewer channels than a vector has lanes: scale and offset repeat. */
VEC_INLINE void
convert_few_channels (const unsigned char *in, bool is_u8, size_t count, int channels,
    const float *scale, const float *offset, float *out)
{
  float scales[2 * VEC_LANES], offsets[2 * VEC_LANES];
  for (int i = 0; i < channels + VEC_LANES; i++) {
    scales[i] = scale ? scale[i % channels] : 1;
    offsets[i] = offset ? offset[i % channels] : 0;
  }
  const size_t bytes = is_u8 ? 1 : 2, samples = count * (size_t)channels;
  int phase = 0;
  const int step = VEC_LANES % channels;
  for (size_t i = 0; i < samples; i += VEC_LANES) {
    const int lanes = samples - i < VEC_LANES ? (int)(samples - i) : VEC_LANES;
    const Vec v =
        vec_add (vec_mul (load_samples (in + i * bytes, is_u8, lanes), vec_load (scales + phase)),
            vec_load (offsets + phase));
    if (lanes == VEC_LANES)
      vec_store (out + i, v);
    else
      vec_store_partial (out + i, v, lanes);
    phase += step;
    phase -= phase >= channels ? channels : 0;
  }
}

VEC_INLINE void
convert_many_channels (const unsigned char *in, bool is_u8, size_t count, int channels,
    const float *scale, const float *offset, float *out)
{
  const size_t bytes = is_u8 ? 1 : 2;
  for (size_t x = 0; x < count; x++, in += (size_t)channels * bytes, out += channels)
    for (int c = 0; c < channels; c += VEC_LANES) {
      const int lanes = vec_lanes_left (c, channels);
      Vec v = load_samples (in + (size_t)c * bytes, is_u8, lanes);
      if (scale)
        v = vec_mul (v, vec_load_partial (scale + c, lanes));
      if (offset)
        v = vec_add (v, vec_load_partial (offset + c, lanes));
      vec_store_partial (out + c, v, lanes);
    }
}

VEC_INLINE void
convert_samples (const unsigned char *in, bool is_u8, size_t count, int channels,
    const CnnNormalization *normalization, float *out)
{
  const float *scale = normalization->scale, *offset = normalization->offset;
  if (channels == 1 || (!scale && !offset))
    convert_evenly (
        in, is_u8, count * (size_t)channels, scale ? scale[0] : 1, offset ? offset[0] : 0, out);
  else if (channels < VEC_LANES)
    convert_few_channels (in, is_u8, count, channels, scale, offset, out);
  else
    convert_many_channels (in, is_u8, count, channels, scale, offset, out);
}

static void
convert_interleaved (const unsigned char *in, CnnSampleType type, size_t count, int channels,
    const CnnNormalization *normalization, float *out)
{
  if (type == CNN_SAMPLE_UINT8)
    convert_samples (in, true, count, channels, normalization, out);
  else
    convert_samples (in, false, count, channels, normalization, out);
}

static void
convert_plane (const unsigned char *in, CnnSampleType type, size_t count, int c,
    const CnnNormalization *normalization, float *out)
{
  const CnnNormalization one = {normalization->scale ? normalization->scale + c : NULL,
      normalization->offset ? normalization->offset + c : NULL};
  convert_interleaved (in, type, count, 1, &one, out);
}

/* Four pixels at a time: channel c of pixel i goes to out[i * pixel_step + c * channel_step]. `out`
 * has room for 16 bytes from each place on. */
VEC_INLINE void
unpack_pixels (const PackedPixels *packed, const unsigned char *in, int count, uint8_t *out,
    int pixel_step, int channel_step)
{
  const bool planar = pixel_step == 1;
  uint8_t order[16];
  memset (order, 0x80, sizeof order);
  for (int i = 0; i < 4; i++)
    for (int c = 0; c < packed->channels; c++)
      order[planar ? c * 4 + i : i * packed->channels + c] =
          (uint8_t)(i * packed->pixel_bytes + packed->byte_of[c]);
  const Bytes shuffle = bytes_load (order);
  int x = 0;
  /* A load may reach beyond its four pixels, but not beyond the row's last one. */
  for (; (count - x) * packed->pixel_bytes >= 16 + packed->pixel_bytes; x += 4) {
    uint8_t bytes[16];
    const Bytes four = bytes_shuffle (bytes_load (in + x * packed->pixel_bytes), shuffle);
    if (!planar) {
      bytes_store (out + x * pixel_step, four);
      continue;
    }
    bytes_store (bytes, four);
    for (int c = 0; c < 4 && c < packed->channels; c++)
      memcpy (out + x + c * channel_step, bytes + 4 * c, 4);
  }
  for (; x < count; x++)
    for (int c = 0; c < packed->channels; c++)
      out[x * pixel_step + c * channel_step] = in[x * packed->pixel_bytes + packed->byte_of[c]];
}

static void
load_packed (const PackedPixels *packed, const unsigned char *in, int count,
    const CnnNormalization *normalization, float *row)
{
  uint8_t bytes[SAMPLES_BLOCK * 4 + 16];
  for (int x = 0; x < count; x += SAMPLES_BLOCK) {
    const int block = count - x < SAMPLES_BLOCK ? count - x : SAMPLES_BLOCK;
    unpack_pixels (packed, in + x * packed->pixel_bytes, block, bytes, packed->channels, 1);
    convert_samples (bytes, true, (size_t)block, packed->channels, normalization,
        row + (size_t)x * (size_t)packed->channels);
  }
}

static void
load_packed_planes (const PackedPixels *packed, const unsigned char *in, int count,
    const CnnNormalization *normalization, float *planes, size_t plane_stride)
{
  uint8_t bytes[SAMPLES_BLOCK * 4 + 16];
  for (int x = 0; x < count; x += SAMPLES_BLOCK) {
    const int block = count - x < SAMPLES_BLOCK ? count - x : SAMPLES_BLOCK;
    unpack_pixels (packed, in + x * packed->pixel_bytes, block, bytes, 1, SAMPLES_BLOCK);
    for (int c = 0; c < packed->channels; c++)
      convert_plane (bytes + c * SAMPLES_BLOCK, CNN_SAMPLE_UINT8, (size_t)block, c, normalization,
          planes + (size_t)c * plane_stride + x);
  }
}

/* Planes of integers to pixels, by way of planes of floats. */
static void
load_planes_interleaved (const CnnImage *image, int n, int y, int x0, int count,
    const CnnNormalization *normalization, float *row)
{
  float block[4 * SAMPLES_BLOCK];
  const int channels = image->shape.c, bytes = (int)cnn_sample_bytes (image->type);
  for (int x = 0; x < count; x += SAMPLES_BLOCK) {
    const int size = count - x < SAMPLES_BLOCK ? count - x : SAMPLES_BLOCK;
    for (int first = 0; first < channels; first += 4) {
      const int planes = channels - first < 4 ? channels - first : 4;
      for (int i = 0; i < planes; i++)
        convert_plane (cnn_image_row (image, n, y, first + i) + (ptrdiff_t)(x0 + x) * bytes,
            image->type, (size_t)size, first + i, normalization, block + i * SAMPLES_BLOCK);
      transpose (block, SAMPLES_BLOCK, (size_t)planes, (size_t)size,
          row + (size_t)x * (size_t)channels + first, (size_t)channels);
    }
  }
}

CnnLoadInterleavedFunc CNN_SYMBOL (load_interleaved);

void
CNN_SYMBOL (load_interleaved) (const CnnImage *image, int n, int y, int x0, int count,
    const CnnNormalization *normalization, float *row)
{
  const size_t channels = (size_t)image->shape.c;
  const unsigned char *in = cnn_image_row (image, n, y, 0) + x0 * image->pixel_stride;
  PackedPixels packed;
  if (image->type == CNN_SAMPLE_FLOAT32 && is_interleaved (image))
    memcpy (row, in, (size_t)count * channels * sizeof (float));
  else if (is_planar (image) && has_aligned_floats (image))
    transpose ((const float *)(const void *)in,
        (size_t)(image->channel_stride / (ptrdiff_t)sizeof (float)), channels, (size_t)count, row,
        channels);
  else if (image->type != CNN_SAMPLE_FLOAT32 && is_interleaved (image))
    convert_interleaved (in, image->type, (size_t)count, image->shape.c, normalization, row);
  else if (find_packed_pixels (image, &packed))
    load_packed (&packed, in + packed.lowest, count, normalization, row);
  else if (image->type != CNN_SAMPLE_FLOAT32 && is_planar (image))
    load_planes_interleaved (image, n, y, x0, count, normalization, row);
  else
    cnn_load_interleaved_c (image, n, y, x0, count, normalization, row);
}

static void
load_planes (const CnnImage *image, int n, int y, int x0, int count,
    const CnnNormalization *normalization, float *planes, size_t plane_stride)
{
  for (int c = 0; c < image->shape.c; c++, planes += plane_stride) {
    const unsigned char *in = cnn_image_row (image, n, y, c) + x0 * image->pixel_stride;
    if (image->type == CNN_SAMPLE_FLOAT32)
      memcpy (planes, in, (size_t)count * sizeof (float));
    else
      convert_plane (in, image->type, (size_t)count, c, normalization, planes);
  }
}

/* Pixels of many integer channels to planes, by way of pixels of floats. */
static void
load_interleaved_planes (const CnnImage *image, int n, int y, int x0, int count,
    const CnnNormalization *normalization, float *planes, size_t plane_stride)
{
  float block[16 * SAMPLES_BLOCK];
  const int channels = image->shape.c, bytes = (int)cnn_sample_bytes (image->type);
  for (int x = 0; x < count; x++) {
    const unsigned char *in = cnn_image_row (image, n, y, 0) + (x0 + x) * image->pixel_stride;
    for (int first = 0; first < channels; first += 16 * SAMPLES_BLOCK) {
      const int most = 16 * SAMPLES_BLOCK;
      const int size = channels - first < most ? channels - first : most;
      const CnnNormalization part = {normalization->scale ? normalization->scale + first : NULL,
          normalization->offset ? normalization->offset + first : NULL};
      convert_interleaved (in + (ptrdiff_t)first * bytes, image->type, 1, size, &part, block);
      for (int c = 0; c < size; c++)
        planes[(size_t)(first + c) * plane_stride + (size_t)x] = block[c];
    }
  }
}

CnnLoadPlanarFunc CNN_SYMBOL (load_planar);

void
CNN_SYMBOL (load_planar) (const CnnImage *image, int n, int y, int x0, int count,
    const CnnNormalization *normalization, float *planes, size_t plane_stride)
{
  const unsigned char *in = cnn_image_row (image, n, y, 0) + x0 * image->pixel_stride;
  PackedPixels packed;
  if (is_planar (image))
    load_planes (image, n, y, x0, count, normalization, planes, plane_stride);
  else if (is_interleaved (image) && has_aligned_floats (image))
    transpose ((const float *)(const void *)in, (size_t)image->shape.c, (size_t)count,
        (size_t)image->shape.c, planes, plane_stride);
  else if (find_packed_pixels (image, &packed))
    load_packed_planes (&packed, in + packed.lowest, count, normalization, planes, plane_stride);
  else if (image->type != CNN_SAMPLE_FLOAT32 && is_interleaved (image))
    load_interleaved_planes (image, n, y, x0, count, normalization, planes, plane_stride);
  else
    cnn_load_planar_c (image, n, y, x0, count, normalization, planes, plane_stride);
}
