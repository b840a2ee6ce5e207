/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/shapenegotiation.h"

#include <string.h>

void
gst_cnn_geometry_init (GstCnnGeometry *geometry)
{
  *geometry = (GstCnnGeometry){.rule = cnn_shape_rule_keep ()};
}

void
gst_cnn_geometry_clear (GstCnnGeometry *geometry)
{
  g_clear_pointer (&geometry->choices, g_array_unref);
}

void
gst_cnn_geometry_copy (GstCnnGeometry *copy, const GstCnnGeometry *geometry)
{
  *copy = *geometry;
  if (copy->choices)
    g_array_ref (copy->choices);
}

gboolean
gst_cnn_geometry_output (
    const GstCnnGeometry *geometry, CnnShape input, CnnShape *output, CnnError *error)
{
  return cnn_shape_rule_output (&geometry->rule, input, output, error);
}

/* --- Sets of shapes ------------------------------------------------------------------------------- */

static gboolean
range_has (CnnRange range, gint value)
{
  return value >= range.min && value <= range.max;
}

static void
forward (const CnnShapeRule *rule, const GstCnnShapeRange *input, GArray *outputs)
{
  GstCnnShapeRange output = {input->n, cnn_axis_rule_output_range (&rule->rows, input->h),
      cnn_axis_rule_output_range (&rule->columns, input->w),
      cnn_channel_rule_output_range (&rule->channels, input->c)};
  gst_cnn_shape_ranges_append (outputs, &output);
}

static void
backward (const GstCnnGeometry *geometry, const CnnShapeRule *rule, const GstCnnShapeRange *output,
    GArray *inputs)
{
  CnnRange channels[CNN_MAX_CHANNEL_RANGES];
  const gint count = cnn_channel_rule_input_ranges (&rule->channels, output->c, channels);
  GstCnnShapeRange input = {output->n, cnn_axis_rule_input_range (&rule->rows, output->h),
      cnn_axis_rule_input_range (&rule->columns, output->w), {1, 1}};
  if (geometry->prefers_one_channel && count == 1 && range_has (channels[0], 1))
    gst_cnn_shape_ranges_append (inputs, &input);
  for (gint i = 0; i < count; i++) {
    input.c = channels[i];
    gst_cnn_shape_ranges_append (inputs, &input);
  }
}

/* --- Caps ----------------------------------------------------------------------------------------- */

/* A group of structures of one frame rate. */
typedef struct {
  const GValue *framerate; /* NULL: any */
  GArray *ranges;
} RateGroup;

static gboolean
same_framerate (const GValue *a, const GValue *b)
{
  if (a == NULL || b == NULL)
    return a == b;
  return gst_value_compare (a, b) == GST_VALUE_EQUAL;
}

static GArray *
ranges_for_framerate (GArray *groups, const GValue *framerate)
{
  for (guint i = 0; i < groups->len; i++) {
    RateGroup *group = &g_array_index (groups, RateGroup, i);
    if (same_framerate (group->framerate, framerate))
      return group->ranges;
  }
  RateGroup group = {framerate, g_array_new (FALSE, FALSE, sizeof (GstCnnShapeRange))};
  g_array_append_val (groups, group);
  return group.ranges;
}

static gboolean
has_sized_tensor (const GstCaps *caps)
{
  for (guint i = 0; i < gst_caps_get_size (caps); i++)
    if (gst_cnn_structure_is_sized_tensor (gst_caps_get_structure (caps, i)))
      return TRUE;
  return FALSE;
}

static void
append_transformed (
    const GstCnnGeometry *geometry, GstPadDirection direction, const GArray *from, GArray *to)
{
  const guint n_rules = geometry->choices ? geometry->choices->len : 1;
  for (guint r = 0; r < n_rules; r++) {
    const CnnShapeRule *rule =
        geometry->choices ? &g_array_index (geometry->choices, CnnShapeRule, r) : &geometry->rule;
    for (guint i = 0; i < from->len; i++) {
      const GstCnnShapeRange *range = &g_array_index (from, GstCnnShapeRange, i);
      if (direction == GST_PAD_SINK)
        forward (rule, range, to);
      else
        backward (geometry, rule, range, to);
    }
  }
}

