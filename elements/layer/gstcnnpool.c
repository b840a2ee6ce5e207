/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-cnnpool
 * @title: cnnpool
 * @short_description: Maximum or average of a sliding window, each channel by itself (torch.nn.MaxPool2d)
 *
 * Halves rows and columns as it stands; output-size pools adaptively to a given size, and output-size=1
 * to one value a channel.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 -m videotestsrc num-buffers=1 ! cnnconv kernel=sobel ! cnnpool ! fakesink
 * ]| Feature maps of half the size.
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=10 ! cnnpool mode=average kernel-size=8 ! videoconvert ! autovideosink
 * ]| A mosaic: the mean of each 8x8 block, as video.
 */
#include "layer/gstcnnpool.h"

#include "common/enumwords.h"
#include "common/windowtext.h"

enum {
  PROP_0,
  PROP_MODE,
  PROP_KERNEL_SIZE,
  PROP_STRIDE,
  PROP_PADDING,
  PROP_DILATION,
  PROP_CEIL_MODE,
  PROP_COUNT_INCLUDE_PAD,
  PROP_DIVISOR_OVERRIDE,
  PROP_OUTPUT_SIZE,
};

#define DEFAULT_MODE CNN_POOL_MAX
#define DEFAULT_KERNEL_SIZE "2"
#define DEFAULT_PADDING "0"
#define DEFAULT_DILATION "1"

/* `base` counts only in copies. */
typedef struct {
  GstCnnLayerSettings base;
  CnnPoolMode mode;
  CnnWindow window; /* strides count only with has_stride */
  gboolean has_stride;
  gint output_rows, output_columns; /* 0: not adaptive */
  gboolean count_include_pad;
  guint divisor_override;
  gchar *kernel_size, *stride, *padding, *dilation,
      *output_size; /* texts as set, NULL: never set */
} PoolSettings;

struct _GstCnnPool {
  GstCnnLayer parent;
  PoolSettings settings; /* under the object lock */
};

G_DEFINE_TYPE (GstCnnPool, gst_cnn_pool, GST_TYPE_CNN_LAYER)
GST_ELEMENT_REGISTER_DEFINE (cnnpool, "cnnpool", GST_RANK_NONE, GST_TYPE_CNN_POOL)

#define GST_TYPE_CNN_POOL_MODE (pool_mode_get_type ())

static GType
pool_mode_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
      {CNN_POOL_MAX, "Largest value of the window", "max"},
      {CNN_POOL_AVERAGE, "Mean of the window", "average"},
      {0, NULL, NULL},
  };
  static const GstCnnEnumAlias aliases[] = {
      {"maximum", CNN_POOL_MAX},
      {"maxpool", CNN_POOL_MAX},
      {"avg", CNN_POOL_AVERAGE},
      {"mean", CNN_POOL_AVERAGE},
      {"avgpool", CNN_POOL_AVERAGE},
      {NULL, 0},
  };
  if (g_once_init_enter (&type))
    g_once_init_leave (&type, gst_cnn_enum_register ("GstCnnPoolMode", values, aliases));
  return type;
}

/* --- Layer ---------------------------------------------------------------------------------------- */

/* output-size stands alone. */
static gboolean
check_adaptive (const PoolSettings *settings, CnnError *error)
{
  const gchar *other = settings->kernel_size ? "kernel-size"
                       : settings->stride    ? "stride"
                       : settings->padding   ? "padding"
                       : settings->dilation  ? "dilation"
                                             : NULL;
  if (!other)
    return TRUE;
  return cnn_error_set (error,
      "output-size=%s pools adaptively, which leaves no room for %s: set only one of them",
      settings->output_size, other);
}

static gboolean
check_padding (const CnnAxis *axis, const gchar *what, CnnError *error)
{
  const gint64 window = cnn_axis_effective_kernel (axis);
  const gint padding = MAX (axis->padding_before, axis->padding_after);
  if (axis->rule != CNN_SIZE_EXPLICIT || padding < window)
    return TRUE;
  return cnn_error_set (error,
      "a padding of %d %s is not smaller than the window of %" G_GINT64_FORMAT ", so some windows "
      "would hold nothing but padding",
      padding, what, window);
}

