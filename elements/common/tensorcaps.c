/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/tensorcaps.h"

#include <string.h>

#define ANY_SIZE ((CnnRange){1, G_MAXINT})

/* Where N, H, W and C stand in a `dims` array of each layout. */
static const guint dims_index[2][4] = {
    [CNN_LAYOUT_NHWC] = {0, 1, 2, 3},
    [CNN_LAYOUT_NCHW] = {0, 2, 3, 1},
};

static const gchar *const layout_names[] = {"nhwc", "nchw"};

GstCnnShapeRange
gst_cnn_shape_range_any (void)
{
  return (GstCnnShapeRange){ANY_SIZE, ANY_SIZE, ANY_SIZE, ANY_SIZE};
}

static gboolean
range_is_fixed (CnnRange range)
{
  return range.min == range.max;
}

/* --- NNStreamer's dimension text ------------------------------------------------------------------ */

/* "16:640:480:1", innermost first; absent ones at the end are 1, and more than four must be 1. */
static gboolean
parse_nnstreamer_dimensions (const gchar *text, CnnLayout layout, CnnShape *shape)
{
  gint dims[4] = {1, 1, 1, 1}; /* outermost first */
  gchar **parts = g_strsplit (text, ":", 17);
  guint count = g_strv_length (parts);
  gboolean valid = count >= 1 && count <= 16;
  for (guint i = 0; valid && i < count; i++) {
    guint64 value = 0;
    valid = g_ascii_string_to_unsigned (g_strstrip (parts[i]), 10, 1, G_MAXINT, &value, NULL) &&
            (i < 4 || value == 1);
    if (i < 4)
      dims[3 - i] = (gint)value;
  }
  g_strfreev (parts);
  const guint *at = dims_index[layout];
  *shape = (CnnShape){dims[at[0]], dims[at[1]], dims[at[2]], dims[at[3]]};
  return valid;
}

/* All spellings a peer may use for the same shape: trailing ones left out or filled up. */
static void
set_nnstreamer_dimensions (GstStructure *structure, CnnShape shape, CnnLayout layout)
{
  const gint values[4] = {shape.n, shape.h, shape.w, shape.c};
  gint dims[16];
  for (guint i = 0; i < 16; i++)
    dims[i] = 1;
  for (guint i = 0; i < 4; i++)
    dims[3 - dims_index[layout][i]] = values[i];
  guint needed = 4;
  while (needed > 1 && dims[needed - 1] == 1)
    needed--;

  static const guint lengths[] = {4, 3, 2, 1, 5, 8, 16};
  GValue list = G_VALUE_INIT, text = G_VALUE_INIT;
  g_value_init (&list, GST_TYPE_LIST);
  for (guint l = 0; l < G_N_ELEMENTS (lengths); l++) {
    if (lengths[l] < needed)
      continue;
    GString *spelling = g_string_new (NULL);
    for (guint i = 0; i < lengths[l]; i++)
      g_string_append_printf (spelling, i ? ":%d" : "%d", dims[i]);
    g_value_init (&text, G_TYPE_STRING);
    g_value_take_string (&text, g_string_free (spelling, FALSE));
    gst_value_list_append_and_take_value (&list, &text);
  }
  gst_structure_take_value (structure, "dimensions", &list);
}

/* --- Fixed caps ----------------------------------------------------------------------------------- */

static gboolean
parse_sample_type (const gchar *name, CnnSampleType *type)
{
  if (g_strcmp0 (name, "float32") == 0)
    *type = CNN_SAMPLE_FLOAT32;
  else if (g_strcmp0 (name, "uint8") == 0)
    *type = CNN_SAMPLE_UINT8;
  else
    return FALSE;
  return TRUE;
}

static gboolean
parse_layout (const GstStructure *structure, CnnLayout *layout)
{
  const gchar *name = gst_structure_get_string (structure, "layout");
  *layout = g_strcmp0 (name, "nchw") == 0 ? CNN_LAYOUT_NCHW : CNN_LAYOUT_NHWC;
  return name == NULL || *layout == CNN_LAYOUT_NCHW || strcmp (name, "nhwc") == 0;
}

