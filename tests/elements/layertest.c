/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layertest.h"

#include <math.h>
#include <string.h>

const TensorFormat native_float = {"tensor/strided", "nhwc", "float32"};

/* --- Tensors -------------------------------------------------------------------------------------- */

Tensor *
tensor_new (gint n, gint h, gint w, gint c)
{
  Tensor *tensor = g_new (Tensor, 1);
  *tensor = (Tensor){n, h, w, c, g_new0 (gfloat, (gsize)n * h * w * c)};
  return tensor;
}

void
tensor_free (Tensor *tensor)
{
  g_free (tensor->values);
  g_free (tensor);
}

gsize
tensor_count (const Tensor *tensor)
{
  return (gsize)tensor->n * tensor->h * tensor->w * tensor->c;
}

gfloat *
tensor_at (const Tensor *tensor, gint n, gint y, gint x, gint c)
{
  return tensor->values + (((gsize)n * tensor->h + y) * tensor->w + x) * tensor->c + c;
}

Tensor *
tensor_from_text (const gchar *text)
{
  gchar **channels = g_strsplit (text, "|", 0);
  const gint c = (gint)g_strv_length (channels);
  Tensor *tensor = NULL;
  for (gint i = 0; i < c; i++) {
    gchar **rows = g_strsplit (channels[i], ";", 0);
    const gint h = (gint)g_strv_length (rows);
    for (gint y = 0; y < h; y++) {
      gchar **numbers = g_strsplit (g_strstrip (rows[y]), " ", 0);
      const gint w = (gint)g_strv_length (numbers);
      if (!tensor)
        tensor = tensor_new (1, h, w, c);
      fail_unless (tensor->h == h && tensor->w == w, "uneven rows or channels in %s", text);
      for (gint x = 0; x < w; x++)
        *tensor_at (tensor, 0, y, x, i) = (gfloat)g_ascii_strtod (numbers[x], NULL);
      g_strfreev (numbers);
    }
    g_strfreev (rows);
  }
  g_strfreev (channels);
  return tensor;
}

Tensor *
tensor_random (gint n, gint h, gint w, gint c, guint32 seed)
{
  Tensor *tensor = tensor_new (n, h, w, c);
  GRand *random = g_rand_new_with_seed (seed);
  for (gsize i = 0; i < tensor_count (tensor); i++)
    tensor->values[i] = (gfloat)g_rand_int_range (random, -8, 9);
  g_rand_free (random);
  return tensor;
}

static gfloat
npy_value (const gchar *data, gsize index, gchar kind)
{
  if (kind == 'u')
    return (gfloat)((const guint8 *)data)[index];
  guint32 bits;
  memcpy (&bits, data + 4 * index, 4);
  bits = GUINT32_FROM_LE (bits);
  if (kind == 'i')
    return (gfloat)(gint32)bits;
  gfloat value;
  memcpy (&value, &bits, 4);
  return value;
}

Tensor *
tensor_from_npy (const gchar *path)
{
  gchar *bytes = NULL;
  gsize size = 0;
  GError *error = NULL;
  g_file_get_contents (path, &bytes, &size, &error);
  fail_unless (bytes != NULL, "%s", error ? error->message : path);
  fail_unless (size > 10 && memcmp (bytes, "\x93NUMPY\x01", 7) == 0, "%s is no .npy 1.0", path);
  const gsize start = 10 + (guint8)bytes[8] + 256 * (gsize)(guint8)bytes[9];
  gchar *header = g_strndup (bytes + 10, start - 10);
  const gchar *descr = strstr (header, "'descr': '"), *shape = strstr (header, "'shape': (");
  fail_unless (descr && shape && strstr (header, "'fortran_order': False"), "%s: %s", path, header);
  const gchar kind = descr[strlen ("'descr': '") + 1];
  const gint width = descr[strlen ("'descr': '") + 2] - '0';
  fail_unless ((kind == 'u' && width == 1) || ((kind == 'f' || kind == 'i') && width == 4),
      "%s: %s is not read here", path, header);

  gint dims[4], rank = 0;
  for (const gchar *at = shape + strlen ("'shape': ("); *at != ')';) {
    gchar *end;
    fail_unless (rank < 4, "%s has more than four dimensions", path);
    dims[rank++] = (gint)g_ascii_strtoll (at, &end, 10);
    for (at = end; *at == ',' || *at == ' ';)
      at++;
  }
  gint nchw[4] = {1, 1, 1, 1};
  memcpy (nchw + 4 - rank, dims, sizeof (gint) * (gsize)rank);
  Tensor *tensor = tensor_new (nchw[0], nchw[2], nchw[3], nchw[1]);
  fail_unless_equals_uint64 (size - start, tensor_count (tensor) * (guint)width);
  gsize index = 0;
  for (gint n = 0; n < tensor->n; n++)
    for (gint c = 0; c < tensor->c; c++)
      for (gint y = 0; y < tensor->h; y++)
        for (gint x = 0; x < tensor->w; x++)
          *tensor_at (tensor, n, y, x, c) = npy_value (bytes + start, index++, kind);
  g_free (header);
  g_free (bytes);
  return tensor;
}