/* The window with the properties combined. */
static gboolean
combine_window (const PoolSettings *settings, CnnWindow *window, CnnError *error)
{
  *window = settings->window;
  if (settings->output_rows > 0) {
    window->rows.rule = window->columns.rule = CNN_SIZE_ADAPTIVE;
    window->rows.adaptive_output = settings->output_rows;
    window->columns.adaptive_output = settings->output_columns;
    return check_adaptive (settings, error);
  }
  if (!settings->has_stride) {
    window->rows.stride = window->rows.kernel;
    window->columns.stride = window->columns.kernel;
  }
  return check_padding (&window->rows, "rows", error) &&
         check_padding (&window->columns, "columns", error);
}

static void
clear_texts (PoolSettings *settings)
{
  g_free (settings->kernel_size);
  g_free (settings->stride);
  g_free (settings->padding);
  g_free (settings->dilation);
  g_free (settings->output_size);
}

static GstCnnLayerSettings *
gst_cnn_pool_copy_settings (GstCnnLayer *layer)
{
  PoolSettings *copy = g_new (PoolSettings, 1);
  *copy = GST_CNN_POOL (layer)->settings;
  copy->kernel_size = g_strdup (copy->kernel_size);
  copy->stride = g_strdup (copy->stride);
  copy->padding = g_strdup (copy->padding);
  copy->dilation = g_strdup (copy->dilation);
  copy->output_size = g_strdup (copy->output_size);
  return &copy->base;
}

static void
gst_cnn_pool_free_settings (GstCnnLayerSettings *settings)
{
  clear_texts ((PoolSettings *)settings);
  g_free (settings);
}

static gboolean
gst_cnn_pool_get_geometry (const GstCnnLayerSettings *settings, const CnnShape *input,
    GstCnnGeometry *geometry, CnnError *error)
{
  CnnWindow window;
  if (!combine_window ((const PoolSettings *)settings, &window, error))
    return FALSE;
  geometry->rule = cnn_shape_rule_window (&window);
  return TRUE;
}

static void
gst_cnn_pool_get_operation (GstCnnLayer *layer, CnnViewOperation *operation, GstBuffer **weights)
{
  GstCnnPool *self = GST_CNN_POOL (layer);
  GST_OBJECT_LOCK (self);
  operation->kind =
      self->settings.mode == CNN_POOL_MAX ? CNN_VIEW_OPERATION_MAXIMUM : CNN_VIEW_OPERATION_AVERAGE;
  operation->count_include_pad = self->settings.count_include_pad;
  operation->divisor = (gint)self->settings.divisor_override;
  GST_OBJECT_UNLOCK (self);
  operation->groups = operation->out_channels = operation->input.c;
}

static CnnLayer *
gst_cnn_pool_create_layer (GstCnnLayer *layer, const GstCnnLayerSettings *base,
    const GstCnnLayerSetup *setup, CnnError *error)
{
  const PoolSettings *settings = (const PoolSettings *)base;
  CnnPool2dDesc desc = {
      .input = setup->input,
      .input_format = setup->input_format,
      .output_format = setup->output_format,
      .normalization = setup->normalization,
      .mode = settings->mode,
      .count_include_pad = settings->count_include_pad,
      .divisor_override = (gint)settings->divisor_override,
  };
  return combine_window (settings, &desc.window, error)
             ? cnn_pool2d_new (setup->context, &desc, error)
             : NULL;
}

/* --- GObject -------------------------------------------------------------------------------------- */

/* Reads a size text; an empty one means unset. Takes the text when it was understood. */
static gboolean
set_size (GParamSpec *pspec, const GValue *value, gchar **text, gint *rows, gint *columns,
    CnnError *error)
{
  const gchar *new_text = g_value_get_string (value);
  if (new_text && *new_text && !gst_cnn_parse_size (pspec->name, new_text, rows, columns, error))
    return FALSE;
  g_free (*text);
  *text = new_text && *new_text ? g_strdup (new_text) : NULL;
  return TRUE;
}

static gboolean
set_padding (GstCnnPool *self, const GValue *value, CnnError *error)
{
  if (!gst_cnn_parse_padding (g_value_get_string (value), &self->settings.window, error))
    return FALSE;
  g_free (self->settings.padding);
  self->settings.padding = g_value_dup_string (value);
  return TRUE;
}

