/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Navigation events, sent from downstream as a sink does, without a window. */
#include "viewtest.h"

#include <cairo.h>
#include <glib/gstdio.h>
#include <gst/video/navigation.h>
#include <string.h>

/* Sixteen tiles of 40x30 without gaps in a picture of 160x120, each of one level. */
static ViewTest *
start (Tensor **tensor, const gchar *properties)
{
  gchar *all = g_strdup_printf ("normalize=fixed maximum=256 colormap=gray gap=0 %s", properties);
  ViewTest *test = view_test_new (all, "video/x-raw,width=160,height=120");
  g_free (all);
  *tensor = tensor_new (1, 30, 40, 16);
  for (gsize i = 0; i < tensor_count (*tensor); i++)
    (*tensor)->values[i] = (gfloat)(i % 16);
  view_test_start (test, *tensor, &native_float);
  picture_free (view_test_push (test, *tensor, &native_float));
  return test;
}

static void
stop (ViewTest *test, Tensor *tensor)
{
  tensor_free (tensor);
  view_test_free (test);
}

static gint
channel (ViewTest *test)
{
  gint value;
  g_object_get (test->view, "channel", &value, NULL);
  return value;
}

/* The newer form: an event with modifiers, made by the helpers. */
static gboolean
press (ViewTest *test, const gchar *key)
{
  gboolean handled =
      view_test_send (test, gst_navigation_event_new_key_press (key, GST_NAVIGATION_MODIFIER_NONE));
  view_test_send (test, gst_navigation_event_new_key_release (key, GST_NAVIGATION_MODIFIER_NONE));
  return handled;
}

static gboolean
click (ViewTest *test, gdouble x, gdouble y)
{
  gboolean handled = view_test_send (
      test, gst_navigation_event_new_mouse_button_press (1, x, y, GST_NAVIGATION_MODIFIER_NONE));
  view_test_send (
      test, gst_navigation_event_new_mouse_button_release (1, x, y, GST_NAVIGATION_MODIFIER_NONE));
  return handled;
}

/* The older form: a bare structure without modifiers. */
static gboolean
send_structure (ViewTest *test, GstStructure *structure)
{
  return view_test_send (test, gst_event_new_navigation (structure));
}

static guint32
middle (ViewTest *test, const Tensor *tensor)
{
  Picture *picture = view_test_push (test, tensor, &native_float);
  guint32 color = picture_at (picture, 80, 20);
  picture_free (picture);
  return color;
}

GST_START_TEST (test_click)
{
  Tensor *tensor;
  ViewTest *test = start (&tensor, "");
  fail_unless (click (test, 45, 31));
  fail_unless_equals_int (channel (test), 5);
  fail_unless_equals_int_hex (middle (test, tensor), 0x050505);
  fail_unless (click (test, 3, 3));
  fail_unless_equals_int (channel (test), -1);
  fail_unless_equals_int_hex (middle (test, tensor), 0x020202);
  /* Each tile by its corners. */
  for (gint tile = 0; tile < 16; tile++)
    for (gint corner = 0; corner < 4; corner++) {
      click (test, tile % 4 * 40 + (corner & 1) * 39.9, tile / 4 * 30 + (corner >> 1) * 29.9);
      fail_unless_equals_int (channel (test), tile);
      picture_free (view_test_push (test, tensor, &native_float));
      press (test, "Escape");
      picture_free (view_test_push (test, tensor, &native_float));
    }
  stop (test, tensor);
}
GST_END_TEST;

GST_START_TEST (test_structures)
{
  Tensor *tensor;
  ViewTest *test = start (&tensor, "");
  fail_unless (send_structure (
      test, gst_structure_new ("application/x-gst-navigation", "event", G_TYPE_STRING,
                "mouse-button-press", "button", G_TYPE_INT, 1, "pointer_x", G_TYPE_DOUBLE, 90.0,
                "pointer_y", G_TYPE_DOUBLE, 100.0, NULL)));
  fail_unless_equals_int (channel (test), 14);
  fail_unless (
      send_structure (test, gst_structure_new ("application/x-gst-navigation", "event",
                                G_TYPE_STRING, "key-press", "key", G_TYPE_STRING, "Left", NULL)));
  fail_unless_equals_int (channel (test), 13);
  stop (test, tensor);
}
GST_END_TEST;

GST_START_TEST (test_outside)
{
  Tensor *tensor;
  ViewTest *test = start (&tensor, "channels=0-4");
  click (test, 130, 110);
  click (test, -5, 10);
  click (test, 1e30, 1e30);
  click (test, (gdouble)NAN, 3);
  fail_unless_equals_int (channel (test), -1);
  stop (test, tensor);
}
GST_END_TEST;

