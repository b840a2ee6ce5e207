/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The drawing library by itself. */
#include "view/arithmetic.h"
#include "view/image.h"
#include "view/painter.h"

#include <math.h>
#include <string.h>

/* 0 1 2; 3 4 5; 6 7 8 */
static const float nine[] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
static const float kernel[] = {0, 1, 2, 3};

static CnnViewOperation
convolution (gint padding, gint stride_rows, gint stride_columns)
{
  CnnViewOperation operation = {.kind = CNN_VIEW_OPERATION_CONVOLUTION,
      .input = {1, 3, 3, 1},
      .window = cnn_window_unit (),
      .groups = 1,
      .out_channels = 1,
      .weights = kernel};
  CnnAxis *axes[] = {&operation.window.rows, &operation.window.columns};
  for (gint i = 0; i < 2; i++) {
    axes[i]->kernel = 2;
    axes[i]->padding_before = axes[i]->padding_after = padding;
  }
  operation.window.rows.stride = stride_rows;
  operation.window.columns.stride = stride_columns;
  CnnError error;
  g_assert_true (cnn_window_output (&operation.window, operation.input, &operation.output, &error));
  operation.output.c = 1;
  return operation;
}

static void
check_equation (const CnnViewOperation *operation, gint y, gint x, const gchar *expected)
{
  const CnnImage image = cnn_image_from_tensor (
      (void *)(guintptr)nine, CNN_SAMPLE_FLOAT32, CNN_LAYOUT_NHWC, operation->input);
  GArray *taps = cnn_view_arithmetic_taps (operation, &image, 0, y, x, 0, 0);
  gchar *equation = cnn_view_arithmetic_equation (operation, taps, 9);
  g_assert_cmpstr (equation, ==, expected);
  g_free (equation);
  g_array_unref (taps);
}

/* The worked example of every book on the subject. */
static void
test_convolution (void)
{
  CnnViewOperation operation = convolution (0, 1, 1);
  check_equation (&operation, 0, 0, "0·0 + 1·1 + 3·2 + 4·3 = 19");
  check_equation (&operation, 1, 1, "4·0 + 5·1 + 7·2 + 8·3 = 43");
  operation = convolution (1, 3, 2);
  g_assert_cmpint (operation.output.h, ==, 2);
  g_assert_cmpint (operation.output.w, ==, 2);
  check_equation (&operation, 0, 0, "0·0 + 0·1 + 0·2 + 0·3 = 0");
  check_equation (&operation, 1, 0, "0·0 + 6·1 + 0·2 + 0·3 = 6");
  operation = convolution (0, 1, 1);
  operation.window.rows.dilation = operation.window.columns.dilation = 2;
  operation.output = (CnnShape){1, 1, 1, 1};
  check_equation (&operation, 0, 0, "0·0 + 2·1 + 6·2 + 8·3 = 38");
}

static void
test_normalization (void)
{
  static const float scale[] = {0.5f}, offset[] = {-1};
  CnnViewOperation operation = convolution (1, 1, 1);
  operation.scale = scale;
  operation.offset = offset;
  /* Padding is 0 after the normalization, not before. */
  check_equation (&operation, 0, 0, "0·0 + 0·1 + 0·2 + (−1)·3 = −3");
}

static void
test_pooling (void)
{
  CnnViewOperation operation = convolution (0, 1, 1);
  operation.kind = CNN_VIEW_OPERATION_MAXIMUM;
  check_equation (&operation, 0, 1, "max (1, 2, 4, 5) = 5");
  operation.kind = CNN_VIEW_OPERATION_AVERAGE;
  check_equation (&operation, 0, 1, "(1 + 2 + 4 + 5) / 4 = 3");
  operation = convolution (1, 1, 1);
  operation.kind = CNN_VIEW_OPERATION_AVERAGE;
  check_equation (&operation, 3, 3, "(8) / 1 = 8");
  operation.count_include_pad = TRUE;
  check_equation (&operation, 3, 3, "(8 + 0 + 0 + 0) / 4 = 2");
  operation.divisor = 3;
  check_equation (&operation, 3, 3, "(8 + 0 + 0 + 0) / 3 = 2.67");
}

