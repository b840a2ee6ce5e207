/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-cnnmerge
 * @title: cnnmerge
 * @short_description: Branches of a network joined (torch.cat, a + b, a * b)
 *
 * Each branch enters through a pad sink_0, sink_1 ...; their order is that of the numbers. mode=concat
 * lines up their channels, add and multiply combine them value by value, where a branch of one channel
 * counts for every channel of the others. All branches have the same rows and columns.
 *
 * Frames are joined when their running times agree within half a frame; a frame that some branch does not
 * have is dropped from the others, and the stream ends with the first branch that ends. Frames keep the
 * timestamps and the flags they have on the first pad. Branches that come from one tee need a queue each.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 -m videotestsrc num-buffers=3 ! tee name=t cnnmerge name=m ! fakesink t. ! queue ! cnnconv kernel=sobel ! m. t. ! queue ! cnnconv kernel=gaussian padding=1 ! cnnconv kernel=laplacian ! m.
 * ]| Two branches of feature maps, one behind the other.
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=50 ! video/x-raw,format=RGB ! tee name=t cnnmerge name=m mode=add ! videoconvert ! autovideosink t. ! queue ! m. t. ! queue ! cnnconv kernel=laplacian padding=1 groups=1 ! m.
 * ]| A residual: the picture plus what one convolution finds in it.
 */
#include "merge/gstcnnmerge-private.h"

#include "common/activationtype.h"
#include "common/enumwords.h"
#include "common/gstcnncontext.h"
#include "layer/gstcnnlayer.h"
#include "common/streambuffer.h"

enum {
  PROP_0,
  PROP_MODE,
  PROP_ACTIVATION,
  PROP_ALPHA,
  PROP_N_THREADS,
  PROP_SCALE,
  PROP_MEAN,
  PROP_STD,
  PROP_LAYER_INFO,
};

#define DEFAULT_MODE CNN_MERGE_CONCAT
#define DEFAULT_N_THREADS 0

G_DEFINE_TYPE (GstCnnMerge, gst_cnn_merge, GST_TYPE_AGGREGATOR)
GST_ELEMENT_REGISTER_DEFINE (cnnmerge, "cnnmerge", GST_RANK_NONE, GST_TYPE_CNN_MERGE)

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink_%u", GST_PAD_SINK, GST_PAD_REQUEST,
        GST_STATIC_CAPS (GST_CNN_TENSOR_CAPS ("{ float32, uint8 }") "; " GST_CNN_NNSTREAMER_CAPS (
            "{ float32, uint8 }") "; " GST_VIDEO_CAPS_MAKE ("{ " GST_CNN_COLOR_FORMATS
                                                            ", " GST_CNN_GRAY_FORMATS " }")));

static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
        GST_STATIC_CAPS (GST_CNN_TENSOR_CAPS ("float32") "; " GST_CNN_NNSTREAMER_CAPS (
            "float32") "; " GST_VIDEO_CAPS_MAKE ("{ " GST_CNN_COLOR_OUT_FORMATS
                                                 ", " GST_CNN_GRAY_OUT_FORMATS " }")));

#define GST_TYPE_CNN_MERGE_MODE (merge_mode_get_type ())

static GType
merge_mode_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
      {CNN_MERGE_CONCAT, "Channels one branch after the other", "concat"},
      {CNN_MERGE_ADD, "Sum of the branches", "add"},
      {CNN_MERGE_MULTIPLY, "Product of the branches", "multiply"},
      {0, NULL, NULL},
  };
  static const GstCnnEnumAlias aliases[] = {
      {"concatenate", CNN_MERGE_CONCAT},
      {"cat", CNN_MERGE_CONCAT},
      {"sum", CNN_MERGE_ADD},
      {"plus", CNN_MERGE_ADD},
      {"mul", CNN_MERGE_MULTIPLY},
      {"product", CNN_MERGE_MULTIPLY},
      {NULL, 0},
  };
  if (g_once_init_enter (&type))
    g_once_init_leave (&type, gst_cnn_enum_register ("GstCnnMergeMode", values, aliases));
  return type;
}

