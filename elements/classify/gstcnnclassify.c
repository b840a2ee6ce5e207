/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-cnnclassify
 * @title: cnnclassify
 * @short_description: From the scores of a network to words
 *
 * Takes one score a class, a channel each; where the scores come as a map, its rows and columns are
 * averaged first. Each frame becomes text, a line a class: "espresso 99.8%".
 *
 * Each frame also posts the element message "cnn-classes" with the arrays class (int), label (string) and
 * probability (double), the likeliest first, and timestamp, stream-time, running-time and duration of the
 * frame.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 -m videotestsrc num-buffers=3 pattern=red ! video/x-raw,format=RGB ! cnnclassify softmax=false ! fakesink
 * ]| Which of red, green and blue (classes 0, 1, 2) a picture has most of: its mean color as scores.
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=50 ! video/x-raw,format=RGB ! tee name=t t. ! queue ! textoverlay name=words ! videoconvert ! autovideosink t. ! queue ! cnnpool output-size=1 mode=average ! cnnclassify top=3 ! words.text_sink
 * ]| Words over the picture.
 */
#include "classify/gstcnnclassify.h"

#include "classify/classranking.h"
#include "common/gstcnncontext.h"
#include "classify/labels.h"
#include "common/streambuffer.h"

#include <string.h>

enum {
  PROP_0,
  PROP_LABELS,
  PROP_TOP,
  PROP_SOFTMAX,
  PROP_THRESHOLD,
  PROP_SMOOTHING,
};

#define DEFAULT_TOP 5
#define DEFAULT_SOFTMAX TRUE
#define DEFAULT_THRESHOLD 0
#define DEFAULT_SMOOTHING 0

typedef struct {
  guint top;
  gboolean softmax;
  gdouble threshold, smoothing;
} Settings;

struct _GstCnnClassify {
  GstBaseTransform parent;

  /* Under the object lock. */
  Settings settings;
  GstCnnLabels *labels; /* NULL: numbers */
  gchar *fault;         /* why the last labels file was refused, before the element started */
  gint classes;         /* 0: not known yet */
  gboolean started;

  /* Streaming thread only. */
  CnnLayer *average;
  GstCnnStreamInfo info;
  gfloat *scores;
  gdouble *values, *smoothed;
  gboolean has_smoothed;
  CnnError last_error; /* what the bus knows already: upstream may try the same caps again */
};

G_DEFINE_TYPE (GstCnnClassify, gst_cnn_classify, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE (cnnclassify, "cnnclassify", GST_RANK_NONE, GST_TYPE_CNN_CLASSIFY)

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
        GST_STATIC_CAPS (GST_CNN_TENSOR_CAPS ("{ float32, uint8 }") "; " GST_CNN_NNSTREAMER_CAPS (
            "{ float32, uint8 }") "; " GST_VIDEO_CAPS_MAKE ("{ " GST_CNN_COLOR_FORMATS
                                                            ", " GST_CNN_GRAY_FORMATS " }")));

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE (
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS ("text/x-raw, format=(string)utf8"));

static void
post_error (GstCnnClassify *self, const CnnError *error)
{
  if (strcmp (self->last_error.message, error->message) == 0)
    return;
  self->last_error = *error;
  GST_ELEMENT_ERROR (
      self, STREAM, FORMAT, ("%s: %s", GST_OBJECT_NAME (self), error->message), (NULL));
}

/* --- Caps ----------------------------------------------------------------------------------------- */

static GstCaps *
gst_cnn_classify_transform_caps (
    GstBaseTransform *transform, GstPadDirection direction, GstCaps *caps, GstCaps *filter)
{
  GstCaps *other = gst_pad_get_pad_template_caps (
      direction == GST_PAD_SINK ? transform->srcpad : transform->sinkpad);
  if (filter) {
    GstCaps *filtered = gst_caps_intersect_full (other, filter, GST_CAPS_INTERSECT_FIRST);
    gst_caps_unref (other);
    other = filtered;
  }
  return other;
}

static gboolean
gst_cnn_classify_accept_caps (GstBaseTransform *transform, GstPadDirection direction, GstCaps *caps)
{
  GstCaps *template_caps = gst_pad_get_pad_template_caps (
      direction == GST_PAD_SINK ? transform->sinkpad : transform->srcpad);
  const gboolean accepted = gst_caps_can_intersect (caps, template_caps);
  gst_caps_unref (template_caps);
  return accepted;
}

