/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Upsampling: layers against a direct implementation, and values computed by torch. */
#include "layer-check.h"

#include <math.h>
#include <string.h>

/* ---- Layers ---------------------------------------------------------------------------------- */

static double
input_value (const CnnUpsample2dDesc *desc, const CnnImage *in, int n, int y, int x, int c)
{
  y = y < 0 ? 0 : y >= desc->input.h ? desc->input.h - 1 : y;
  x = x < 0 ? 0 : x >= desc->input.w ? desc->input.w - 1 : x;
  const double value = layer_image_sample (in, n, y, x, c);
  if (in->type == CNN_SAMPLE_FLOAT32)
    return value;
  return value * (double)desc->normalization.scale[c] + (double)desc->normalization.offset[c];
}

static double
bilinear_value (const CnnUpsample2dDesc *desc, const CnnImage *in, int n, int y, int x, int c)
{
  const double sy = (y + 0.5) / desc->factor - 0.5, sx = (x + 0.5) / desc->factor - 0.5;
  const int y0 = (int)floor (sy), x0 = (int)floor (sx);
  const double ty = sy - y0, tx = sx - x0;
  const double above = (1 - tx) * input_value (desc, in, n, y0, x0, c) +
                       tx * input_value (desc, in, n, y0, x0 + 1, c);
  const double below = (1 - tx) * input_value (desc, in, n, y0 + 1, x0, c) +
                       tx * input_value (desc, in, n, y0 + 1, x0 + 1, c);
  return (1 - ty) * above + ty * below;
}

static double
expected_value (const CnnUpsample2dDesc *desc, const CnnImage *in, int n, int y, int x, int c)
{
  const int f = desc->factor;
  if (desc->mode == CNN_UPSAMPLE_BILINEAR)
    return bilinear_value (desc, in, n, y, x, c);
  if (desc->mode == CNN_UPSAMPLE_PIXEL_SHUFFLE)
    c = c * f * f + y % f * f + x % f;
  return input_value (desc, in, n, y / f, x / f, c);
}

static void
compare (const CnnUpsample2dDesc *desc, const CnnImage *in, const CnnImage *out)
{
  const CnnShape s = out->shape;
  for (int n = 0; n < s.n; n++)
    for (int y = 0; y < s.h; y++)
      for (int x = 0; x < s.w; x++)
        for (int c = 0; c < s.c; c++) {
          double expected = expected_value (desc, in, n, y, x, c), tolerance = 2e-6;
          if (out->type == CNN_SAMPLE_UINT8) {
            expected = fmin (fmax (255 * expected, 0), 255);
            tolerance = 0.501;
          }
          const double actual = layer_image_sample (out, n, y, x, c);
          CHECK (fabs (actual - expected) <= tolerance, "(%d,%d,%d,%d) is %.9g, expected %.9g", n,
              y, x, c, actual, expected);
        }
}

static void
check_layer (CnnUpsample2dDesc *desc, int isa)
{
  check_context ("%s mode %d factor %d, %dx%dx%dx%d, %d/%d to %d/%d",
      cnn_isa_name (check_isa (isa)), desc->mode, desc->factor, desc->input.n, desc->input.h,
      desc->input.w, desc->input.c, desc->input_format.type, desc->input_format.layout,
      desc->output_format.type, desc->output_format.layout);
  const CnnContext context = {.dispatch = check_kernels (isa), .workers = layer_workers (3)};
  const CheckGuard guard = (CheckGuard)check_random_int (0, 1);
  CnnError error;
  CnnLayer *layer = cnn_upsample2d_new (&context, desc, &error);
  CHECK (layer, "refused: %s", error.message);
  LayerImage in = layer_image (desc->input_format.type, desc->input_format.layout,
      (LayerImageKind)check_random_int (0, 3), desc->input, guard);
  LayerImage out = layer_image (desc->output_format.type, desc->output_format.layout,
      (LayerImageKind)check_random_int (0, 3), cnn_layer_output_shape (layer), guard);
  layer_image_fill (&in, false);
  layer_run_threads (layer, &in, &out);
  compare (desc, &in.image, &out.image);
  layer_image_free (&in);
  layer_image_free (&out);
  cnn_layer_free (layer);
}

