/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whole pictures against stored ones. CNN_WRITE_GOLDEN=1 stores them anew: look at them then. Text may
 * be set in another version of a font, so a few pixels may be others. */
#include "viewtest.h"

#include <cairo.h>
#include <gst/video/navigation.h>
#include <math.h>

/* A pixel differs when one of its colors does by more than this. */
#define TOLERANCE 24

typedef struct {
  const gchar *name, *properties, *video;
  gint h, w, c;
  gdouble differing;  /* the most, of all pixels: 0.02 with text, 0.002 without */
  gint kernels[4];    /* O,I,H,W beside a source; 0: no source */
  const gchar *layer; /* that makes the maps of the tensor, whole numbers then; NULL for none */
} Golden;

static const Golden goldens[] = {
    {"grid", "", "video/x-raw,width=320,height=200", 36, 48, 12, 0.002, {0}, NULL},
    {"labels", "labels=true title=true legend=true normalize=symmetric colormap=coolwarm",
        "video/x-raw,width=480,height=300", 36, 48, 8, 0.02, {0}, NULL},
    {"reduced", "colormap=turbo", "video/x-raw,width=200,height=130", 90, 120, 9, 0.002, {0}, NULL},
    {"not-finite", "labels=true legend=true", "video/x-raw,width=480,height=200", 24, 40, 3, 0.02,
        {0}, NULL},
    {"bars", "labels=true legend=true colormap=turbo", "video/x-raw,width=400,height=200", 1, 1, 10,
        0.02, {0}, NULL},
    {"names", "names=@/names.txt legend=true title=true", "video/x-raw,width=480,height=300", 1, 1,
        10, 0.02, {0}, NULL},
    {"pages", "colormap=magma", "video/x-raw,width=200,height=150", 20, 20, 200, 0.02, {0}, NULL},
    {"row-names", "labels=true title=true", "video/x-raw,width=480,height=300", 8, 8, 200, 0.02,
        {0}, NULL},
    {"bar-names", "labels=true title=true normalize=symmetric", "video/x-raw,width=480,height=300",
        1, 1, 300, 0.02, {0}, NULL},
    {"enlarged", "channel=2 colormap=inferno labels=true", "video/x-raw,width=300,height=240", 12,
        16, 4, 0.02, {0}, NULL},
    {"kernels", "", "video/x-raw,width=480,height=300", 30, 40, 12, 0.02, {12, 3, 7, 7}, NULL},
    {"kernel", "channel=2 title=true", "video/x-raw,width=480,height=300", 30, 40, 12, 0.02,
        {12, 3, 7, 7}, NULL},
    {"kernel-slices", "channel=2", "video/x-raw,width=480,height=300", 30, 40, 4, 0.02,
        {4, 100, 3, 3}, NULL},
    {"kernel-matrix", "", "video/x-raw,width=480,height=300", 30, 40, 12, 0.02, {12, 20, 1, 1},
        NULL},
    {"values", "values=true colormap=coolwarm labels=true", "video/x-raw,width=400,height=300", 4,
        5, 4, 0.02, {0}, NULL},
    {"arithmetic", "step=true title=true", "video/x-raw,width=640,height=320", 3, 3, 1, 0.02, {0},
        "cnnconv name=conv coefficients=<0.0,1.0,2.0,3.0> kernel-size=2 padding=1 bias=<0.5> "
        "activation=relu !"},
    {"arithmetic-channels", "arithmetic=true channel=0", "video/x-raw,width=640,height=480", 12, 12,
        3, 0.02, {0},
        "cnnconv name=conv kernel=box groups=1 kernel-size=2x3 dilation=2 stride=2 !"},
    {"arithmetic-maximum", "arithmetic=true", "video/x-raw,width=400,height=480", 6, 6, 2, 0.02,
        {0}, "cnnpool name=pool padding=1 !"},
    {"layers", "layers=true layer=1 title=true labels=true", "video/x-raw,width=640,height=400", 24,
        32, 3, 0.02, {0},
        "cnnconv name=conv1 kernel=random out-channels=8 padding=1 ! cnnpool name=pool1 ! "
        "cnn1x1 name=mix kernel=random out-channels=4 !"},
    {"portrait", "title=true labels=true", "video/x-raw,width=300,height=640", 30, 40, 12, 0.02,
        {12, 3, 7, 7}, NULL},
    {"help", "help=true", "video/x-raw,width=400,height=300", 24, 32, 6, 0.02, {0}, NULL},
};

