/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Weights files with several layers: which one an element takes when no name says so, what it then
 * negotiates, and files that change while frames flow. */
#include "layertest.h"

#include <glib/gstdio.h>
#include <malloc.h>
#include <string.h>
#include <unistd.h>

static gchar *folder;

/* --- Files ---------------------------------------------------------------------------------------- */

/* "a.weight 8,3,3,3": whole numbers, so that sums of products are exact. */
static void
append_weight (GString *header, GByteArray *data, const gchar *text, guint32 seed)
{
  gchar **parts = g_strsplit (text, " ", 2), **dims = g_strsplit (parts[1], ",", -1);
  gint count = 1;
  for (guint i = 0; dims[i]; i++)
    count *= atoi (dims[i]);
  Tensor *values = tensor_random (1, 1, 1, count, seed);
  const guint begin = data->len;
  g_byte_array_append (data, (const guint8 *)values->values, (guint)count * sizeof (gfloat));
  g_string_append_printf (header,
      "%s\"%s\":{\"dtype\":\"F32\",\"shape\":[%s],\"data_offsets\":[%u,%u]}",
      header->len > 1 ? "," : "", parts[0], parts[1], begin, data->len);
  tensor_free (values);
  g_strfreev (dims);
  g_strfreev (parts);
}

/* The path of a .safetensors file with these tensors, separated by "; ". */
static gchar *
write_weights (const gchar *name, const gchar *tensors, guint32 seed)
{
  GString *header = g_string_new ("{");
  GByteArray *data = g_byte_array_new ();
  gchar **texts = g_strsplit (tensors, "; ", -1);
  for (guint i = 0; texts[i]; i++)
    append_weight (header, data, texts[i], seed + i);
  g_string_append_c (header, '}');
  const guint64 length = GUINT64_TO_LE ((guint64)header->len);
  g_string_prepend_len (header, (const gchar *)&length, sizeof length);
  g_string_append_len (header, (const gchar *)data->data, data->len);
  gchar *path = g_build_filename (folder, name, NULL);
  fail_unless (g_file_set_contents (path, header->str, (gssize)header->len, NULL));
  g_strfreev (texts);
  g_byte_array_unref (data);
  g_string_free (header, TRUE);
  return path;
}

static gchar *
with_file (const gchar *text, const gchar *path)
{
  GString *result = g_string_new (text);
  g_string_replace (result, "@", path, 0);
  return g_string_free (result, FALSE);
}

/* --- Which weight ---------------------------------------------------------------------------------- */

#define NET "a.weight 8,3,3,3; a.bias 8; b.weight 8,16,3,3; b.bias 8"
#define PAIR "a.weight 6,4,3,3; b.weight 8,2,5,5"
#define LINEAR "f.weight 5,7; f.bias 5; g.weight 3,5; c.weight 2,7,3,3"
#define WHOLE "c.weight 4,3,3,3; f.weight 10,48; f.bias 10; g.weight 6,8"

/* What `elements` without a layer make of an input of rows x columns x channels is what layer=`layer` makes
 * of it. "@": the file. */