void
gst_cnn_merge_post_error (GstCnnMerge *self, const CnnError *error)
{
  self->error_posted = TRUE;
  GST_ELEMENT_ERROR (
      self, STREAM, FORMAT, ("%s: %s", GST_OBJECT_NAME (self), error->message), (NULL));
}

void
gst_cnn_merge_post_warning (GstCnnMerge *self, const CnnError *error)
{
  GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS,
      ("%s: %s; the old setting stays", GST_OBJECT_NAME (self), error->message), (NULL));
}

/* --- Frames --------------------------------------------------------------------------------------- */

static GstBuffer *
new_output (GstCnnMerge *self, GstBuffer *first)
{
  GstAggregator *aggregator = GST_AGGREGATOR (self);
  GstBufferPool *pool = gst_aggregator_get_buffer_pool (aggregator);
  GstBuffer *output = NULL;
  if (!pool || !gst_buffer_pool_set_active (pool, TRUE) ||
      gst_buffer_pool_acquire_buffer (pool, &output, NULL) != GST_FLOW_OK)
    output = NULL;
  gst_clear_object (&pool);
  if (output)
    gst_buffer_copy_into (output, first, GST_BUFFER_COPY_FLAGS | GST_BUFFER_COPY_TIMESTAMPS, 0, -1);
  return output;
}

/* Maps the frames, joins them into `output`. */
static gboolean
join_frames (GstCnnMerge *self, const GPtrArray *pads, const GPtrArray *frames, GstBuffer *output,
    CnnError *error)
{
  GstCnnMappedFrame *in = g_new (GstCnnMappedFrame, pads->len), out;
  guint mapped = 0;
  gboolean joined = FALSE;
  CnnError fault;
  while (mapped < pads->len &&
         gst_cnn_frame_map (&in[mapped], &((GstCnnMergePad *)pads->pdata[mapped])->info,
             frames->pdata[mapped], GST_MAP_READ, &fault)) {
    self->images[mapped] = in[mapped].image;
    mapped++;
  }
  if (mapped < pads->len) {
    cnn_error_set (error, "%s: %s", GST_OBJECT_NAME (pads->pdata[mapped]), fault.message);
  } else if (gst_cnn_frame_map (&out, &self->out_info, output, GST_MAP_WRITE, error)) {
    GST_OBJECT_LOCK (self);
    const guint n_threads = self->n_threads;
    GST_OBJECT_UNLOCK (self);
    cnn_layer_run (self->merge, self->images, &out.image, (gint)n_threads);
    gst_cnn_frame_unmap (&out);
    joined = TRUE;
  }
  while (mapped > 0)
    gst_cnn_frame_unmap (&in[--mapped]);
  g_free (in);
  return joined;
}

/* Downstream counts time as the first branch does. */
static void
follow_segment (GstCnnMerge *self, const GPtrArray *pads)
{
  GstAggregatorPad *first = pads->pdata[0];
  GST_OBJECT_LOCK (first);
  GstSegment segment = first->segment;
  GST_OBJECT_UNLOCK (first);
  if (segment.format != GST_FORMAT_TIME || gst_segment_is_equal (&segment, &self->segment))
    return;
  self->segment = segment;
  gst_aggregator_update_segment (GST_AGGREGATOR (self), &segment);
}

/* Controlled properties take the value they have at the stream time of the first branch's frame. */
static void
follow_controllers (GstCnnMerge *self, GstBuffer *first)
{
  if (self->segment.format != GST_FORMAT_TIME || !GST_BUFFER_PTS_IS_VALID (first))
    return;
  const GstClockTime time =
      gst_segment_to_stream_time (&self->segment, GST_FORMAT_TIME, GST_BUFFER_PTS (first));
  if (GST_CLOCK_TIME_IS_VALID (time))
    gst_object_sync_values (GST_OBJECT (self), time);
}

