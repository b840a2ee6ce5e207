/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Properties as people type them, and as other programs print them. */
#include "layertest.h"

#include <string.h>

/* What a property holds: "1 0.5". */
static gchar *
numbers_of (GstElement *element, const gchar *property)
{
  GString *text = g_string_new (NULL);
  GValue value = G_VALUE_INIT;
  g_value_init (&value, GST_TYPE_ARRAY);
  g_object_get_property (G_OBJECT (element), property, &value);
  for (guint i = 0; i < gst_value_array_get_size (&value); i++)
    g_string_append_printf (
        text, i ? " %.17g" : "%.17g", g_value_get_double (gst_value_array_get_value (&value, i)));
  g_value_unset (&value);
  return g_string_free (text, FALSE);
}

/* As a GstValueArray, and as text that says the same when it is set again. */
static void
assert_numbers (
    GstElement *element, const gchar *property, const gchar *expected, const gchar *what)
{
  gchar *array = numbers_of (element, property), *text, *again;
  g_object_get (element, property, &text, NULL);
  g_object_set (element, property, text, NULL);
  again = numbers_of (element, property);
  fail_unless (g_str_equal (array, expected) && g_str_equal (again, expected),
      "%s gives %s=\"%s\" and by its text %s \"%s\", not \"%s\"", what, property, array, text,
      again, expected);
  g_free (again);
  g_free (text);
  g_free (array);
}

static const struct {
  const gchar *text, *numbers;
} texts[] = {
    {"0.1", "0.10000000000000001"},
    {"-3", "-3"},
    {"1 0 -1", "1 0 -1"},
    {"0.485,0.456,0.406", "0.48499999999999999 0.45600000000000002 0.40600000000000003"},
    {"<1.0,0.0,-1.0>", "1 0 -1"},
    {"<(double)1, (int)2>", "1 2"},
    {"<<1,0,-1>,<2,0,-2>>", "1 0 -1 2 0 -2"},
    {"[[1, 0, -1], [2, 0, -2]]", "1 0 -1 2 0 -2"},
    {"[[ 1.  0. -1.]\n [ 2.  0. -2.]]", "1 0 -1 2 0 -2"},
    {"array([[ 1. ,  0.5]], dtype=float32)", "1 0.5"},
    {"tensor([[[[1., 2.]]]], dtype=torch.float64)", "1 2"},
    {"np.array([1, 2])", "1 2"},
    {"1;2\t3", "1 2 3"},
    {"1/8 -1/4", "0.125 -0.25"},
    {"1e-3, .5, +2", "0.001 0.5 2"},
    {"none", ""},
    {"None", ""},
    {"false", ""},
    {"<>", ""},
    {"[]", ""},
    {"", ""},
};

GST_START_TEST (test_numbers_in_launch_lines)
{
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    gchar *line = g_strdup_printf ("cnnconv kernel=box bias=\"%s\"", texts[i].text);
    GError *error = NULL;
    GstElement *element = gst_parse_launch (line, &error);
    fail_unless (element && !error, "%s: %s", line, error ? error->message : "");
    assert_numbers (element, "bias", texts[i].numbers, line);
    gst_object_unref (element);
    g_free (line);
  }
}
GST_END_TEST;

/* By a GValue of that string, by g_object_set () with a string, by gst_util_set_object_arg (). */
GST_START_TEST (test_numbers_as_strings)
{
  GstElement *element = gst_element_factory_make ("cnnconv", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    GValue value = G_VALUE_INIT;
    g_value_init (&value, G_TYPE_STRING);
    g_value_set_string (&value, texts[i].text);
    g_object_set_property (G_OBJECT (element), "coefficients", &value);
    g_value_unset (&value);
    assert_numbers (element, "coefficients", texts[i].numbers, texts[i].text);
    g_object_set (element, "mean", texts[i].text, NULL);
    assert_numbers (element, "mean", texts[i].numbers, texts[i].text);
    gst_util_set_object_arg (G_OBJECT (element), "std", texts[i].text);
    assert_numbers (element, "std", texts[i].numbers, texts[i].text);
  }
  gst_object_unref (element);
}
GST_END_TEST;

