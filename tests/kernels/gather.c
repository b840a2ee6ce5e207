/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Layers that choose rows, columns and channels, against the places themselves. */
#include "layer-check.h"

#include <math.h>
#include <string.h>

#define MAX_SIZE 40

typedef struct {
  CnnGatherDesc desc;
  int rows[MAX_SIZE], columns[MAX_SIZE], channels[MAX_SIZE];
  float scale[MAX_SIZE], offset[MAX_SIZE];
  LayerImage in;
} Case;

/* Runs of one step, single places, and now and then a filled one. */
static const int *
random_places (int *places, int size, int *count)
{
  if (check_random_int (0, 3) == 0) {
    *count = size;
    return NULL;
  }
  *count = check_random_int (1, MAX_SIZE);
  int place = check_random_int (0, size - 1), step = check_random_int (-2, 3);
  for (int i = 0; i < *count; i++, place += step) {
    if (place < 0 || place >= size || check_random_int (0, 6) == 0) {
      place = check_random_int (0, size - 1);
      step = check_random_int (-2, 3);
    }
    places[i] = check_random_int (0, 12) == 0 ? -1 : place;
  }
  return places;
}

static void
random_case (Case *c, CheckGuard guard)
{
  const CnnShape shape = {check_random_int (1, 2), check_random_int (1, 9),
      check_random_int (1, 30), check_random_int (1, 20)};
  const CnnSampleType type = (CnnSampleType)check_random_int (0, 2);
  memset (c, 0, sizeof *c);
  c->desc = (CnnGatherDesc){.input = shape,
      .input_format = {type, (CnnLayout)check_random_int (0, 1)},
      .output_format = {check_random_int (0, 2) ? CNN_SAMPLE_FLOAT32 : CNN_SAMPLE_UINT8,
          (CnnLayout)check_random_int (0, 1)},
      .normalization = {c->scale, c->offset},
      .output = {.n = shape.n},
      .fill = check_random_float (),
      .activation = check_random_int (0, 1) ? CNN_ACTIVATION_NONE : CNN_ACTIVATION_ABS};
  for (int i = 0; i < MAX_SIZE; i++) {
    c->scale[i] = type == CNN_SAMPLE_UINT16_LE ? 1.0f / 65535 : 1.0f / 255;
    c->offset[i] = check_random_float ();
  }
  c->desc.rows = random_places (c->rows, shape.h, &c->desc.output.h);
  c->desc.columns = random_places (c->columns, shape.w, &c->desc.output.w);
  c->desc.channels = random_places (c->channels, shape.c, &c->desc.output.c);
  c->in = layer_image (
      type, c->desc.input_format.layout, (LayerImageKind)check_random_int (0, 3), shape, guard);
  layer_image_fill (&c->in, false);
}

static double
expected_value (const Case *c, int n, int y, int x, int channel)
{
  const CnnGatherDesc *desc = &c->desc;
  const int row = desc->rows ? desc->rows[y] : y, column = desc->columns ? desc->columns[x] : x;
  const int from = desc->channels ? desc->channels[channel] : channel;
  double value = (double)desc->fill;
  if (row >= 0 && column >= 0 && from >= 0) {
    value = layer_image_sample (&c->in.image, n, row, column, from);
    if (c->in.image.type != CNN_SAMPLE_FLOAT32)
      value = value * (double)c->scale[from] + (double)c->offset[from];
  }
  return desc->activation == CNN_ACTIVATION_ABS ? fabs (value) : value;
}

static void
compare (const Case *c, const CnnImage *out)
{
  const CnnShape s = out->shape;
  for (int i = 0; i < s.n * s.h * s.w * s.c; i++) {
    const int k = i % s.c, x = i / s.c % s.w, y = i / s.c / s.w % s.h, n = i / s.c / s.w / s.h;
    double expected = expected_value (c, n, y, x, k), tolerance = 1e-6;
    if (out->type == CNN_SAMPLE_UINT8) {
      expected = fmin (fmax (255 * expected, 0), 255);
      tolerance = 0.51;
    }
    const double actual = layer_image_sample (out, n, y, x, k);
    CHECK (fabs (actual - expected) <= tolerance, "(%d,%d,%d,%d) is %.9g, expected %.9g", n, y, x,
        k, actual, expected);
  }
}

static void
run (void)
{
  for (int isa = 0; isa < check_isa_count (); isa++)
    for (int round = 0; round < 300 && check_ok (); round++) {
      const CheckGuard guard = (CheckGuard)(round % 2);
      Case c;
      CnnError error;
      random_case (&c, guard);
      const CnnShape in = c.desc.input, out = c.desc.output;
      check_context ("%s gather %dx%dx%dx%d to %dx%dx%d, formats %d %d, %d %d",
          cnn_isa_name (check_isa (isa)), in.n, in.h, in.w, in.c, out.h, out.w, out.c,
          c.desc.input_format.type, c.desc.input_format.layout, c.desc.output_format.type,
          c.desc.output_format.layout);
      const CnnContext context = {.dispatch = check_kernels (isa), .workers = layer_workers (3)};
      CnnLayer *layer = cnn_gather_new (&context, &c.desc, &error);
      CHECK (layer, "refused: %s", error.message);
      LayerImage result = layer_image (c.desc.output_format.type, c.desc.output_format.layout,
          (LayerImageKind)check_random_int (0, 3), out, guard);
      layer_run_threads (layer, &c.in, &result);
      compare (&c, &result.image);
      layer_image_free (&result);
      layer_image_free (&c.in);
      cnn_layer_free (layer);
    }
}

const CheckTest check_layer_gather = {"layer-gather", "layers", run};
