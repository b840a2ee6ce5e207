/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures of cnnview, checked against what the contract says about each pixel. */
#include "viewtest.h"

#include <math.h>

#define BACKGROUND 0x14161a

/* ---- Sizes ----------------------------------------------------------------------------------- */

GST_START_TEST (test_natural_size)
{
  static const struct {
    gint h, w, c;
    const gchar *properties;
    gint width, height;
  } cases[] = {
      {480, 640, 1, "", 640, 480},
      {100, 160, 1, "", 320, 200},
      {100, 161, 1, "", 322, 200},
      {101, 363, 1, "", 364, 102},
      {1080, 1920, 64, "", 1920, 1080},
      {2160, 3840, 1, "", 3840, 2160},
      {120, 160, 16, "", 4 * 160 + 3 * 2, 4 * 120 + 3 * 2},
      {28, 28, 8, "", 4 * 28 * 3 + 6, 2 * 28 * 3 + 2},
      {28, 28, 8, "gap=0", 4 * 28 * 3, 2 * 28 * 3},
      {28, 28, 8, "columns=8", 8 * 28 * 2 + 14, 56},
      {28, 28, 8, "channels=0-3", 2 * 28 * 6 + 2, 2 * 28 * 6 + 2},
      {28, 28, 8, "channel=5", 28 * 12, 28 * 12},
      {1, 1, 1, "", 320, 320 / 2},
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    Tensor *tensor = tensor_new (1, cases[i].h, cases[i].w, cases[i].c);
    Picture *picture = view_picture (cases[i].properties, NULL, tensor);
    fail_unless (picture->width == cases[i].width && picture->height == cases[i].height,
        "case %u: %dx%d instead of %dx%d", i, picture->width, picture->height, cases[i].width,
        cases[i].height);
    picture_free (picture);
    tensor_free (tensor);
  }
}
GST_END_TEST;

/* What downstream fixes is met; when it fixes one side, the other follows the natural shape. */
GST_START_TEST (test_wanted_size)
{
  static const struct {
    const gchar *video;
    gint width, height;
  } cases[] = {
      {"video/x-raw,width=1280,height=720", 1280, 720},
      {"video/x-raw,width=1,height=1", 1, 1},
      {"video/x-raw,width=7,height=300", 7, 300},
      {"video/x-raw,width=668", 668, 668},
      {"video/x-raw,height=167", 168, 167},
      {"video/x-raw,width=[1,100],height=[1,90]", 100, 90},
  };
  Tensor *tensor = tensor_random (1, 28, 28, 16, 1); /* natural: 4 * 28 * 3 + 6 = 342 */
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    Picture *picture = view_picture ("", cases[i].video, tensor);
    fail_unless (picture->width == cases[i].width && picture->height == cases[i].height,
        "%s: %dx%d", cases[i].video, picture->width, picture->height);
    picture_free (picture);
  }
  tensor_free (tensor);
}
GST_END_TEST;

/* Any shape in any picture: nothing crashes, and no sanitizer complains. */
GST_START_TEST (test_all_sizes)
{
  static const gint shapes[][4] = {{1, 1, 1, 1}, {1, 1, 1, 4096}, {1, 7, 7, 1}, {1, 5, 9, 4096},
      {1, 1, 1000, 3}, {1, 1000, 1, 3}, {3, 13, 11, 2}, {1, 240, 320, 5}};
  static const gint sizes[][2] = {{1, 1}, {1, 50}, {50, 1}, {17, 31}, {341, 97}};
  static const gchar *const looks[] = {"", "labels=true title=true legend=true help=true",
      "columns=9999 gap=1024 page=1", "channel=0 labels=true"};
  for (guint shape = 0; shape < G_N_ELEMENTS (shapes); shape++) {
    const gint *n = shapes[shape];
    Tensor *tensor = tensor_random (n[0], n[1], n[2], n[3], shape);
    for (guint size = 0; size < G_N_ELEMENTS (sizes); size++)
      for (guint look = 0; look < G_N_ELEMENTS (looks); look++) {
        gchar *video =
            g_strdup_printf ("video/x-raw,width=%d,height=%d", sizes[size][0], sizes[size][1]);
        Picture *picture = view_picture (looks[look], video, tensor);
        fail_unless (picture->width == sizes[size][0] && picture->height == sizes[size][1]);
        picture_free (picture);
        g_free (video);
      }
    tensor_free (tensor);
  }
}
GST_END_TEST;

