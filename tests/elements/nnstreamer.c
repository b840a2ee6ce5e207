/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Beside elements that behave as NNStreamer's do, and streams that only it has. */
#include "layertest.h"

#include <gst/base/gstbasetransform.h>

/* --- An element that appends its memory to the buffer it gets ------------------------------------- */

/* As tensor_transform and tensor_converter: they count on a buffer without memory. */
typedef GstBaseTransform AppendingTransform;
typedef GstBaseTransformClass AppendingTransformClass;

static GType appending_transform_get_type (void);
G_DEFINE_TYPE (AppendingTransform, appending_transform, GST_TYPE_BASE_TRANSFORM)

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE (
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS ("other/tensors"));
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS ("other/tensors"));

static gboolean
appending_transform_size (GstBaseTransform *transform, GstPadDirection direction, GstCaps *caps,
    gsize size, GstCaps *othercaps, gsize *othersize)
{
  *othersize = 0;
  return TRUE;
}

static GstFlowReturn
appending_transform_transform (GstBaseTransform *transform, GstBuffer *input, GstBuffer *output)
{
  GstMemory *memory = gst_buffer_get_all_memory (input);
  gst_buffer_append_memory (output, gst_memory_copy (memory, 0, -1));
  gst_memory_unref (memory);
  return GST_FLOW_OK;
}

static void
appending_transform_class_init (AppendingTransformClass *klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (
      element_class, "Appending transform", "Filter", "Appends memory", "The gst-cnn authors");
  klass->transform_size = appending_transform_size;
  klass->transform = appending_transform_transform;
}

static void
appending_transform_init (AppendingTransform *self)
{
}

GST_START_TEST (test_appended_memory)
{
  fail_unless (gst_element_register (
      NULL, "appendingtransform", GST_RANK_NONE, appending_transform_get_type ()));
  Tensor *input = tensor_random (1, 12, 10, 3, 1);
  Tensor *expected = run_elements ("cnnconv kernel=box ! cnnpool ! cnn1x1 kernel=random", input);
  Tensor *output = run_elements ("cnnconv kernel=box ! appendingtransform ! cnnpool ! "
                                 "appendingtransform ! cnn1x1 kernel=random",
      input);
  assert_tensors_equal (output, expected, "through elements that append memory");
  tensor_free (output);
  tensor_free (expected);
  tensor_free (input);
  assert_pipeline_runs (
      "videotestsrc num-buffers=3 ! tee name=t t. ! cnnconv kernel=box padding=1 ! "
      "appendingtransform ! m. t. ! cnnpool kernel-size=1 ! appendingtransform ! m. "
      "cnnmerge name=m ! appendingtransform ! fakesink");
}
GST_END_TEST;

/* --- Streams -------------------------------------------------------------------------------------- */

static void
check_stream (const gchar *caps)
{
  gfloat values[6] = {1, 2, 3, 4, 5, 6};
  GstHarness *harness = gst_harness_new_parse ("cnnpool kernel-size=1x3");
  gst_harness_set_src_caps_str (harness, caps);
  GstBuffer *buffer = gst_buffer_new_memdup (values, sizeof values);
  GstBuffer *maps = gst_harness_push_and_pull (harness, buffer);
  fail_unless (maps != NULL, "%s", caps);
  gst_buffer_extract (maps, 0, values, sizeof values);
  fail_unless (values[0] == 3 && values[1] == 6, "%s: %g %g", caps, values[0], values[1]);
  gst_buffer_unref (maps);
  gst_harness_teardown (harness);
}

GST_START_TEST (test_streams)
{
  check_stream ("other/tensors,format=(string)static,num_tensors=(int)1,types=(string)float32,"
                "dimensions=(string)1:3:2:1,framerate=(fraction)0/1");
  /* Without a frame rate, and without what has but one value. */
  check_stream ("other/tensors,format=(string)static,num_tensors=(int)1,types=(string)float32,"
                "dimensions=(string)1:3:2");
  check_stream ("other/tensors,types=(string)float32,dimensions=(string)1:3:2:1:1:1");
  /* One tensor as NNStreamer 1 writes it. */
  check_stream (
      "other/tensor,type=(string)float32,dimension=(string)1:3:2:1,framerate=(fraction)30/1");
  check_stream ("tensor/strided,type=(string)float32,dims=(int)<1,2,3,1>");
}
GST_END_TEST;

static Suite *
nnstreamer_suite (void)
{
  Suite *suite = suite_create ("nnstreamer");
  TCase *tests = tcase_create ("peers");
  suite_add_tcase (suite, tests);
  tcase_add_test (tests, test_appended_memory);
  tcase_add_test (tests, test_streams);
  return suite;
}

GST_CHECK_MAIN (nnstreamer);