static void
append (GValue *array, GType type, gdouble number)
{
  GValue from = G_VALUE_INIT, item = G_VALUE_INIT;
  g_value_init (&from, G_TYPE_DOUBLE);
  g_value_set_double (&from, number);
  g_value_init (&item, type);
  fail_unless (g_value_transform (&from, &item));
  gst_value_array_append_and_take_value (array, &item);
}

GST_START_TEST (test_numbers_as_values)
{
  GstElement *element = gst_element_factory_make ("cnnconv", NULL);
  const GType types[] = {G_TYPE_DOUBLE, G_TYPE_FLOAT, G_TYPE_INT, G_TYPE_UINT, G_TYPE_INT64};
  for (guint i = 0; i < G_N_ELEMENTS (types); i++) {
    GValue array = G_VALUE_INIT, nested = G_VALUE_INIT, number = G_VALUE_INIT;
    g_value_init (&array, GST_TYPE_ARRAY);
    append (&array, types[i], 3);
    append (&array, types[i], 7);
    g_object_set_property (G_OBJECT (element), "bias", &array);
    assert_numbers (element, "bias", "3 7", g_type_name (types[i]));

    g_value_init (&nested, GST_TYPE_ARRAY);
    gst_value_array_append_value (&nested, &array);
    gst_value_array_append_value (&nested, &array);
    g_object_set_property (G_OBJECT (element), "bias", &nested);
    assert_numbers (element, "bias", "3 7 3 7", "a nested array");

    number = *gst_value_array_get_value (&array, 1);
    g_object_set_property (G_OBJECT (element), "bias", &number);
    assert_numbers (element, "bias", "7", g_type_name (types[i]));
    g_value_unset (&nested);
    g_value_unset (&array);
  }
  GValue third = G_VALUE_INIT, no = G_VALUE_INIT;
  g_value_init (&third, G_TYPE_DOUBLE);
  g_value_set_double (&third, 1.0 / 3);
  g_object_set_property (G_OBJECT (element), "bias", &third);
  assert_numbers (element, "bias", "0.33333333333333331", "a double with all its digits");
  g_value_init (&no, G_TYPE_BOOLEAN);
  g_object_set_property (G_OBJECT (element), "bias", &no);
  assert_numbers (element, "bias", "", "FALSE");
  gst_object_unref (element);
}
GST_END_TEST;

/* What is no number leaves the old numbers, and is told by the element. */
GST_START_TEST (test_live_refusals)
{
  LayerTest *test = layer_test_new ("cnnconv name=a coefficients=2 kernel-size=1 activation=relu");
  GstElement *element = layer_test_element (test, "a");
  Tensor *input = tensor_from_text ("1 2"), *expected = tensor_from_text ("2 4");
  tensor_free (layer_test_run (test, input));
  static const gchar *const wrong[][3] = {
      {"coefficients", "two",
          "coefficients: value 0 is \"two\", not a number; the old setting stays"},
      {"activation", "Relo", "activation=Relo is not one of none, relu"},
      {"stride", "many", "stride=\"many\" is neither N nor HxW"},
  };
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    gst_util_set_object_arg (G_OBJECT (element), wrong[i][0], wrong[i][1]);
    GstMessage *message = gst_bus_pop_filtered (test->bus, GST_MESSAGE_WARNING);
    fail_unless (message != NULL, "no warning of %s=%s", wrong[i][0], wrong[i][1]);
    gchar *text = complaint_text (message);
    fail_unless (strstr (text, wrong[i][2]) != NULL, "%s", text);
    g_free (text);
    gst_message_unref (message);
    Tensor *output = layer_test_run (test, input);
    assert_tensors_equal (output, expected, wrong[i][0]);
    tensor_free (output);
  }
  tensor_free (expected);
  tensor_free (input);
  layer_test_free (test);
}
GST_END_TEST;