/* ---- Video ------------------------------------------------------------------------------------ */

/* 2x2 pixels of video in shades of gray, one map beside the other. */
static void
check_video (
    const gchar *caps, const guint8 *bytes, gsize size, gint n_maps, const guint8 *expected)
{
  ViewTest *test = view_test_new (
      "columns=3 gap=0 colormap=gray normalize=fixed maximum=256", "video/x-raw,width=96");
  gst_harness_set_src_caps_str (test->harness, caps);
  GstBuffer *buffer =
      gst_harness_push_and_pull (test->harness, gst_buffer_new_memdup (bytes, size));
  Picture *picture = view_test_picture (test, buffer);
  for (gint map = 0; map < n_maps; map++)
    for (gint y = 0; y < 2; y++)
      for (gint x = 0; x < 2; x++) {
        gint shade = (gint)(picture_at (picture, (2 * map + x) * 96 / (2 * n_maps) + 4,
                                y * 96 / (2 * n_maps) + 4) &
                            255);
        fail_unless (ABS (shade - expected[(y * 2 + x) * n_maps + map]) <= 2,
            "%s: map %d y %d x %d: %d", caps, map, y, x, shade);
      }
  picture_free (picture);
  view_test_free (test);
}

/* What everybody tries first: video is shown as its channels, padded rows and all formats included. */
GST_START_TEST (test_video)
{
  static const guint8 rgb[] = {10, 20, 30, 40, 50, 60, 0, 0, 70, 80, 90, 100, 110, 120, 0, 0};
  static const guint8 colors[] = {10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120};
  static const guint8 bgrx[] = {30, 20, 10, 1, 60, 50, 40, 2, 90, 80, 70, 3, 120, 110, 100, 4};
  static const guint8 gray[] = {10, 200, 0, 0, 30, 40, 0, 0};
  static const guint8 shades[] = {10, 200, 30, 40};
  static const guint8 ayuv[] = {
      255, 81, 90, 240, 255, 81, 90, 240, 255, 81, 90, 240, 255, 81, 90, 240};
  static const guint8 red[] = {255, 0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0};
  check_video ("video/x-raw,format=RGB,width=2,height=2,framerate=5/1", rgb, sizeof rgb, 3, colors);
  check_video (
      "video/x-raw,format=BGRx,width=2,height=2,framerate=5/1", bgrx, sizeof bgrx, 3, colors);
  check_video (
      "video/x-raw,format=GRAY8,width=2,height=2,framerate=5/1", gray, sizeof gray, 1, shades);
  check_video ("video/x-raw,format=AYUV,width=2,height=2,framerate=5/1,colorimetry=bt601", ayuv,
      sizeof ayuv, 3, red);
}
GST_END_TEST;

/* A frame on the pad `video` while nothing is linked to `sink`. */
GST_START_TEST (test_unlinked_sink)
{
  GstElement *view = gst_element_factory_make ("cnnview", "maps");
  GstBus *bus = gst_bus_new ();
  gst_element_set_bus (view, bus);
  GstHarness *video = gst_harness_new_with_element (view, "video", NULL);
  gst_harness_set_src_caps_str (video, "video/x-raw,format=GRAY8,width=4,height=4,framerate=5/1");
  GstBuffer *buffer = gst_harness_create_buffer (video, 16);
  fail_unless_equals_int (gst_harness_push (video, buffer), GST_FLOW_ERROR);
  GstMessage *message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  GError *error = NULL;
  fail_unless (message != NULL);
  gst_message_parse_error (message, &error, NULL);
  fail_unless (g_str_has_prefix (error->message, "maps: ") && strstr (error->message, "`sink`"),
      "%s", error->message);
  g_error_free (error);
  gst_message_unref (message);
  gst_harness_teardown (video);
  gst_element_set_bus (view, NULL);
  gst_object_unref (bus);
  gst_object_unref (view);
}
GST_END_TEST;

