/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Video on both pads: every format, strides, normalisation, and layers that end in video. */
#include "layertest.h"

#include <gst/video/video.h>
#include <math.h>
#include <string.h>

#define GARBAGE 0xab

static const gchar *const input_formats[] = {"GRAY8", "GRAY16_LE", "RGB", "BGR", "RGBA", "BGRA",
    "ARGB", "ABGR", "RGBx", "BGRx", "xRGB", "xBGR", "RGBP", "BGRP", "GBR"};

/* A sample that tells place and channel apart. */
static guint
sample (gint x, gint y, gint channel)
{
  return (guint)(x * 7 + y * 31 + channel * 83 + 5) & 0xff;
}

/* A frame whose rows are `extra` bytes further apart than they need to be; what is no sample is garbage. The
 * place of each sample is GStreamer's own idea of the format. */
static GstBuffer *
make_frame (GstVideoInfo *info, gint extra)
{
  gsize offset = 0;
  GstVideoInfo wide = *info;
  for (guint p = 0; p < GST_VIDEO_INFO_N_PLANES (info); p++) {
    wide.stride[p] = info->stride[p] + extra;
    wide.offset[p] = offset;
    offset += (gsize)wide.stride[p] * (gsize)info->height;
  }
  wide.size = offset;
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, offset, NULL);
  gst_buffer_memset (buffer, 0, GARBAGE, offset);
  gst_buffer_add_video_meta_full (buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_INFO_FORMAT (info),
      (guint)info->width, (guint)info->height, GST_VIDEO_INFO_N_PLANES (info), wide.offset,
      wide.stride);
  GstVideoFrame frame;
  fail_unless (gst_video_frame_map (&frame, info, buffer, GST_MAP_READWRITE));
  const gint channels = GST_VIDEO_INFO_IS_GRAY (info) ? 1 : 3;
  for (gint c = 0; c < channels; c++)
    for (gint y = 0; y < info->height; y++)
      for (gint x = 0; x < info->width; x++) {
        guint8 *at = (guint8 *)GST_VIDEO_FRAME_COMP_DATA (&frame, c) +
                     y * GST_VIDEO_FRAME_COMP_STRIDE (&frame, c) +
                     x * GST_VIDEO_FRAME_COMP_PSTRIDE (&frame, c);
        /* 257 times the sample has it in both bytes. */
        for (guint byte = 0; byte < GST_VIDEO_FRAME_COMP_DEPTH (&frame, c) / 8; byte++)
          at[byte] = (guint8)sample (x, y, c);
      }
  gst_video_frame_unmap (&frame);
  return buffer;
}

/* The layer's output for a frame of this format must be the samples in R,G,B order. */
static void
check_input (const gchar *elements, const gchar *format, gint width, gint height, gint extra)
{
  GstVideoInfo info;
  gst_video_info_set_format (
      &info, gst_video_format_from_string (format), (guint)width, (guint)height);
  gchar *caps = g_strdup_printf (
      "video/x-raw, format=%s, width=%d, height=%d, framerate=25/1", format, width, height);
  gchar *what = g_strdup_printf (
      "%s of %s %dx%d, rows %d bytes further apart", elements, format, width, height, extra);
  LayerTest *test = layer_test_new (elements);
  gst_harness_set_sink_caps_str (test->harness, "tensor/strided, layout=(string)nhwc");
  GstBuffer *buffer = layer_test_push (test, caps, make_frame (&info, extra));
  Tensor *output = layer_test_output (test, buffer);
  Tensor *expected = tensor_new (1, height, width, GST_VIDEO_INFO_IS_GRAY (&info) ? 1 : 3);
  for (gint y = 0; y < height; y++)
    for (gint x = 0; x < width; x++)
      for (gint c = 0; c < expected->c; c++)
        *tensor_at (expected, 0, y, x, c) = (gfloat)sample (x, y, c) / 255;
  assert_tensors_near (output, expected, 1e-7, 1e-6, what);
  tensor_free (expected);
  tensor_free (output);
  layer_test_free (test);
  g_free (what);
  g_free (caps);
}