static gboolean
have_caps (const GPtrArray *pads, CnnError *error)
{
  for (guint i = 0; i < pads->len; i++)
    if (!((GstCnnMergePad *)pads->pdata[i])->has_info)
      return cnn_error_set (
          error, "%s got a frame before its caps", GST_OBJECT_NAME (pads->pdata[i]));
  return TRUE;
}

static GstFlowReturn
process (GstCnnMerge *self, const GPtrArray *pads, const GPtrArray *frames)
{
  CnnError error;
  GstBuffer *first = frames->pdata[0];
  if (!have_caps (pads, &error)) {
    gst_cnn_merge_post_error (self, &error);
    return GST_FLOW_NOT_NEGOTIATED;
  }
  follow_segment (self, pads);
  follow_controllers (self, first);
  self->error_posted = FALSE;
  if (!gst_cnn_merge_update (self, pads))
    return GST_PAD_IS_FLUSHING (GST_AGGREGATOR_SRC_PAD (self)) ? GST_FLOW_FLUSHING
                                                               : GST_FLOW_NOT_NEGOTIATED;
  GstBuffer *output = new_output (self, first);
  if (!output)
    return GST_PAD_IS_FLUSHING (GST_AGGREGATOR_SRC_PAD (self)) ? GST_FLOW_FLUSHING : GST_FLOW_ERROR;
  if (!join_frames (self, pads, frames, output, &error)) {
    gst_cnn_merge_post_error (self, &error);
    gst_buffer_unref (output);
    return GST_FLOW_ERROR;
  }
  return gst_aggregator_finish_buffer (GST_AGGREGATOR (self), output);
}

/* A gap in one branch is a gap in the output. */
static GstFlowReturn
pass_gap (GstCnnMerge *self, const GPtrArray *frames)
{
  GstBuffer *first = frames->pdata[0];
  if (self->merge && GST_BUFFER_PTS_IS_VALID (first))
    gst_pad_push_event (GST_AGGREGATOR_SRC_PAD (self),
        gst_event_new_gap (GST_BUFFER_PTS (first), GST_BUFFER_DURATION (first)));
  return GST_FLOW_OK;
}

static GstFlowReturn
gst_cnn_merge_aggregate (GstAggregator *aggregator, gboolean timeout)
{
  GstCnnMerge *self = GST_CNN_MERGE (aggregator);
  GPtrArray *pads = gst_cnn_merge_pads (GST_ELEMENT (self));
  GPtrArray *frames = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_buffer_unref);
  GstFlowReturn flow = GST_FLOW_OK;
  switch (gst_cnn_merge_take_frames (pads, frames)) {
  case GST_CNN_MATCH_FOUND:
    flow = pads->len > 0 ? process (self, pads, frames) : GST_FLOW_OK;
    break;
  case GST_CNN_MATCH_GAP:
    flow = pass_gap (self, frames);
    break;
  case GST_CNN_MATCH_EOS:
    flow = GST_FLOW_EOS;
    break;
  case GST_CNN_MATCH_WAIT:
    flow = GST_AGGREGATOR_FLOW_NEED_DATA;
    break;
  case GST_CNN_MATCH_DROPPED:
    break;
  }
  g_ptr_array_unref (frames);
  g_ptr_array_unref (pads);
  return flow;
}

static gboolean
gst_cnn_merge_propose_allocation (
    GstAggregator *aggregator, GstAggregatorPad *pad, GstQuery *decide_query, GstQuery *query)
{
  return gst_cnn_allocation_propose (query);
}

static gboolean
gst_cnn_merge_decide_allocation (GstAggregator *aggregator, GstQuery *query)
{
  return gst_cnn_allocation_decide (query) && gst_cnn_allocation_configure_pool (query);
}

/* --- Life ----------------------------------------------------------------------------------------- */