/* Words as people type them, and an answer to those that do not exist, also before there is a bus. */
GST_START_TEST (test_words)
{
  GstElement *view =
      gst_parse_launch ("cnnview name=v colormap=Grey normalize=SYMMETRIC values=no", NULL);
  gint colormap, normalize, values;
  g_object_get (view, "colormap", &colormap, "normalize", &normalize, "values", &values, NULL);
  fail_unless (colormap == 0 && normalize == 2 && values == 2);
  gst_object_unref (view);
  GstMessage *message = run_pipeline (
      "videotestsrc num-buffers=1 ! cnnview name=v colormap=jet ! fakesink", NULL, NULL);
  fail_unless (message != NULL && GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR);
  gchar *text = complaint_text (message);
  fail_unless (strstr (text, "v: colormap=jet is not one of gray, viridis") != NULL, "%s", text);
  g_free (text);
  gst_message_unref (message);
}
GST_END_TEST;

/* A file of names that is not there, or has another number of them, is a sentence. */
GST_START_TEST (test_wrong_names)
{
  GstMessage *message = run_pipeline (
      "videotestsrc num-buffers=1 ! cnnview name=v names=nowhere.txt ! fakesink", NULL, NULL);
  fail_unless (message != NULL);
  gchar *text = complaint_text (message);
  fail_unless (strstr (text, "v: ") && strstr (text, "nowhere.txt"), "%s", text);
  g_free (text);
  gst_message_unref (message);
  gchar *line = g_strdup_printf (
      "videotestsrc num-buffers=1 ! video/x-raw,format=RGB ! cnnview names=%s/names.txt ! fakesink",
      g_getenv ("CNN_FIXTURES"));
  message = run_pipeline (line, NULL, NULL);
  fail_unless (message != NULL);
  text = complaint_text (message);
  fail_unless (strstr (text, "has 10 names, but there are 3 channels") != NULL, "%s", text);
  g_free (text);
  gst_message_unref (message);
  g_free (line);
}
GST_END_TEST;

/* ---- Ranges ---------------------------------------------------------------------------------- */

/* x squared: its slope grows to the right, and against the padding falls far below 0. Without the border the
 * range spans what is inside; with it all of that is nearly white. */
GST_START_TEST (test_border)
{
  for (gint ignored = FALSE; ignored <= TRUE; ignored++) {
    GstHarness *harness = gst_harness_new_parse (
        ignored ? "cnnconv kernel=sobel-x padding=1 ! cnnview colormap=gray"
                : "cnnconv kernel=sobel-x padding=1 ! cnnview colormap=gray ignore-border=false");
    Tensor *tensor = tensor_new (1, 20, 20, 1);
    for (gint i = 0; i < 400; i++)
      tensor->values[i] = (gfloat)((i % 20) * (i % 20));
    gchar *caps = tensor_caps (tensor, &native_float);
    gst_harness_set_src_caps_str (harness, caps);
    gst_harness_set_sink_caps_str (harness, "video/x-raw,format=RGB,width=200,height=200");
    GstBuffer *buffer =
        gst_harness_push_and_pull (harness, tensor_to_buffer (tensor, &native_float));
    GstMapInfo map;
    fail_unless (gst_buffer_map (buffer, &map, GST_MAP_READ));
    const gint left = map.data[(100 * 200 + 15) * 3], right = map.data[(100 * 200 + 185) * 3];
    fail_unless (ignored ? left == 0 && right == 255 : left > 180 && right == 255,
        "ignore-border=%d: %d and %d", ignored, left, right);
    gst_buffer_unmap (buffer, &map);
    gst_buffer_unref (buffer);
    g_free (caps);
    tensor_free (tensor);
    gst_harness_teardown (harness);
  }
}
GST_END_TEST;

/* ---- Colors --------------------------------------------------------------------------------- */