GST_START_TEST (test_input_formats)
{
  static const gchar *const elements[] = {"cnnconv kernel=identity kernel-size=1",
      "cnnconv kernel=identity padding=1", "cnnpool kernel-size=1",
      "cnnpool kernel-size=1 mode=average"};
  static const gint sizes[][2] = {{1, 1}, {5, 3}, {2, 7}, {17, 4}, {67, 5}};
  for (guint f = 0; f < G_N_ELEMENTS (input_formats); f++)
    for (guint e = 0; e < G_N_ELEMENTS (elements); e++)
      for (guint s = 0; s < G_N_ELEMENTS (sizes); s++) {
        check_input (elements[e], input_formats[f], sizes[s][0], sizes[s][1], 0);
        check_input (elements[e], input_formats[f], sizes[s][0], sizes[s][1], 13 + 100 * (gint)s);
      }
}
GST_END_TEST;

GST_START_TEST (test_full_hd)
{
  for (guint f = 0; f < G_N_ELEMENTS (input_formats); f++)
    check_input ("cnnpool kernel-size=1", input_formats[f], 1920, 1080, (gint)f % 2 * 64);
  check_input ("cnnconv kernel=identity padding=1", "BGRx", 1920, 1080, 0);
  check_input ("cnn1x1 out-channels=3 coefficients=<1,0,0,0,1,0,0,0,1>", "RGB", 1920, 1080, 256);
}
GST_END_TEST;

/* x = (sample * scale - mean[c]) / std[c] */
static void
check_normalization (const gchar *properties, const gchar *format, gdouble scale,
    const gdouble mean[3], const gdouble std[3])
{
  static const gchar *const elements[] = {
      "cnnpool kernel-size=1", "cnnconv kernel=identity kernel-size=1"};
  for (guint e = 0; e < G_N_ELEMENTS (elements); e++) {
    GstVideoInfo info;
    gst_video_info_set_format (&info, gst_video_format_from_string (format), 9, 4);
    gchar *caps =
        g_strdup_printf ("video/x-raw, format=%s, width=9, height=4, framerate=25/1", format);
    gchar *element = g_strdup_printf ("%s %s", elements[e], properties);
    LayerTest *test = layer_test_new (element);
    gst_harness_set_sink_caps_str (test->harness, "tensor/strided, layout=(string)nhwc");
    GstBuffer *buffer = layer_test_push (test, caps, make_frame (&info, 3));
    Tensor *output = layer_test_output (test, buffer);
    Tensor *expected = tensor_new (1, 4, 9, output->c);
    const gdouble wide = GST_VIDEO_INFO_COMP_DEPTH (&info, 0) == 16 ? 257 : 1;
    for (gint y = 0; y < 4; y++)
      for (gint x = 0; x < 9; x++)
        for (gint c = 0; c < output->c; c++)
          *tensor_at (expected, 0, y, x, c) =
              (gfloat)((sample (x, y, c) * wide * scale - mean[c]) / std[c]);
    assert_tensors_near (output, expected, 1e-5, 1e-5, element);
    tensor_free (expected);
    tensor_free (output);
    layer_test_free (test);
    g_free (element);
    g_free (caps);
  }
}

GST_START_TEST (test_normalization)
{
  const gdouble none[] = {0, 0, 0}, ones[] = {1, 1, 1};
  check_normalization ("scale=1", "RGB", 1, none, ones);
  check_normalization ("scale=1", "GRAY16_LE", 1, none, ones);
  check_normalization ("", "GRAY16_LE", 1 / 65535.0, none, ones);
  check_normalization ("mean=<0.5> std=<0.25>", "BGRx", 1 / 255.0, (gdouble[]){0.5, 0.5, 0.5},
      (gdouble[]){0.25, 0.25, 0.25});
  check_normalization ("mean=<0.485,0.456,0.406> std=<0.229,0.224,0.225>", "BGR", 1 / 255.0,
      (gdouble[]){0.485, 0.456, 0.406}, (gdouble[]){0.229, 0.224, 0.225});
  check_normalization (
      "scale=2 mean=<1,2,3> std=<-1,4,8>", "GBR", 2, (gdouble[]){1, 2, 3}, (gdouble[]){-1, 4, 8});
}
GST_END_TEST;

