/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every element the plugin registers: made, inspected, and taken up and down the states. An element added
 * to the plugin is tested here without a change, unless it needs a property to start. */
#include <gst/check/gstcheck.h>

static const struct {
  const gchar *element, *property, *value;
} needed[] = {
    {"cnnconv", "kernel", "sobel"},
    {"cnn1x1", "kernel", "random"},
    {"cnnmodel", "location", CNN_TEST_NETWORK},
};

typedef void (*ElementFunc) (GstElement *element);

static void
for_each_element (ElementFunc function)
{
  guint count = 0;
  GList *features = gst_registry_get_feature_list_by_plugin (gst_registry_get (), "cnn");
  for (GList *item = features; item; item = item->next) {
    if (!GST_IS_ELEMENT_FACTORY (item->data))
      continue;
    GstElement *element = gst_element_factory_create (item->data, NULL);
    fail_unless (element != NULL, "cannot make %s", GST_OBJECT_NAME (item->data));
    for (guint i = 0; i < G_N_ELEMENTS (needed); i++)
      if (g_str_equal (needed[i].element, GST_OBJECT_NAME (item->data)))
        gst_util_set_object_arg (G_OBJECT (element), needed[i].property, needed[i].value);
    function (element);
    gst_element_set_state (element, GST_STATE_NULL);
    gst_object_unref (element);
    count++;
  }
  gst_plugin_feature_list_free (features);
  fail_unless (count >= 3, "the plugin registers %u elements: is it found?", count);
}

static void
cycle (GstElement *element)
{
  static const GstState states[] = {GST_STATE_READY, GST_STATE_NULL, GST_STATE_READY,
      GST_STATE_PAUSED, GST_STATE_READY, GST_STATE_PAUSED, GST_STATE_PLAYING, GST_STATE_PAUSED,
      GST_STATE_PLAYING, GST_STATE_NULL, GST_STATE_PLAYING, GST_STATE_READY, GST_STATE_NULL};
  for (guint i = 0; i < G_N_ELEMENTS (states); i++)
    fail_if (gst_element_set_state (element, states[i]) == GST_STATE_CHANGE_FAILURE,
        "%s does not go to %s", GST_OBJECT_NAME (element), gst_element_state_get_name (states[i]));
}

GST_START_TEST (test_states)
{
  for_each_element (cycle);
}
GST_END_TEST;

static void
round_trip (GstElement *element)
{
  guint count;
  GParamSpec **specs = g_object_class_list_properties (G_OBJECT_GET_CLASS (element), &count);
  for (guint i = 0; i < count; i++) {
    GParamSpec *spec = specs[i];
    GValue value = G_VALUE_INIT, again = G_VALUE_INIT;
    if (!(spec->flags & G_PARAM_READABLE))
      continue;
    g_value_init (&value, spec->value_type);
    g_value_init (&again, spec->value_type);
    g_object_get_property (G_OBJECT (element), spec->name, &value);
    fail_unless (g_param_spec_get_blurb (spec) && *g_param_spec_get_blurb (spec),
        "%s of %s has no description", spec->name, GST_OBJECT_NAME (element));
    if ((spec->flags & G_PARAM_WRITABLE) && !(spec->flags & G_PARAM_CONSTRUCT_ONLY) &&
        !G_IS_PARAM_SPEC_OBJECT (spec)) {
      g_object_set_property (G_OBJECT (element), spec->name, &value);
      g_object_get_property (G_OBJECT (element), spec->name, &again);
      const gboolean same = G_VALUE_HOLDS_BOXED (&value) || GST_VALUE_HOLDS_ARRAY (&value)
                                ? gst_value_compare (&value, &again) == GST_VALUE_EQUAL
                                : g_param_values_cmp (spec, &value, &again) == 0;
      fail_unless (
          same, "%s of %s does not keep its own value", spec->name, GST_OBJECT_NAME (element));
    }
    g_value_unset (&value);
    g_value_unset (&again);
  }
  g_free (specs);
}

GST_START_TEST (test_properties)
{
  for_each_element (round_trip);
}
GST_END_TEST;

/* What a new element says is what gst-inspect-1.0 prints as the default. */
static void
check_defaults (GstElement *configured)
{
  guint count;
  GstElement *element = gst_element_factory_create (gst_element_get_factory (configured), NULL);
  GParamSpec **specs = g_object_class_list_properties (G_OBJECT_GET_CLASS (element), &count);
  for (guint i = 0; i < count; i++) {
    GValue value = G_VALUE_INIT;
    if (!(specs[i]->flags & G_PARAM_READABLE) || G_IS_PARAM_SPEC_OBJECT (specs[i]) ||
        GST_IS_PARAM_SPEC_ARRAY_LIST (specs[i]) || g_str_equal (specs[i]->name, "name") ||
        g_str_equal (specs[i]->name, "qos"))
      continue;
    g_value_init (&value, specs[i]->value_type);
    g_object_get_property (G_OBJECT (element), specs[i]->name, &value);
    fail_unless (g_param_value_defaults (specs[i], &value),
        "%s of %s does not start at its default", specs[i]->name, GST_OBJECT_NAME (element));
    g_value_unset (&value);
  }
  g_free (specs);
  gst_object_unref (element);
}

GST_START_TEST (test_defaults)
{
  for_each_element (check_defaults);
}
GST_END_TEST;

/* gst-inspect-1.0 has something to say about each. */
static void
check_metadata (GstElement *element)
{
  static const gchar *const keys[] = {GST_ELEMENT_METADATA_LONGNAME, GST_ELEMENT_METADATA_KLASS,
      GST_ELEMENT_METADATA_DESCRIPTION, GST_ELEMENT_METADATA_AUTHOR};
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++) {
    const gchar *text = gst_element_get_metadata (element, keys[i]);
    fail_unless (text && *text, "%s has no %s", GST_OBJECT_NAME (element), keys[i]);
  }
}

GST_START_TEST (test_metadata)
{
  for_each_element (check_metadata);
}
GST_END_TEST;

static Suite *
states_suite (void)
{
  Suite *suite = suite_create ("states");
  TCase *tests = tcase_create ("every element");
  suite_add_tcase (suite, tests);
  tcase_add_test (tests, test_states);
  tcase_add_test (tests, test_properties);
  tcase_add_test (tests, test_defaults);
  tcase_add_test (tests, test_metadata);
  return suite;
}

GST_CHECK_MAIN (states);