/* matplotlib 3.6's colors at 0, 64, 128 and 255. */
GST_START_TEST (test_colormaps)
{
  static const struct {
    const gchar *name;
    guint32 colors[4];
  } maps[] = {
      {"gray", {0x000000, 0x404040, 0x808080, 0xffffff}},
      {"viridis", {0x440154, 0x3b528b, 0x21918c, 0xfde725}},
      {"magma", {0x000004, 0x51127c, 0xb73779, 0xfcfdbf}},
      {"inferno", {0x000004, 0x57106e, 0xbc3754, 0xfcffa4}},
      {"turbo", {0x30123b, 0x28bceb, 0xa4fc3c, 0x7a0403}},
      {"coolwarm", {0x3b4cc0, 0x8db0fe, 0xdddcdc, 0xb40426}},
  };
  static const gint places[] = {0, 64, 128, 255};
  Tensor *tensor = ramp (16, 16);
  for (guint i = 0; i < G_N_ELEMENTS (maps); i++) {
    gchar *properties =
        g_strdup_printf ("normalize=fixed minimum=0 maximum=256 colormap=%s", maps[i].name);
    Picture *picture = view_picture (properties, "video/x-raw,width=16,height=16", tensor);
    for (guint k = 0; k < G_N_ELEMENTS (places); k++) {
      guint32 color = picture_at (picture, places[k] % 16, places[k] / 16);
      for (gint shift = 0; shift < 24; shift += 8)
        fail_unless (
            ABS ((gint)(color >> shift & 255) - (gint)(maps[i].colors[k] >> shift & 255)) <= 1,
            "%s at %d: %06x instead of %06x", maps[i].name, places[k], color, maps[i].colors[k]);
    }
    picture_free (picture);
    g_free (properties);
  }
  tensor_free (tensor);
}
GST_END_TEST;

GST_START_TEST (test_formats)
{
  static const gchar *const formats[] = {"RGB", "BGR", "RGBx", "BGRx", "RGBA", "BGRA"};
  Tensor *tensor = tensor_random (1, 5, 7, 3, 1);
  Picture *first = NULL;
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    gchar *video = g_strdup_printf ("video/x-raw,format=%s,width=77,height=51", formats[i]);
    Picture *picture = view_picture ("colormap=turbo labels=true", video, tensor);
    if (first)
      assert_pictures_equal (picture, first, formats[i]);
    if (first)
      picture_free (picture);
    else
      first = picture;
    g_free (video);
  }
  picture_free (first);
  tensor_free (tensor);
}
GST_END_TEST;

/* The same numbers, however they arrive. */
GST_START_TEST (test_dialects)
{
  static const TensorFormat formats[] = {
      {"tensor/strided", "nhwc", "float32"},
      {"tensor/strided", "nchw", "float32"},
      {"tensor/strided", NULL, "float32"},
      {"other/tensors", "nhwc", "float32"},
      {"other/tensors", "nchw", "float32"},
      {"other/tensors", NULL, "float32"},
      {"tensor/strided", "nhwc", "uint8"},
      {"tensor/strided", "nchw", "uint8"},
      {"other/tensors", NULL, "uint8"},
  };
  static const gchar *const videos[] = {
      "video/x-raw,width=322,height=242", "video/x-raw,width=97,height=61"};
  Tensor *tensor = tensor_random (2, 9, 12, 6, 7);
  for (gsize i = 0; i < tensor_count (tensor); i++)
    tensor->values[i] = fabsf (tensor->values[i]);
  for (guint k = 0; k < G_N_ELEMENTS (videos); k++) {
    Picture *expected = view_picture ("normalize=layer", videos[k], tensor);
    for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
      ViewTest *test = view_test_new ("normalize=layer", videos[k]);
      view_test_start (test, tensor, &formats[i]);
      Picture *picture = view_test_push (test, tensor, &formats[i]);
      assert_pictures_equal (picture, expected, formats[i].media_type);
      picture_free (picture);
      view_test_free (test);
    }
    picture_free (expected);
  }
  tensor_free (tensor);
}
GST_END_TEST;

/* ---- Normalisation --------------------------------------------------------------------------- */

/* Gray level of a value of [0, 1]. */
static guint32
gray (gdouble x)
{
  guint32 level = (guint32)CLAMP (floor (x * 256), 0, 255);
  return level << 16 | level << 8 | level;
}

static void
check_pixels (const gchar *properties, const gfloat *values, const gdouble *shades, gint channels)
{
  Tensor *tensor = tensor_new (1, 1, 4, channels);
  for (gint x = 0; x < 4; x++)
    for (gint c = 0; c < channels; c++)
      *tensor_at (tensor, 0, 0, x, c) = values[c * 4 + x];
  gchar *all = g_strdup_printf ("colormap=gray gap=0 columns=1 %s", properties);
  gchar *video = g_strdup_printf ("video/x-raw,width=4,height=%d", channels);
  Picture *picture = view_picture (all, video, tensor);
  for (gint c = 0; c < channels; c++)
    for (gint x = 0; x < 4; x++)
      fail_unless (picture_at (picture, x, c) == gray (shades[c * 4 + x]),
          "%s: %06x instead of %06x for value %g", properties, picture_at (picture, x, c),
          gray (shades[c * 4 + x]), values[c * 4 + x]);
  picture_free (picture);
  g_free (video);
  g_free (all);
  tensor_free (tensor);
}