void
assert_tensors_near (const Tensor *tensor, const Tensor *expected, gdouble absolute,
    gdouble relative, const gchar *what)
{
  fail_unless (tensor->n == expected->n && tensor->h == expected->h && tensor->w == expected->w &&
                   tensor->c == expected->c,
      "%s: shape %dx%dx%dx%d (N,H,W,C), expected %dx%dx%dx%d", what, tensor->n, tensor->h,
      tensor->w, tensor->c, expected->n, expected->h, expected->w, expected->c);
  for (gsize i = 0; i < tensor_count (tensor); i++) {
    const gdouble value = tensor->values[i], wanted = expected->values[i];
    const gsize pixel = i / (gsize)tensor->c;
    const gboolean near =
        isnan (wanted)
            ? isnan (value)
            : fabs (value - wanted) <= absolute + relative * fabs (wanted) || value == wanted;
    if (!near) /* one check a value would be slow */
      fail ("%s: %.9g instead of %.9g in frame %d, row %d, column %d, channel %d", what, value,
          wanted, (gint)(pixel / ((gsize)tensor->w * tensor->h)),
          (gint)(pixel / (gsize)tensor->w % (gsize)tensor->h), (gint)(pixel % (gsize)tensor->w),
          (gint)(i % (gsize)tensor->c));
  }
}

void
assert_tensors_equal (const Tensor *tensor, const Tensor *expected, const gchar *what)
{
  assert_tensors_near (tensor, expected, 0, 0, what);
}

Tensor *
expected_convolution (const Tensor *input, const gfloat *weights, gint out_channels, gint rows,
    gint columns, gint stride)
{
  Tensor *output = tensor_new (
      input->n, (input->h - rows) / stride + 1, (input->w - columns) / stride + 1, out_channels);
  for (gsize i = 0; i < tensor_count (output); i++) {
    const gint o = (gint)(i % (gsize)out_channels);
    const gint x = (gint)(i / (gsize)out_channels % (gsize)output->w);
    const gsize row = i / (gsize)out_channels / (gsize)output->w;
    const gint y = (gint)(row % (gsize)output->h), n = (gint)(row / (gsize)output->h);
    const gfloat *weight = weights + (gsize)o * input->c * rows * columns;
    gdouble sum = 0;
    for (gint c = 0; c < input->c; c++)
      for (gint ky = 0; ky < rows; ky++)
        for (gint kx = 0; kx < columns; kx++)
          sum += (gdouble)*weight++ * *tensor_at (input, n, y * stride + ky, x * stride + kx, c);
    output->values[i] = (gfloat)sum;
  }
  return output;
}

/* --- Streams of tensors --------------------------------------------------------------------------- */

static gboolean
is_planar (const gchar *layout)
{
  return g_strcmp0 (layout, "nchw") == 0;
}

gchar *
tensor_caps (const Tensor *tensor, const TensorFormat *format)
{
  const gboolean planar = is_planar (format->layout);
  const gint dims[4] = {tensor->n, planar ? tensor->c : tensor->h, planar ? tensor->h : tensor->w,
      planar ? tensor->w : tensor->c};
  gchar *layout =
      format->layout ? g_strdup_printf (", layout=(string)%s", format->layout) : g_strdup ("");
  gchar *text;
  if (g_str_equal (format->media_type, "tensor/strided"))
    text = g_strdup_printf ("tensor/strided, type=(string)%s, dims=(int)<%d,%d,%d,%d>, "
                            "dims-order=(string)row-major, framerate=(fraction)25/1%s",
        format->type, dims[0], dims[1], dims[2], dims[3], layout);
  else
    text = g_strdup_printf (
        "other/tensors, format=(string)static, num_tensors=(int)1, "
        "types=(string)%s, dimensions=(string)%d:%d:%d:%d, framerate=(fraction)25/1%s",
        format->type, dims[3], dims[2], dims[1], dims[0], layout);
  g_free (layout);
  return text;
}

/* Index of the i-th value of a dense frame in N,H,W,C order. */
static gsize
dense_index (const Tensor *tensor, gsize i, gboolean planar)
{
  if (!planar)
    return i;
  const gsize area = (gsize)tensor->h * tensor->w, c = (gsize)tensor->c;
  const gsize n = i / (area * c), channel = i / area % c, pixel = i % area;
  return (n * area + pixel) * c + channel;
}