GST_START_TEST (test_walk)
{
  Tensor *tensor;
  ViewTest *test = start (&tensor, "");
  static const struct {
    const gchar *key;
    gint channel;
  } steps[] = {{"Right", 0}, {"Right", 1}, {"Down", 5}, {"Left", 4}, {"Up", 0}, {"Left", 15},
      {"Right", 0}, {"Next", 1}, {"Page_Up", 0}, {"KP_Right", 1}, {"Escape", -1}, {"Left", 15}};
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++) {
    fail_unless (press (test, steps[i].key));
    fail_unless (channel (test) == steps[i].channel, "step %u, %s: channel %d", i, steps[i].key,
        channel (test));
    picture_free (view_test_push (test, tensor, &native_float));
  }
  stop (test, tensor);
  test = start (&tensor, "channels=3,7,5");
  press (test, "Right");
  press (test, "Right");
  fail_unless_equals_int (channel (test), 7);
  press (test, "Right");
  press (test, "Right");
  fail_unless_equals_int (channel (test), 3);
  stop (test, tensor);
}
GST_END_TEST;

static void
count_notify (GObject *object, GParamSpec *spec, gpointer count)
{
  ++*(guint *)count;
}

/* Each key changes its property, and says so. */
GST_START_TEST (test_letters)
{
  static const struct {
    const gchar *key, *property, *value;
  } steps[] = {{"c", "colormap", "viridis"}, {"c", "colormap", "magma"},
      {"C", "colormap", "viridis"}, {"n", "normalize", "channel"}, {"n", "normalize", "layer"},
      {"N", "normalize", "channel"}, {"g", "gamma", "0.5"}, {"g", "gamma", "0.25"},
      {"l", "labels", "TRUE"}, {"l", "labels", "FALSE"}, {"h", "help", "TRUE"},
      {"Escape", "help", "FALSE"}, {"t", "title", "TRUE"}, {"b", "legend", "TRUE"},
      {"space", "freeze", "TRUE"}, {" ", "freeze", "FALSE"}};
  Tensor *tensor;
  ViewTest *test = start (&tensor, "");
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++) {
    guint count = 0;
    gchar *signal = g_strdup_printf ("notify::%s", steps[i].property);
    gulong id = g_signal_connect (test->view, signal, G_CALLBACK (count_notify), &count);
    fail_unless (press (test, steps[i].key), "%s is not handled", steps[i].key);
    g_signal_handler_disconnect (test->view, id);
    fail_unless (count == 1, "%s: %u notifications", steps[i].key, count);

    GParamSpec *spec =
        g_object_class_find_property (G_OBJECT_GET_CLASS (test->view), steps[i].property);
    GValue value = G_VALUE_INIT, expected = G_VALUE_INIT;
    g_value_init (&value, spec->value_type);
    g_value_init (&expected, spec->value_type);
    g_object_get_property (G_OBJECT (test->view), steps[i].property, &value);
    fail_unless (gst_value_deserialize (&expected, steps[i].value));
    fail_unless (g_param_values_cmp (spec, &value, &expected) == 0, "step %u: %s is not %s", i,
        steps[i].property, steps[i].value);
    picture_free (view_test_push (test, tensor, &native_float));
    g_free (signal);
  }
  /* A sink that tells of shift beside the plain key. */
  GstEvent *event = gst_navigation_event_new_key_press ("n", GST_NAVIGATION_MODIFIER_SHIFT_MASK);
  gint normalize;
  fail_unless (view_test_send (test, event));
  g_object_get (test->view, "normalize", &normalize, NULL);
  fail_unless_equals_int (normalize, 3);
  guint count = 0;
  g_signal_connect (test->view, "notify", G_CALLBACK (count_notify), &count);
  press (test, "q");
  press (test, "F1");
  press (test, "");
  fail_unless_equals_int (count, 0);
  stop (test, tensor);
}
GST_END_TEST;

static gint
count_accent (ViewTest *test, const Tensor *tensor)
{
  Picture *picture = view_test_push (test, tensor, &native_float);
  gint count = 0;
  for (gint i = 0; i < picture->width * picture->height; i++)
    count += picture->colors[i] == 0xffc53d;
  picture_free (picture);
  return count;
}

/* What c, n and g changed is said for a second. */
GST_START_TEST (test_notices)
{
  static const gchar *const keys[] = {"c", "n", "g"};
  Tensor *tensor;
  ViewTest *test = start (&tensor, "");
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++) {
    fail_unless_equals_int (count_accent (test, tensor), 0);
    press (test, keys[i]);
    fail_unless (count_accent (test, tensor) > 4, "key %s says nothing", keys[i]);
    if (i > 0)
      press (test, "l");
    else
      g_usleep (1100000);
  }
  fail_unless_equals_int (count_accent (test, tensor), 0);
  stop (test, tensor);
}
GST_END_TEST;