static const struct {
  const gchar *tensors, *elements;
  gint rows, columns, channels;
  const gchar *layer;
  const gchar *warning; /* NULL: none */
} searches[] = {
    {NET, "cnnconv weights=@", 5, 6, 3, "a", NULL},
    {NET, "cnnconv weights=@", 5, 6, 16, "b", NULL},
    {NET, "cnnconv weights=@ activation=crelu padding=1 stride=2", 5, 6, 3, "a", NULL},
    {NET, "cnnconv weights=@", 5, 6, 12, "a", "runs as 4 groups"},
    {PAIR, "cnnconv weights=@ groups=1", 7, 6, 4, "a", NULL},
    {PAIR, "cnnconv weights=@ groups=2", 7, 6, 4, "b", NULL},
    {PAIR, "cnnconv weights=@ kernel-size=3", 7, 6, 4, "a", NULL},
    {PAIR, "cnnconv weights=@ kernel-size=5", 7, 6, 4, "b", "runs as 2 groups"},
    {PAIR, "cnnconv weights=@ out-channels=8", 7, 6, 4, "b", "runs as 2 groups"},
    {PAIR, "cnnconv weights=@", 7, 6, 12, "a", "runs as 3 groups"},
    {LINEAR, "cnn1x1 weights=@", 4, 3, 7, "f", NULL},
    {LINEAR, "cnn1x1 weights=@", 4, 3, 5, "g", NULL},
    {LINEAR, "cnnconv weights=@", 4, 3, 7, "c", NULL},
    {LINEAR, "cnnconv weights=@", 1, 1, 5, "g", NULL},
    {LINEAR, "cnnconv weights=@ kernel-size=1", 4, 3, 5, "g", NULL},
    {WHOLE, "cnnconv weights=@", 5, 5, 3, "c", NULL},
    {WHOLE, "cnnconv weights=@", 4, 6, 2, "f", NULL},
    {WHOLE, "cnnconv weights=@", 2, 2, 2, "g", NULL},
    {WHOLE, "cnnconv weights=@ kernel-size=2x4", 6, 7, 6, "f", NULL},
};

/* run_elements(), where the bus must hear of it. */
static Tensor *
run_warned (const gchar *elements, const Tensor *input, const gchar *warning)
{
  LayerTest *test = layer_test_new (elements);
  gchar *text;
  Tensor *output = layer_test_run_warned (test, input, &text);
  fail_unless ((warning != NULL) == (text != NULL) && (!text || strstr (text, warning)),
      "%s warned \"%s\" instead of \"%s\"", elements, text ? text : "", warning ? warning : "");
  g_free (text);
  layer_test_free (test);
  return output;
}

GST_START_TEST (test_searches)
{
  gchar *path = write_weights ("search.safetensors", searches[__i__].tensors, 1);
  gchar *searched = with_file (searches[__i__].elements, path);
  gchar *named = g_strdup_printf ("%s layer=%s", searched, searches[__i__].layer);
  Tensor *input =
      tensor_random (1, searches[__i__].rows, searches[__i__].columns, searches[__i__].channels, 5);
  Tensor *expected = run_warned (named, input, searches[__i__].warning);
  Tensor *output = run_warned (searched, input, searches[__i__].warning);
  assert_tensors_equal (output, expected, searched);
  tensor_free (output);
  tensor_free (expected);
  tensor_free (input);
  g_free (named);
  g_free (searched);
  g_free (path);
}
GST_END_TEST;

/* What ambiguity and misfits are told; "@" is the file. */
static const struct {
  const gchar *tensors, *launch, *sentence;
} refusals[] = {
    {NET, "videotestsrc num-buffers=1 ! video/x-raw,format=GRAY8 ! cnnconv weights=@ ! fakesink",
        "no weight fits an input of 1 channel; the weights in this file are: a.weight 8x3x3x3 "
        "float32, "
        "b.weight 8x16x3x3 float32"},
    {"a.weight 2,3,3,3; b.weight 2,3,5,5",
        "videotestsrc num-buffers=1 ! cnnconv weights=@ ! fakesink",
        "2 weights fit, so layer= must name one; the weights in this file are: a.weight 2x3x3x3"},
    {"a.weight 2,3,3,3; b.weight 2,3,5,5; c.weight 2,1,3,3",
        "videotestsrc num-buffers=1 ! video/x-raw,format=RGB ! cnnconv weights=@ ! fakesink",
        "2 weights fit an input of 3 channels, so layer= must name one; the weights in this file"},
    {WHOLE,
        "videotestsrc num-buffers=1 ! video/x-raw,format=RGB,width=4,height=4 ! cnnconv weights=@ "
        "! "
        "fakesink",
        "2 weights fit an input of 3 channels"},
    {NET, "videotestsrc num-buffers=1 ! cnnconv weights=@ groups=3 ! fakesink",
        "no weight fits in 3 groups"},
    {NET, "videotestsrc num-buffers=1 ! cnn1x1 weights=@ ! fakesink",
        "no weight fits; the weights in"},
};

