/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GStreamer's own tensors: layers describe their output by them (GStreamer 1.26 and later). */
#include "layertest.h"

#ifdef HAVE_GST_ANALYTICS

#include <gst/analytics/analytics.h>

#include <string.h>

static void
check_tensor (const gchar *layout, const gsize *dims)
{
  GstHarness *harness = gst_harness_new_parse ("cnnconv kernel=sobel padding=1");
  gchar *wanted = g_strdup_printf ("tensor/strided,layout=%s", layout);
  gst_harness_set_sink_caps_str (harness, wanted);
  gst_harness_set_src_caps_str (harness, "video/x-raw,format=RGB,width=8,height=6,framerate=30/1");
  GstBuffer *frame =
      gst_harness_push_and_pull (harness, gst_harness_create_buffer (harness, 8 * 6 * 3));
  GstTensorMeta *meta = gst_buffer_get_tensor_meta (frame);
  fail_unless (meta != NULL);
  fail_unless_equals_uint64 (meta->num_tensors, 1);
  const GstTensor *tensor = gst_tensor_meta_get (meta, 0);
  fail_unless_equals_int (tensor->data_type, GST_TENSOR_DATA_TYPE_FLOAT32);
  fail_unless_equals_int (tensor->dims_order, GST_TENSOR_DIM_ORDER_ROW_MAJOR);
  fail_unless_equals_uint64 (tensor->num_dims, 4);
  fail_unless (memcmp (tensor->dims, dims, 4 * sizeof *dims) == 0);

  GstMapInfo samples, described;
  fail_unless (gst_buffer_map (frame, &samples, GST_MAP_READ));
  fail_unless (gst_buffer_map (tensor->data, &described, GST_MAP_READ));
  fail_unless (samples.data == described.data, "the samples were copied");
  fail_unless_equals_uint64 (described.size, 6 * 8 * 6 * sizeof (gfloat));
  gst_buffer_unmap (tensor->data, &described);
  gst_buffer_unmap (frame, &samples);
  gst_buffer_unref (frame);
  g_free (wanted);
  gst_harness_teardown (harness);
}

GST_START_TEST (test_output_is_described)
{
  const gsize nhwc[] = {1, 6, 8, 6}, nchw[] = {1, 6, 6, 8};
  check_tensor ("nhwc", nhwc);
  check_tensor ("nchw", nchw);
}

GST_END_TEST

static GstHarness *
view_harness (const gchar *caps)
{
  GstHarness *harness = gst_harness_new ("cnnview");
  gst_harness_set_sink_caps_str (harness, "video/x-raw,format=RGB,width=120,height=90");
  gst_harness_set_src_caps_str (harness, caps);
  return harness;
}

static GstBuffer *
samples_buffer (gsize count)
{
  GstBuffer *samples = gst_buffer_new_allocate (NULL, count * sizeof (gfloat), NULL);
  GstMapInfo map;
  fail_unless (gst_buffer_map (samples, &map, GST_MAP_WRITE));
  for (gsize i = 0; i < count; i++)
    ((gfloat *)map.data)[i] = (gfloat)(i * 7 % 13);
  gst_buffer_unmap (samples, &map);
  return samples;
}

/* A video frame that brings feature maps of `rows` x 4 in 2 channels with it. */
static GstBuffer *
frame_with_tensor (GstHarness *harness, gsize rows)
{
  gsize dims[] = {1, 2, rows, 4};
  GstBuffer *frame = gst_harness_create_buffer (harness, 32 * 24 * 3 / 2);
  GstTensor **tensors = g_new (GstTensor *, 1);
  tensors[0] =
      gst_tensor_new_simple (g_quark_from_static_string ("features"), GST_TENSOR_DATA_TYPE_FLOAT32,
          samples_buffer (2 * rows * 4), GST_TENSOR_DIM_ORDER_ROW_MAJOR, 4, dims);
  gst_tensor_meta_set (gst_buffer_add_tensor_meta (frame), 1, tensors);
  return frame;
}

static void
assert_same_picture (GstBuffer *picture, GstBuffer *expected)
{
  GstMapInfo map;
  fail_unless (gst_buffer_map (expected, &map, GST_MAP_READ));
  fail_unless_equals_uint64 (gst_buffer_get_size (picture), map.size);
  fail_unless_equals_int (gst_buffer_memcmp (picture, 0, map.data, map.size), 0);
  gst_buffer_unmap (expected, &map);
}

/* cnnview shows a tensor that rides on video as it shows one that comes by itself, also when the next one
 * has another shape. */
GST_START_TEST (test_view_of_riding_tensors)
{
  GstHarness *riding = view_harness ("video/x-raw,format=I420,width=32,height=24,framerate=30/1");
  for (gsize rows = 3; rows < 6; rows++) {
    gchar *caps = g_strdup_printf (
        "tensor/strided,type=float32,layout=nchw,dims=(int)<1,2,%d,4>,framerate=30/1", (gint)rows);
    GstHarness *alone = view_harness (caps);
    GstBuffer *expected = gst_harness_push_and_pull (alone, samples_buffer (2 * rows * 4));
    GstBuffer *picture = gst_harness_push_and_pull (riding, frame_with_tensor (riding, rows));
    assert_same_picture (picture, expected);
    gst_buffer_unref (picture);
    gst_buffer_unref (expected);
    g_free (caps);
    gst_harness_teardown (alone);
  }
  gst_harness_teardown (riding);
}

GST_END_TEST

/* Without tensors the channels of the video itself are shown. */
GST_START_TEST (test_video_without_tensors)
{
  GstMessage *message =
      run_pipeline ("videotestsrc num-buffers=1 ! cnnview ! fakesink", NULL, NULL);
  fail_unless (message == NULL);
}

GST_END_TEST

static Suite *
tensor_meta_suite (void)
{
  Suite *suite = suite_create ("tensor meta");
  TCase *tests = tcase_create ("layers");
  suite_add_tcase (suite, tests);
  tcase_add_test (tests, test_output_is_described);
  tcase_add_test (tests, test_view_of_riding_tensors);
  tcase_add_test (tests, test_video_without_tensors);
  return suite;
}

GST_CHECK_MAIN (tensor_meta)

#else

int
main (void)
{
  g_print ("SKIPPED: this GStreamer has no GstTensorMeta (1.26 or later is needed)\n");
  return 77;
}

#endif
