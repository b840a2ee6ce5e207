/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loads must equal one sample at a time to the last bit. */
#include "families/images.h"

#include <math.h>
#include <string.h>

typedef struct {
  const LayerImage *in;
  int n, y, x0, count;
  CnnNormalization normalization;
} LoadCase;

static float
expected_sample (const LoadCase *load, int x, int c)
{
  const CnnImage *image = &load->in->image;
  float v = (float)layer_image_sample (image, load->n, load->y, load->x0 + x, c);
  if (image->type == CNN_SAMPLE_FLOAT32)
    return v;
  if (load->normalization.scale)
    v *= load->normalization.scale[c];
  if (load->normalization.offset)
    v += load->normalization.offset[c];
  return v;
}

/* The kernel's floats, within a block of 0x42 bytes that it may not touch between planes. */
static void
compare_load (const LoadCase *load, const float *out, size_t floats, size_t stride, bool planar)
{
  const size_t channels = (size_t)load->in->image.shape.c, count = (size_t)load->count;
  float untouched;
  memset (&untouched, 0x42, sizeof untouched);
  for (size_t c = 0; c < channels && check_ok (); c++)
    for (size_t x = 0; x < (planar ? stride : count) && check_ok (); x++) {
      const size_t at = planar ? c * stride + x : x * channels + c;
      if (at >= floats)
        continue;
      const float expected = x < count ? expected_sample (load, (int)x, (int)c) : untouched;
      if (out[at] != expected && !(isnan (out[at]) && isnan (expected)))
        check_fail ("column %zu channel %zu is %.9g, expected %.9g", x, c, (double)out[at],
            (double)expected);
    }
}

static void
check_once (const LoadCase *load, CnnLoadInterleavedFunc *interleaved, CnnLoadPlanarFunc *planar,
    CheckGuard guard)
{
  const size_t channels = (size_t)load->in->image.shape.c, count = (size_t)load->count;
  const size_t stride = count + (size_t)check_random_int (0, 3);
  const size_t floats = planar ? (channels - 1) * stride + count : channels * count;
  float *out = check_guarded (floats * sizeof (float), guard);
  memset (out, 0x42, floats * sizeof (float));
  if (planar)
    planar (&load->in->image, load->n, load->y, load->x0, load->count, &load->normalization, out,
        stride);
  else
    interleaved (
        &load->in->image, load->n, load->y, load->x0, load->count, &load->normalization, out);
  compare_load (load, out, floats, stride, planar != NULL);
  check_guarded_free (out);
}

/* One of the two kernels, the other being NULL. */
static void
check_loads (CnnLoadInterleavedFunc *interleaved, CnnLoadPlanarFunc *planar)
{
  for (int round = 0; round < 800 && check_ok (); round++) {
    const CheckGuard guard = (CheckGuard)(round % 2);
    const CnnShape shape = images_random_shape (check_lanes ());
    LayerImage in = images_random ((CnnSampleType)check_random_int (0, 2), shape, guard);
    layer_image_fill (&in, true);
    const int x0 = check_random_int (0, 1) ? 0 : check_random_int (0, shape.w - 1);
    const int count = check_random_int (0, 1) ? shape.w - x0 : check_random_int (1, shape.w - x0);
    float *scale = check_guarded_floats ((size_t)shape.c, guard);
    float *offset = check_guarded_floats ((size_t)shape.c, guard);
    const LoadCase load = {&in, shape.n - 1, shape.h - 1, x0, count,
        {check_random_int (0, 3) ? scale : NULL, check_random_int (0, 3) ? offset : NULL}};
    images_describe (&in.image, x0, count);
    check_once (&load, interleaved, planar, guard);
    check_guarded_free (scale);
    check_guarded_free (offset);
    layer_image_free (&in);
  }
}

void
check_load_interleaved (CnnLoadInterleavedFunc *kernel)
{
  check_loads (kernel, NULL);
}

void
check_load_planar (CnnLoadPlanarFunc *kernel)
{
  check_loads (NULL, kernel);
}

static void
bench_loads (CnnLoadInterleavedFunc *interleaved, CnnLoadPlanarFunc *planar)
{
  static const float scale[4] = {1 / 255.0f, 1 / 255.0f, 1 / 255.0f, 1 / 255.0f};
  static const char *const kinds[] = {"RGB", NULL, "RGBx", "BGR"};
  const CnnNormalization normalization = {scale, NULL};
  float *out = check_guarded_floats (1280 * 3, CHECK_GUARD_BEHIND);
  for (int kind = LAYER_IMAGE_DENSE; kind <= LAYER_IMAGE_REVERSED; kind++) {
    if (!kinds[kind])
      continue;
    LayerImage image = layer_image (CNN_SAMPLE_UINT8, CNN_LAYOUT_NHWC, (LayerImageKind)kind,
        (CnnShape){1, 1, 1280, 3}, CHECK_GUARD_BEHIND);
    layer_image_fill (&image, false);
    CheckTimer timer = check_timer ("1280 pixels of %s", kinds[kind]);
    while (check_timer_runs (&timer))
      if (planar)
        planar (&image.image, 0, 0, 0, 1280, &normalization, out, 1280);
      else
        interleaved (&image.image, 0, 0, 0, 1280, &normalization, out);
    layer_image_free (&image);
  }
  check_guarded_free (out);
}

void
bench_load_interleaved (CnnLoadInterleavedFunc *kernel)
{
  bench_loads (kernel, NULL);
}

void
bench_load_planar (CnnLoadPlanarFunc *kernel)
{
  bench_loads (NULL, kernel);
}