/* Stripes that turn and narrow from channel to channel. */
static Tensor *
stripes (gint h, gint w, gint c)
{
  Tensor *tensor = tensor_new (1, h, w, c);
  for (gint y = 0; y < h; y++)
    for (gint x = 0; x < w; x++)
      for (gint k = 0; k < c; k++) {
        gdouble u = x - w / 2.0, v = y - h / 2.0, angle = G_PI * k / c;
        gdouble ramp = u * cos (angle) + v * sin (angle);
        *tensor_at (tensor, 0, y, x, k) =
            (gfloat)(sin (ramp * (0.2 + 0.05 * k)) * exp (-(u * u + v * v) / (h * w)) * (1 + k));
      }
  return tensor;
}

static Tensor *
tensor_of (const Golden *golden)
{
  Tensor *tensor = stripes (golden->h, golden->w, golden->c);
  if (golden->layer)
    for (gsize i = 0; i < tensor_count (tensor); i++)
      tensor->values[i] = (gfloat)(i * 7 % 19) - 3;
  if (golden->h == 1)
    for (gint k = 0; k < golden->c; k++)
      tensor->values[k] = k == 6 ? NAN : (gfloat)sin (k * 1.3) * k;
  if (g_str_equal (golden->name, "not-finite"))
    for (gint y = 4; y < 10; y++)
      for (gint x = 5; x < 20; x++) {
        *tensor_at (tensor, 0, y, x, 0) = NAN;
        *tensor_at (tensor, 0, y + 8, x + 5, 1) = x % 2 ? INFINITY : -INFINITY;
        *tensor_at (tensor, 0, y, x, 2) = 0;
      }
  return tensor;
}

/* Kernel o: stripes in one direction, in a color. */
static GstBuffer *
kernels_buffer (const gint *size)
{
  GstBuffer *buffer = gst_buffer_new_allocate (
      NULL, sizeof (gfloat) * (gsize)(size[0] * size[1] * size[2] * size[3]), NULL);
  GstMapInfo map;
  fail_unless (gst_buffer_map (buffer, &map, GST_MAP_WRITE));
  gfloat *value = (gfloat *)(gpointer)map.data;
  for (gint o = 0; o < size[0]; o++)
    for (gint i = 0; i < size[1]; i++)
      for (gint y = 0; y < size[2]; y++)
        for (gint x = 0; x < size[3]; x++) {
          gdouble angle = G_PI * o / size[0], u = x - (size[3] - 1) / 2.0,
                  v = y - (size[2] - 1) / 2.0;
          *value++ = (gfloat)(0.1 * cos (u * cos (angle) + v * sin (angle) + o * i * 0.4));
        }
  gst_buffer_unmap (buffer, &map);
  return buffer;
}

static void
append_int (GValue *array, gint number)
{
  GValue item = G_VALUE_INIT;
  g_value_init (&item, G_TYPE_INT);
  g_value_set_int (&item, number);
  gst_value_array_append_and_take_value (array, &item);
}

/* What a convolution "conv1" says of itself. */
static void
push_kernels (ViewTest *test, const gint *size)
{
  GValue sizes = G_VALUE_INIT;
  GstBuffer *values = kernels_buffer (size);
  GstStructure *weights = gst_structure_new ("cnn-weights", "element", G_TYPE_STRING, "conv1",
      "first", G_TYPE_BOOLEAN, TRUE, "values", GST_TYPE_BUFFER, values, NULL);
  g_value_init (&sizes, GST_TYPE_ARRAY);
  for (guint i = 0; i < 4; i++)
    append_int (&sizes, size[i]);
  gst_structure_take_value (weights, "size", &sizes);
  GstStructure *chain = gst_structure_new (
      "cnn-chain", "element", G_TYPE_STRING, "conv1", "weights", GST_TYPE_STRUCTURE, weights, NULL);
  gst_structure_free (weights);
  gst_buffer_unref (values);
  fail_unless (gst_harness_push_event (
      test->harness, gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM_STICKY, chain)));
}