GST_START_TEST (test_normalisation)
{
  static const gfloat values[] = {0, 1, 2, 4, -8, 0, 4, 8};
  check_pixels (
      "normalize=channel", values, (const gdouble[]){0, 0.25, 0.5, 1, 0, 0.5, 0.75, 1}, 2);
  check_pixels (
      "normalize=layer", values, (const gdouble[]){0.5, 0.5625, 0.625, 0.75, 0, 0.5, 0.75, 1}, 2);
  check_pixels ("normalize=fixed minimum=-1 maximum=3", values,
      (const gdouble[]){0.25, 0.5, 0.75, 1, 0, 0.25, 1, 1}, 2);
  static const gfloat skewed[] = {-1, 0, 2, 4};
  check_pixels ("normalize=symmetric", skewed, (const gdouble[]){0.375, 0.5, 0.75, 1}, 1);
  check_pixels (
      "normalize=fixed maximum=4 gamma=2", values, (const gdouble[]){0, 1 / 16.0, 0.25, 1}, 1);
  check_pixels (
      "normalize=fixed maximum=4 gamma=0.5", values, (const gdouble[]){0, 0.5, 0.70710678, 1}, 1);
  static const gfloat constant[] = {3, 3, 3, 3};
  check_pixels ("normalize=channel", constant, (const gdouble[]){0, 0, 0, 0}, 1);
}
GST_END_TEST;

GST_START_TEST (test_not_finite)
{
  Tensor *tensor = tensor_new (1, 1, 4, 1);
  const gfloat values[] = {NAN, INFINITY, -INFINITY, 1};
  for (gint x = 0; x < 4; x++)
    tensor->values[x] = values[x];
  Picture *picture = view_picture ("", "video/x-raw,width=4,height=1", tensor);
  fail_unless_equals_int_hex (picture_at (picture, 0, 0), 0xff00ff);
  fail_unless_equals_int_hex (picture_at (picture, 1, 0), 0x00ff00);
  fail_unless_equals_int_hex (picture_at (picture, 2, 0), 0x00ffff);
  fail_unless_equals_int_hex (picture_at (picture, 3, 0), 0x440154);
  picture_free (picture);
  for (gint x = 0; x < 4; x++)
    tensor->values[x] = NAN;
  picture = view_picture (
      "normalize=symmetric labels=true legend=true", "video/x-raw,width=400,height=300", tensor);
  picture_free (picture);
  tensor_free (tensor);
}
GST_END_TEST;

/* Two of a hundred values stand far out; two percent at each end leave them out of the range. */
GST_START_TEST (test_clip)
{
  Tensor *tensor = ramp (10, 10);
  tensor->values[0] = -1000;
  tensor->values[99] = 1000;
  static const gchar *const normalizes[] = {"channel", "layer"};
  for (guint i = 0; i < G_N_ELEMENTS (normalizes); i++) {
    gchar *properties = g_strdup_printf ("clip=2 colormap=gray normalize=%s", normalizes[i]);
    Picture *picture = view_picture (properties, "video/x-raw,width=10,height=10", tensor);
    fail_unless_equals_int_hex (picture_at (picture, 0, 0), 0x000000);
    fail_unless_equals_int_hex (picture_at (picture, 9, 9), 0xffffff);
    /* One level of 2000 / 1024 is as near as the clipped range is known. */
    gint half = (gint)(picture_at (picture, 0, 5) & 255);
    fail_unless (ABS (half - 128) < 8, "50 of 0 to 99 is %d", half);
    picture_free (picture);
    g_free (properties);
  }
  tensor_free (tensor);
}
GST_END_TEST;