GST_START_TEST (test_refusals)
{
  gchar *path = write_weights ("refused.safetensors", refusals[__i__].tensors, 1);
  gchar *launch = with_file (refusals[__i__].launch, path);
  GstMessage *message = run_pipeline (launch, NULL, NULL);
  fail_unless (message != NULL, "%s ran", launch);
  gchar *text = complaint_text (message);
  fail_unless (strstr (text, refusals[__i__].sentence) != NULL, "%s said: %s", launch, text);
  g_free (text);
  gst_message_unref (message);
  g_free (launch);
  g_free (path);
}
GST_END_TEST;

/* --- Negotiation ----------------------------------------------------------------------------------- */

#define GRAY_OR_MANY "a.weight 4,1,3,3; b.weight 2,16,3,3"
#define GRAY_OR_COLOUR "a.weight 4,1,3,3; b.weight 2,3,3,3"

/* What reaches the layer and what leaves it, while the file leaves several weights to the input. */
static const struct {
  const gchar *tensors, *launch;
  gint input[4], output[4];
} negotiations[] = {
    /* The source would rather send colors, for which there is no weight. */
    {GRAY_OR_MANY, "videotestsrc num-buffers=1 ! cnnconv weights=@ ! fakesink", {1, 240, 320, 1},
        {1, 238, 318, 4}},
    {NET, "videotestsrc num-buffers=1 ! cnnconv weights=@ ! fakesink", {1, 240, 320, 3},
        {1, 238, 318, 8}},
    /* The output's channels tell which weight is meant, its rows and columns the frame's size. */
    {GRAY_OR_COLOUR,
        "videotestsrc num-buffers=1 ! cnnconv weights=@ ! "
        "tensor/strided,dims=(int)<1,20,30,4> ! fakesink",
        {1, 22, 32, 1}, {1, 20, 30, 4}},
    {GRAY_OR_COLOUR,
        "videotestsrc num-buffers=1 ! cnnconv weights=@ stride=2 padding=1 ! "
        "tensor/strided,dims=(int)<1,120,160,2> ! fakesink",
        {1, 240, 320, 3}, {1, 120, 160, 2}},
    {GRAY_OR_COLOUR,
        "videotestsrc num-buffers=1 ! video/x-raw,format=RGB,width=8,height=6 ! cnnconv weights=@ "
        "activation=crelu ! fakesink",
        {1, 6, 8, 3}, {1, 4, 6, 4}},
};

static void
check_dims (const GstStructure *info, const gchar *field, const gint *expected, const gchar *launch)
{
  const GValue *dims = gst_structure_get_value (info, field);
  for (guint i = 0; i < 4; i++) {
    const gint value = g_value_get_int (gst_value_array_get_value (dims, i));
    fail_unless (value == expected[i], "%s: %s[%u] is %d instead of %d", launch, field, i, value,
        expected[i]);
  }
}

GST_START_TEST (test_negotiation)
{
  gchar *path = write_weights ("negotiated.safetensors", negotiations[__i__].tensors, 1);
  gchar *launch = with_file (negotiations[__i__].launch, path);
  GPtrArray *messages = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_message_unref);
  GstMessage *complaint = run_pipeline (launch, "cnn-layer-info", messages);
  if (complaint)
    fail ("%s\n%s", launch, complaint_text (complaint));
  fail_unless_equals_int (messages->len, 1);
  const GstStructure *info = gst_message_get_structure (g_ptr_array_index (messages, 0));
  check_dims (info, "input", negotiations[__i__].input, launch);
  check_dims (info, "output", negotiations[__i__].output, launch);
  g_ptr_array_unref (messages);
  g_free (launch);
  g_free (path);
}
GST_END_TEST;

/* The input changes, and with it the weight. */
GST_START_TEST (test_input_changes)
{
  gchar *path = write_weights ("inputs.safetensors", NET, 1);
  gchar *elements = with_file ("cnnconv weights=@", path);
  LayerTest *test = layer_test_new (elements);
  for (guint frame = 0; frame < 8; frame++) {
    gchar *named = g_strdup_printf ("%s layer=%s", elements, frame / 2 % 2 ? "b" : "a");
    Tensor *input = tensor_random (1, 5, 4, frame / 2 % 2 ? 16 : 3, frame);
    Tensor *expected = run_elements (named, input), *output = layer_test_run (test, input);
    assert_tensors_equal (output, expected, named);
    tensor_free (output);
    tensor_free (expected);
    tensor_free (input);
    g_free (named);
  }
  layer_test_free (test);
  g_free (elements);
  g_free (path);
}
GST_END_TEST;