static gboolean
gst_cnn_merge_start (GstAggregator *aggregator)
{
  GstCnnMerge *self = GST_CNN_MERGE (aggregator);
  CnnError error = {""};
  GST_OBJECT_LOCK (self);
  if (self->fault)
    cnn_error_set (&error, "%s", self->fault);
  GST_OBJECT_UNLOCK (self);
  if (error.message[0] || !gst_cnn_context_get (&error)) {
    GST_ELEMENT_ERROR (
        self, LIBRARY, SETTINGS, ("%s: %s", GST_OBJECT_NAME (self), error.message), (NULL));
    return FALSE;
  }
  gst_segment_init (&self->segment, GST_FORMAT_UNDEFINED);
  g_atomic_int_set (&self->started, TRUE);
  return TRUE;
}

static gboolean
gst_cnn_merge_stop (GstAggregator *aggregator)
{
  GstCnnMerge *self = GST_CNN_MERGE (aggregator);
  GPtrArray *pads = gst_cnn_merge_pads (GST_ELEMENT (self));
  g_atomic_int_set (&self->started, FALSE);
  for (guint i = 0; i < pads->len; i++) {
    GstCnnMergePad *pad = pads->pdata[i];
    pad->has_info = pad->has_chain = FALSE;
  }
  g_ptr_array_unref (pads);
  g_clear_pointer (&self->merge, cnn_layer_free);
  GST_OBJECT_LOCK (self);
  g_clear_pointer (&self->layer_info, gst_structure_free);
  GST_OBJECT_UNLOCK (self);
  return TRUE;
}

/* A branch more or less. */
static void
gst_cnn_merge_release_pad (GstElement *element, GstPad *pad)
{
  GST_ELEMENT_CLASS (gst_cnn_merge_parent_class)->release_pad (element, pad);
  g_atomic_int_set (&GST_CNN_MERGE (element)->changed, TRUE);
}

/* --- GObject -------------------------------------------------------------------------------------- */

static void
take_fault (GstCnnMerge *self, const CnnError *fault)
{
  if (fault && g_atomic_int_get (&self->started)) {
    gst_cnn_merge_post_warning (self, fault);
    return;
  }
  GST_OBJECT_LOCK (self);
  g_free (self->fault);
  self->fault = fault ? g_strdup (fault->message) : NULL;
  GST_OBJECT_UNLOCK (self);
}

static void
gst_cnn_merge_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstCnnMerge *self = GST_CNN_MERGE (object);
  CnnError error;
  gboolean valid = TRUE;
  gint word;
  GST_OBJECT_LOCK (self);
  switch (id) {
  case PROP_MODE:
    if ((valid = gst_cnn_enum_get (pspec, value, &word, &error)))
      self->mode = (CnnMergeMode)word;
    break;
  case PROP_ACTIVATION:
    if ((valid = gst_cnn_enum_get (pspec, value, &word, &error)))
      self->activation = (CnnActivation)word;
    break;
  case PROP_ALPHA:
    valid = gst_cnn_double_array_set (&self->alpha, pspec->name, value, &error);
    break;
  case PROP_N_THREADS:
    self->n_threads = g_value_get_uint (value);
    break;
  case PROP_SCALE:
  case PROP_MEAN:
  case PROP_STD:
    valid =
        gst_cnn_normalizer_set_property (&self->normalizer, id - PROP_SCALE, value, pspec, &error);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
  take_fault (self, valid ? NULL : &error);
  g_atomic_int_set (&self->changed, TRUE);
}

