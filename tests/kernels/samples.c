/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loads and stores against their C reference, which they must equal to the last bit, and the
 * reference against one sample at a time. */
#include "layer-check.h"

#include <math.h>
#include <string.h>

static CnnShape
random_shape (int lanes)
{
  const bool few = check_random_int (0, 2) > 0;
  return (CnnShape){check_random_int (1, 2), check_random_int (1, 2),
      check_random_int (1, check_random_int (0, 3) ? 2 * lanes + 1 : 150),
      few ? check_random_int (1, 5) : check_random_int (1, 2 * lanes + 1)};
}

/* Three planes at odd distances, as a decoder may give them. */
static void
scatter_planes (LayerImage *image)
{
  CnnImage *i = &image->image;
  for (int c = 0; c < i->shape.c; c++)
    i->planes[c] = i->data + (i->shape.c - 1 - c) * i->channel_stride;
}

static LayerImage
random_image (CnnSampleType type, CnnShape shape, CheckGuard guard)
{
  const CnnLayout layout = (CnnLayout)check_random_int (0, 1);
  LayerImage image =
      layer_image (type, layout, (LayerImageKind)check_random_int (0, 3), shape, guard);
  if (layout == CNN_LAYOUT_NCHW && shape.c <= 3 && check_random_int (0, 1))
    scatter_planes (&image);
  return image;
}

static void
describe (const char *family, int isa, const CnnImage *i, int x0, int count)
{
  check_context (
      "%s %s: type %d, %dx%dx%dx%d, strides %td %td, planes %d, padding %d, columns %d+%d", family,
      cnn_isa_name (check_isa (isa)), i->type, i->shape.n, i->shape.h, i->shape.w, i->shape.c,
      i->pixel_stride, i->channel_stride, i->planes[0] != NULL, i->padding_bytes, x0, count);
}

/* ---- load ---------------------------------------------------------------------------------- */

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

static void
check_load (const LoadCase *load, int isa, bool planar, CheckGuard guard)
{
  const CnnImage *image = &load->in->image;
  const CnnDispatch *dispatch = check_kernels (isa);
  const size_t channels = (size_t)image->shape.c, count = (size_t)load->count;
  const size_t stride = count + (size_t)check_random_int (0, 3);
  const size_t floats = planar ? (channels - 1) * stride + count : channels * count;
  float *out = check_guarded (floats * sizeof (float), guard);
  memset (out, 0x42, floats * sizeof (float));
  float untouched;
  memset (&untouched, 0x42, sizeof untouched);
  if (planar)
    dispatch->load_planar (
        image, load->n, load->y, load->x0, load->count, &load->normalization, out, stride);
  else
    dispatch->load_interleaved (
        image, load->n, load->y, load->x0, load->count, &load->normalization, out);
  for (size_t c = 0; c < channels && check_ok (); c++)
    for (size_t x = 0; x < (planar ? stride : count) && check_ok (); x++) {
      const size_t at = planar ? c * stride + x : x * channels + c;
      if (at >= floats)
        continue;
      const float expected = x < count ? expected_sample (load, (int)x, (int)c) : untouched;
      if (out[at] != expected && !(isnan (out[at]) && isnan (expected)))
        check_fail ("column %zu channel %zu is %.9g, expected %.9g", x, c, out[at], expected);
    }
  check_guarded_free (out);
}

static void
run_load (void)
{
  for (int isa = 0; isa < check_isa_count (); isa++)
    for (int round = 0; round < 1200 && check_ok (); round++) {
      const CheckGuard guard = (CheckGuard)(round % 2);
      const CnnShape shape = random_shape (cnn_isa_lanes (check_isa (isa)));
      LayerImage in = random_image ((CnnSampleType)check_random_int (0, 2), shape, guard);
      layer_image_fill (&in, true);
      const int x0 = check_random_int (0, 1) ? 0 : check_random_int (0, shape.w - 1);
      const int count = check_random_int (0, 1) ? shape.w - x0 : check_random_int (1, shape.w - x0);
      float *scale = check_guarded ((size_t)shape.c * sizeof (float), guard);
      float *offset = check_guarded ((size_t)shape.c * sizeof (float), guard);
      check_fill (scale, (size_t)shape.c);
      check_fill (offset, (size_t)shape.c);
      const LoadCase load = {&in, shape.n - 1, shape.h - 1, x0, count,
          {check_random_int (0, 3) ? scale : NULL, check_random_int (0, 3) ? offset : NULL}};
      const bool planar = check_random_int (0, 1);
      describe (planar ? "load_planar" : "load_interleaved", isa, &in.image, x0, count);
      check_load (&load, isa, planar, guard);
      check_guarded_free (scale);
      check_guarded_free (offset);
      layer_image_free (&in);
    }
}

const CheckTest check_load_rows = {"load", "load", run_load};

/* ---- store --------------------------------------------------------------------------------- */

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
check_store (int isa, CheckGuard guard)
{
  const CnnShape shape = random_shape (cnn_isa_lanes (check_isa (isa)));
  const CnnSampleType type = check_random_int (0, 2) ? CNN_SAMPLE_UINT8 : CNN_SAMPLE_FLOAT32;
  LayerImage out = random_image (type, shape, guard);
  StoreCase store = {.out = &out, .n = 0, .y = shape.h - 1, .planar = check_random_int (0, 1)};
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
  for (int n = 0; n < shape.n; n++)
    for (int y = 0; y < shape.h; y++)
      for (int c = 0; c < shape.c; c++)
        for (int x = 0; x < shape.w; x++)
          memset (cnn_image_row (&out.image, n, y, c) + x * out.image.pixel_stride, 0x42,
              cnn_sample_bytes (type) + (size_t)(c == shape.c - 1 ? out.image.padding_bytes : 0));
  describe (
      store.planar ? "store_planar" : "store_interleaved", isa, &out.image, store.x0, store.count);
  if (store.planar)
    check_kernels (isa)->store_planar (
        values, store.stride, &out.image, store.n, store.y, store.x0, store.count);
  else
    check_kernels (isa)->store_interleaved (
        values, &out.image, store.n, store.y, store.x0, store.count);
  compare_store (&store, 0x42);
  check_guarded_free (values);
  layer_image_free (&out);
}

static void
run_store (void)
{
  for (int isa = 0; isa < check_isa_count (); isa++)
    for (int round = 0; round < 1200 && check_ok (); round++)
      check_store (isa, (CheckGuard)(round % 2));
}

const CheckTest check_store_rows = {"store", "store", run_store};