/* --- What is told --------------------------------------------------------------------------------- */

/* Groups are in layer-info, and where nobody asked for them on the bus, once. */
GST_START_TEST (test_groups_are_told)
{
  static const struct {
    const gchar *tensors, *properties;
    gint channels, groups;
    const gchar *warning;
  } rows[] = {
      {"a.weight 8,3,3,3", "", 3, 1, NULL},
      {"a.weight 6,1,3,3", "", 6, 6, NULL},
      {"a.weight 6,1,3,3", "", 3, 3, "of shape 6x1x3x3 takes 1 channel, but the input has 3"},
      {"a.weight 8,3,3,3", "", 12, 4, "it runs as 4 groups, which groups=4 confirms"},
      {"a.weight 8,3,3,3", "groups=4", 12, 4, NULL},
      {"a.weight 8,4,2,2", "", 8, 2, "or it is the weight of a ConvTranspose2d"},
  };
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    gchar *path = write_weights ("groups.safetensors", rows[i].tensors, 1);
    gchar *elements =
        g_strdup_printf ("cnnconv name=layer weights=%s %s", path, rows[i].properties);
    LayerTest *test = layer_test_new (elements);
    /* The layer is built three times, and the warning comes with the first. */
    for (gint size = 5; size < 8; size++) {
      gchar *text;
      Tensor *input = tensor_random (1, size, 6, rows[i].channels, 3);
      tensor_free (layer_test_run_warned (test, input, &text));
      const gchar *wanted = size == 5 ? rows[i].warning : NULL;
      fail_unless ((text != NULL) == (wanted != NULL), "row %u, %s", i, text ? text : "");
      if (text)
        fail_unless (g_str_has_prefix (text, "layer: weights: tensor \"a.weight\" ") &&
                         strstr (text, wanted),
            "%s", text);
      g_free (text);
      tensor_free (input);
    }
    GstStructure *info;
    gint groups = 0;
    g_object_get (layer_test_element (test, "layer"), "layer-info", &info, NULL);
    fail_unless (gst_structure_get_int (info, "groups", &groups));
    fail_unless_equals_int (groups, rows[i].groups);
    gst_structure_free (info);
    layer_test_free (test);
    g_free (elements);
    g_free (path);
  }
}
GST_END_TEST;

GST_START_TEST (test_no_numbers_are_told)
{
  gchar *path = g_build_filename (
      g_getenv ("CNN_FIXTURES"), "..", "weights", "networks", "not-finite.safetensors", NULL);
  gchar *elements = g_strdup_printf ("cnnconv weights=%s", path);
  Tensor *input = tensor_random (1, 5, 6, 1, 3);
  tensor_free (
      run_warned (elements, input, "tensor \"a.weight\" has 1 NaN and 2 infinite of 4 values"));
  tensor_free (input);
  g_free (elements);
  g_free (path);
}
GST_END_TEST;

/* --- Files that change ---------------------------------------------------------------------------- */

static gint
run_for_channels (GstElement *pipeline, gchar **refusal)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message = NULL;
  gint channels = 0;
  *refusal = NULL;
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (gboolean done = FALSE; !done; gst_message_unref (message)) {
    message = gst_bus_timed_pop_filtered (
        bus, 20 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR | GST_MESSAGE_ELEMENT);
    fail_unless (message != NULL);
    done = GST_MESSAGE_TYPE (message) != GST_MESSAGE_ELEMENT;
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
      *refusal = complaint_text (message);
    else if (!done && gst_message_has_name (message, "cnn-layer-info"))
      channels = g_value_get_int (gst_value_array_get_value (
          gst_structure_get_value (gst_message_get_structure (message), "output"), 3));
  }
  gst_element_set_state (pipeline, GST_STATE_READY);
  gst_object_unref (bus);
  return channels;
}