static gboolean
parse_fixed_dims (const GstStructure *structure, CnnLayout layout, CnnShape *shape)
{
  const GValue *dims = gst_structure_get_value (structure, "dims");
  if (!dims || !GST_VALUE_HOLDS_ARRAY (dims) || gst_value_array_get_size (dims) != 4)
    return FALSE;
  gint values[4];
  for (guint i = 0; i < 4; i++) {
    const GValue *value = gst_value_array_get_value (dims, dims_index[layout][i]);
    if (!G_VALUE_HOLDS_INT (value))
      return FALSE;
    values[i] = g_value_get_int (value);
  }
  *shape = (CnnShape){values[0], values[1], values[2], values[3]};
  return TRUE;
}

/* Where the dialects differ. other/tensor is NNStreamer's older spelling of one tensor. */
typedef struct {
  const gchar *media_type, *type_field, *dims_field;
  GstCnnStreamKind kind;
} Dialect;

static const Dialect dialects[] = {
    {"tensor/strided", "type", "dims", GST_CNN_STREAM_TENSOR},
    {"other/tensors", "types", "dimensions", GST_CNN_STREAM_NNSTREAMER},
    {"other/tensor", "type", "dimension", GST_CNN_STREAM_NNSTREAMER},
};

/* NULL: no tensors. */
static const Dialect *
find_dialect (const GstStructure *structure)
{
  for (guint i = 0; i < G_N_ELEMENTS (dialects); i++)
    if (gst_structure_has_name (structure, dialects[i].media_type))
      return &dialects[i];
  return NULL;
}

/* Streams of NNStreamer that are no single tensor of a size that the caps say. */
static gboolean
check_nnstreamer_stream (const GstStructure *structure, CnnError *error)
{
  const gchar *format = gst_structure_get_string (structure, "format");
  gint count = 1;
  gst_structure_get_int (structure, "num_tensors", &count);
  if (format && strcmp (format, "static") != 0)
    return cnn_error_set (error,
        "format=%s is not taken, only static: put tensor_converter (or for sparse tensors "
        "tensor_sparse_dec) before",
        format);
  if (count != 1)
    return cnn_error_set (
        error, "num_tensors=%d is not taken, only 1: put tensor_demux before", count);
  return TRUE;
}

static gboolean
read_type (
    const GstStructure *structure, const Dialect *dialect, CnnSampleType *type, CnnError *error)
{
  const gchar *name = gst_structure_get_string (structure, dialect->type_field);
  if (parse_sample_type (name, type))
    return TRUE;
  return cnn_error_set (error, "%s=%s is not taken, only float32 and uint8: put %s before",
      dialect->type_field, name ? name : "(missing)",
      dialect->kind == GST_CNN_STREAM_TENSOR ? "an element that converts it"
                                             : "tensor_transform mode=typecast option=float32");
}

static gboolean
tensor_info_from_structure (
    GstCnnStreamInfo *info, const GstStructure *structure, const Dialect *dialect, CnnError *error)
{
  info->kind = dialect->kind;
  if (info->kind == GST_CNN_STREAM_NNSTREAMER && !check_nnstreamer_stream (structure, error))
    return FALSE;
  if (!read_type (structure, dialect, &info->type, error))
    return FALSE;
  if (!parse_layout (structure, &info->layout))
    return cnn_error_set (error, "layout=%s is neither nhwc nor nchw",
        gst_structure_get_string (structure, "layout"));
  const gchar *order = gst_structure_get_string (structure, "dims-order");
  if (order && strcmp (order, "row-major") != 0)
    return cnn_error_set (error, "dims-order=%s is not taken, only row-major", order);

  if (info->kind == GST_CNN_STREAM_TENSOR) {
    if (!parse_fixed_dims (structure, info->layout, &info->shape))
      return cnn_error_set (error, "the caps need dims with four integers, outermost first");
  } else {
    const gchar *text = gst_structure_get_string (structure, dialect->dims_field);
    if (!text || !parse_nnstreamer_dimensions (text, info->layout, &info->shape))
      return cnn_error_set (error, "%s=%s are not up to four sizes, innermost first",
          dialect->dims_field, text ? text : "(missing)");
  }
  if (!gst_structure_get_fraction (structure, "framerate", &info->fps_n, &info->fps_d)) {
    info->fps_n = 0;
    info->fps_d = 1;
  }
  gsize count;
  if (!cnn_shape_count (info->shape, cnn_sample_bytes (info->type), &count, error))
    return FALSE;
  info->bytes = count * cnn_sample_bytes (info->type);
  return TRUE;
}