static void
append_video (
    GstCaps *caps, const GstCnnShapeRange *range, gboolean to_sink, const GValue *framerate)
{
  if (range_has (range->c, 3))
    gst_cnn_caps_append_video (
        caps, range, to_sink ? GST_CNN_COLOR_FORMATS : GST_CNN_COLOR_OUT_FORMATS, framerate);
  if (range_has (range->c, 1))
    gst_cnn_caps_append_video (
        caps, range, to_sink ? GST_CNN_GRAY_FORMATS : GST_CNN_GRAY_OUT_FORMATS, framerate);
}

typedef enum { WRITE_TENSOR, WRITE_NNSTREAMER, WRITE_VIDEO, N_WRITERS } Writer;

static GstCaps *
write_caps (const GArray *groups, gboolean to_sink)
{
  GstCaps *caps = gst_caps_new_empty ();
  const gchar *types = to_sink ? "{ float32, uint8 }" : "float32";
  for (Writer writer = WRITE_TENSOR; writer < N_WRITERS; writer++) {
    for (guint g = 0; g < groups->len; g++) {
      const RateGroup *group = &g_array_index (groups, RateGroup, g);
      for (guint i = 0; i < group->ranges->len; i++) {
        const GstCnnShapeRange *range = &g_array_index (group->ranges, GstCnnShapeRange, i);
        if (writer == WRITE_TENSOR)
          gst_cnn_caps_append_tensor (caps, range, types, group->framerate);
        else if (writer == WRITE_NNSTREAMER)
          gst_cnn_caps_append_nnstreamer (caps, range, types, group->framerate);
        else
          append_video (caps, range, to_sink, group->framerate);
      }
    }
  }
  return caps;
}

GstCaps *
gst_cnn_geometry_transform_caps (
    const GstCnnGeometry *geometry, GstPadDirection direction, const GstCaps *caps)
{
  GArray *groups = g_array_new (FALSE, FALSE, sizeof (RateGroup));
  GArray *from = g_array_new (FALSE, FALSE, sizeof (GstCnnShapeRange));
  /* Tensors without a size stand beside sized ones only for peers that cannot say a range: they would
   * widen an exact set to everything. */
  const gboolean skip_unsized = has_sized_tensor (caps);
  for (guint i = 0; i < gst_caps_get_size (caps); i++) {
    const GstStructure *structure = gst_caps_get_structure (caps, i);
    if (skip_unsized && !gst_structure_has_name (structure, "video/x-raw") &&
        !gst_cnn_structure_is_sized_tensor (structure))
      continue;
    g_array_set_size (from, 0);
    if (!gst_cnn_shape_ranges_from_structure (structure, gst_caps_get_features (caps, i), from))
      continue;
    append_transformed (geometry, direction, from,
        ranges_for_framerate (groups, gst_structure_get_value (structure, "framerate")));
  }
  GstCaps *transformed = write_caps (groups, direction == GST_PAD_SRC);
  for (guint i = 0; i < groups->len; i++)
    g_array_unref (g_array_index (groups, RateGroup, i).ranges);
  g_array_unref (groups);
  g_array_unref (from);
  return transformed;
}

static GstCaps *
transform_within (
    const GstCnnGeometry *geometry, GstPadDirection direction, const GstCaps *caps, GstCaps *filter)
{
  GstCaps *all = gst_cnn_geometry_transform_caps (geometry, direction, caps);
  if (!filter)
    return all;
  GstCaps *within = gst_caps_intersect_full (all, filter, GST_CAPS_INTERSECT_FIRST);
  gst_caps_unref (all);
  return within;
}

GstCaps *
gst_cnn_geometry_filter_caps (
    const GstCnnGeometry *geometry, GstPadDirection direction, const GstCaps *caps, GstCaps *filter)
{
  if (geometry->prefers_one_channel && direction == GST_PAD_SRC) {
    /* Weights for one input channel. */
    GstCnnGeometry single = {.rule = geometry->rule};
    single.rule.channels = (CnnChannelRule){.kind = CNN_CHANNELS_WEIGHTS,
        .weights = {1, 1, 1,
            cnn_channel_rule_output_range (&geometry->rule.channels, (CnnRange){1, 1}).min}};
    GstCaps *gray = transform_within (&single, direction, caps, filter);
    if (filter && !gst_caps_is_empty (gray))
      return gray;
    gst_caps_unref (gray);
  }
  return transform_within (geometry, direction, caps, filter);
}