/* The next start reads what the path has by then, or refuses. */
GST_START_TEST (test_restart_reads_new_file)
{
  gchar *path = write_weights ("replaced.safetensors", "a.weight 4,1,3,3", 1);
  gchar *launch = with_file ("videotestsrc num-buffers=2 ! "
                             "video/x-raw,format=GRAY8,width=8,height=8 ! cnnconv weights=@ ! "
                             "fakesink",
      path);
  GstElement *pipeline = gst_parse_launch (launch, NULL);
  gchar *refusal;
  fail_unless_equals_int (run_for_channels (pipeline, &refusal), 4);
  g_free (write_weights ("replaced.safetensors", "a.weight 5,1,3,3", 1));
  fail_unless_equals_int (run_for_channels (pipeline, &refusal), 5);
  fail_unless (refusal == NULL);
  g_unlink (path);
  fail_unless_equals_int (run_for_channels (pipeline, &refusal), 0);
  fail_unless (
      refusal && strstr (refusal, "replaced.safetensors: cannot be opened"), "%s", refusal);
  g_free (refusal);
  g_free (write_weights ("replaced.safetensors", "a.weight 3,1,3,3", 1));
  fail_unless_equals_int (run_for_channels (pipeline, &refusal), 3);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  g_free (launch);
  g_free (path);
}
GST_END_TEST;

/* Overwritten in place while it runs: frames go on with the old weights, and another size of frames, for
 * which the layer is built anew, has the new ones. */
GST_START_TEST (test_overwritten_in_place)
{
  gchar *path = write_weights ("first.safetensors", NET, 1), *contents;
  gchar *other = write_weights ("second.safetensors", NET "; c.weight 1,1,1,1", 7);
  gchar *elements = with_file ("cnnconv weights=@ layer=a", path);
  gchar *others = with_file ("cnnconv weights=@ layer=a", other);
  Tensor *small = tensor_random (1, 5, 6, 3, 3), *large = tensor_random (1, 8, 9, 3, 4);
  Tensor *before = run_elements (elements, small), *after = run_elements (others, large);
  LayerTest *test = layer_test_new (elements);
  gsize size;
  for (guint frame = 0; frame < 4; frame++) {
    if (frame == 1) {
      fail_unless (g_file_get_contents (other, &contents, &size, NULL));
      FILE *file = fopen (path, "wb");
      fail_unless (file && fwrite (contents, 1, size, file) == size && fclose (file) == 0);
      g_free (contents);
    }
    Tensor *output = layer_test_run (test, frame < 2 ? small : large);
    assert_tensors_equal (output, frame < 2 ? before : after, "overwritten");
    tensor_free (output);
  }
  layer_test_free (test);
  tensor_free (after);
  tensor_free (before);
  tensor_free (large);
  tensor_free (small);
  g_free (others);
  g_free (elements);
  g_free (other);
  g_free (path);
}
GST_END_TEST;

/* --- Memory --------------------------------------------------------------------------------------- */

#define N_LAYERS 50
#define FILE_BYTES (100 << 20)

/* Of this process, in bytes. */
static gint64
resident_bytes (void)
{
  gchar *text;
  if (!g_file_get_contents ("/proc/self/statm", &text, NULL, NULL))
    return 0;
  gchar **fields = g_strsplit (text, " ", 3);
  const gint64 bytes = g_ascii_strtoll (fields[1], NULL, 10) * sysconf (_SC_PAGESIZE);
  g_strfreev (fields);
  g_free (text);
  return bytes;
}

static guint
count_descriptors (const gchar *path)
{
  guint count = 0;
  GDir *directory = g_dir_open ("/proc/self/fd", 0, NULL);
  for (const gchar *name; directory && (name = g_dir_read_name (directory));) {
    gchar *link = g_build_filename ("/proc/self/fd", name, NULL);
    gchar *target = g_file_read_link (link, NULL);
    count += g_strcmp0 (target, path) == 0;
    g_free (target);
    g_free (link);
  }
  if (directory)
    g_dir_close (directory);
  return count;
}