/* A ramp of grays on the pad `video`. */
static GstHarness *
push_source (ViewTest *test)
{
  GstHarness *video = gst_harness_new_with_element (test->view, "video", NULL);
  gst_harness_set_src_caps_str (video, "video/x-raw,format=GRAY8,width=80,height=60,framerate=5/1");
  GstBuffer *buffer = gst_harness_create_buffer (video, 80 * 60);
  for (gint y = 0; y < 60; y++)
    gst_buffer_memset (buffer, (gsize)y * 80, (guint8)(4 * y), 80);
  GST_BUFFER_PTS (buffer) = 0;
  fail_unless_equals_int (gst_harness_push (video, buffer), GST_FLOW_OK);
  return video;
}

static gchar *
golden_path (const Golden *golden)
{
  return g_strdup_printf ("%s/view-%s.png", g_getenv ("CNN_GOLDEN"), golden->name);
}

static void
store (const Picture *picture, const gchar *path)
{
  cairo_surface_t *surface =
      cairo_image_surface_create (CAIRO_FORMAT_RGB24, picture->width, picture->height);
  for (gint y = 0; y < picture->height; y++)
    memcpy (cairo_image_surface_get_data (surface) + y * cairo_image_surface_get_stride (surface),
        picture->colors + y * picture->width, (gsize)picture->width * sizeof (guint32));
  cairo_surface_mark_dirty (surface);
  fail_unless_equals_int (cairo_surface_write_to_png (surface, path), CAIRO_STATUS_SUCCESS);
  cairo_surface_destroy (surface);
}

static gboolean
differ (guint32 a, guint32 b)
{
  for (gint shift = 0; shift < 24; shift += 8)
    if (ABS ((gint)(a >> shift & 255) - (gint)(b >> shift & 255)) > TOLERANCE)
      return TRUE;
  return FALSE;
}

static void
compare (const Picture *picture, const Golden *golden, const gchar *path)
{
  cairo_surface_t *surface = cairo_image_surface_create_from_png (path);
  fail_unless (cairo_surface_status (surface) == CAIRO_STATUS_SUCCESS, "%s cannot be read", path);
  fail_unless (cairo_image_surface_get_width (surface) == picture->width &&
               cairo_image_surface_get_height (surface) == picture->height);
  gint differing = 0;
  for (gint y = 0; y < picture->height; y++) {
    const guint32 *row =
        (const guint32 *)(gconstpointer)(cairo_image_surface_get_data (surface) +
                                         y * cairo_image_surface_get_stride (surface));
    for (gint x = 0; x < picture->width; x++)
      differing += differ (row[x], picture_at (picture, x, y));
  }
  cairo_surface_destroy (surface);
  gdouble share = differing / (gdouble)(picture->width * picture->height);
  fail_unless (
      share <= golden->differing, "%s: %.2f%% of the pixels differ", golden->name, 100 * share);
}

GST_START_TEST (test_golden)
{
  const Golden *golden = &goldens[__i__];
  /* Where the fixtures are. */
  GString *properties = g_string_new (golden->properties);
  g_string_replace (properties, "@", g_getenv ("CNN_FIXTURES"), 0);
  ViewTest *test =
      view_test_new_behind (golden->layer ? golden->layer : "", properties->str, golden->video);
  g_string_free (properties, TRUE);
  Tensor *tensor = tensor_of (golden);
  GstHarness *video = golden->kernels[0] ? push_source (test) : NULL;
  view_test_start (test, tensor, &native_float);
  if (g_str_equal (golden->name, "enlarged"))
    view_test_send (
        test, gst_navigation_event_new_mouse_move (90, 70, GST_NAVIGATION_MODIFIER_NONE));
  if (video)
    push_kernels (test, golden->kernels);
  Picture *picture = view_test_push (test, tensor, &native_float);
  gchar *path = golden_path (golden);
  if (g_getenv ("CNN_WRITE_GOLDEN"))
    store (picture, path);
  else
    compare (picture, golden, path);
  g_free (path);
  picture_free (picture);
  tensor_free (tensor);
  g_clear_pointer (&video, gst_harness_teardown);
  view_test_free (test);
}
GST_END_TEST;

static Suite *
golden_suite (void)
{
  Suite *suite = suite_create ("cnnview pictures");
  TCase *tests = tcase_create ("golden");
  suite_add_tcase (suite, tests);
  tcase_add_loop_test (tests, test_golden, 0, G_N_ELEMENTS (goldens));
  return suite;
}

GST_CHECK_MAIN (golden);