/* --- Refusals ------------------------------------------------------------------------------------- */

static void
append_range_text (GString *text, CnnRange range)
{
  if (range.min == range.max)
    g_string_append_printf (text, "%d", range.min);
  else if (range.max < G_MAXINT)
    g_string_append_printf (text, "[%d..%d]", range.min, range.max);
  else if (range.min > 1)
    g_string_append_printf (text, "[%d..]", range.min);
  else
    g_string_append (text, "any");
}

/* "1x64x64x3 or 1 x 120 x 160 x any" */
static gchar *
describe_ranges (const GArray *ranges)
{
  GString *text = g_string_new (NULL);
  for (guint i = 0; i < MIN (ranges->len, 3); i++) {
    const GstCnnShapeRange *range = &g_array_index (ranges, GstCnnShapeRange, i);
    const CnnRange fields[] = {range->n, range->h, range->w, range->c};
    gboolean numbers = TRUE;
    for (guint f = 0; f < 4; f++)
      numbers &= fields[f].min == fields[f].max;
    for (guint f = 0; f < 4; f++) {
      g_string_append (text, f ? (numbers ? "x" : " x ") : i ? " or " : "");
      append_range_text (text, fields[f]);
    }
  }
  return g_string_free (text, FALSE);
}

/* Which properties could make the output one of `ranges`. */
static const gchar *
output_remedy (CnnShape output, const GArray *ranges)
{
  gboolean size = FALSE, channels = FALSE, batch = FALSE;
  for (guint i = 0; i < ranges->len; i++) {
    const GstCnnShapeRange *range = &g_array_index (ranges, GstCnnShapeRange, i);
    size |= range_has (range->h, output.h) && range_has (range->w, output.w);
    channels |= range_has (range->c, output.c);
    batch |= range_has (range->n, output.n);
  }
  if (!batch)
    return "a batch of another size has to come in";
  if (size && !channels)
    return "change out-channels or groups, or put cnn1x1 out-channels=... behind it";
  if (!channels)
    return "change out-channels or groups, and stride, padding or kernel-size, or let upstream "
           "choose its size";
  return "change stride, padding or kernel-size, or let upstream choose its size";
}

void
gst_cnn_explain_refusal (CnnShape input, CnnShape output, const GstCaps *taken, CnnError *sentence)
{
  GArray *ranges = g_array_new (FALSE, FALSE, sizeof (GstCnnShapeRange));
  gboolean only_video = TRUE;
  for (guint i = 0; i < gst_caps_get_size (taken); i++) {
    const GstStructure *structure = gst_caps_get_structure (taken, i);
    if (gst_cnn_shape_ranges_from_structure (structure, gst_caps_get_features (taken, i), ranges))
      only_video &= gst_structure_has_name (structure, "video/x-raw");
  }
  gchar *wanted = describe_ranges (ranges);
  if (ranges->len == 0 && !gst_caps_is_any (taken))
    cnn_error_set (sentence,
        "downstream takes neither tensors nor raw video, only %.100s: put cnnview before it",
        gst_caps_is_empty (taken) ? "nothing"
                                  : gst_structure_get_name (gst_caps_get_structure (taken, 0)));
  else if (ranges->len > 0 && only_video && output.c != 1 && output.c != 3)
    cnn_error_set (sentence,
        "the output %dx%dx%dx%d (N,H,W,C) has %d channels, but downstream takes only video, with 1 "
        "or 3: put cnnview, or cnn1x1 out-channels=3, before it",
        output.n, output.h, output.w, output.c, output.c);
  else
    cnn_error_set (sentence,
        "the input %dx%dx%dx%d gives the output %dx%dx%dx%d (N,H,W,C), but downstream takes only "
        "%.120s: %s",
        input.n, input.h, input.w, input.c, output.n, output.h, output.w, output.c, wanted,
        output_remedy (output, ranges));
  g_free (wanted);
  g_array_unref (ranges);
}
