/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GStreamer's own tensors: layers describe their output by them (GStreamer 1.26 and later). */
#include "layertest.h"

#ifdef HAVE_GST_ANALYTICS

#include <gst/analytics/analytics.h>

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
  fail_unless (gst_tensor_check_type (
      tensor, GST_TENSOR_DATA_TYPE_FLOAT32, GST_TENSOR_DIM_ORDER_ROW_MAJOR, 4, dims));

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

static Suite *
tensor_meta_suite (void)
{
  Suite *suite = suite_create ("tensor meta");
  TCase *tests = tcase_create ("layers");
  suite_add_tcase (suite, tests);
  tcase_add_test (tests, test_output_is_described);
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
