/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What layer tests share: images in guarded memory, of any type, layout and stride. */
#ifndef LAYER_CHECK_H
#define LAYER_CHECK_H

#include "check.h"

typedef struct {
  CnnImage image;
  unsigned char *block;
} LayerImage;

/* How the samples of an image lie in memory. */
typedef enum {
  LAYER_IMAGE_DENSE,
  LAYER_IMAGE_PADDED,   /* bytes behind each row, which must stay */
  LAYER_IMAGE_PIXELS,   /* nhwc: a fourth byte behind each pixel */
  LAYER_IMAGE_REVERSED, /* nhwc: channels backwards, as BGR is read */
} LayerImageKind;

LayerImage layer_image (
    CnnSampleType type, CnnLayout layout, LayerImageKind kind, CnnShape shape, CheckGuard guard);
void layer_image_fill (LayerImage *image, bool edges);
void layer_image_free (LayerImage *image);

/* The sample as a number, before any normalization. */
double layer_image_sample (const CnnImage *image, int n, int y, int x, int c);

/* A pool of `n` threads that lives until the program ends. */
CnnWorkers *layer_workers (int n);

/* The window in words, for check_context (). */
void layer_describe (char *text, size_t size, CnnShape input, const CnnWindow *window);

/* Runs the layer with 1, 2 and 3 threads; fails unless the output bytes agree. */
void layer_run_threads (CnnLayer *layer, const LayerImage *in, LayerImage *out);

#endif
