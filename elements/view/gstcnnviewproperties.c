/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/gstcnnviewproperties.h"

#include "common/enumwords.h"

#include <string.h>

GType
gst_cnn_view_normalize_get_type (void)
{
  static const GEnumValue values[] = {
      {CNN_VIEW_NORMALIZE_CHANNEL, "Each channel has its own range", "channel"},
      {CNN_VIEW_NORMALIZE_LAYER, "One range for all channels", "layer"},
      {CNN_VIEW_NORMALIZE_SYMMETRIC, "One range for all channels, with 0 in the middle",
          "symmetric"},
      {CNN_VIEW_NORMALIZE_FIXED, "From minimum to maximum", "fixed"},
      {0, NULL, NULL},
  };
  static gsize type = 0;
  if (g_once_init_enter (&type))
    g_once_init_leave (&type, gst_cnn_enum_register ("GstCnnViewNormalize", values, NULL));
  return type;
}

GType
gst_cnn_view_colormap_get_type (void)
{
  static const GEnumValue values[] = {
      {CNN_COLORMAP_GRAY, "Black to white", "gray"},
      {CNN_COLORMAP_VIRIDIS, "Blue, green, yellow: even steps, readable by everyone", "viridis"},
      {CNN_COLORMAP_MAGMA, "Black, purple, pale yellow: even steps", "magma"},
      {CNN_COLORMAP_INFERNO, "Black, red, yellow: even steps", "inferno"},
      {CNN_COLORMAP_TURBO, "The rainbow, improved", "turbo"},
      {CNN_COLORMAP_COOLWARM, "Blue, white, red: for normalize=symmetric", "coolwarm"},
      {0, NULL, NULL},
  };
  static const GstCnnEnumAlias aliases[] = {{"grey", CNN_COLORMAP_GRAY},
      {"grayscale", CNN_COLORMAP_GRAY}, {"greyscale", CNN_COLORMAP_GRAY}, {NULL, 0}};
  static gsize type = 0;
  if (g_once_init_enter (&type))
    g_once_init_leave (&type, gst_cnn_enum_register ("GstCnnViewColormap", values, aliases));
  return type;
}

GType
gst_cnn_view_values_get_type (void)
{
  static const GEnumValue values[] = {
      {CNN_VIEW_VALUES_AUTO, "Where they are read easily", "auto"},
      {CNN_VIEW_VALUES_ON, "Where they can be read at all", "true"},
      {CNN_VIEW_VALUES_OFF, "Never", "false"},
      {0, NULL, NULL},
  };
  static const GstCnnEnumAlias aliases[] = {{"yes", CNN_VIEW_VALUES_ON}, {"on", CNN_VIEW_VALUES_ON},
      {"no", CNN_VIEW_VALUES_OFF}, {"off", CNN_VIEW_VALUES_OFF}, {NULL, 0}};
  static gsize type = 0;
  if (g_once_init_enter (&type))
    g_once_init_leave (&type, gst_cnn_enum_register ("GstCnnViewValues", values, aliases));
  return type;
}

GType
gst_cnn_view_tensor_layout_get_type (void)
{
  static const GEnumValue values[] = {
      {CNN_LAYOUT_NHWC, "Channels innermost, as in TensorFlow", "nhwc"},
      {CNN_LAYOUT_NCHW, "Channels before rows, as in PyTorch and ONNX", "nchw"},
      {0, NULL, NULL},
  };
  static gsize type = 0;
  if (g_once_init_enter (&type))
    g_once_init_leave (&type, gst_cnn_enum_register ("GstCnnViewTensorLayout", values, NULL));
  return type;
}

#define OFFSET(field) G_STRUCT_OFFSET (CnnViewSettings, field)