/* Half of what was, half of what is. */
GST_START_TEST (test_smoothing)
{
  ViewTest *test =
      view_test_new ("smoothing=0.5 colormap=gray normalize=layer", "video/x-raw,width=2,height=1");
  Tensor *tensor = ramp (1, 2);
  tensor->values[1] = 4;
  view_test_start (test, tensor, &native_float);
  picture_free (view_test_push (test, tensor, &native_float));
  tensor->values[1] = 2; /* the range is now [0, 3] */
  Picture *picture = view_test_push (test, tensor, &native_float);
  fail_unless_equals_int_hex (picture_at (picture, 1, 0), gray (2 / 3.0));
  picture_free (picture);
  tensor_free (tensor);
  view_test_free (test);
}
GST_END_TEST;

/* ---- Tiles ----------------------------------------------------------------------------------- */

/* Channel c is c everywhere. */
static Tensor *
levels (gint h, gint w, gint c)
{
  Tensor *tensor = tensor_new (1, h, w, c);
  for (gsize i = 0; i < tensor_count (tensor); i++)
    tensor->values[i] = (gfloat)(i % (gsize)c);
  return tensor;
}

#define LEVELS "normalize=fixed maximum=256 colormap=gray "

GST_START_TEST (test_grid)
{
  Tensor *tensor = levels (4, 6, 5);
  /* Two columns and three rows of 12x8 with a gap of 3. */
  Picture *picture =
      view_picture (LEVELS "columns=2 gap=3", "video/x-raw,width=27,height=30", tensor);
  for (gint y = 0; y < 30; y++)
    for (gint x = 0; x < 27; x++) {
      gint column = x / 15, row = y / 11, channel = 2 * row + column;
      gboolean gap = x % 15 >= 12 || y % 11 >= 8 || channel > 4;
      guint32 expected = gap ? BACKGROUND : gray (channel / 256.0);
      fail_unless (picture_at (picture, x, y) == expected, "%06x at x %d y %d",
          picture_at (picture, x, y), x, y);
    }
  picture_free (picture);
  tensor_free (tensor);
}
GST_END_TEST;

GST_START_TEST (test_channels)
{
  static const struct {
    const gchar *properties;
    gint shown[6];
  } cases[] = {
      {"channels=all", {0, 1, 2, 3, 4, 5}},
      {"channels=\"\"", {0, 1, 2, 3, 4, 5}},
      {"channels=1-2,5", {1, 2, 5, -1, -1, -1}},
      {"channels=\" 5 , 3 - 4,4 \"", {5, 3, 4, -1, -1, -1}},
      {"channel=3", {3, -1, -1, -1, -1, -1}},
      {"channel=0 channels=4", {0, -1, -1, -1, -1, -1}},
  };
  Tensor *tensor = levels (3, 3, 6);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    gchar *properties = g_strdup_printf (LEVELS "columns=6 gap=1 %s", cases[i].properties);
    ViewTest *test = view_test_new (properties, NULL);
    view_test_start (test, tensor, &native_float);
    Picture *picture = view_test_push (test, tensor, &native_float);
    gint count = 0;
    while (count < 6 && cases[i].shown[count] >= 0)
      count++;
    gint step = (picture->width + 1) / count;
    for (gint k = 0; k < count; k++)
      fail_unless (picture_at (picture, k * step, 0) == gray (cases[i].shown[k] / 256.0),
          "%s: tile %d is %06x", cases[i].properties, k, picture_at (picture, k * step, 0));
    picture_free (picture);
    view_test_free (test);
    g_free (properties);
  }
  tensor_free (tensor);
}
GST_END_TEST;

/* Enlargement repeats values, reduction averages them. */
GST_START_TEST (test_scaling)
{
  Tensor *tensor = ramp (8, 8);
  Picture *picture = view_picture (LEVELS, "video/x-raw,width=40,height=40", tensor);
  for (gint y = 0; y < 40; y++)
    for (gint x = 0; x < 40; x++)
      fail_unless_equals_int_hex (picture_at (picture, x, y), gray ((y / 5 * 8 + x / 5) / 256.0));
  picture_free (picture);
  picture = view_picture (LEVELS, "video/x-raw,width=4,height=4", tensor);
  for (gint y = 0; y < 4; y++)
    for (gint x = 0; x < 4; x++)
      fail_unless_equals_int_hex (
          picture_at (picture, x, y), gray ((y * 16 + x * 2 + 4.5) / 256.0));
  picture_free (picture);
  tensor_free (tensor);
}
GST_END_TEST;