/* The mean of each channel. */
static CnnLayer *
make_average (const GstCnnStreamInfo *info, CnnError *error)
{
  const CnnContext *context = gst_cnn_context_get (error);
  CnnPool2dDesc desc = {
      .input = info->shape,
      .input_format = {info->type, info->layout},
      .mode = CNN_POOL_AVERAGE,
      .window = cnn_window_unit (),
  };
  desc.window.rows.rule = desc.window.columns.rule = CNN_SIZE_ADAPTIVE;
  desc.window.rows.adaptive_output = desc.window.columns.adaptive_output = 1;
  const float scale = info->type == CNN_SAMPLE_UINT16_LE ? 1.0f / 65535 : 1.0f / 255;
  gfloat *scales = g_new (gfloat, info->shape.c);
  for (gint c = 0; c < info->shape.c; c++)
    scales[c] = scale;
  desc.normalization.scale = scales;
  CnnLayer *layer = context ? cnn_pool2d_new (context, &desc, error) : NULL;
  g_free (scales);
  return layer;
}

static void
forget_stream (GstCnnClassify *self)
{
  g_clear_pointer (&self->average, cnn_layer_free);
  g_clear_pointer (&self->scores, g_free);
  g_clear_pointer (&self->values, g_free);
  g_clear_pointer (&self->smoothed, g_free);
  self->has_smoothed = FALSE;
}

static gboolean
take_stream (GstCnnClassify *self, GstCaps *caps, CnnError *error)
{
  GstCnnStreamInfo info;
  if (!gst_cnn_stream_info_from_caps (&info, caps, error))
    return FALSE;
  const gint classes = info.shape.c;
  if (info.shape.n != 1)
    return cnn_error_set (error,
        "the scores %dx%dx%dx%d (N,H,W,C) are a batch of %d; one frame at a time is classified",
        info.shape.n, info.shape.h, info.shape.w, classes, info.shape.n);
  GST_OBJECT_LOCK (self);
  const gboolean fits = gst_cnn_labels_check (self->labels, classes, error);
  if (fits)
    self->classes = classes;
  GST_OBJECT_UNLOCK (self);
  CnnLayer *average = fits ? make_average (&info, error) : NULL;
  if (!average)
    return FALSE;
  const gboolean same_classes = self->average && self->info.shape.c == classes;
  gdouble *smoothed = same_classes ? g_steal_pointer (&self->smoothed) : g_new (gdouble, classes);
  const gboolean has_smoothed = same_classes && self->has_smoothed;
  forget_stream (self);
  self->average = average;
  self->info = info;
  self->scores = g_new (gfloat, classes);
  self->values = g_new (gdouble, classes);
  self->smoothed = smoothed;
  self->has_smoothed = has_smoothed;
  return TRUE;
}

static gboolean
gst_cnn_classify_set_caps (GstBaseTransform *transform, GstCaps *incaps, GstCaps *outcaps)
{
  CnnError error;
  GstCnnClassify *self = GST_CNN_CLASSIFY (transform);
  if (take_stream (self, incaps, &error)) {
    self->last_error.message[0] = '\0';
    return TRUE;
  }
  post_error (self, &error);
  return FALSE;
}

/* --- Frames --------------------------------------------------------------------------------------- */

static gboolean
measure (GstCnnClassify *self, GstBuffer *input, const Settings *settings, CnnError *error)
{
  const guint classes = (guint)self->info.shape.c;
  GstCnnMappedFrame frame;
  if (!gst_cnn_frame_map (&frame, &self->info, input, GST_MAP_READ, error))
    return FALSE;
  const CnnImage scores = cnn_image_from_tensor (
      self->scores, CNN_SAMPLE_FLOAT32, CNN_LAYOUT_NHWC, cnn_layer_output_shape (self->average));
  cnn_layer_run (self->average, &frame.image, &scores, 1);
  gst_cnn_frame_unmap (&frame);
  for (guint i = 0; i < classes; i++)
    self->values[i] = (gdouble)self->scores[i];
  if (settings->softmax)
    gst_cnn_softmax (self->values, classes);
  if (self->has_smoothed)
    gst_cnn_smooth (self->smoothed, self->values, classes, settings->smoothing);
  else
    memcpy (self->smoothed, self->values, classes * sizeof *self->values);
  self->has_smoothed = TRUE;
  return TRUE;
}

static gchar *
label_of (const GstCnnLabels *labels, guint class)
{
  /* Labels of another count are refused before they get here. */
  if (labels && class < labels->count && *labels->labels[class])
    return g_strdup (labels->labels[class]);
  return g_strdup_printf ("%u", class);
}

static void
rank (GstCnnClassify *self, const Settings *settings, GstCnnRanking *ranking)
{
  const guint classes = (guint)self->info.shape.c;
  const guint top = MIN (settings->top, classes);
  ranking->values = self->smoothed;
  ranking->classes = g_new (guint, top);
  ranking->count =
      gst_cnn_rank (self->smoothed, classes, top, settings->threshold, ranking->classes);
  ranking->labels = g_new0 (gchar *, ranking->count + 1);
  GST_OBJECT_LOCK (self);
  for (guint i = 0; i < ranking->count; i++)
    ranking->labels[i] = label_of (self->labels, ranking->classes[i]);
  GST_OBJECT_UNLOCK (self);
}