static gboolean
video_info_from_caps (GstCnnStreamInfo *info, const GstCaps *caps, CnnError *error)
{
  if (!gst_video_info_from_caps (&info->video, caps))
    return cnn_error_set (error, "the video caps are incomplete or unknown to GStreamer");
  const GstVideoFormatInfo *format = info->video.finfo;
  const gboolean gray = GST_VIDEO_FORMAT_INFO_IS_GRAY (format);
  if (!gray && !GST_VIDEO_FORMAT_INFO_IS_RGB (format))
    return cnn_error_set (error,
        "video format %s is not taken, only gray and RGB ones: put videoconvert before",
        GST_VIDEO_FORMAT_INFO_NAME (format));
  if (GST_VIDEO_INFO_IS_INTERLACED (&info->video))
    return cnn_error_set (error,
        "interlaced video (interlace-mode=%s) is not taken: put "
        "deinterlace before",
        gst_video_interlace_mode_to_string (GST_VIDEO_INFO_INTERLACE_MODE (&info->video)));
  info->kind = GST_CNN_STREAM_VIDEO;
  info->shape = (CnnShape){
      1, GST_VIDEO_INFO_HEIGHT (&info->video), GST_VIDEO_INFO_WIDTH (&info->video), gray ? 1 : 3};
  info->type =
      GST_VIDEO_FORMAT_INFO_DEPTH (format, 0) > 8 ? CNN_SAMPLE_UINT16_LE : CNN_SAMPLE_UINT8;
  info->layout = GST_VIDEO_FORMAT_INFO_N_PLANES (format) > 1 ? CNN_LAYOUT_NCHW : CNN_LAYOUT_NHWC;
  info->fps_n = GST_VIDEO_INFO_FPS_N (&info->video);
  info->fps_d = GST_VIDEO_INFO_FPS_D (&info->video);
  info->bytes = GST_VIDEO_INFO_SIZE (&info->video);
  gsize count;
  return cnn_shape_count (info->shape, cnn_sample_bytes (info->type), &count, error);
}

gboolean
gst_cnn_stream_info_from_caps (GstCnnStreamInfo *info, const GstCaps *caps, CnnError *error)
{
  memset (info, 0, sizeof *info);
  if (!gst_caps_is_fixed (caps))
    return cnn_error_set (error, "the caps are not fixed");
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  if (gst_structure_has_name (structure, "video/x-raw"))
    return video_info_from_caps (info, caps, error);
  const Dialect *dialect = find_dialect (structure);
  if (dialect)
    return tensor_info_from_structure (info, structure, dialect, error);
  const gchar *name = gst_structure_get_name (structure);
  const gboolean coded = g_str_has_prefix (name, "video/") || g_str_has_prefix (name, "image/");
  return cnn_error_set (error, "%s is not taken, only tensors and raw video%s", name,
      coded ? ": put decodebin before" : "");
}

/* --- Caps that are not fixed ---------------------------------------------------------------------- */

/* The interval around an int, an int range or a list of either; empty for anything else. */
static CnnRange
range_from_value (const GValue *value)
{
  if (value == NULL)
    return ANY_SIZE;
  if (G_VALUE_HOLDS_INT (value))
    return (CnnRange){g_value_get_int (value), g_value_get_int (value)};
  if (GST_VALUE_HOLDS_INT_RANGE (value))
    return (CnnRange){
        MAX (gst_value_get_int_range_min (value), 1), gst_value_get_int_range_max (value)};
  CnnRange around = {G_MAXINT, 0};
  if (GST_VALUE_HOLDS_LIST (value)) {
    for (guint i = 0; i < gst_value_list_get_size (value); i++) {
      CnnRange item = range_from_value (gst_value_list_get_value (value, i));
      around.min = MIN (around.min, item.min);
      around.max = MAX (around.max, item.max);
    }
  }
  return around;
}

