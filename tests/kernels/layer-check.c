/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layer-check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROW_GAP 12

static size_t
image_bytes (const CnnImage *image)
{
  const CnnShape s = image->shape;
  /* From the lowest to the highest sample. */
  size_t span = cnn_sample_bytes (image->type) + (size_t)image->padding_bytes;
  span += (size_t)(s.n - 1) * (size_t)image->batch_stride;
  span += (size_t)(s.h - 1) * (size_t)image->row_stride;
  span += (size_t)(s.w - 1) * (size_t)image->pixel_stride;
  return span + (size_t)(s.c - 1) * (size_t)labs ((long)image->channel_stride);
}

LayerImage
layer_image (
    CnnSampleType type, CnnLayout layout, LayerImageKind kind, CnnShape shape, CheckGuard guard)
{
  LayerImage result = {cnn_image_from_tensor (NULL, type, layout, shape), NULL};
  CnnImage *image = &result.image;
  const ptrdiff_t sample = (ptrdiff_t)cnn_sample_bytes (type);
  if (kind == LAYER_IMAGE_PADDED) {
    image->row_stride += ROW_GAP;
    if (layout == CNN_LAYOUT_NHWC) {
      image->batch_stride = image->row_stride * shape.h;
    } else {
      image->channel_stride = image->row_stride * shape.h;
      image->batch_stride = image->channel_stride * shape.c;
    }
  } else if (layout == CNN_LAYOUT_NHWC && kind == LAYER_IMAGE_PIXELS) {
    image->pixel_stride += sample;
    image->row_stride = image->pixel_stride * shape.w;
    image->batch_stride = image->row_stride * shape.h;
    image->padding_bytes = (int)sample;
    image->padding_offset = sample * shape.c;
  } else if (layout == CNN_LAYOUT_NHWC && kind == LAYER_IMAGE_REVERSED) {
    image->channel_stride = -sample;
  }
  result.block = check_guarded (image_bytes (image), guard);
  image->data = result.block;
  if (image->channel_stride < 0)
    image->data += sample * (shape.c - 1);
  return result;
}

void
layer_image_fill (LayerImage *image, bool edges)
{
  const CnnImage *i = &image->image;
  for (int n = 0; n < i->shape.n; n++)
    for (int y = 0; y < i->shape.h; y++)
      for (int c = 0; c < i->shape.c; c++)
        for (int x = 0; x < i->shape.w; x++) {
          unsigned char *sample = cnn_image_row (i, n, y, c) + x * i->pixel_stride;
          const float value = edges ? check_random_edge () : check_random_float ();
          if (i->type == CNN_SAMPLE_FLOAT32)
            memcpy (sample, &value, sizeof value);
          else
            check_fill_bytes (sample, cnn_sample_bytes (i->type));
        }
}

void
layer_image_free (LayerImage *image)
{
  check_guarded_free (image->block);
}

double
layer_image_sample (const CnnImage *image, int n, int y, int x, int c)
{
  const unsigned char *sample = cnn_image_row (image, n, y, c) + x * image->pixel_stride;
  float value;
  if (image->type == CNN_SAMPLE_UINT8)
    return sample[0];
  if (image->type == CNN_SAMPLE_UINT16_LE)
    return sample[0] + 256 * sample[1];
  memcpy (&value, sample, sizeof value);
  return value;
}

static CnnWorkers *shared_workers[4];

static void
free_workers (void)
{
  for (int i = 0; i < 4; i++)
    cnn_workers_free (shared_workers[i]);
}

CnnWorkers *
layer_workers (int n)
{
  if (!shared_workers[0] && !shared_workers[1] && !shared_workers[2] && !shared_workers[3])
    atexit (free_workers);
  if (!shared_workers[n])
    shared_workers[n] = cnn_workers_new (n);
  return shared_workers[n];
}

static int
describe_axis (char *text, size_t size, const CnnAxis *axis)
{
  if (axis->rule == CNN_SIZE_ADAPTIVE)
    return snprintf (text, size, "adaptive %d", axis->adaptive_output);
  return snprintf (text, size, "k%d s%d d%d p%d,%d m%d%s%s", axis->kernel, axis->stride,
      axis->dilation, axis->padding_before, axis->padding_after, axis->padding_mode,
      axis->ceil_mode ? " ceil" : "", axis->rule == CNN_SIZE_SAME ? " same" : "");
}

void
layer_describe (char *text, size_t size, CnnShape input, const CnnWindow *window)
{
  int length = snprintf (text, size, "%dx%dx%dx%d rows ", input.n, input.h, input.w, input.c);
  length += describe_axis (text + length, size - (size_t)length, &window->rows);
  length += snprintf (text + length, size - (size_t)length, " columns ");
  describe_axis (text + length, size - (size_t)length, &window->columns);
}

void
layer_run_threads (CnnLayer *layer, const LayerImage *in, LayerImage *out)
{
  const size_t bytes = image_bytes (&out->image);
  unsigned char *first = malloc (bytes);
  for (int threads = 1; threads <= 3; threads++) {
    cnn_layer_run (layer, &in->image, &out->image, threads);
    if (threads == 1 && first)
      memcpy (first, out->block, bytes);
    else if (first && memcmp (first, out->block, bytes) != 0)
      check_fail ("%d threads give other bytes than one", threads);
  }
  free (first);
}
