/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stores must equal one sample at a time to the last bit. */
#include "families/images.h"

#include <math.h>
#include <string.h>

/* clamp (255 v rounded, ties to even, 0, 255), NaN giving 0: the product in single precision. */
static double
expected_byte (float value)
{
  const double scaled = (double)(255.0f * value);
  if (isnan (scaled) || scaled <= 0)
    return 0;
  return scaled >= 255 ? 255 : nearbyint (scaled);
}

static float
random_output (void)
{
  /* Ties, their neighbours, and everything else. */
  if (check_random_int (0, 2) == 0)
    return ((float)check_random_int (-2, 257) + 0.5f) / 255.0f;
  return check_random_int (0, 1) ? check_random_edge () : check_random_float ();
}

typedef struct {
  LayerImage *out;
  int n, y, x0, count;
  bool planar;
  size_t stride;
  const float *values;
} StoreCase;

/* Every sample of the image: those stored, and those that must still be what they were. */
static void
compare_store (const StoreCase *store, unsigned char before)
{
  const CnnImage *image = &store->out->image;
  float old_float;
  memset (&old_float, before, sizeof old_float);
  const double old = image->type == CNN_SAMPLE_FLOAT32 ? (double)old_float : before;
  for (int n = 0; n < image->shape.n; n++)
    for (int y = 0; y < image->shape.h; y++)
      for (int x = 0; x < image->shape.w; x++) {
        const int column = x - store->x0;
        const bool stored = n == store->n && y == store->y && column >= 0 && column < store->count;
        for (int c = 0; c < image->shape.c; c++) {
          const size_t at = store->planar ? (size_t)c * store->stride + (size_t)column
                                          : (size_t)(column * image->shape.c + c);
          double expected = old;
          if (stored)
            expected = image->type == CNN_SAMPLE_FLOAT32 ? (double)store->values[at]
                                                         : expected_byte (store->values[at]);
          const double actual = layer_image_sample (image, n, y, x, c);
          CHECK (actual == expected || (isnan (actual) && isnan (expected)),
              "row %d column %d channel %d is %.9g, expected %.9g", y, x, c, actual, expected);
        }
        const unsigned char *padding =
            cnn_image_row (image, n, y, 0) + x * image->pixel_stride + image->padding_offset;
        for (int i = 0; i < image->padding_bytes; i++)
          CHECK (padding[i] == (stored ? 255 : before), "padding of row %d column %d is %d", y, x,
              padding[i]);
      }
}

static void
blank_image (LayerImage *out)
{
  const CnnImage *image = &out->image;
  for (int n = 0; n < image->shape.n; n++)
    for (int y = 0; y < image->shape.h; y++)
      for (int c = 0; c < image->shape.c; c++)
        for (int x = 0; x < image->shape.w; x++)
          memset (cnn_image_row (image, n, y, c) + x * image->pixel_stride, 0x42,
              cnn_sample_bytes (image->type) +
                  (size_t)(c == image->shape.c - 1 ? image->padding_bytes : 0));
}

static void
check_once (CnnStoreInterleavedFunc *interleaved, CnnStorePlanarFunc *planar, CheckGuard guard)
{
  const CnnShape shape = images_random_shape (check_lanes ());
  const CnnSampleType type = check_random_int (0, 2) ? CNN_SAMPLE_UINT8 : CNN_SAMPLE_FLOAT32;
  LayerImage out = images_random (type, shape, guard);
  StoreCase store = {.out = &out, .n = 0, .y = shape.h - 1, .planar = planar != NULL};
  store.x0 = check_random_int (0, 1) ? 0 : check_random_int (0, shape.w - 1);
  store.count =
      check_random_int (0, 1) ? shape.w - store.x0 : check_random_int (1, shape.w - store.x0);
  store.stride = (size_t)store.count + (size_t)check_random_int (0, 3);
  const size_t channels = (size_t)shape.c, count = (size_t)store.count;
  const size_t floats = store.planar ? (channels - 1) * store.stride + count : channels * count;
  float *values = check_guarded (floats * sizeof (float), guard);
  for (size_t i = 0; i < floats; i++)
    values[i] = random_output ();
  store.values = values;
  blank_image (&out);
  images_describe (&out.image, store.x0, store.count);
  if (planar)
    planar (values, store.stride, &out.image, store.n, store.y, store.x0, store.count);
  else
    interleaved (values, &out.image, store.n, store.y, store.x0, store.count);
  compare_store (&store, 0x42);
  check_guarded_free (values);
  layer_image_free (&out);
}

void
check_store_interleaved (CnnStoreInterleavedFunc *kernel)
{
  for (int round = 0; round < 800 && check_ok (); round++)
    check_once (kernel, NULL, (CheckGuard)(round % 2));
}

void
check_store_planar (CnnStorePlanarFunc *kernel)
{
  for (int round = 0; round < 800 && check_ok (); round++)
    check_once (NULL, kernel, (CheckGuard)(round % 2));
}

static void
bench_stores (CnnStoreInterleavedFunc *interleaved, CnnStorePlanarFunc *planar)
{
  static const char *const kinds[] = {"RGB", NULL, "RGBx", "BGR"};
  float *values = check_guarded_floats (1280 * 3, CHECK_GUARD_BEHIND);
  for (int kind = LAYER_IMAGE_DENSE; kind <= LAYER_IMAGE_REVERSED; kind++) {
    if (!kinds[kind])
      continue;
    LayerImage image = layer_image (CNN_SAMPLE_UINT8, CNN_LAYOUT_NHWC, (LayerImageKind)kind,
        (CnnShape){1, 1, 1280, 3}, CHECK_GUARD_BEHIND);
    CheckTimer timer = check_timer ("1280 pixels of %s", kinds[kind]);
    while (check_timer_runs (&timer))
      if (planar)
        planar (values, 1280, &image.image, 0, 0, 0, 1280);
      else
        interleaved (values, &image.image, 0, 0, 0, 1280);
    layer_image_free (&image);
  }
  check_guarded_free (values);
}

void
bench_store_interleaved (CnnStoreInterleavedFunc *kernel)
{
  bench_stores (kernel, NULL);
}

void
bench_store_planar (CnnStorePlanarFunc *kernel)
{
  bench_stores (NULL, kernel);
}