static gboolean
string_value_has (const GValue *value, const gchar *word)
{
  if (G_VALUE_HOLDS_STRING (value))
    return g_strcmp0 (g_value_get_string (value), word) == 0;
  if (GST_VALUE_HOLDS_LIST (value)) {
    for (guint i = 0; i < gst_value_list_get_size (value); i++)
      if (string_value_has (gst_value_list_get_value (value, i), word))
        return TRUE;
  }
  return FALSE;
}

/* A missing layout means nhwc. */
static gboolean
structure_has_layout (const GstStructure *structure, CnnLayout layout)
{
  const GValue *value = gst_structure_get_value (structure, "layout");
  return value ? string_value_has (value, layout_names[layout]) : layout == CNN_LAYOUT_NHWC;
}

void
gst_cnn_shape_ranges_append (GArray *ranges, const GstCnnShapeRange *range)
{
  if (cnn_range_is_empty (range->n) || cnn_range_is_empty (range->h) ||
      cnn_range_is_empty (range->w) || cnn_range_is_empty (range->c))
    return;
  for (guint i = 0; i < ranges->len; i++)
    if (memcmp (&g_array_index (ranges, GstCnnShapeRange, i), range, sizeof *range) == 0)
      return;
  g_array_append_vals (ranges, range, 1);
}

static void
append_native_ranges (const GstStructure *structure, CnnLayout layout, GArray *ranges)
{
  const GValue *dims = gst_structure_get_value (structure, "dims");
  GstCnnShapeRange range = gst_cnn_shape_range_any ();
  if (dims) {
    if (!GST_VALUE_HOLDS_ARRAY (dims) || gst_value_array_get_size (dims) != 4)
      return;
    CnnRange *const fields[] = {&range.n, &range.h, &range.w, &range.c};
    for (guint i = 0; i < 4; i++)
      *fields[i] = range_from_value (gst_value_array_get_value (dims, dims_index[layout][i]));
  }
  gst_cnn_shape_ranges_append (ranges, &range);
}

static void
append_nnstreamer_ranges (const GValue *dimensions, CnnLayout layout, GArray *ranges)
{
  if (dimensions == NULL) {
    GstCnnShapeRange any = gst_cnn_shape_range_any ();
    gst_cnn_shape_ranges_append (ranges, &any);
  } else if (GST_VALUE_HOLDS_LIST (dimensions)) {
    for (guint i = 0; i < gst_value_list_get_size (dimensions); i++)
      append_nnstreamer_ranges (gst_value_list_get_value (dimensions, i), layout, ranges);
  } else {
    CnnShape shape;
    if (G_VALUE_HOLDS_STRING (dimensions) && g_value_get_string (dimensions) &&
        parse_nnstreamer_dimensions (g_value_get_string (dimensions), layout, &shape)) {
      GstCnnShapeRange range = {
          {shape.n, shape.n}, {shape.h, shape.h}, {shape.w, shape.w}, {shape.c, shape.c}};
      gst_cnn_shape_ranges_append (ranges, &range);
    }
  }
}

static gboolean
structure_has_format (const GstStructure *structure, const gchar *formats)
{
  const GValue *value = gst_structure_get_value (structure, "format");
  if (value == NULL)
    return TRUE;
  gboolean found = FALSE;
  gchar **names = g_strsplit (formats, ", ", 0);
  for (guint i = 0; names[i] && !found; i++)
    found = string_value_has (value, names[i]);
  g_strfreev (names);
  return found;
}