static const gsize offsets[GST_CNN_VIEW_N_PROPS] = {
    [GST_CNN_VIEW_PROP_COLUMNS] = OFFSET (columns),
    [GST_CNN_VIEW_PROP_CHANNEL] = OFFSET (channel),
    [GST_CNN_VIEW_PROP_PAGE] = OFFSET (page),
    [GST_CNN_VIEW_PROP_NORMALIZE] = OFFSET (normalize),
    [GST_CNN_VIEW_PROP_MINIMUM] = OFFSET (minimum),
    [GST_CNN_VIEW_PROP_MAXIMUM] = OFFSET (maximum),
    [GST_CNN_VIEW_PROP_GAMMA] = OFFSET (gamma),
    [GST_CNN_VIEW_PROP_SMOOTHING] = OFFSET (smoothing),
    [GST_CNN_VIEW_PROP_CLIP] = OFFSET (clip),
    [GST_CNN_VIEW_PROP_IGNORE_BORDER] = OFFSET (ignore_border),
    [GST_CNN_VIEW_PROP_COLORMAP] = OFFSET (colormap),
    [GST_CNN_VIEW_PROP_LABELS] = OFFSET (labels),
    [GST_CNN_VIEW_PROP_LEGEND] = OFFSET (legend),
    [GST_CNN_VIEW_PROP_TITLE] = OFFSET (title),
    [GST_CNN_VIEW_PROP_KERNELS] = OFFSET (kernels),
    [GST_CNN_VIEW_PROP_HELP] = OFFSET (help),
    [GST_CNN_VIEW_PROP_FREEZE] = OFFSET (freeze),
    [GST_CNN_VIEW_PROP_VALUES] = OFFSET (values),
    [GST_CNN_VIEW_PROP_ARITHMETIC] = OFFSET (arithmetic),
    [GST_CNN_VIEW_PROP_STEP] = OFFSET (step),
    [GST_CNN_VIEW_PROP_LAYERS] = OFFSET (layers),
    [GST_CNN_VIEW_PROP_LAYER] = OFFSET (layer),
    [GST_CNN_VIEW_PROP_GAP] = OFFSET (gap),
    [GST_CNN_VIEW_PROP_TENSOR_LAYOUT] = OFFSET (tensor_layout),
};

#define FLAGS                                                                                      \
  (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING | GST_PARAM_CONTROLLABLE)

static GParamSpec *
spec_uint (const gchar *name, const gchar *nick, const gchar *blurb, guint most, guint value)
{
  return g_param_spec_uint (name, nick, blurb, 0, most, value, FLAGS);
}

static GParamSpec *
spec_double (const gchar *name, const gchar *nick, const gchar *blurb, gdouble least, gdouble most,
    gdouble value)
{
  return g_param_spec_double (name, nick, blurb, least, most, value, FLAGS);
}

static GParamSpec *
spec_boolean (const gchar *name, const gchar *nick, const gchar *blurb, gboolean value)
{
  return g_param_spec_boolean (name, nick, blurb, value, FLAGS);
}

static void
make_range_specs (GParamSpec **specs)
{
  const CnnViewSettings *initial = &cnn_view_settings_default;
  specs[GST_CNN_VIEW_PROP_NORMALIZE] =
      gst_cnn_param_spec_enum ("normalize", "Normalize", "Which range of values the colors span",
          gst_cnn_view_normalize_get_type (), (gint)initial->normalize, FLAGS);
  specs[GST_CNN_VIEW_PROP_MINIMUM] = spec_double ("minimum", "Minimum",
      "Lowest value of the range for normalize=fixed", -G_MAXFLOAT, G_MAXFLOAT, initial->minimum);
  specs[GST_CNN_VIEW_PROP_MAXIMUM] = spec_double ("maximum", "Maximum",
      "Highest value of the range for normalize=fixed", -G_MAXFLOAT, G_MAXFLOAT, initial->maximum);
  specs[GST_CNN_VIEW_PROP_GAMMA] = spec_double ("gamma", "Gamma",
      "The normalised value to this power: below 1 brightens low values (with normalize=symmetric: "
      "strengthens those near 0)",
      0.01, 100, initial->gamma);
  specs[GST_CNN_VIEW_PROP_SMOOTHING] = spec_double ("smoothing", "Smoothing",
      "Weight of the past in the range, against flicker: 0 takes each frame by itself, 1 keeps the "
      "first range",
      0, 1, initial->smoothing);
  specs[GST_CNN_VIEW_PROP_CLIP] = spec_double ("clip", "Clip",
      "Percent of the drawn values left out of the range at each end", 0, 49, initial->clip);
  specs[GST_CNN_VIEW_PROP_IGNORE_BORDER] = spec_boolean ("ignore-border", "Ignore border",
      "Leave values that see padding out of the range, at most an eighth of the map at each edge: "
      "zeros beside a picture are the strongest edge there is",
      initial->ignore_border);
  specs[GST_CNN_VIEW_PROP_COLORMAP] = gst_cnn_param_spec_enum ("colormap", "Colormap",
      "Colors, low to high", gst_cnn_view_colormap_get_type (), (gint)initial->colormap, FLAGS);
}