static void
run_layers (void)
{
  float scale[256], offset[256];
  for (int i = 0; i < 256; i++) {
    scale[i] = (1 + check_random_float () / 2) / 65535;
    offset[i] = check_random_float ();
  }
  for (int isa = 0; isa < check_isa_count (); isa++)
    for (int round = 0; round < 300 && check_ok (); round++) {
      CnnUpsample2dDesc desc = {
          .input = {check_random_int (0, 4) ? 1 : 2, check_random_int (1, 8),
              check_random_int (1, 24), check_random_int (1, 20)},
          .input_format = {(CnnSampleType)(check_random_int (0, 1) ? 0 : check_random_int (1, 2)),
              (CnnLayout)check_random_int (0, 1)},
          .output_format = {check_random_int (0, 3) ? CNN_SAMPLE_FLOAT32 : CNN_SAMPLE_UINT8,
              (CnnLayout)check_random_int (0, 1)},
          .normalization = {scale, offset},
          .mode = (CnnUpsampleMode)check_random_int (0, 2),
          .factor = check_random_int (1, 4),
      };
      if (desc.mode == CNN_UPSAMPLE_PIXEL_SHUFFLE)
        desc.input.c = desc.factor * desc.factor * check_random_int (1, 4);
      check_layer (&desc, isa);
    }
}

const CheckTest check_layer_upsample = {"layer-upsample", "layers", run_layers};

/* torch.nn.Upsample (scale_factor=2, mode="bilinear") of [[1, 2], [3, 5]]. */
static void
run_values (void)
{
  static const float bilinear[] = {1, 1.25f, 1.75f, 2, 1.5f, 1.8125f, 2.4375f, 2.75f, 2.5f, 2.9375f,
      3.8125f, 4.25f, 3, 3.5f, 4.5f, 5};
  float in[] = {1, 2, 3, 5}, out[16];
  const CnnShape shape = {1, 2, 2, 1};
  for (int isa = 0; isa < check_isa_count (); isa++) {
    const CnnContext context = {.dispatch = check_kernels (isa), .workers = layer_workers (1)};
    const CnnUpsample2dDesc desc = {.input = shape, .mode = CNN_UPSAMPLE_BILINEAR, .factor = 2};
    check_context ("%s", cnn_isa_name (check_isa (isa)));
    CnnLayer *layer = cnn_upsample2d_new (&context, &desc, NULL);
    CHECK (layer, "was refused");
    const CnnImage from = cnn_image_from_tensor (in, CNN_SAMPLE_FLOAT32, CNN_LAYOUT_NHWC, shape);
    const CnnImage to = cnn_image_from_tensor (
        out, CNN_SAMPLE_FLOAT32, CNN_LAYOUT_NHWC, cnn_layer_output_shape (layer));
    cnn_layer_run (layer, &from, &to, 1);
    cnn_layer_free (layer);
    check_floats (out, bilinear, 16, 1e-6, 0, "output");
  }
}

const CheckTest check_layer_upsample_values = {"layer-upsample-values", "layers", run_values};

static void
check_refused (CnnShape shape, CnnUpsampleMode mode, int factor, const char *part)
{
  const CnnUpsample2dDesc desc = {.input = shape, .mode = mode, .factor = factor};
  const CnnContext context = {.dispatch = check_kernels (0), .workers = layer_workers (1)};
  CnnError error = {""};
  check_context ("refusal naming \"%s\"", part);
  CHECK (!cnn_upsample2d_new (&context, &desc, &error), "was accepted");
  CHECK (strstr (error.message, part), "says \"%s\"", error.message);
}

static void
run_refusals (void)
{
  check_refused ((CnnShape){1, 2, 2, 6}, CNN_UPSAMPLE_PIXEL_SHUFFLE, 2,
      "6 channels, but pixel-shuffle with factor 2 needs a multiple of 4");
  check_refused ((CnnShape){1, 2, 2, 6}, CNN_UPSAMPLE_NEAREST, 0, "factor 0 is not in [1, 64]");
  check_refused ((CnnShape){1, 2, 2, 6}, CNN_UPSAMPLE_NEAREST, 65, "factor 65");
  check_refused ((CnnShape){1, 8192, 8192, 1}, CNN_UPSAMPLE_NEAREST, 64, "2048 MiB");
  check_refused ((CnnShape){1, 200000000, 1, 1}, CNN_UPSAMPLE_NEAREST, 64, "too many");
}

const CheckTest check_layer_upsample_refusals = {"layer-upsample-refusals", "layers", run_refusals};