GstBuffer *
tensor_to_buffer (const Tensor *tensor, const TensorFormat *format)
{
  const gsize count = tensor_count (tensor);
  const gboolean bytes = g_str_equal (format->type, "uint8");
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, count * (bytes ? 1 : sizeof (gfloat)), NULL);
  GstMapInfo map;
  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (gsize i = 0; i < count; i++) {
    const gfloat value = tensor->values[dense_index (tensor, i, is_planar (format->layout))];
    if (bytes)
      map.data[i] = (guint8)value;
    else
      memcpy (map.data + sizeof value * i, &value, sizeof value);
  }
  gst_buffer_unmap (buffer, &map);
  return buffer;
}

static Tensor *
tensor_of_caps (GstCaps *caps, gboolean *planar)
{
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  gint dims[4] = {1, 1, 1, 1};
  if (gst_structure_has_name (structure, "tensor/strided")) {
    const GValue *array = gst_structure_get_value (structure, "dims");
    for (guint i = 0; i < 4; i++)
      dims[i] = g_value_get_int (gst_value_array_get_value (array, i));
    fail_unless_equals_string (gst_structure_get_string (structure, "type"), "float32");
  } else {
    gchar **parts = g_strsplit (gst_structure_get_string (structure, "dimensions"), ":", 4);
    for (guint i = 0; parts[i]; i++)
      dims[3 - i] = atoi (parts[i]);
    g_strfreev (parts);
    fail_unless_equals_string (gst_structure_get_string (structure, "types"), "float32");
  }
  *planar = is_planar (gst_structure_get_string (structure, "layout"));
  return *planar ? tensor_new (dims[0], dims[2], dims[3], dims[1])
                 : tensor_new (dims[0], dims[1], dims[2], dims[3]);
}

Tensor *
tensor_from_buffer (GstBuffer *buffer, GstCaps *caps)
{
  gboolean planar;
  Tensor *tensor = tensor_of_caps (caps, &planar);
  GstMapInfo map;
  gst_buffer_map (buffer, &map, GST_MAP_READ);
  fail_unless_equals_uint64 (map.size, tensor_count (tensor) * sizeof (gfloat));
  for (gsize i = 0; i < tensor_count (tensor); i++)
    memcpy (tensor->values + dense_index (tensor, i, planar), map.data + sizeof (gfloat) * i,
        sizeof (gfloat));
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (buffer);
  return tensor;
}

/* --- Elements in a harness ------------------------------------------------------------------------ */

LayerTest *
layer_test_new (const gchar *elements)
{
  GError *error = NULL;
  LayerTest *test = g_new0 (LayerTest, 1);
  test->element = gst_parse_bin_from_description (elements, TRUE, &error);
  fail_unless (error == NULL, "%s: %s", elements, error ? error->message : "");
  gst_object_ref_sink (test->element);
  test->bus = gst_bus_new ();
  gst_element_set_bus (test->element, test->bus);
  test->harness = gst_harness_new_with_element (test->element, "sink", "src");
  return test;
}

gchar *
complaint_text (GstMessage *message)
{
  GError *error = NULL;
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, NULL);
  else
    gst_message_parse_warning (message, &error, NULL);
  gchar *text = g_strdup (error->message);
  g_error_free (error);
  return text;
}

static void
fail_on_complaint (GstBus *bus)
{
  GstMessage *message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
  if (message)
    fail ("%s said: %s", GST_MESSAGE_SRC_NAME (message), complaint_text (message));
}

void
layer_test_free (LayerTest *test)
{
  fail_on_complaint (test->bus);
  gst_bus_set_flushing (test->bus, TRUE);
  gst_harness_teardown (test->harness);
  gst_element_set_bus (test->element, NULL);
  gst_object_unref (test->element);
  gst_object_unref (test->bus);
  g_free (test);
}

GstElement *
layer_test_element (LayerTest *test, const gchar *name)
{
  GstElement *element = gst_bin_get_by_name (GST_BIN (test->element), name);
  fail_unless (element != NULL, "no element %s", name);
  gst_object_unref (element);
  return element;
}

static void
find_winograd (const GValue *item, gpointer found)
{
  GstElement *element = g_value_get_object (item);
  GstStructure *info = NULL;
  if (!g_object_class_find_property (G_OBJECT_GET_CLASS (element), "layer-info"))
    return;
  g_object_get (element, "layer-info", &info, NULL);
  fail_unless (info != NULL, "%s has no layer-info", GST_ELEMENT_NAME (element));
  const gchar *kernel = gst_structure_get_string (info, "kernel-name");
  if (kernel && strstr (kernel, "winograd"))
    *(gboolean *)found = TRUE;
  gst_structure_free (info);
}

