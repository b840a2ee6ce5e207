/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pad `video`: the source beside the maps, and the receptive field of a value on it. */
#include "viewtest.h"

#include <gst/video/navigation.h>

#define ACCENT 0xffc53d
/* The ends of coolwarm. */
#define BLUE 0x3b4cc0
#define RED 0xb40426

/* One map of 10x10 beside a source of 40x40. In a picture of 332x110 the text size is 11, so that the
 * margin is 5, the source is 100x100 at (5, 5), and the map 110x110 at (166, 0). */
typedef struct {
  ViewTest *view;
  GstHarness *video;
  Tensor *tensor;
} SourceTest;

static SourceTest
start (void)
{
  SourceTest test = {.view = view_test_new ("", "video/x-raw,width=332,height=110")};
  test.video = gst_harness_new_with_element (test.view->view, "video", NULL);
  gst_harness_set_src_caps_str (
      test.video, "video/x-raw,format=RGB,width=40,height=40,framerate=5/1");
  test.tensor = ramp (10, 10);
  view_test_start (test.view, test.tensor, &native_float);
  return test;
}

static void
stop (SourceTest test)
{
  tensor_free (test.tensor);
  gst_harness_teardown (test.video);
  view_test_free (test.view);
}

static void
push_source (SourceTest test, guint8 gray, GstClockTime time)
{
  GstBuffer *buffer = gst_harness_create_buffer (test.video, 40 * 40 * 3);
  gst_buffer_memset (buffer, 0, gray, 40 * 40 * 3);
  GST_BUFFER_PTS (buffer) = time;
  fail_unless_equals_int (gst_harness_push (test.video, buffer), GST_FLOW_OK);
}

/* The gray of the source in the picture for a tensor of this time. */
static gint
source_at (SourceTest test, GstClockTime time)
{
  GstBuffer *buffer = tensor_to_buffer (test.tensor, &native_float);
  GST_BUFFER_PTS (buffer) = time;
  buffer = gst_harness_push_and_pull (test.view->harness, buffer);
  GstMapInfo map;
  fail_unless (gst_buffer_map (buffer, &map, GST_MAP_READ));
  gint gray = map.data[(50 * 332 + 50) * 3];
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (buffer);
  return gray;
}

/* The last picture that is not after the tensor. */
GST_START_TEST (test_matching)
{
  SourceTest test = start ();
  fail_unless_equals_int (source_at (test, 0), 0x14); /* none yet: the map is alone */
  for (guint i = 0; i < 4; i++)
    push_source (test, (guint8)(40 * (i + 1)), i * GST_SECOND);
  fail_unless_equals_int (source_at (test, GST_SECOND), 80);
  fail_unless_equals_int (source_at (test, 1500 * GST_MSECOND), 80);
  fail_unless_equals_int (source_at (test, 2500 * GST_MSECOND), 120);
  fail_unless_equals_int (source_at (test, 9 * GST_SECOND), 160);
  /* Without tensors it never waits. */
  for (guint i = 0; i < 100; i++)
    push_source (test, 200, (10 + i) * GST_SECOND);
  fail_unless_equals_int (source_at (test, 300 * GST_SECOND), 200);
  stop (test);
}
GST_END_TEST;

static GstEvent *
chain_event (const gchar *fields)
{
  gchar *text = g_strdup_printf ("cnn-chain, element=(string)pool2, %s;", fields);
  GstStructure *structure = gst_structure_from_string (text, NULL);
  fail_unless (structure != NULL, "%s", text);
  g_free (text);
  return gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM_STICKY, structure);
}

/* Which pixels of the source have the accent's color. */
static GstVideoRectangle
find_box (const Picture *picture)
{
  gint left = 332, top = 110, right = -1, bottom = -1;
  for (gint y = 0; y < 110; y++)
    for (gint x = 0; x < 108; x++)
      if (picture_at (picture, x, y) == ACCENT) {
        left = MIN (left, x);
        right = MAX (right, x);
        top = MIN (top, y);
        bottom = MAX (bottom, y);
      }
  return (GstVideoRectangle){left, top, right - left + 1, bottom - top + 1};
}