static void
append_video_ranges (const GstStructure *structure, GArray *ranges)
{
  GstCnnShapeRange range = {{1, 1},
      range_from_value (gst_structure_get_value (structure, "height")),
      range_from_value (gst_structure_get_value (structure, "width")), {3, 3}};
  if (structure_has_format (structure, GST_CNN_COLOR_FORMATS))
    gst_cnn_shape_ranges_append (ranges, &range);
  range.c = (CnnRange){1, 1};
  if (structure_has_format (structure, GST_CNN_GRAY_FORMATS))
    gst_cnn_shape_ranges_append (ranges, &range);
}

gboolean
gst_cnn_shape_ranges_from_structure (
    const GstStructure *structure, const GstCapsFeatures *features, GArray *ranges)
{
  const guint before = ranges->len;
  if (features && !gst_caps_features_is_any (features) &&
      !gst_caps_features_is_equal (features, GST_CAPS_FEATURES_MEMORY_SYSTEM_MEMORY))
    return FALSE;
  if (gst_structure_has_name (structure, "video/x-raw")) {
    append_video_ranges (structure, ranges);
    return ranges->len > before;
  }
  const Dialect *dialect = find_dialect (structure);
  for (CnnLayout layout = CNN_LAYOUT_NHWC; layout <= CNN_LAYOUT_NCHW; layout++) {
    if (!structure_has_layout (structure, layout))
      continue;
    if (gst_structure_has_name (structure, "tensor/strided"))
      append_native_ranges (structure, layout, ranges);
    else if (dialect)
      append_nnstreamer_ranges (
          gst_structure_get_value (structure, dialect->dims_field), layout, ranges);
  }
  return ranges->len > before;
}

gboolean
gst_cnn_structure_is_sized_tensor (const GstStructure *structure)
{
  const Dialect *dialect = find_dialect (structure);
  return dialect && gst_structure_has_field (structure, dialect->dims_field);
}

GstCaps *
gst_cnn_caps_complete_layout (GstCaps *caps)
{
  for (guint i = 0; i < gst_caps_get_size (caps); i++) {
    const GstStructure *structure = gst_caps_get_structure (caps, i);
    if (!gst_cnn_structure_is_sized_tensor (structure) ||
        gst_structure_has_field (structure, "layout"))
      continue;
    caps = gst_caps_make_writable (caps);
    gst_structure_set (
        gst_caps_get_structure (caps, i), "layout", G_TYPE_STRING, layout_names[0], NULL);
  }
  return caps;
}

/* --- Writing caps --------------------------------------------------------------------------------- */

static void
init_range_value (GValue *value, CnnRange range)
{
  if (range_is_fixed (range)) {
    g_value_init (value, G_TYPE_INT);
    g_value_set_int (value, range.min);
  } else {
    g_value_init (value, GST_TYPE_INT_RANGE);
    gst_value_set_int_range (value, range.min, range.max);
  }
}

static void
set_range (GstStructure *structure, const gchar *field, CnnRange range)
{
  GValue value = G_VALUE_INIT;
  init_range_value (&value, range);
  gst_structure_take_value (structure, field, &value);
}

static void
set_framerate (GstStructure *structure, const GValue *framerate)
{
  if (framerate)
    gst_structure_set_value (structure, "framerate", framerate);
  else
    gst_structure_set (structure, "framerate", GST_TYPE_FRACTION_RANGE, 0, 1, G_MAXINT, 1, NULL);
}

/* A new structure from text, so that lists of words need no code. */
static GstStructure *
structure_from_text (const gchar *media_type, const gchar *field, const gchar *values)
{
  gchar *text = g_strdup_printf ("%s, %s=(string)%s", media_type, field, values);
  GstStructure *structure = gst_structure_from_string (text, NULL);
  g_free (text);
  return structure;
}