static void
gst_cnn_merge_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstCnnMerge *self = GST_CNN_MERGE (object);
  GST_OBJECT_LOCK (self);
  switch (id) {
  case PROP_MODE:
    g_value_set_enum (value, (gint)self->mode);
    break;
  case PROP_ACTIVATION:
    g_value_set_enum (value, (gint)self->activation);
    break;
  case PROP_ALPHA:
    gst_cnn_double_array_get (&self->alpha, value);
    break;
  case PROP_N_THREADS:
    g_value_set_uint (value, self->n_threads);
    break;
  case PROP_SCALE:
  case PROP_MEAN:
  case PROP_STD:
    gst_cnn_normalizer_get_property (&self->normalizer, id - PROP_SCALE, value);
    break;
  case PROP_LAYER_INFO:
    gst_value_set_structure (value, self->layer_info);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_cnn_merge_finalize (GObject *object)
{
  GstCnnMerge *self = GST_CNN_MERGE (object);
  gst_cnn_double_array_clear (&self->alpha);
  gst_cnn_normalizer_clear (&self->normalizer);
  g_free (self->fault);
  g_free (self->images);
  G_OBJECT_CLASS (gst_cnn_merge_parent_class)->finalize (object);
}

static void
gst_cnn_merge_init (GstCnnMerge *self)
{
  self->mode = DEFAULT_MODE;
  self->n_threads = DEFAULT_N_THREADS;
  gst_cnn_normalizer_init (&self->normalizer);
  self->alpha.values = g_new (gdouble, 1);
  self->alpha.values[0] = 0.01;
  self->alpha.count = 1;
}

static void
install_properties (GObjectClass *object_class)
{
  g_object_class_install_property (object_class, PROP_MODE,
      gst_cnn_param_spec_enum ("mode", "Mode", "How branches become one", GST_TYPE_CNN_MERGE_MODE,
          DEFAULT_MODE, GST_CNN_LAYER_PROPERTY_FLAGS));
  g_object_class_install_property (object_class, PROP_ACTIVATION,
      gst_cnn_param_spec_enum ("activation", "Activation", "Function applied to each output",
          GST_TYPE_CNN_ACTIVATION, CNN_ACTIVATION_NONE, GST_CNN_LAYER_PROPERTY_FLAGS));
  g_object_class_install_property (object_class, PROP_ALPHA,
      gst_cnn_param_spec_double_array ("alpha", "Alpha",
          "Slope of leaky-relu and elu, slope or per-channel slopes of prelu", "<0.01>"));
  g_object_class_install_property (object_class, PROP_N_THREADS,
      g_param_spec_uint ("n-threads", "Number of threads",
          "Worker threads, 0 = one per CPU; results are the same for every value", 0, 1024,
          DEFAULT_N_THREADS, GST_CNN_LAYER_PROPERTY_FLAGS));
  gst_cnn_normalizer_install_properties (object_class, PROP_SCALE);
  g_object_class_install_property (object_class, PROP_LAYER_INFO,
      g_param_spec_boxed ("layer-info", "Layer info",
          "Structure cnn-layer-info: shapes of the branches and of the output, receptive field; "
          "NULL "
          "before the caps are known",
          GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
gst_cnn_merge_class_init (GstCnnMergeClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstAggregatorClass *aggregator_class = GST_AGGREGATOR_CLASS (klass);

  object_class->set_property = gst_cnn_merge_set_property;
  object_class->get_property = gst_cnn_merge_get_property;
  object_class->finalize = gst_cnn_merge_finalize;
  install_properties (object_class);
  element_class->release_pad = gst_cnn_merge_release_pad;
  gst_element_class_add_static_pad_template_with_gtype (
      element_class, &sink_template, GST_TYPE_CNN_MERGE_PAD);
  gst_element_class_add_static_pad_template_with_gtype (
      element_class, &src_template, GST_TYPE_AGGREGATOR_PAD);
  gst_element_class_set_static_metadata (element_class, "Merge of branches", "Filter/Effect/Video",
      "Joins the branches of a network: concatenation, sum or product (torch.cat)",
      "The gst-cnn authors");

  gst_cnn_merge_install_negotiation (aggregator_class);
  aggregator_class->start = gst_cnn_merge_start;
  aggregator_class->stop = gst_cnn_merge_stop;
  aggregator_class->aggregate = gst_cnn_merge_aggregate;
  aggregator_class->propose_allocation = gst_cnn_merge_propose_allocation;
  aggregator_class->decide_allocation = gst_cnn_merge_decide_allocation;
  gst_type_mark_as_plugin_api (GST_TYPE_CNN_MERGE_MODE, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_CNN_MERGE_PAD, 0);
}