/* ---- Life ------------------------------------------------------------------------------------ */

GST_START_TEST (test_changes_while_playing)
{
  static const struct {
    const gchar *name, *value;
  } changes[] = {{"columns", "1"}, {"columns", "0"}, {"channels", "0-3"}, {"channel", "2"},
      {"channel", "-1"}, {"channels", "all"}, {"normalize", "layer"}, {"normalize", "symmetric"},
      {"normalize", "fixed"}, {"minimum", "-3"}, {"maximum", "2"}, {"gamma", "0.5"},
      {"smoothing", "0.9"}, {"clip", "2"}, {"colormap", "turbo"}, {"labels", "true"},
      {"legend", "true"}, {"title", "true"}, {"help", "true"}, {"gap", "9"}, {"page", "5"},
      {"freeze", "true"}, {"freeze", "false"}};
  ViewTest *test = view_test_new ("", "video/x-raw,width=320,height=200");
  Tensor *tensor = tensor_random (1, 6, 9, 8, 3);
  view_test_start (test, tensor, &native_float);
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++) {
    gst_util_set_object_arg (G_OBJECT (test->view), changes[i].name, changes[i].value);
    picture_free (view_test_push (test, tensor, &native_float));
  }
  tensor_free (tensor);
  view_test_free (test);
}
GST_END_TEST;

GST_START_TEST (test_bad_values_while_playing)
{
  ViewTest *test = view_test_new ("channels=1-2 channel=1", "video/x-raw,width=64,height=64");
  Tensor *tensor = levels (3, 3, 6);
  gchar *channels;
  gint channel;
  view_test_start (test, tensor, &native_float);
  picture_free (view_test_push (test, tensor, &native_float));
  g_object_set (test->view, "channels", "1-x", NULL);
  view_test_expect (test, GST_MESSAGE_WARNING, "channels=\"1-x\" is not a list");
  g_object_set (test->view, "channels", "0-6", NULL);
  view_test_expect (test, GST_MESSAGE_WARNING, "asks for channel 6, but there are 6");
  g_object_set (test->view, "channel", 6, NULL);
  view_test_expect (test, GST_MESSAGE_WARNING, "channel=6");
  g_object_get (test->view, "channels", &channels, "channel", &channel, NULL);
  fail_unless_equals_string (channels, "1-2");
  fail_unless_equals_int (channel, 1);
  picture_free (view_test_push (test, tensor, &native_float));
  g_free (channels);
  tensor_free (tensor);
  view_test_free (test);
}
GST_END_TEST;

GST_START_TEST (test_refusals)
{
  static const struct {
    const gchar *properties, *text;
  } cases[] = {
      {"channels=3-1", "is not a list of channels"},
      {"channels=1;2", "is not a list of channels"},
      {"channels=1,", "is not a list of channels"},
      {"channels=99999999999", "is not a list of channels"},
      {"channels=0-6", "asks for channel 6, but there are 6"},
      {"channel=7", "channel=7 asks for a channel that is not there: there are 6"},
      {"normalize=fixed minimum=2 maximum=1", "a minimum below the maximum, not 2 and 1"},
  };
  Tensor *tensor = levels (3, 3, 6);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    GstElement *view = gst_element_factory_make ("cnnview", NULL);
    GstBus *bus = gst_bus_new ();
    gst_element_set_bus (view, bus);
    gchar **settings = g_strsplit (cases[i].properties, " ", 0);
    for (guint k = 0; settings[k]; k++) {
      gchar **pair = g_strsplit (settings[k], "=", 2);
      gst_util_set_object_arg (G_OBJECT (view), pair[0], pair[1]);
      g_strfreev (pair);
    }
    g_strfreev (settings);
    ViewTest test = {NULL, view, bus};
    if (gst_element_set_state (view, GST_STATE_PAUSED) != GST_STATE_CHANGE_FAILURE) {
      gchar *caps = tensor_caps (tensor, &native_float);
      test.harness = gst_harness_new_with_element (view, "sink", "src");
      gst_harness_set_src_caps_str (test.harness, caps);
      g_free (caps);
    }
    view_test_expect (&test, GST_MESSAGE_ERROR, cases[i].text);
    gst_element_set_state (view, GST_STATE_NULL);
    gst_element_set_bus (view, NULL);
    gst_object_unref (bus);
    if (test.harness)
      gst_harness_teardown (test.harness);
    gst_object_unref (view);
  }
  tensor_free (tensor);
}
GST_END_TEST;