static void
post_ranking (GstCnnClassify *self, const GstCnnRanking *ranking, GstBuffer *input)
{
  const GstSegment *segment = &GST_BASE_TRANSFORM (self)->segment;
  const GstClockTime pts = GST_BUFFER_PTS (input);
  GstStructure *structure = gst_structure_new ("cnn-classes", "timestamp", G_TYPE_UINT64, pts,
      "stream-time", G_TYPE_UINT64, gst_segment_to_stream_time (segment, GST_FORMAT_TIME, pts),
      "running-time", G_TYPE_UINT64, gst_segment_to_running_time (segment, GST_FORMAT_TIME, pts),
      "duration", G_TYPE_UINT64, GST_BUFFER_DURATION (input), NULL);
  gst_cnn_ranking_add_to (ranking, structure);
  gst_element_post_message (
      GST_ELEMENT (self), gst_message_new_element (GST_OBJECT (self), structure));
}

/* The text's length is known only here, so the base class cannot make the buffer. */
static GstFlowReturn
gst_cnn_classify_prepare_output_buffer (
    GstBaseTransform *transform, GstBuffer *input, GstBuffer **output)
{
  *output = gst_buffer_new ();
  gst_buffer_copy_into (*output, input, GST_BUFFER_COPY_FLAGS | GST_BUFFER_COPY_TIMESTAMPS, 0, -1);
  return GST_FLOW_OK;
}

static GstFlowReturn
gst_cnn_classify_transform (GstBaseTransform *transform, GstBuffer *input, GstBuffer *output)
{
  GstCnnClassify *self = GST_CNN_CLASSIFY (transform);
  CnnError error;
  GST_OBJECT_LOCK (self);
  const Settings settings = self->settings;
  GST_OBJECT_UNLOCK (self);
  if (!self->average)
    return GST_FLOW_NOT_NEGOTIATED;
  if (!measure (self, input, &settings, &error)) {
    post_error (self, &error);
    return GST_FLOW_ERROR;
  }
  GstCnnRanking ranking;
  rank (self, &settings, &ranking);
  gchar *text = gst_cnn_ranking_text (&ranking);
  const gsize length = strlen (text);
  gst_buffer_append_memory (
      output, gst_memory_new_wrapped (0, text, length + 1, 0, length, text, g_free));
  post_ranking (self, &ranking, input);
  g_free (ranking.classes);
  g_strfreev (ranking.labels);
  return GST_FLOW_OK;
}

/* After a flush another scene begins. */
static gboolean
gst_cnn_classify_sink_event (GstBaseTransform *transform, GstEvent *event)
{
  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP)
    GST_CNN_CLASSIFY (transform)->has_smoothed = FALSE;
  return GST_BASE_TRANSFORM_CLASS (gst_cnn_classify_parent_class)->sink_event (transform, event);
}

/* --- Life ----------------------------------------------------------------------------------------- */

static gboolean
gst_cnn_classify_start (GstBaseTransform *transform)
{
  GstCnnClassify *self = GST_CNN_CLASSIFY (transform);
  CnnError error = {""};
  GST_OBJECT_LOCK (self);
  if (self->fault)
    cnn_error_set (&error, "%s", self->fault);
  self->started = TRUE;
  GST_OBJECT_UNLOCK (self);
  if (!error.message[0] && gst_cnn_context_get (&error))
    return TRUE;
  GST_ELEMENT_ERROR (
      self, LIBRARY, SETTINGS, ("%s: %s", GST_OBJECT_NAME (self), error.message), (NULL));
  return FALSE;
}

static gboolean
gst_cnn_classify_stop (GstBaseTransform *transform)
{
  GstCnnClassify *self = GST_CNN_CLASSIFY (transform);
  forget_stream (self);
  self->last_error.message[0] = '\0';
  GST_OBJECT_LOCK (self);
  self->classes = 0;
  self->started = FALSE;
  GST_OBJECT_UNLOCK (self);
  return TRUE;
}

/* --- GObject -------------------------------------------------------------------------------------- */

/* Reads the file outside the lock. A file that is refused stops an element that has not started; one that
 * runs goes on with the old labels. */
static void
set_labels (GstCnnClassify *self, const gchar *path)
{
  CnnError error;
  GstCnnLabels *labels = NULL;
  gboolean valid = TRUE;
  if (path && *path)
    valid = (labels = gst_cnn_labels_read (path, &error)) != NULL;
  GST_OBJECT_LOCK (self);
  if (valid && self->classes > 0)
    valid = gst_cnn_labels_check (labels, self->classes, &error);
  const gboolean warn = !valid && self->started;
  if (valid) {
    GstCnnLabels *old = self->labels;
    self->labels = labels;
    labels = old;
  }
  if (!warn) {
    g_free (self->fault);
    self->fault = valid ? NULL : g_strdup (error.message);
  }
  GST_OBJECT_UNLOCK (self);
  gst_cnn_labels_free (labels);
  if (warn)
    GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS,
        ("%s: %s; the old labels stay", GST_OBJECT_NAME (self), error.message), (NULL));
}