GST_START_TEST (test_words)
{
  static const gchar *const rows[][3] = {
      {"cnnconv", "activation=ReLU", "relu"},
      {"cnnconv", "activation=swish", "silu"},
      {"cnnconv", "activation=SiLU", "silu"},
      {"cnnconv", "activation=leakyrelu", "leaky-relu"},
      {"cnnconv", "activation=leaky_relu", "leaky-relu"},
      {"cnnconv", "activation=LeakyReLU", "leaky-relu"},
      {"cnnconv", "activation=hardswish", "hard-swish"},
      {"cnnconv", "activation=HardSigmoid", "hard-sigmoid"},
      {"cnnconv", "activation=linear", "none"},
      {"cnnconv", "activation=relu", "relu"},
      {"cnnconv", "activation=1", "relu"},
      {"cnnconv", "kernel=Sobel_X", "sobel-x"},
      {"cnnconv", "kernel=blur", "gaussian"},
      {"cnnconv", "padding-mode=constant", "zeros"},
      {"cnnconv", "padding-mode=edge", "replicate"},
      {"cnnconv", "padding-mode=wrap", "circular"},
      {"cnnconv", "padding-mode=mirror", "reflect"},
      {"cnnpool", "mode=avg", "average"},
      {"cnnpool", "mode=MAX", "max"},
      {"cnnupsample", "mode=linear", "bilinear"},
      {"cnnupsample", "mode=nearest-neighbor", "nearest"},
      {"cnnupsample", "mode=pixelshuffle", "pixel-shuffle"},
      {"cnnupsample", "mode=depth-to-space", "pixel-shuffle"},
      {"cnn1x1", "kernel=Random", "random"},
      {"cnnmerge", "mode=sum", "add"},
      {"cnnmerge", "activation=Sigmoid", "sigmoid"},
  };
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    gchar *line = g_strjoin (" ", rows[i][0], rows[i][1], NULL);
    gchar **parts = g_strsplit (rows[i][1], "=", 2);
    GValue value = G_VALUE_INIT, word = G_VALUE_INIT;
    GstElement *element = gst_parse_launch (line, NULL);
    fail_unless (element != NULL, "%s", line);
    for (guint way = 0; way < 2; way++) {
      g_object_get_property (G_OBJECT (element), parts[0], &value);
      const GEnumValue *found =
          g_enum_get_value (g_type_class_peek (G_VALUE_TYPE (&value)), g_value_get_enum (&value));
      fail_unless (found && g_str_equal (found->value_nick, rows[i][2]), "%s gives %s", line,
          found ? found->value_nick : "nothing");
      g_value_unset (&value);
      gst_object_unref (element);
      /* Once more by a GValue of a string. */
      element = gst_element_factory_make (rows[i][0], NULL);
      g_value_init (&word, G_TYPE_STRING);
      g_value_set_string (&word, parts[1]);
      g_object_set_property (G_OBJECT (element), parts[0], &word);
      g_value_unset (&word);
    }
    gst_object_unref (element);
    g_strfreev (parts);
    g_free (line);
  }
}
GST_END_TEST;