/* Floats are taken as they are. */
GST_START_TEST (test_floats_stay)
{
  assert_result ("cnnpool kernel-size=1 scale=3 mean=<5> std=<7>", "1 -2 | 3 4", "1 -2 | 3 4");
}
GST_END_TEST;

/* --- Video out ------------------------------------------------------------------------------------ */

static const gfloat interesting[] = {0, 1, 0.5f, 0.3f, 0.1f, -0.2f, 1.5f, 0.999f, 0.001f, 0.7f,
    0.9f, -1e30f, 1e30f, 0.00196f, 0.00197f, 2.0f / 255, 254.5f / 255, INFINITY, -INFINITY, NAN,
    -NAN};

static guint8
expected_byte (gfloat value)
{
  if (isnan (value))
    return 0;
  return (guint8)lrintf (fminf (fmaxf (255 * value, 0), 255)); /* ties to even */
}

static void
check_output (const gchar *elements, const gchar *format, gint width, gint height, gint channels)
{
  Tensor *input = tensor_new (1, height, width, channels);
  for (gsize i = 0; i < tensor_count (input); i++)
    input->values[i] = interesting[i * 7 % G_N_ELEMENTS (interesting)];
  LayerTest *test = layer_test_new (elements);
  gchar *wanted = g_strdup_printf ("video/x-raw, format=%s", format);
  gchar *caps = tensor_caps (input, &native_float);
  gst_harness_set_sink_caps_str (test->harness, wanted);
  GstBuffer *buffer = layer_test_push (test, caps, tensor_to_buffer (input, &native_float));
  GstCaps *output_caps = layer_test_output_caps (test);
  GstVideoInfo info;
  GstVideoFrame frame;
  fail_unless (gst_video_info_from_caps (&info, output_caps));
  fail_unless_equals_string (gst_video_format_to_string (GST_VIDEO_INFO_FORMAT (&info)), format);
  fail_unless_equals_int (info.width, width);
  fail_unless_equals_int (info.height, height);
  fail_unless_equals_int (info.fps_n, 25);
  fail_unless (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ));
  for (gint y = 0; y < height; y++)
    for (gint x = 0; x < width; x++) {
      const guint8 *pixel = (const guint8 *)GST_VIDEO_FRAME_PLANE_DATA (&frame, 0) +
                            y * GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0) +
                            x * GST_VIDEO_FRAME_COMP_PSTRIDE (&frame, 0);
      gint filled = 0;
      for (gint c = 0; c < channels; c++) {
        const gint offset = GST_VIDEO_FRAME_COMP_POFFSET (&frame, c);
        const gfloat value = *tensor_at (input, 0, y, x, c);
        filled += offset;
        if (pixel[offset] != expected_byte (value))
          fail ("%s: %g in channel %d became %d, not %d", format, value, c, pixel[offset],
              expected_byte (value));
      }
      if (GST_VIDEO_FRAME_COMP_PSTRIDE (&frame, 0) == 4 && pixel[6 - filled] != 255)
        fail ("%s: the byte beside the colors is %d, not 255", format, pixel[6 - filled]);
    }
  gst_video_frame_unmap (&frame);
  gst_buffer_unref (buffer);
  gst_caps_unref (output_caps);
  layer_test_free (test);
  tensor_free (input);
  g_free (caps);
  g_free (wanted);
}

GST_START_TEST (test_output_formats)
{
  static const gchar *const colors[] = {"RGB", "BGR", "RGBx", "BGRx", "RGBA", "BGRA"};
  static const gchar *const elements[] = {"cnnpool kernel-size=1",
      "cnnpool kernel-size=1 mode=average", "cnnconv kernel=identity kernel-size=1"};
  static const gint sizes[][2] = {{1, 1}, {5, 3}, {21, 4}, {67, 2}, {640, 480}};
  for (guint e = 0; e < G_N_ELEMENTS (elements); e++)
    for (guint s = 0; s < G_N_ELEMENTS (sizes); s++) {
      check_output (elements[e], "GRAY8", sizes[s][0], sizes[s][1], 1);
      for (guint f = 0; f < G_N_ELEMENTS (colors); f++)
        check_output (elements[e], colors[f], sizes[s][0], sizes[s][1], 3);
    }
  check_output ("cnnpool kernel-size=1", "BGRx", 1920, 1080, 3);
}
GST_END_TEST;