/* Values are 4 pixels apart and see 8 of them, the first one around pixel 1.5: value (3, 5) sees rows 10
 * to 17 and columns 18 to 25 of the 40. With the padding of 2 pixels that values at the edges see, 44 pixels have the
 * 100 of the picture: the source is 90x90 at (9, 9), and the box 19x19 at (49, 31), with a line of 2 pixels around
 * it. */
GST_START_TEST (test_receptive_field)
{
  SourceTest test = start ();
  fail_unless (gst_harness_push_event (test.view->harness,
      chain_event ("source-size=(int)<40,40>, output-size=(int)<1,10,10,1>, "
                   "receptive-field=(double)<8,8>, receptive-jump=(double)<4,4>, "
                   "receptive-offset=(double)<1.5,1.5>")));
  push_source (test, 100, 0);
  view_test_send (
      test.view, gst_navigation_event_new_mouse_move (226, 40, GST_NAVIGATION_MODIFIER_NONE));
  Picture *picture = view_test_push (test.view, test.tensor, &native_float);
  GstVideoRectangle box = find_box (picture);
  fail_unless (box.x == 47 && box.y == 29 && box.w == 23 && box.h == 23, "%dx%d at %d,%d", box.w,
      box.h, box.x, box.y);
  fail_unless_equals_int_hex (picture_at (picture, 60, 40), 0x646464);
  picture_free (picture);
  stop (test);
}
GST_END_TEST;

/* The pointer on the source marks the values that see the pixel. Pixel (13, 21) of 40 is at (9 + 21.5 * 2.25, 9 +
 * 13.5 * 2.25); value n sees pixels 4n - 2 to 4n + 5: rows 2 and 3, columns 4 and 5, that is 22x22 of the map's 110
 * pixels at (166 + 44, 22). */
GST_START_TEST (test_who_sees_a_pixel)
{
  SourceTest test = start ();
  fail_unless (gst_harness_push_event (test.view->harness,
      chain_event ("source-size=(int)<40,40>, output-size=(int)<1,10,10,1>, "
                   "receptive-field=(double)<8,8>, receptive-jump=(double)<4,4>, "
                   "receptive-offset=(double)<1.5,1.5>")));
  push_source (test, 100, 0);
  view_test_send (
      test.view, gst_navigation_event_new_mouse_move (57.4, 39.4, GST_NAVIGATION_MODIFIER_NONE));
  Picture *picture = view_test_push (test.view, test.tensor, &native_float);
  fail_unless_equals_int_hex (picture_at (picture, 209, 30), ACCENT);
  fail_unless_equals_int_hex (picture_at (picture, 232, 40), ACCENT);
  fail_unless_equals_int_hex (picture_at (picture, 220, 21), ACCENT);
  fail_if (picture_at (picture, 220, 33) == ACCENT);
  picture_free (picture);
  stop (test);
}
GST_END_TEST;

/* An event that lacks what a box needs draws none. */
GST_START_TEST (test_incomplete_chain)
{
  SourceTest test = start ();
  fail_unless (
      gst_harness_push_event (test.view->harness, chain_event ("receptive-field=(double)<8,8>")));
  push_source (test, 100, 0);
  view_test_send (
      test.view, gst_navigation_event_new_mouse_move (226, 40, GST_NAVIGATION_MODIFIER_NONE));
  Picture *picture = view_test_push (test.view, test.tensor, &native_float);
  fail_unless (find_box (picture).w < 0);
  picture_free (picture);
  stop (test);
}
GST_END_TEST;

/* How many pixels of the left column have a color of kernels. */
static gint
count_in_kernel (GstHarness *harness, guint32 color)
{
  Tensor *tensor = ramp (10, 10);
  GstBuffer *buffer = gst_harness_push_and_pull (harness, tensor_to_buffer (tensor, &native_float));
  GstMapInfo map;
  gint count = 0;
  fail_unless (gst_buffer_map (buffer, &map, GST_MAP_READ));
  for (gint y = 0; y < 400; y++)
    for (gint x = 0; x < 150; x++) {
      const guint8 *pixel = map.data + (y * 400 + x) * 3;
      count += ((guint32)pixel[0] << 16 | (guint32)pixel[1] << 8 | pixel[2]) == color;
    }
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (buffer);
  tensor_free (tensor);
  return count;
}