/* A buffer of another size than the caps say is refused, not read. */
GST_START_TEST (test_wrong_buffer)
{
  ViewTest *test = view_test_new ("", "video/x-raw,width=64,height=64");
  Tensor *tensor = levels (3, 3, 6);
  view_test_start (test, tensor, &native_float);
  fail_unless_equals_int (
      gst_harness_push (test->harness, gst_buffer_new_allocate (NULL, 20, NULL)), GST_FLOW_ERROR);
  view_test_expect (test, GST_MESSAGE_ERROR, "20 bytes");
  tensor_free (tensor);
  view_test_free (test);
}
GST_END_TEST;

/* Another shape in the middle of the stream. */
GST_START_TEST (test_new_shape)
{
  ViewTest *test = view_test_new ("labels=true freeze=true", "video/x-raw,width=200,height=100");
  for (gint c = 1; c < 40; c += 7) {
    Tensor *tensor = levels (c, 40 - c, c);
    view_test_start (test, tensor, &native_float);
    picture_free (view_test_push (test, tensor, &native_float));
    picture_free (view_test_push (test, tensor, &native_float));
    tensor_free (tensor);
  }
  view_test_free (test);
}
GST_END_TEST;

/* The frame rate, the timestamps and the shape of the pixels. */
GST_START_TEST (test_stream_passes)
{
  ViewTest *test = view_test_new ("", NULL);
  gst_harness_set_src_caps_str (test->harness,
      "tensor/strided,type=float32,dims=(int)<1,2,2,1>,dims-order=row-major,layout=nhwc,"
      "framerate=25/2");
  GstBuffer *buffer = gst_harness_create_buffer (test->harness, 16);
  gst_buffer_memset (buffer, 0, 0, 16);
  GST_BUFFER_PTS (buffer) = 3 * GST_SECOND;
  GST_BUFFER_DURATION (buffer) = GST_MSECOND;
  buffer = gst_harness_push_and_pull (test->harness, buffer);
  fail_unless_equals_uint64 (GST_BUFFER_PTS (buffer), 3 * GST_SECOND);
  fail_unless_equals_uint64 (GST_BUFFER_DURATION (buffer), GST_MSECOND);
  gst_buffer_unref (buffer);
  GstCaps *caps = gst_pad_get_current_caps (test->harness->sinkpad);
  GstVideoInfo info;
  fail_unless (gst_video_info_from_caps (&info, caps));
  fail_unless (info.fps_n == 25 && info.fps_d == 2 && info.par_n == 1 && info.par_d == 1);
  gst_caps_unref (caps);
  view_test_free (test);
}
GST_END_TEST;

static Suite *
view_suite (void)
{
  Suite *suite = suite_create ("cnnview");
  TCase *tests = tcase_create ("pictures");
  suite_add_tcase (suite, tests);
  tcase_add_test (tests, test_natural_size);
  tcase_add_test (tests, test_wanted_size);
  tcase_add_test (tests, test_all_sizes);
  tcase_add_test (tests, test_video);
  tcase_add_test (tests, test_unlinked_sink);
  tcase_add_test (tests, test_words);
  tcase_add_test (tests, test_wrong_names);
  tcase_add_test (tests, test_border);
  tcase_add_test (tests, test_colormaps);
  tcase_add_test (tests, test_formats);
  tcase_add_test (tests, test_dialects);
  tcase_add_test (tests, test_normalisation);
  tcase_add_test (tests, test_not_finite);
  tcase_add_test (tests, test_clip);
  tcase_add_test (tests, test_smoothing);
  tcase_add_test (tests, test_grid);
  tcase_add_test (tests, test_channels);
  tcase_add_test (tests, test_scaling);
  tcase_add_test (tests, test_changes_while_playing);
  tcase_add_test (tests, test_bad_values_while_playing);
  tcase_add_test (tests, test_refusals);
  tcase_add_test (tests, test_wrong_buffer);
  tcase_add_test (tests, test_new_shape);
  tcase_add_test (tests, test_stream_passes);
  return suite;
}

GST_CHECK_MAIN (view);