/* Fifty layers of one file of 100 MB: it is open once, and a small part of it is in memory. */
GST_START_TEST (test_many_layers_share_a_file)
{
  GString *tensors = g_string_new (NULL), *line = g_string_new (NULL);
  for (guint i = 0; i < N_LAYERS; i++) {
    g_string_append_printf (tensors, "l%u.weight 4,4,3,3; ", i);
    g_string_append_printf (line, "%scnnconv weights=@ layer=l%u padding=1", i > 0 ? " ! " : "", i);
  }
  g_string_append_printf (tensors, "rest.weight 1,%d", FILE_BYTES / 4);
  gchar *path = write_weights ("large.safetensors", tensors->str, 1);
  gchar *elements = with_file (line->str, path);
  Tensor *input = tensor_random (1, 8, 8, 4, 3);
  malloc_trim (0);
  const gint64 before = resident_bytes ();
  LayerTest *test = layer_test_new (elements);
  tensor_free (layer_test_run (test, input));
  G_GNUC_UNUSED const gint64 taken = resident_bytes () - before;
  if (before > 0) {
    fail_unless_equals_int (count_descriptors (path), 1);
#ifndef __SANITIZE_ADDRESS__ /* which keeps memory of its own */
    fail_unless (
        taken < FILE_BYTES / 2, "%d layers take %" G_GINT64_FORMAT " bytes", N_LAYERS, taken);
#endif
  }
  layer_test_free (test);
  fail_unless_equals_int (count_descriptors (path), 0);
  tensor_free (input);
  g_free (elements);
  g_free (path);
  g_string_free (line, TRUE);
  g_string_free (tensors, TRUE);
}
GST_END_TEST;

/* --- Changes while frames flow --------------------------------------------------------------------- */

/* Good and bad files in turn: a good one works from the next frame on, a bad one warns and changes
 * nothing. */
GST_START_TEST (test_bad_file_keeps_weights)
{
  static const struct {
    const gchar *tensors, *layer, *sentence;
  } bad[] = {
      {NULL, NULL, "bad.safetensors"}, /* truncated */
      {"b.weight 2,3,3,3; c.weight 2,3,3,3", NULL, "2 weights fit, so layer= must name one"},
      {"a.weight 8,16,3,3", NULL, "the input has 3 channels, but the weights take"},
      {NET, "nothing", "neither a tensor \"nothing.weight\" nor"},
      {"a.weight 8,3,9,9", NULL, "kernel 9x9 is larger than the padded input 5x6"},
      {"a.weight 8,3,3,3; a.bias 7", NULL, "\"a.bias\" has shape 7, but the layer has 8"},
  };
  gchar *path_before = write_weights ("first.safetensors", NET, 1);
  gchar *elements = with_file ("cnnconv name=layer weights=@", path_before);
  Tensor *input = tensor_random (1, 5, 6, 3, 3);
  Tensor *expected = run_elements (elements, input);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    LayerTest *test = layer_test_new (elements);
    tensor_free (layer_test_run (test, input));
    gchar *path = write_weights ("bad.safetensors", bad[i].tensors ? bad[i].tensors : NET, 2);
    if (!bad[i].tensors)
      fail_unless (truncate (path, 100) == 0);
    g_object_set (layer_test_element (test, "layer"), "weights", path, "layer", bad[i].layer, NULL);
    fail_unless_equals_int (
        gst_harness_push (test->harness, tensor_to_buffer (input, &native_float)), GST_FLOW_OK);
    GstMessage *warning = gst_bus_pop_filtered (test->bus, GST_MESSAGE_WARNING);
    fail_unless (warning != NULL, "no warning: %s", bad[i].sentence);
    gchar *text = complaint_text (warning);
    fail_unless (
        strstr (text, bad[i].sentence) && g_str_has_suffix (text, "; the old setting stays"),
        "\"%s\" instead of \"%s\"", text, bad[i].sentence);
    Tensor *output = layer_test_output (test, gst_harness_pull (test->harness));
    assert_tensors_equal (output, expected, text);
    tensor_free (output);
    g_free (text);
    gst_message_unref (warning);
    layer_test_free (test);
    g_free (path);
  }
  tensor_free (expected);
  tensor_free (input);
  g_free (elements);
  g_free (path_before);
}
GST_END_TEST;