/* The key s saves what is shown, once, and without a folder says that there is none. */
GST_START_TEST (test_snapshot)
{
  Tensor *tensor;
  ViewTest *test = start (&tensor, "");
  press (test, "s");
  fail_unless (count_accent (test, tensor) > 4);
  gchar *folder = g_dir_make_tmp ("cnnview-XXXXXX", NULL);
  g_object_set (test->view, "snapshot-location", folder, NULL);
  press (test, "s");
  for (gint i = 0; i < 2; i++)
    picture_free (view_test_push (test, tensor, &native_float));
  GstMessage *message = gst_bus_pop_filtered (test->bus, GST_MESSAGE_ELEMENT);
  fail_unless (message != NULL && gst_bus_pop_filtered (test->bus, GST_MESSAGE_ELEMENT) == NULL);
  const GstStructure *structure = gst_message_get_structure (message);
  fail_unless (gst_structure_has_name (structure, "cnn-snapshot"));
  const gchar *picture = gst_structure_get_string (structure, "picture");
  const gchar *maps = gst_structure_get_string (structure, "maps");
  cairo_surface_t *surface = cairo_image_surface_create_from_png (picture);
  fail_unless_equals_int (cairo_image_surface_get_width (surface), 160);
  fail_unless_equals_int (cairo_image_surface_get_height (surface), 120);
  /* The second tile is of level 1 of 256. */
  fail_unless_equals_int (cairo_image_surface_get_data (surface)[50 * 4], 1);
  cairo_surface_destroy (surface);
  gchar *content;
  gsize size;
  fail_unless (g_file_get_contents (maps, &content, &size, NULL));
  fail_unless_equals_uint64 (size, 128 + 16 * 30 * 40 * sizeof (gfloat));
  fail_unless (strstr (content + 10, "'shape': (1, 16, 30, 40)") != NULL);
  gfloat value;
  memcpy (&value, content + 128 + 5 * 30 * 40 * sizeof value, sizeof value);
  fail_unless (value == 5);
  g_free (content);
  g_remove (picture);
  g_remove (maps);
  g_rmdir (folder);
  gst_message_unref (message);
  g_free (folder);
  stop (test, tensor);
}
GST_END_TEST;

static guint
shown_layer (ViewTest *test)
{
  guint layer;
  g_object_get (test->view, "layer", &layer, NULL);
  return layer;
}

/* The first key brings the strip, the next ones walk; the ends hold, and a click goes anywhere. What is shown of
 * a layer is what cnnview shows right behind it. */
GST_START_TEST (test_layers)
{
  ViewTest *test =
      view_test_new_behind ("cnnconv name=one kernel=box padding=1 ! cnnpool name=two !",
          "colormap=gray", "video/x-raw,width=480,height=320");
  Tensor *tensor = tensor_random (1, 20, 30, 1, 3);
  view_test_start (test, tensor, &native_float);
  Picture *last = view_test_push (test, tensor, &native_float);
  static const struct {
    const gchar *key;
    guint layer;
  } steps[] = {
      {"comma", 0}, {"comma", 1}, {",", 2}, {"comma", 2}, {"period", 1}, {".", 0}, {"period", 0}};
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++) {
    fail_unless (press (test, steps[i].key));
    /* The layers are asked before this frame, which is the first to bring what they tell. */
    picture_free (view_test_push (test, tensor, &native_float));
    fail_unless (shown_layer (test) == steps[i].layer, "step %u: layer %u", i, shown_layer (test));
  }
  click (test, 30, 20);
  picture_free (view_test_push (test, tensor, &native_float));
  fail_unless_equals_int (shown_layer (test), 2);
  g_object_set (test->view, "layer", 1, NULL);
  Picture *walked = view_test_push (test, tensor, &native_float);
  g_object_set (test->view, "layers", FALSE, NULL);
  Picture *again = view_test_push (test, tensor, &native_float);
  assert_pictures_equal (last, again, "the last layer");
  view_test_free (test);

  test = view_test_new_behind ("cnnconv name=one kernel=box padding=1 !",
      "colormap=gray layers=true", "video/x-raw,width=480,height=320");
  view_test_start (test, tensor, &native_float);
  Picture *direct = view_test_push (test, tensor, &native_float);
  for (gint y = 75; y < 320; y++)
    for (gint x = 0; x < 480; x++)
      fail_unless_equals_int_hex (picture_at (walked, x, y), picture_at (direct, x, y));
  view_test_free (test);
  picture_free (last);
  picture_free (walked);
  picture_free (again);
  picture_free (direct);
  tensor_free (tensor);
}
GST_END_TEST;