/* A kernel of 2 rows and 3 columns, in all ways to write it. */
GST_START_TEST (test_sizes)
{
  static const gchar *const sizes[] = {
      "2x3", "2X3", "2 x 3", "2,3", "(2,3)", "(2, 3)", "[2, 3]", "<2,3>", "2 3", "2;3"};
  static const gchar *const same[] = {"same", "SAME", "Same_Upper", "same-upper"};
  static const gchar *const lower[] = {"SAME_LOWER", "same-lower"};
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    gchar *line = g_strdup_printf ("cnnpool kernel-size=\"%s\" stride=\"(1,)\"", sizes[i]);
    assert_result (line, "1 2 3 4; 5 6 7 8", "7 8");
    g_free (line);
  }
  for (guint i = 0; i < G_N_ELEMENTS (same); i++) {
    gchar *line =
        g_strdup_printf ("cnnconv coefficients=\"1 10\" kernel-size=1,2 padding=%s", same[i]);
    assert_result (line, "1 2 3", "21 32 3");
    g_free (line);
  }
  for (guint i = 0; i < G_N_ELEMENTS (lower); i++) {
    gchar *line =
        g_strdup_printf ("cnnconv coefficients=\"1 10\" kernel-size=1,2 padding=%s", lower[i]);
    assert_result (line, "1 2 3", "10 21 32");
    g_free (line);
  }
  assert_result ("cnnpool kernel-size=1,2 padding=Valid", "1 2 3 4", "2 4");
  assert_result ("cnnpool kernel-size=[1,2] stride=1 padding=(0,1)", "1 2 3", "1 2 3 3");
  assert_result ("cnnconv coefficients=1 kernel-size=1 padding=\"[0, 1, 0, 2]\"", "5", "0 5 0 0");
}
GST_END_TEST;

/* Nine numbers are a kernel for each channel, as a named filter is, and one number is the bias of all. */
GST_START_TEST (test_kernel_on_each_channel)
{
  static const gchar *const pairs[][2] = {
      {"cnnconv coefficients=\"-1 0 1 -2 0 2 -1 0 1\"", "cnnconv kernel=sobel-x"},
      {"cnnconv coefficients=\"[[1,2,1],[2,4,2],[1,2,1]]\" bias=0.5 padding=1",
          "cnnconv coefficients=\"1 2 1 2 4 2 1 2 1 1 2 1 2 4 2 1 2 1 1 2 1 2 4 2 1 2 1\" groups=3 "
          "out-channels=3 bias=\"0.5 0.5 0.5\" padding=1"},
      {"cnnconv kernel=identity bias=2", "cnnconv kernel=identity bias=<2,2,2>"},
  };
  Tensor *input = tensor_random (1, 7, 9, 3, 4);
  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++) {
    Tensor *expected = run_elements (pairs[i][1], input),
           *output = run_elements (pairs[i][0], input);
    assert_tensors_equal (output, expected, pairs[i][0]);
    tensor_free (output);
    tensor_free (expected);
  }
  tensor_free (input);
}
GST_END_TEST;

/* A source that can be gray stays so. */
GST_START_TEST (test_kernel_prefers_gray)
{
  GPtrArray *messages = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_message_unref);
  GstMessage *fault =
      run_pipeline ("videotestsrc num-buffers=1 ! cnnconv coefficients=\"1 0 -1 2 0 -2 1 0 "
                    "-1\" ! fakesink",
          "cnn-layer-info", messages);
  fail_unless (!fault && messages->len > 0);
  const GValue *shape = gst_structure_get_value (
      gst_message_get_structure (g_ptr_array_index (messages, 0)), "input");
  ck_assert_int_eq (g_value_get_int (gst_value_array_get_value (shape, 3)), 1);
  g_ptr_array_unref (messages);
}
GST_END_TEST;

static Suite *
typedinput_suite (void)
{
  Suite *suite = suite_create ("typedinput");
  TCase *tests = tcase_create ("properties");
  suite_add_tcase (suite, tests);
  tcase_add_test (tests, test_numbers_in_launch_lines);
  tcase_add_test (tests, test_numbers_as_strings);
  tcase_add_test (tests, test_numbers_as_values);
  tcase_add_test (tests, test_live_refusals);
  tcase_add_test (tests, test_words);
  tcase_add_test (tests, test_sizes);
  tcase_add_test (tests, test_kernel_on_each_channel);
  tcase_add_test (tests, test_kernel_prefers_gray);
  return suite;
}

GST_CHECK_MAIN (typedinput);