/* A peer that takes anything gets tensors, one that takes video alone gets video. */
GST_START_TEST (test_tensors_are_preferred)
{
  static const struct {
    const gchar *peer, *name;
  } rows[] = {
      {"ANY", "tensor/strided"},
      {"video/x-raw", "video/x-raw"},
      {"video/x-raw; tensor/strided", "tensor/strided"},
      {"other/tensors", "other/tensors"},
      {"other/tensors; video/x-raw; tensor/strided", "tensor/strided"},
      {"video/x-raw; other/tensors", "other/tensors"},
  };
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    LayerTest *test = layer_test_new ("cnnpool");
    gst_harness_set_sink_caps_str (test->harness, rows[i].peer);
    gst_harness_set_src_caps_str (
        test->harness, "video/x-raw, format=RGB, width=8, height=6, framerate=25/1");
    GstCaps *caps = layer_test_output_caps (test);
    fail_unless_equals_string (
        gst_structure_get_name (gst_caps_get_structure (caps, 0)), rows[i].name);
    gst_caps_unref (caps);
    layer_test_free (test);
  }
}
GST_END_TEST;

static gboolean
answer_video_first (GstPad *pad, GstObject *parent, GstQuery *query)
{
  GstCaps *filter;
  if (GST_QUERY_TYPE (query) != GST_QUERY_CAPS)
    return gst_pad_query_default (pad, parent, query);
  GstCaps *caps = gst_caps_from_string ("video/x-raw; tensor/strided");
  gst_query_parse_caps (query, &filter);
  if (filter) {
    GstCaps *filtered = gst_caps_intersect_full (caps, filter, GST_CAPS_INTERSECT_FIRST);
    gst_caps_unref (caps);
    caps = filtered;
  }
  gst_query_set_caps_result (query, caps);
  gst_caps_unref (caps);
  return TRUE;
}

/* Also when the answer does not keep the order of the question, as cnnview's on GStreamer 1.26. */
GST_START_TEST (test_tensors_are_preferred_to_the_peers_order)
{
  GstHarness *harness = gst_harness_new ("cnnpool");
  gst_pad_set_query_function (harness->sinkpad, answer_video_first);
  gst_harness_set_src_caps_str (
      harness, "video/x-raw, format=RGB, width=8, height=6, framerate=25/1");
  GstCaps *caps = gst_pad_get_current_caps (harness->sinkpad);
  fail_unless (caps != NULL);
  fail_unless (gst_structure_has_name (gst_caps_get_structure (caps, 0), "tensor/strided"));
  gst_caps_unref (caps);
  gst_harness_teardown (harness);
}
GST_END_TEST;

GST_START_TEST (test_video_pipelines)
{
  assert_pipeline_runs ("videotestsrc num-buffers=3 ! cnnconv kernel=sharpen ! videoconvert ! "
                        "video/x-raw,format=I420 ! fakesink");
  assert_pipeline_runs ("videotestsrc num-buffers=3 ! cnnconv kernel=sobel-x ! videoconvert ! "
                        "videoscale ! video/x-raw,width=50,height=40 ! fakesink");
  assert_pipeline_runs ("videotestsrc num-buffers=3 pattern=snow ! video/x-raw,format=GRAY8 ! "
                        "cnnpool mode=average ! video/x-raw,format=GRAY8 ! jpegenc ! fakesink");
}
GST_END_TEST;

static Suite *
video_suite (void)
{
  Suite *suite = suite_create ("video");
  TCase *tests = tcase_create ("formats");
  suite_add_tcase (suite, tests);
  tcase_add_test (tests, test_input_formats);
  tcase_add_test (tests, test_full_hd);
  tcase_add_test (tests, test_normalization);
  tcase_add_test (tests, test_floats_stay);
  tcase_add_test (tests, test_output_formats);
  tcase_add_test (tests, test_tensors_are_preferred);
  tcase_add_test (tests, test_tensors_are_preferred_to_the_peers_order);
  tcase_add_test (tests, test_video_pipelines);
  return suite;
}

GST_CHECK_MAIN (video);