/* The window's own default comes back when a text is unset. */
static void
restore_defaults (GstCnnPool *self)
{
  CnnAxis *rows = &self->settings.window.rows, *columns = &self->settings.window.columns;
  if (!self->settings.kernel_size)
    rows->kernel = columns->kernel = 2;
  if (!self->settings.dilation)
    rows->dilation = columns->dilation = 1;
  if (!self->settings.output_size)
    self->settings.output_rows = self->settings.output_columns = 0;
  self->settings.has_stride = self->settings.stride != NULL;
}

static void
gst_cnn_pool_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstCnnPool *self = GST_CNN_POOL (object);
  CnnAxis *rows = &self->settings.window.rows, *columns = &self->settings.window.columns;
  CnnError error;
  gboolean valid = TRUE;
  gint word;
  GST_OBJECT_LOCK (self);
  switch (id) {
  case PROP_MODE:
    if ((valid = gst_cnn_enum_get (pspec, value, &word, &error)))
      self->settings.mode = (CnnPoolMode)word;
    break;
  case PROP_KERNEL_SIZE:
    valid = set_size (
        pspec, value, &self->settings.kernel_size, &rows->kernel, &columns->kernel, &error);
    break;
  case PROP_STRIDE:
    valid =
        set_size (pspec, value, &self->settings.stride, &rows->stride, &columns->stride, &error);
    break;
  case PROP_PADDING:
    valid = set_padding (self, value, &error);
    break;
  case PROP_DILATION:
    valid = set_size (
        pspec, value, &self->settings.dilation, &rows->dilation, &columns->dilation, &error);
    break;
  case PROP_CEIL_MODE:
    rows->ceil_mode = columns->ceil_mode = g_value_get_boolean (value);
    break;
  case PROP_COUNT_INCLUDE_PAD:
    self->settings.count_include_pad = g_value_get_boolean (value);
    break;
  case PROP_DIVISOR_OVERRIDE:
    self->settings.divisor_override = g_value_get_uint (value);
    break;
  case PROP_OUTPUT_SIZE:
    valid = set_size (pspec, value, &self->settings.output_size, &self->settings.output_rows,
        &self->settings.output_columns, &error);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  restore_defaults (self);
  GST_OBJECT_UNLOCK (self);
  gst_cnn_layer_property_set (GST_CNN_LAYER (self), pspec, valid ? NULL : &error);
}

static void
get_text (GValue *value, const gchar *text, const gchar *when_unset)
{
  g_value_set_string (value, text ? text : when_unset);
}