gboolean
layer_test_runs_winograd (LayerTest *test)
{
  gboolean found = FALSE;
  GstIterator *iterator = gst_bin_iterate_recurse (GST_BIN (test->element));
  fail_unless (gst_iterator_foreach (iterator, find_winograd, &found) == GST_ITERATOR_DONE);
  gst_iterator_free (iterator);
  fail_if (found && g_strcmp0 (g_getenv ("CNN_EXACT"), "1") == 0, "Winograd in an exact run");
  return found;
}

GstCaps *
layer_test_output_caps (LayerTest *test)
{
  GstCaps *caps = gst_pad_get_current_caps (test->harness->sinkpad);
  fail_on_complaint (test->bus);
  fail_unless (caps != NULL, "nothing was negotiated");
  return caps;
}

Tensor *
layer_test_output (LayerTest *test, GstBuffer *buffer)
{
  GstCaps *caps = layer_test_output_caps (test);
  Tensor *output = tensor_from_buffer (buffer, caps);
  gst_caps_unref (caps);
  return output;
}

GstBuffer *
layer_test_push (LayerTest *test, const gchar *caps, GstBuffer *buffer)
{
  gst_harness_set_src_caps_str (test->harness, caps);
  const GstFlowReturn flow = gst_harness_push (test->harness, buffer);
  fail_on_complaint (test->bus);
  fail_unless_equals_int (flow, GST_FLOW_OK);
  GstBuffer *output = gst_harness_pull (test->harness);
  fail_unless (output != NULL, "no frame came out");
  return output;
}

Tensor *
layer_test_run (LayerTest *test, const Tensor *input)
{
  gchar *caps = tensor_caps (input, &native_float);
  GstBuffer *buffer = layer_test_push (test, caps, tensor_to_buffer (input, &native_float));
  Tensor *output = layer_test_output (test, buffer);
  g_free (caps);
  return output;
}

Tensor *
layer_test_run_warned (LayerTest *test, const Tensor *input, gchar **warning)
{
  gchar *caps = tensor_caps (input, &native_float);
  gst_harness_set_src_caps_str (test->harness, caps);
  g_free (caps);
  GstMessage *message = gst_bus_pop_filtered (test->bus, GST_MESSAGE_WARNING);
  *warning = message ? complaint_text (message) : NULL;
  if (message)
    gst_message_unref (message);
  return layer_test_run (test, input);
}

Tensor *
run_elements (const gchar *elements, const Tensor *input)
{
  LayerTest *test = layer_test_new (elements);
  Tensor *output = layer_test_run (test, input);
  layer_test_free (test);
  return output;
}

void
assert_result (const gchar *elements, const gchar *input, const gchar *expected)
{
  Tensor *in = tensor_from_text (input), *wanted = tensor_from_text (expected);
  Tensor *out = run_elements (elements, in);
  assert_tensors_equal (out, wanted, elements);
  tensor_free (out);
  tensor_free (wanted);
  tensor_free (in);
}

gchar *
array_text (const gfloat *values, gsize count)
{
  GString *text = g_string_new ("<");
  for (gsize i = 0; i < count; i++)
    g_string_append_printf (text, i ? ",%.9g" : "%.9g", (gdouble)values[i]);
  g_string_append_c (text, '>');
  return g_string_free (text, FALSE);
}

/* --- Pipelines ------------------------------------------------------------------------------------ */

#define PIPELINE_TIMEOUT (60 * GST_SECOND)

GstMessage *
run_pipeline (const gchar *launch, const gchar *message_name, GPtrArray *messages)
{
  GError *error = NULL;
  GstElement *pipeline = gst_parse_launch_full (launch, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error);
  fail_unless (error == NULL, "%s: %s", launch, error ? error->message : "");
  GstBus *bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  GstMessage *complaint = NULL;
  for (gboolean running = TRUE; running;) {
    GstMessage *message = gst_bus_timed_pop_filtered (bus, PIPELINE_TIMEOUT,
        GST_MESSAGE_ERROR | GST_MESSAGE_WARNING | GST_MESSAGE_EOS | GST_MESSAGE_ELEMENT);
    fail_unless (message != NULL, "%s: neither end nor error", launch);
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT) {
      const GstStructure *structure = gst_message_get_structure (message);
      if (messages && gst_structure_has_name (structure, message_name))
        g_ptr_array_add (messages, gst_message_ref (message));
    } else {
      running = FALSE;
      if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_EOS)
        complaint = gst_message_ref (message);
    }
    gst_message_unref (message);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (pipeline);
  return complaint;
}

void
assert_pipeline_runs (const gchar *launch)
{
  GstMessage *complaint = run_pipeline (launch, NULL, NULL);
  if (complaint)
    fail ("%s\n%s said: %s", launch, GST_MESSAGE_SRC_NAME (complaint), complaint_text (complaint));
}