static void
make_grid_specs (GParamSpec **specs)
{
  const CnnViewSettings *initial = &cnn_view_settings_default;
  specs[GST_CNN_VIEW_PROP_COLUMNS] = spec_uint ("columns", "Columns",
      "Tiles side by side, 0 = as near to the output's shape as it goes", 65535, initial->columns);
  specs[GST_CNN_VIEW_PROP_CHANNELS] = g_param_spec_string ("channels", "Channels",
      "Channels in the grid: \"0-15,20\", or \"all\"", CNN_VIEW_DEFAULT_CHANNELS,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);
  specs[GST_CNN_VIEW_PROP_CHANNEL] = g_param_spec_int ("channel", "Channel",
      "One channel alone, full size; -1 = the grid", -1, G_MAXINT, initial->channel, FLAGS);
  specs[GST_CNN_VIEW_PROP_PAGE] = spec_uint ("page", "Page",
      "Page of the grid when there are more channels than fit, from 0, around the end", G_MAXINT,
      initial->page);
  specs[GST_CNN_VIEW_PROP_REDRAW_PAUSED] = g_param_spec_boolean ("redraw-paused", "Redraw paused",
      "Draw anew at once what keys and properties change while the pipeline is paused: pushes a "
      "flush "
      "downstream and the picture again, unless a queue stands before the sink. Off: a change "
      "shows "
      "with the next frame or after a flushing seek",
      TRUE, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);
  specs[GST_CNN_VIEW_PROP_SNAPSHOT_LOCATION] = g_param_spec_string ("snapshot-location",
      "Snapshot location",
      "Folder where the key s saves the picture (PNG) and the maps (.npy, N,C,H,W); unset: nowhere",
      NULL, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);
  specs[GST_CNN_VIEW_PROP_NAMES] = g_param_spec_string ("names", "Names",
      "Text file with a name for each channel, one a line: scores of classes then are bars with "
      "words",
      NULL, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);
  specs[GST_CNN_VIEW_PROP_GAP] =
      spec_uint ("gap", "Gap", "Pixels between tiles", 1024, initial->gap);
  specs[GST_CNN_VIEW_PROP_TENSOR_LAYOUT] =
      gst_cnn_param_spec_enum ("tensor-layout", "Tensor layout",
          "Order of the dimensions of tensors that ride on video buffers (GstTensorMeta, GStreamer "
          "1.26 "
          "and later)",
          gst_cnn_view_tensor_layout_get_type (), (gint)initial->tensor_layout, FLAGS);
}