void
gst_cnn_caps_append_tensor (
    GstCaps *caps, const GstCnnShapeRange *range, const gchar *types, const GValue *framerate)
{
  const CnnRange fields[4] = {range->n, range->h, range->w, range->c};
  for (CnnLayout layout = CNN_LAYOUT_NHWC; layout <= CNN_LAYOUT_NCHW; layout++) {
    CnnRange ordered[4];
    for (guint i = 0; i < 4; i++)
      ordered[dims_index[layout][i]] = fields[i];
    GValue dims = G_VALUE_INIT, value = G_VALUE_INIT;
    g_value_init (&dims, GST_TYPE_ARRAY);
    for (guint i = 0; i < 4; i++) {
      init_range_value (&value, ordered[i]);
      gst_value_array_append_and_take_value (&dims, &value);
    }
    GstStructure *structure = structure_from_text ("tensor/strided", "type", types);
    gst_structure_take_value (structure, "dims", &dims);
    gst_structure_set (structure, "dims-order", G_TYPE_STRING, "row-major", "layout", G_TYPE_STRING,
        layout_names[layout], NULL);
    set_framerate (structure, framerate);
    gst_caps_append_structure (caps, structure);
  }
}

void
gst_cnn_caps_append_nnstreamer (
    GstCaps *caps, const GstCnnShapeRange *range, const gchar *types, const GValue *framerate)
{
  const gboolean fixed = range_is_fixed (range->n) && range_is_fixed (range->h) &&
                         range_is_fixed (range->w) && range_is_fixed (range->c);
  const CnnShape shape = {range->n.min, range->h.min, range->w.min, range->c.min};
  for (CnnLayout layout = CNN_LAYOUT_NHWC; layout <= CNN_LAYOUT_NCHW; layout++) {
    GstStructure *structure = structure_from_text ("other/tensors", "types", types);
    gst_structure_set (structure, "format", G_TYPE_STRING, "static", "num_tensors", G_TYPE_INT, 1,
        "layout", G_TYPE_STRING, layout_names[layout], NULL);
    if (fixed)
      set_nnstreamer_dimensions (structure, shape, layout);
    set_framerate (structure, framerate);
    gst_caps_append_structure (caps, structure);
  }
}

void
gst_cnn_caps_append_video (
    GstCaps *caps, const GstCnnShapeRange *range, const gchar *formats, const GValue *framerate)
{
  if (range->n.min > 1)
    return;
  gchar *list = g_strdup_printf ("{ %s }", formats);
  GstStructure *structure = structure_from_text ("video/x-raw", "format", list);
  g_free (list);
  set_range (structure, "width", range->w);
  set_range (structure, "height", range->h);
  set_framerate (structure, framerate);
  gst_caps_append_structure (caps, structure);
}

GstCaps *
gst_cnn_caps_complete_video (GstCaps *caps)
{
  if (gst_caps_get_size (caps) == 0 ||
      !gst_structure_has_name (gst_caps_get_structure (caps, 0), "video/x-raw"))
    return caps;
  caps = gst_caps_make_writable (caps);
  GstStructure *structure = gst_caps_get_structure (caps, 0);
  if (!gst_structure_has_field (structure, "pixel-aspect-ratio"))
    gst_structure_set (structure, "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1, NULL);
  if (!gst_structure_has_field (structure, "interlace-mode"))
    gst_structure_set (structure, "interlace-mode", G_TYPE_STRING, "progressive", NULL);
  return caps;
}

GstCaps *
gst_cnn_caps_choose_output (CnnShape shape, const GValue *framerate, GstCaps *downstream)
{
  const GstCnnShapeRange range = {
      {shape.n, shape.n}, {shape.h, shape.h}, {shape.w, shape.w}, {shape.c, shape.c}};
  GstCaps *possible = gst_caps_new_empty ();
  gst_cnn_caps_append_tensor (possible, &range, "float32", framerate);
  gst_cnn_caps_append_nnstreamer (possible, &range, "float32", framerate);
  if (shape.c == 3)
    gst_cnn_caps_append_video (possible, &range, GST_CNN_COLOR_OUT_FORMATS, framerate);
  else if (shape.c == 1)
    gst_cnn_caps_append_video (possible, &range, GST_CNN_GRAY_OUT_FORMATS, framerate);
  GstCaps *caps = gst_caps_intersect_full (possible, downstream, GST_CAPS_INTERSECT_FIRST);
  gst_caps_unref (possible);
  return gst_caps_is_empty (caps) ? caps : gst_cnn_caps_complete_video (gst_caps_fixate (caps));
}
