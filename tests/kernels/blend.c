/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Results blended with inputs: layers against the formula. */
#include "layer-check.h"

#include <math.h>

#define MAX_CHANNELS 20

typedef struct {
  CnnBlendDesc desc;
  float scale[MAX_CHANNELS], offset[MAX_CHANNELS];
  double strength, gain, shift;
  LayerImage images[2];
} Case;

static void
random_case (Case *c, CheckGuard guard)
{
  static const double strengths[] = {0, 0.25, 0.5, 1};
  *c = (Case){.strength = strengths[check_random_int (0, 3)],
      .gain = check_random_int (0, 1) ? 1 : 2 * (double)check_random_float (),
      .shift = check_random_int (0, 1) ? 0 : (double)check_random_float ()};
  const CnnShape shape = {check_random_int (1, 2), check_random_int (1, 9),
      check_random_int (1, 40), check_random_int (1, MAX_CHANNELS)};
  const CnnSampleType type = (CnnSampleType)check_random_int (0, 2);
  for (int i = 0; i < MAX_CHANNELS; i++) {
    c->scale[i] = type == CNN_SAMPLE_UINT16_LE ? 1.0f / 65535 : 1.0f / 255;
    c->offset[i] = check_random_float ();
  }
  c->desc = (CnnBlendDesc){.shape = shape,
      .layout = (CnnLayout)check_random_int (0, 1),
      .input = shape,
      .input_format = {type, (CnnLayout)check_random_int (0, 1)},
      .normalization = {c->scale, c->offset},
      .output_format = {check_random_int (0, 1) ? CNN_SAMPLE_FLOAT32 : CNN_SAMPLE_UINT8,
          (CnnLayout)check_random_int (0, 1)}};
  c->images[0] = layer_image (CNN_SAMPLE_FLOAT32, c->desc.layout, LAYER_IMAGE_DENSE, shape, guard);
  c->images[1] = layer_image (
      type, c->desc.input_format.layout, (LayerImageKind)check_random_int (0, 3), shape, guard);
  layer_image_fill (&c->images[0], false);
  layer_image_fill (&c->images[1], false);
}

static void
compare (const Case *c, const CnnImage *out)
{
  const CnnShape s = out->shape;
  for (int i = 0; i < s.n * s.h * s.w * s.c; i++) {
    const int k = i % s.c, x = i / s.c % s.w, y = i / s.c / s.w % s.h, n = i / s.c / s.w / s.h;
    const double result = layer_image_sample (&c->images[0].image, n, y, x, k);
    double input = layer_image_sample (&c->images[1].image, n, y, x, k);
    if (c->images[1].image.type != CNN_SAMPLE_FLOAT32)
      input = input * (double)c->scale[k] + (double)c->offset[k];
    double expected = c->strength * (c->gain * result + c->shift) + (1 - c->strength) * input;
    double tolerance = 1e-5;
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
check_case (const Case *c, int isa, CheckGuard guard)
{
  const CnnContext context = {.dispatch = check_kernels (isa), .workers = layer_workers (3)};
  const CnnShape s = c->desc.shape;
  const CnnImage images[] = {c->images[0].image, c->images[1].image};
  CnnError error;
  check_context ("%s blend %dx%dx%dx%d, input %d, output %d, strength %g, gain %g, offset %g",
      cnn_isa_name (check_isa (isa)), s.n, s.h, s.w, s.c, c->desc.input_format.type,
      c->desc.output_format.type, c->strength, c->gain, c->shift);
  CnnLayer *layer = cnn_blend_new (&context, &c->desc, &error);
  CHECK (layer, "refused: %s", error.message);
  LayerImage out = layer_image (c->desc.output_format.type, c->desc.output_format.layout,
      (LayerImageKind)check_random_int (0, 3), s, guard);
  cnn_blend_set (layer, c->strength, c->gain, c->shift);
  for (int threads = 1; threads <= 3 && check_ok (); threads++) {
    cnn_layer_run (layer, images, &out.image, threads);
    compare (c, &out.image);
  }
  layer_image_free (&out);
  cnn_layer_free (layer);
}

static void
run_layers (void)
{
  for (int isa = 0; isa < check_isa_count (); isa++)
    for (int round = 0; round < 200 && check_ok (); round++) {
      const CheckGuard guard = (CheckGuard)(round % 2);
      Case c;
      random_case (&c, guard);
      check_case (&c, isa, guard);
      layer_image_free (&c.images[0]);
      layer_image_free (&c.images[1]);
    }
}

const CheckTest check_layer_blend = {"layer-blend", "layers", run_layers};