static void
make_decoration_specs (GParamSpec **specs)
{
  const CnnViewSettings *initial = &cnn_view_settings_default;
  specs[GST_CNN_VIEW_PROP_LABELS] = spec_boolean ("labels", "Labels",
      "Write the channel's number and its range on each tile, or where tiles are small, numbers "
      "before the rows",
      initial->labels);
  specs[GST_CNN_VIEW_PROP_LEGEND] = spec_boolean (
      "legend", "Legend", "Draw a bar of the colors and what they mean", initial->legend);
  specs[GST_CNN_VIEW_PROP_TITLE] = spec_boolean (
      "title", "Title", "Write the layer's name and shape above the maps", initial->title);
  specs[GST_CNN_VIEW_PROP_VALUES] = gst_cnn_param_spec_enum ("values", "Values",
      "Write the values into the cells of small maps and kernels", gst_cnn_view_values_get_type (),
      (gint)initial->values, FLAGS);
  specs[GST_CNN_VIEW_PROP_ARITHMETIC] = spec_boolean ("arithmetic", "Arithmetic",
      "Draw the sum behind the value under the pointer beside the maps: the window of the layer's "
      "input, "
      "the kernel, their products and the equation",
      initial->arithmetic);
  specs[GST_CNN_VIEW_PROP_STEP] = spec_boolean ("step", "Step",
      "The same, but the window slides by itself: to the next value every second, row by row",
      initial->step);
  specs[GST_CNN_VIEW_PROP_LAYERS] = spec_boolean ("layers", "Layers",
      "Draw a strip with all layers of the chain before this element, from its input on, to walk "
      "along",
      initial->layers);
  specs[GST_CNN_VIEW_PROP_LAYER] = spec_uint ("layer", "Layer",
      "With layers=true, which is shown: so many layers back from the last one", G_MAXINT,
      initial->layer);
  specs[GST_CNN_VIEW_PROP_KERNELS] = spec_boolean ("kernels", "Kernels",
      "Draw the weights of the convolution that made the maps under the source of the pad video: "
      "blue below 0, red above",
      initial->kernels);
  specs[GST_CNN_VIEW_PROP_HELP] =
      spec_boolean ("help", "Help", "Show the keys over the picture", initial->help);
  specs[GST_CNN_VIEW_PROP_FREEZE] =
      spec_boolean ("freeze", "Freeze", "Keep showing the frame that is there", initial->freeze);
}

void
gst_cnn_view_properties_install (
    GObjectClass *object_class, GParamSpec *specs[GST_CNN_VIEW_N_PROPS])
{
  make_grid_specs (specs);
  make_range_specs (specs);
  make_decoration_specs (specs);
  g_object_class_install_properties (object_class, GST_CNN_VIEW_N_PROPS, specs);
}

gboolean
gst_cnn_view_properties_set (
    CnnViewSettings *settings, guint id, const GValue *value, GParamSpec *pspec, CnnError *error)
{
  gpointer field = (guint8 *)settings + offsets[id];
  if (G_VALUE_HOLDS_UINT (value))
    *(guint *)field = g_value_get_uint (value);
  else if (G_VALUE_HOLDS_INT (value))
    *(gint *)field = g_value_get_int (value);
  else if (G_VALUE_HOLDS_DOUBLE (value))
    *(gdouble *)field = g_value_get_double (value);
  else if (G_VALUE_HOLDS_BOOLEAN (value))
    *(gboolean *)field = g_value_get_boolean (value);
  else
    return gst_cnn_enum_get (pspec, value, field, error);
  return TRUE;
}

void
gst_cnn_view_properties_get (const CnnViewSettings *settings, guint id, GValue *value)
{
  gconstpointer field = (const guint8 *)settings + offsets[id];
  if (G_VALUE_HOLDS_UINT (value))
    g_value_set_uint (value, *(const guint *)field);
  else if (G_VALUE_HOLDS_INT (value))
    g_value_set_int (value, *(const gint *)field);
  else if (G_VALUE_HOLDS_DOUBLE (value))
    g_value_set_double (value, *(const gdouble *)field);
  else if (G_VALUE_HOLDS_BOOLEAN (value))
    g_value_set_boolean (value, *(const gboolean *)field);
  else if (G_VALUE_HOLDS_ENUM (value))
    g_value_set_enum (value, *(const gint *)field);
  else
    g_assert_not_reached ();
}

gboolean
gst_cnn_view_properties_differ (const CnnViewSettings *a, const CnnViewSettings *b, guint id)
{
  const guint8 *field_a = (const guint8 *)a + offsets[id],
               *field_b = (const guint8 *)b + offsets[id];
  switch (id) {
  case GST_CNN_VIEW_PROP_MINIMUM:
  case GST_CNN_VIEW_PROP_MAXIMUM:
  case GST_CNN_VIEW_PROP_GAMMA:
  case GST_CNN_VIEW_PROP_SMOOTHING:
  case GST_CNN_VIEW_PROP_CLIP:
    return memcmp (field_a, field_b, sizeof (gdouble)) != 0;
  default:
    return memcmp (field_a, field_b, sizeof (gint)) != 0;
  }
}