typedef struct {
  GstElement *element;
  gchar *paths[2];
  gint stop; /* atomic */
} Swapper;

static gpointer
swap_files (gpointer data)
{
  Swapper *swapper = data;
  for (guint i = 0; !g_atomic_int_get (&swapper->stop); i++) {
    g_object_set (swapper->element, "weights", swapper->paths[i % 2], NULL);
    g_usleep (200);
  }
  return NULL;
}

/* Files set by another thread while frames flow: every frame is wholly of the one or the other. */
GST_START_TEST (test_swaps_are_atomic)
{
  Swapper swapper = {.paths = {write_weights ("one.safetensors", NET, 1),
                         write_weights ("other.safetensors", NET, 7)}};
  gchar *elements = with_file ("cnnconv name=layer weights=@", swapper.paths[0]);
  gchar *others = with_file ("cnnconv name=layer weights=@", swapper.paths[1]);
  Tensor *input = tensor_random (1, 16, 16, 3, 3);
  Tensor *results[] = {run_elements (elements, input), run_elements (others, input)};
  const gsize bytes = sizeof (gfloat) * tensor_count (results[0]);
  guint seen[2] = {0, 0};
  LayerTest *test = layer_test_new (elements);
  swapper.element = layer_test_element (test, "layer");
  GThread *thread = g_thread_new ("swaps", swap_files, &swapper);
  for (guint frame = 0; frame < 4000 && (frame < 400 || !seen[0] || !seen[1]); frame++) {
    Tensor *output = layer_test_run (test, input);
    const gboolean is_first = memcmp (output->values, results[0]->values, bytes) == 0;
    fail_unless (is_first || memcmp (output->values, results[1]->values, bytes) == 0,
        "frame %u is of neither file", frame);
    seen[!is_first]++;
    tensor_free (output);
  }
  g_atomic_int_set (&swapper.stop, TRUE);
  g_thread_join (thread);
  fail_unless (seen[0] && seen[1], "%u and %u frames", seen[0], seen[1]);
  layer_test_free (test);
  tensor_free (results[0]);
  tensor_free (results[1]);
  tensor_free (input);
  g_free (others);
  g_free (elements);
  g_free (swapper.paths[0]);
  g_free (swapper.paths[1]);
}
GST_END_TEST;

static void
make_folder (void)
{
  folder = g_dir_make_tmp ("weightfiles-XXXXXX", NULL);
  fail_unless (folder != NULL);
}

static void
remove_folder (void)
{
  GDir *directory = g_dir_open (folder, 0, NULL);
  for (const gchar *name; (name = g_dir_read_name (directory));) {
    gchar *path = g_build_filename (folder, name, NULL);
    g_unlink (path);
    g_free (path);
  }
  g_dir_close (directory);
  g_rmdir (folder);
  g_free (folder);
}

static Suite *
weight_files_suite (void)
{
  Suite *suite = suite_create ("weight files");
  TCase *tests = tcase_create ("layers");
  suite_add_tcase (suite, tests);
  tcase_add_checked_fixture (tests, make_folder, remove_folder);
  tcase_add_loop_test (tests, test_searches, 0, G_N_ELEMENTS (searches));
  tcase_add_loop_test (tests, test_refusals, 0, G_N_ELEMENTS (refusals));
  tcase_add_loop_test (tests, test_negotiation, 0, G_N_ELEMENTS (negotiations));
  tcase_add_test (tests, test_input_changes);
  tcase_add_test (tests, test_groups_are_told);
  tcase_add_test (tests, test_no_numbers_are_told);
  tcase_add_test (tests, test_restart_reads_new_file);
  tcase_add_test (tests, test_overwritten_in_place);
  tcase_add_test (tests, test_many_layers_share_a_file);
  tcase_add_test (tests, test_bad_file_keeps_weights);
  tcase_add_test (tests, test_swaps_are_atomic);
  return suite;
}

GST_CHECK_MAIN (weight_files)