GST_START_TEST (test_freeze)
{
  Tensor *tensor;
  ViewTest *test = start (&tensor, "");
  press (test, "space");
  guint32 frozen = middle (test, tensor);
  for (gsize i = 0; i < tensor_count (tensor); i++)
    tensor->values[i] = 200;
  fail_unless_equals_int_hex (middle (test, tensor), frozen);
  /* A frozen picture still answers. */
  click (test, 45, 31);
  fail_unless_equals_int_hex (middle (test, tensor), 0x050505);
  press (test, "space");
  fail_unless_equals_int_hex (middle (test, tensor), 0xc8c8c8);
  stop (test, tensor);
}
GST_END_TEST;

GST_START_TEST (test_pages)
{
  ViewTest *test = view_test_new ("gap=0 channels=0-99", "video/x-raw,width=64,height=64");
  Tensor *tensor = tensor_new (1, 20, 20, 100);
  guint page;
  view_test_start (test, tensor, &native_float);
  picture_free (view_test_push (test, tensor, &native_float));
  press (test, "Page_Down");
  g_object_get (test->view, "page", &page, NULL);
  fail_unless_equals_int (page, 1);
  picture_free (view_test_push (test, tensor, &native_float));
  /* 4 x 4 tiles of 16 pixels a page. */
  click (test, 63, 1);
  fail_unless_equals_int (channel (test), 16 + 3);
  picture_free (view_test_push (test, tensor, &native_float));
  for (gint i = 0; i < 15; i++)
    press (test, "Right");
  /* Back to the page of the channel that was reached. */
  press (test, "Escape");
  g_object_get (test->view, "page", &page, NULL);
  fail_unless_equals_int (page, 2);
  picture_free (view_test_push (test, tensor, &native_float));
  view_test_send (
      test, gst_navigation_event_new_mouse_scroll (10, 10, 0, 1, GST_NAVIGATION_MODIFIER_NONE));
  g_object_get (test->view, "page", &page, NULL);
  fail_unless_equals_int (page, 1);
  stop (test, tensor);
}
GST_END_TEST;

/* Also where the title leaves little room, it says which page this is. */
GST_START_TEST (test_page_in_title)
{
  ViewTest *test = view_test_new ("gap=0 title=true", "video/x-raw,width=240,height=160");
  Tensor *tensor = tensor_new (1, 20, 20, 400);
  Picture *pages[2];
  guint different = 0, bright = 0;
  view_test_start (test, tensor, &native_float);
  for (gint i = 0; i < 2; i++) {
    g_object_set (test->view, "page", i, NULL);
    pages[i] = view_test_push (test, tensor, &native_float);
  }
  for (gint y = 0; y < 19; y++)
    for (gint x = 0; x < 240; x++) {
      bright += x < 150 && picture_at (pages[0], x, y) > 0xa0a0a0;
      different += picture_at (pages[0], x, y) != picture_at (pages[1], x, y);
    }
  fail_unless (different > 5 && bright > 20, "%u, %u", different, bright);
  picture_free (pages[0]);
  picture_free (pages[1]);
  stop (test, tensor);
}
GST_END_TEST;

/* The pointer over an enlarged map draws something, near it and nowhere else. */
GST_START_TEST (test_readout)
{
  Tensor *tensor;
  ViewTest *test = start (&tensor, "channel=0");
  view_test_send (
      test, gst_navigation_event_new_mouse_move (100, 80, GST_NAVIGATION_MODIFIER_NONE));
  Picture *picture = view_test_push (test, tensor, &native_float);
  guint bright = 0;
  for (gint i = 0; i < 160 * 120; i++)
    bright += picture->colors[i] > 0xa0a0a0;
  fail_unless (bright > 20, "%u bright pixels", bright);
  picture_free (picture);
  stop (test, tensor);
}
GST_END_TEST;

static Suite *
view_suite (void)
{
  Suite *suite = suite_create ("cnnview interaction");
  TCase *tests = tcase_create ("events");
  suite_add_tcase (suite, tests);
  tcase_add_test (tests, test_click);
  tcase_add_test (tests, test_structures);
  tcase_add_test (tests, test_outside);
  tcase_add_test (tests, test_walk);
  tcase_add_test (tests, test_letters);
  tcase_add_test (tests, test_notices);
  tcase_add_test (tests, test_snapshot);
  tcase_add_test (tests, test_layers);
  tcase_add_test (tests, test_freeze);
  tcase_add_test (tests, test_pages);
  tcase_add_test (tests, test_page_in_title);
  tcase_add_test (tests, test_readout);
  return suite;
}

GST_CHECK_MAIN (view);