/* Any strides and types give the same values, and pack into the same tensor. */
static void
test_images (void)
{
  guint8 pixels[2 * 12] = {0};
  for (gint i = 0; i < 6; i++)
    for (gint c = 0; c < 3; c++)
      pixels[i / 3 * 12 + i % 3 * 4 + 2 - c] = (guint8)(i * 3 + c);
  CnnImage image =
      cnn_image_from_tensor (pixels + 2, CNN_SAMPLE_UINT8, CNN_LAYOUT_NHWC, (CnnShape){1, 2, 3, 3});
  image.row_stride = 12;
  image.pixel_stride = 4;
  image.channel_stride = -1;
  CnnLayout layout;
  guint8 tensor[18];
  g_assert_false (cnn_view_image_is_dense (&image, &layout));
  g_assert_cmpint (layout, ==, CNN_LAYOUT_NHWC);
  cnn_view_image_pack (&image, tensor);
  for (gint i = 0; i < 18; i++) {
    g_assert_cmpint (tensor[i], ==, i);
    g_assert_cmpfloat (cnn_view_image_value (&image, 0, i / 9, i / 3 % 3, i % 3), ==, i);
  }
  image = cnn_image_from_tensor (tensor, CNN_SAMPLE_UINT8, CNN_LAYOUT_NCHW, (CnnShape){1, 2, 3, 3});
  g_assert_true (cnn_view_image_is_dense (&image, &layout));
  g_assert_cmpint (layout, ==, CNN_LAYOUT_NCHW);
}

static void
test_numbers (void)
{
  static const struct {
    float values[3];
    const gchar *texts[3];
  } cases[] = {{{19, -25, 0}, {"19", "−25", "0"}}, {{0.5f, 8.5f, 3}, {"0.5", "8.5", "3.0"}},
      {{0.12345f, -0.5f, 0.0001f}, {"0.123", "−0.500", "0"}},
      {{INFINITY, NAN, 1234}, {"∞", "NaN", "1234"}}};
  CnnViewText *text = cnn_view_text_new ();
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    const CnnViewValuesFormat format =
        cnn_view_values_fit (text, cases[i].values, 3, 400, 100, 8, 20);
    g_assert_cmpint (format.size, ==, 20);
    for (guint k = 0; k < 3; k++) {
      gchar string[64];
      cnn_view_values_print (string, cases[i].values[k], format.decimals);
      g_assert_cmpstr (string, ==, cases[i].texts[k]);
    }
  }
  /* Where there is no room nothing is written. */
  g_assert_cmpint (cnn_view_values_fit (text, cases[2].values, 3, 12, 12, 8, 20).size, ==, 0);
  cnn_view_text_free (text);
}

/* A picture from nothing but an image and a canvas. */
static void
test_painter (void)
{
  static guint8 pixels[60 * 40 * 4];
  const CnnContextSettings settings = {.isa = "c", .n_threads = 1};
  CnnContext *context = cnn_context_new (&settings, NULL);
  CnnViewPainter *painter = cnn_view_painter_new (context);
  const CnnViewCanvas canvas = {pixels, 60 * 4, 60, 40, {4, 0, 1, 2, 3}};
  const CnnImage image = cnn_image_from_tensor (
      (void *)(guintptr)nine, CNN_SAMPLE_FLOAT32, CNN_LAYOUT_NHWC, (CnnShape){1, 3, 3, 1});
  const gint first = 0;
  GArray *maps = g_array_new (FALSE, FALSE, sizeof (gint));
  g_array_append_val (maps, first);
  CnnViewScene scene = {.settings = cnn_view_settings_default, .maps = maps, .step = -1};
  scene.settings.colormap = CNN_COLORMAP_GRAY;
  CnnError error;
  cnn_view_painter_set_shape (painter, image.shape);
  g_assert_true (cnn_view_painter_draw (painter, &scene, &image, &canvas, &error));
  const CnnViewBox tile = cnn_view_layout_tile (cnn_view_painter_layout (painter), 0);
  g_assert_cmpint (tile.width, ==, 39);
  g_assert_cmpint (pixels[((tile.y + 1) * 60 + tile.x + 1) * 4], ==, 0);
  g_assert_cmpint (pixels[((tile.y + 38) * 60 + tile.x + 38) * 4], ==, 255);
  g_array_unref (maps);
  cnn_view_painter_free (painter);
  cnn_context_free (context);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/view/convolution", test_convolution);
  g_test_add_func ("/view/normalization", test_normalization);
  g_test_add_func ("/view/pooling", test_pooling);
  g_test_add_func ("/view/images", test_images);
  g_test_add_func ("/view/numbers", test_numbers);
  g_test_add_func ("/view/painter", test_painter);
  return g_test_run ();
}