/* Of a layer whose weights change while frames flow, past one that has none: a kernel of one value, red
 * where it is positive and blue where it is negative. Its range has a little of either. */
GST_START_TEST (test_kernel_follows_the_weights)
{
  GstHarness *harness =
      gst_harness_new_parse ("cnn1x1 name=layer coefficients=<2.0> ! cnnpool ! cnnview name=view");
  GstElement *view = gst_bin_get_by_name (GST_BIN (harness->element), "view");
  GstElement *layer = gst_bin_get_by_name (GST_BIN (harness->element), "layer");
  GstHarness *video = gst_harness_new_with_element (view, "video", NULL);
  gst_harness_set_src_caps_str (video, "video/x-raw,format=RGB,width=40,height=40,framerate=5/1");
  gst_harness_set_sink_caps_str (harness, "video/x-raw,format=RGB,width=400,height=400");
  GstBuffer *buffer = gst_harness_create_buffer (video, 40 * 40 * 3);
  GST_BUFFER_PTS (buffer) = 0;
  fail_unless_equals_int (gst_harness_push (video, buffer), GST_FLOW_OK);
  Tensor *tensor = ramp (10, 10);
  gchar *caps = tensor_caps (tensor, &native_float);
  gst_harness_set_src_caps_str (harness, caps);
  g_free (caps);
  tensor_free (tensor);

  fail_unless (count_in_kernel (harness, RED) >= 100);
  fail_unless (count_in_kernel (harness, BLUE) < 40);
  gst_util_set_object_arg (G_OBJECT (layer), "coefficients", "<-0.5>");
  fail_unless (count_in_kernel (harness, BLUE) >= 100);
  fail_unless (count_in_kernel (harness, RED) < 40);
  g_object_set (view, "kernels", FALSE, NULL);
  fail_unless_equals_int (count_in_kernel (harness, BLUE), 0);
  g_object_set (view, "kernels", TRUE, NULL);
  fail_unless (count_in_kernel (harness, BLUE) >= 100);
  gst_object_unref (layer);
  gst_harness_teardown (video);
  gst_object_unref (view);
  gst_harness_teardown (harness);
}
GST_END_TEST;

/* The source may come in any format, change, end and go. */
GST_START_TEST (test_life)
{
  static const gchar *const caps[] = {"video/x-raw,format=I420,width=64,height=48,framerate=5/1",
      "video/x-raw,format=GRAY8,width=3,height=99,framerate=0/1",
      "video/x-raw,format=YUY2,width=640,height=2,framerate=30/1,pixel-aspect-ratio=2/1"};
  SourceTest test = start ();
  for (guint i = 0; i < G_N_ELEMENTS (caps); i++) {
    GstVideoInfo info;
    GstCaps *parsed = gst_caps_from_string (caps[i]);
    fail_unless (gst_video_info_from_caps (&info, parsed));
    gst_harness_set_src_caps (test.video, parsed);
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, info.size, NULL);
    gst_buffer_memset (buffer, 0, 90, info.size);
    GST_BUFFER_PTS (buffer) = 0;
    fail_unless_equals_int (gst_harness_push (test.video, buffer), GST_FLOW_OK);
    picture_free (view_test_push (test.view, test.tensor, &native_float));
  }
  gst_harness_push_event (test.video, gst_event_new_eos ());
  picture_free (view_test_push (test.view, test.tensor, &native_float));
  GstPadTemplate *template = gst_element_get_pad_template (test.view->view, "video");
  fail_if (gst_element_request_pad (test.view->view, template, NULL, NULL));
  stop (test);
}
GST_END_TEST;

static Suite *
source_suite (void)
{
  Suite *suite = suite_create ("cnnview source");
  TCase *tests = tcase_create ("video");
  suite_add_tcase (suite, tests);
  tcase_add_test (tests, test_matching);
  tcase_add_test (tests, test_receptive_field);
  tcase_add_test (tests, test_who_sees_a_pixel);
  tcase_add_test (tests, test_incomplete_chain);
  tcase_add_test (tests, test_kernel_follows_the_weights);
  tcase_add_test (tests, test_life);
  return suite;
}

GST_CHECK_MAIN (source);