static void
gst_cnn_classify_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstCnnClassify *self = GST_CNN_CLASSIFY (object);
  if (id == PROP_LABELS) {
    set_labels (self, g_value_get_string (value));
    return;
  }
  GST_OBJECT_LOCK (self);
  switch (id) {
  case PROP_TOP:
    self->settings.top = g_value_get_uint (value);
    break;
  case PROP_SOFTMAX:
    self->settings.softmax = g_value_get_boolean (value);
    break;
  case PROP_THRESHOLD:
    self->settings.threshold = g_value_get_double (value);
    break;
  case PROP_SMOOTHING:
    self->settings.smoothing = g_value_get_double (value);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_cnn_classify_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstCnnClassify *self = GST_CNN_CLASSIFY (object);
  GST_OBJECT_LOCK (self);
  switch (id) {
  case PROP_LABELS:
    g_value_set_string (value, self->labels ? self->labels->path : NULL);
    break;
  case PROP_TOP:
    g_value_set_uint (value, self->settings.top);
    break;
  case PROP_SOFTMAX:
    g_value_set_boolean (value, self->settings.softmax);
    break;
  case PROP_THRESHOLD:
    g_value_set_double (value, self->settings.threshold);
    break;
  case PROP_SMOOTHING:
    g_value_set_double (value, self->settings.smoothing);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_cnn_classify_finalize (GObject *object)
{
  GstCnnClassify *self = GST_CNN_CLASSIFY (object);
  gst_cnn_labels_free (self->labels);
  g_free (self->fault);
  G_OBJECT_CLASS (gst_cnn_classify_parent_class)->finalize (object);
}

static void
gst_cnn_classify_init (GstCnnClassify *self)
{
  self->settings = (Settings){DEFAULT_TOP, DEFAULT_SOFTMAX, DEFAULT_THRESHOLD, DEFAULT_SMOOTHING};
  GST_PAD_SET_ACCEPT_INTERSECT (GST_BASE_TRANSFORM_SINK_PAD (self));
}

static void
install_properties (GObjectClass *object_class)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING;
  g_object_class_install_property (object_class, PROP_LABELS,
      g_param_spec_string ("labels", "Labels",
          "A UTF-8 text file with the name of a class on each line; unset: classes are numbered "
          "from 0",
          NULL, flags));
  g_object_class_install_property (object_class, PROP_TOP,
      g_param_spec_uint (
          "top", "Top", "How many classes are listed at most", 1, G_MAXINT, DEFAULT_TOP, flags));
  g_object_class_install_property (object_class, PROP_SOFTMAX,
      g_param_spec_boolean ("softmax", "Softmax",
          "Scores become probabilities; off for networks that end in them", DEFAULT_SOFTMAX,
          flags));
  g_object_class_install_property (object_class, PROP_THRESHOLD,
      g_param_spec_double ("threshold", "Threshold",
          "Classes below this probability are not listed", -G_MAXDOUBLE, G_MAXDOUBLE,
          DEFAULT_THRESHOLD, flags));
  g_object_class_install_property (object_class, PROP_SMOOTHING,
      g_param_spec_double ("smoothing", "Smoothing",
          "Share of the old probabilities in the new ones, against flicker: 0 = none", 0, 1,
          DEFAULT_SMOOTHING, flags));
}

static void
gst_cnn_classify_class_init (GstCnnClassifyClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *transform_class = GST_BASE_TRANSFORM_CLASS (klass);

  object_class->set_property = gst_cnn_classify_set_property;
  object_class->get_property = gst_cnn_classify_get_property;
  object_class->finalize = gst_cnn_classify_finalize;
  install_properties (object_class);
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Classifier", "Filter/Analyzer/Video",
      "Names the likeliest classes of a network's scores, as text and as messages",
      "The gst-cnn authors");

  transform_class->start = gst_cnn_classify_start;
  transform_class->stop = gst_cnn_classify_stop;
  transform_class->transform_caps = gst_cnn_classify_transform_caps;
  transform_class->accept_caps = gst_cnn_classify_accept_caps;
  transform_class->set_caps = gst_cnn_classify_set_caps;
  transform_class->sink_event = gst_cnn_classify_sink_event;
  transform_class->prepare_output_buffer = gst_cnn_classify_prepare_output_buffer;
  transform_class->transform = gst_cnn_classify_transform;
}