static void
gst_cnn_pool_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstCnnPool *self = GST_CNN_POOL (object);
  GST_OBJECT_LOCK (self);
  switch (id) {
  case PROP_MODE:
    g_value_set_enum (value, (gint)self->settings.mode);
    break;
  case PROP_KERNEL_SIZE:
    get_text (value, self->settings.kernel_size, DEFAULT_KERNEL_SIZE);
    break;
  case PROP_STRIDE:
    get_text (value, self->settings.stride,
        self->settings.kernel_size ? self->settings.kernel_size : DEFAULT_KERNEL_SIZE);
    break;
  case PROP_PADDING:
    get_text (value, self->settings.padding, DEFAULT_PADDING);
    break;
  case PROP_DILATION:
    get_text (value, self->settings.dilation, DEFAULT_DILATION);
    break;
  case PROP_CEIL_MODE:
    g_value_set_boolean (value, self->settings.window.rows.ceil_mode);
    break;
  case PROP_COUNT_INCLUDE_PAD:
    g_value_set_boolean (value, self->settings.count_include_pad);
    break;
  case PROP_DIVISOR_OVERRIDE:
    g_value_set_uint (value, self->settings.divisor_override);
    break;
  case PROP_OUTPUT_SIZE:
    g_value_set_string (value, self->settings.output_size);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_cnn_pool_finalize (GObject *object)
{
  clear_texts (&GST_CNN_POOL (object)->settings);
  G_OBJECT_CLASS (gst_cnn_pool_parent_class)->finalize (object);
}

static void
gst_cnn_pool_init (GstCnnPool *self)
{
  self->settings.mode = DEFAULT_MODE;
  self->settings.window = cnn_window_unit ();
  self->settings.count_include_pad = TRUE;
  restore_defaults (self);
}

static void
install_properties (GObjectClass *object_class)
{
  g_object_class_install_property (object_class, PROP_MODE,
      gst_cnn_param_spec_enum ("mode", "Mode", "What becomes of a window", GST_TYPE_CNN_POOL_MODE,
          DEFAULT_MODE, GST_CNN_LAYER_PROPERTY_FLAGS));
  g_object_class_install_property (object_class, PROP_KERNEL_SIZE,
      g_param_spec_string ("kernel-size", "Kernel size", "The window: \"K\" or \"HxW\"",
          DEFAULT_KERNEL_SIZE, GST_CNN_LAYER_PROPERTY_FLAGS));
  g_object_class_install_property (object_class, PROP_STRIDE,
      g_param_spec_string ("stride", "Stride", "\"S\" or \"HxW\"; unset: kernel-size",
          DEFAULT_KERNEL_SIZE, GST_CNN_LAYER_PROPERTY_FLAGS));
  g_object_class_install_property (object_class, PROP_PADDING,
      g_param_spec_string ("padding", "Padding",
          "Rows and columns added on each side, which never win a maximum: \"P\", \"HxW\", "
          "\"top,left,bottom,right\", \"same\" or \"valid\"; smaller than the window",
          DEFAULT_PADDING, GST_CNN_LAYER_PROPERTY_FLAGS));
  g_object_class_install_property (object_class, PROP_DILATION,
      g_param_spec_string ("dilation", "Dilation",
          "Distance between neighbouring places of the window: \"D\" or \"HxW\"", DEFAULT_DILATION,
          GST_CNN_LAYER_PROPERTY_FLAGS));
  g_object_class_install_property (object_class, PROP_CEIL_MODE,
      g_param_spec_boolean ("ceil-mode", "Ceil mode",
          "A last window that starts inside the input or its padding before it counts", FALSE,
          GST_CNN_LAYER_PROPERTY_FLAGS));
  g_object_class_install_property (object_class, PROP_COUNT_INCLUDE_PAD,
      g_param_spec_boolean ("count-include-pad", "Count padding",
          "Padded places count in the divisor of an average", TRUE, GST_CNN_LAYER_PROPERTY_FLAGS));
  g_object_class_install_property (object_class, PROP_DIVISOR_OVERRIDE,
      g_param_spec_uint ("divisor-override", "Divisor",
          "Divisor of an average, 0 = the number of places", 0, G_MAXINT, 0,
          GST_CNN_LAYER_PROPERTY_FLAGS));
  g_object_class_install_property (object_class, PROP_OUTPUT_SIZE,
      g_param_spec_string ("output-size", "Output size",
          "\"N\" or \"HxW\": adaptive pooling to that size, 1 for global pooling; excludes "
          "kernel-size, stride, padding and dilation",
          NULL, GST_CNN_LAYER_PROPERTY_FLAGS));
}

static void
gst_cnn_pool_class_init (GstCnnPoolClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstCnnLayerClass *layer_class = GST_CNN_LAYER_CLASS (klass);

  object_class->set_property = gst_cnn_pool_set_property;
  object_class->get_property = gst_cnn_pool_get_property;
  object_class->finalize = gst_cnn_pool_finalize;
  install_properties (object_class);
  layer_class->copy_settings = gst_cnn_pool_copy_settings;
  layer_class->free_settings = gst_cnn_pool_free_settings;
  layer_class->get_geometry = gst_cnn_pool_get_geometry;
  layer_class->get_operation = gst_cnn_pool_get_operation;
  layer_class->create_layer = gst_cnn_pool_create_layer;
  gst_element_class_set_static_metadata (GST_ELEMENT_CLASS (klass), "Pooling layer",
      "Filter/Effect/Video",
      "Maximum or average of a sliding window, each channel by itself (torch.nn.MaxPool2d, "
      "AvgPool2d)",
      "The gst-cnn authors");
  gst_type_mark_as_plugin_api (GST_TYPE_CNN_POOL_MODE, 0);
}
