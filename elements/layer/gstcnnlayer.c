/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layer/gstcnnlayer-private.h"

#include "common/streambuffer.h"
#include "common/tensormeta.h"

/* Property ids behind the common ones. */
enum {
  PROP_BLEND = GST_CNN_LAYER_N_PROPERTIES,
  PROP_BLEND_LAST = PROP_BLEND + GST_CNN_LAYER_BLEND_IDS - 1,
};

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (GstCnnLayer, gst_cnn_layer, GST_TYPE_BASE_TRANSFORM)

#define PRIVATE(self) gst_cnn_layer_private (self)

GstCnnLayerPrivate *
gst_cnn_layer_private (GstCnnLayer *self)
{
  return gst_cnn_layer_get_instance_private (self);
}

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE (
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_CNN_LAYER_SINK_CAPS));

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE (
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_CNN_LAYER_SRC_CAPS));

/* --- What the user is told ------------------------------------------------------------------------ */

void
gst_cnn_layer_post_error (GstCnnLayer *self, const CnnError *error)
{
  GstCnnLayerPrivate *priv = PRIVATE (self);
  priv->error_posted = TRUE;
  gst_cnn_layer_common_post_error (&priv->common, error);
}

/* --- Settings ------------------------------------------------------------------------------------- */

/* With the object lock. */
static GstCnnLayerSettings *
make_settings (GstCnnLayer *self)
{
  const GstCnnLayerClass *klass = GST_CNN_LAYER_GET_CLASS (self);
  GstCnnLayerSettings *settings = klass->copy_settings (self);
  g_atomic_ref_count_init (&settings->ref_count);
  settings->free = klass->free_settings;
  gst_cnn_normalizer_copy (&settings->normalizer, &PRIVATE (self)->common.normalizer);
  gst_cnn_geometry_init (&settings->geometry);
  settings->possible = klass->get_geometry (settings, NULL, &settings->geometry, &settings->fault);
  return settings;
}

GstCnnLayerSettings *
gst_cnn_layer_ref_settings (GstCnnLayer *self)
{
  GstCnnLayerPrivate *priv = PRIVATE (self);
  GST_OBJECT_LOCK (self);
  if (!priv->settings)
    priv->settings = make_settings (self);
  GstCnnLayerSettings *settings = priv->settings;
  g_atomic_ref_count_inc (&settings->ref_count);
  GST_OBJECT_UNLOCK (self);
  return settings;
}

void
gst_cnn_layer_settings_unref (GstCnnLayerSettings *settings)
{
  if (!g_atomic_ref_count_dec (&settings->ref_count))
    return;
  gst_cnn_normalizer_clear (&settings->normalizer);
  gst_cnn_geometry_clear (&settings->geometry);
  settings->free (settings);
}

void
gst_cnn_layer_settings_replace (GstCnnLayerSettings **place, GstCnnLayerSettings *settings)
{
  if (settings)
    g_atomic_ref_count_inc (&settings->ref_count);
  g_clear_pointer (place, gst_cnn_layer_settings_unref);
  *place = settings;
}

void
gst_cnn_layer_settings_changed (GstCnnLayer *self)
{
  GST_OBJECT_LOCK (self);
  GstCnnLayerSettings *old = g_steal_pointer (&PRIVATE (self)->settings);
  GST_OBJECT_UNLOCK (self);
  if (old)
    gst_cnn_layer_settings_unref (old);
  /* Last: who sees it takes new settings. */
  g_atomic_int_set (&PRIVATE (self)->common.changed, TRUE);
}

void
gst_cnn_layer_property_set (GstCnnLayer *self, GParamSpec *pspec, const CnnError *fault)
{
  gst_cnn_layer_common_property_set (&PRIVATE (self)->common, pspec, fault);
  if (!fault)
    gst_cnn_layer_settings_changed (self);
}

gboolean
gst_cnn_layer_settings_geometry (GstCnnLayer *self, const GstCnnLayerSettings *settings,
    const CnnShape *input, GstCnnGeometry *geometry, CnnError *error)
{
  gst_cnn_geometry_clear (geometry);
  if (!settings->possible) {
    if (error)
      *error = settings->fault;
    return FALSE;
  }
  if (input && settings->geometry.choices) {
    gst_cnn_geometry_init (geometry);
    return GST_CNN_LAYER_GET_CLASS (self)->get_geometry (settings, input, geometry, error);
  }
  gst_cnn_geometry_copy (geometry, &settings->geometry);
  return TRUE;
}

/* --- Buffers -------------------------------------------------------------------------------------- */

/* After an error the stream ends: upstream would report GST_FLOW_ERROR once more, as "Internal data stream
 * error". */
static GstFlowReturn
gst_cnn_layer_transform (GstBaseTransform *transform, GstBuffer *input, GstBuffer *output)
{
  GstCnnLayer *self = GST_CNN_LAYER (transform);
  GstCnnLayerPrivate *priv = PRIVATE (self);
  GstCnnMappedFrame in, out;
  CnnError error;
  if (!priv->layer)
    return GST_FLOW_NOT_NEGOTIATED;
  if (!gst_cnn_frame_map (&in, &priv->in_info, input, GST_MAP_READ, &error)) {
    gst_cnn_layer_post_error (self, &error);
    return GST_FLOW_EOS;
  }
  if (!gst_cnn_frame_map (&out, &priv->out_info, output, GST_MAP_WRITE, &error)) {
    gst_cnn_frame_unmap (&in);
    gst_cnn_layer_post_error (self, &error);
    return GST_FLOW_EOS;
  }
  const gint n_threads = (gint)gst_cnn_layer_common_get_n_threads (&priv->common);
  GST_CNN_LOG (self, "%" GST_PTR_FORMAT ", n-threads %d", input, n_threads);
  if (!gst_cnn_layer_blend_run (self, &in.image, &out.image, n_threads))
    cnn_layer_run (priv->layer, &in.image, &out.image, n_threads);
  gst_cnn_frame_unmap (&out);
  gst_cnn_frame_unmap (&in);
  if (priv->out_info.kind != GST_CNN_STREAM_VIDEO)
    gst_cnn_tensor_meta_attach (output, &priv->out_info);
  gst_cnn_layer_attach_operation (self, output, input);
  return GST_FLOW_OK;
}

/* Metadata about the picture stays with it: positions are scaled to the output's rows and columns. What
 * belongs to the memory, the samples or the colors of the input is gone with them. */
static gboolean
gst_cnn_layer_transform_meta (
    GstBaseTransform *transform, GstBuffer *output, GstMeta *meta, GstBuffer *input)
{
  static const gchar *const kept[] = {GST_META_TAG_VIDEO_STR, GST_META_TAG_VIDEO_SIZE_STR,
      GST_META_TAG_VIDEO_ORIENTATION_STR, NULL};
  GstCnnLayerPrivate *priv = PRIVATE (GST_CNN_LAYER (transform));
  const GstMetaInfo *info = meta->info;
  const gchar *const *tags = gst_meta_api_type_get_tags (info->api);
  if (!tags || !tags[0])
    return TRUE;
  for (guint i = 0; tags[i]; i++)
    if (!g_strv_contains (kept, tags[i]))
      return FALSE;
  const CnnShape *from = &priv->in_info.shape, *to = &priv->out_info.shape;
  if (info->transform_func && from->w < G_MAXINT / 4 && from->h < G_MAXINT / 4) {
    GstVideoInfo in, out;
    gst_video_info_set_format (&in, GST_VIDEO_FORMAT_GRAY8, (guint)from->w, (guint)from->h);
    gst_video_info_set_format (&out, GST_VIDEO_FORMAT_GRAY8, (guint)to->w, (guint)to->h);
    GstVideoMetaTransform sizes = {&in, &out};
    info->transform_func (output, meta, input, gst_video_meta_transform_scale_get_quark (), &sizes);
  }
  return FALSE;
}

static gboolean
gst_cnn_layer_get_unit_size (GstBaseTransform *transform, GstCaps *caps, gsize *size)
{
  GstCnnStreamInfo info;
  if (!gst_cnn_stream_info_from_caps (&info, caps, NULL))
    return FALSE;
  *size = info.bytes;
  return TRUE;
}

static gboolean
gst_cnn_layer_transform_size (GstBaseTransform *transform, GstPadDirection direction, GstCaps *caps,
    gsize size, GstCaps *othercaps, gsize *othersize)
{
  return gst_cnn_layer_get_unit_size (transform, othercaps, othersize);
}

static gboolean
gst_cnn_layer_propose_allocation (
    GstBaseTransform *transform, GstQuery *decide_query, GstQuery *query)
{
  return gst_cnn_allocation_propose (query);
}

static gboolean
gst_cnn_layer_decide_allocation (GstBaseTransform *transform, GstQuery *query)
{
  gst_cnn_layer_decide_operation (GST_CNN_LAYER (transform), query);
  if (!gst_cnn_allocation_decide (query))
    return FALSE;
  gst_cnn_debug_allocation (transform, query);
  return GST_BASE_TRANSFORM_CLASS (gst_cnn_layer_parent_class)
      ->decide_allocation (transform, query);
}

/* --- Life ----------------------------------------------------------------------------------------- */

static gboolean
gst_cnn_layer_start (GstBaseTransform *transform)
{
  GstCnnLayer *self = GST_CNN_LAYER (transform);
  GstCnnLayerPrivate *priv = PRIVATE (self);
  CnnError error;
  if (!gst_cnn_layer_common_start (&priv->common, &error)) {
    gst_cnn_layer_common_post_settings_error (&priv->common, &error);
    return FALSE;
  }
  GstCnnLayerSettings *settings = gst_cnn_layer_ref_settings (self);
  const gboolean possible = settings->possible;
  if (!possible) {
    gst_cnn_layer_common_post_settings_error (&priv->common, &settings->fault);
    gst_cnn_layer_common_stop (&priv->common);
  }
  gst_cnn_layer_settings_unref (settings);
  return possible;
}

static gboolean
gst_cnn_layer_stop (GstBaseTransform *transform)
{
  GstCnnLayerPrivate *priv = PRIVATE (GST_CNN_LAYER (transform));
  gst_cnn_layer_common_stop (&priv->common);
  g_clear_pointer (&priv->layer, cnn_layer_free);
  gst_cnn_layer_settings_replace (&priv->used, NULL);
  gst_cnn_layer_settings_replace (&priv->negotiated, NULL);
  gst_cnn_layer_blend_forget (&priv->blend);
  gst_cnn_layer_forget_operation (GST_CNN_LAYER (transform));
  g_atomic_int_set (&priv->operations_wanted, FALSE);
  priv->in_info.bytes = 0;
  priv->ended = FALSE;
  priv->has_upstream_chain = FALSE;
  g_clear_pointer (&priv->upstream_weights, gst_structure_free);
  g_clear_pointer (&priv->previous, g_free);
  return TRUE;
}

static void
gst_cnn_layer_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstCnnLayerPrivate *priv = PRIVATE (GST_CNN_LAYER (object));
  if (id >= PROP_BLEND && id <= PROP_BLEND_LAST) {
    /* Read with each frame: the layer stays as it is. */
    GST_OBJECT_LOCK (object);
    gst_cnn_layer_blend_set_property (&priv->blend, id - PROP_BLEND, value);
    GST_OBJECT_UNLOCK (object);
    return;
  }
  gst_cnn_layer_common_set_property (&priv->common, id, value, pspec);
  gst_cnn_layer_settings_changed (GST_CNN_LAYER (object));
}

static void
gst_cnn_layer_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstCnnLayerPrivate *priv = PRIVATE (GST_CNN_LAYER (object));
  if (id >= PROP_BLEND && id <= PROP_BLEND_LAST) {
    GST_OBJECT_LOCK (object);
    gst_cnn_layer_blend_get_property (&priv->blend, id - PROP_BLEND, value);
    GST_OBJECT_UNLOCK (object);
    return;
  }
  gst_cnn_layer_common_get_property (&priv->common, id, value, pspec);
}

static void
gst_cnn_layer_finalize (GObject *object)
{
  GstCnnLayerPrivate *priv = PRIVATE (GST_CNN_LAYER (object));
  gst_cnn_layer_common_clear (&priv->common);
  g_clear_pointer (&priv->settings, gst_cnn_layer_settings_unref);
  g_free (priv->previous);
  gst_cnn_peer_caps_clear (&priv->downstream);
  gst_cnn_geometry_clear (&PRIVATE (GST_CNN_LAYER (object))->negotiated_geometry);
  G_OBJECT_CLASS (gst_cnn_layer_parent_class)->finalize (object);
}

static void
gst_cnn_layer_init (GstCnnLayer *self)
{
  GstCnnLayerPrivate *priv = PRIVATE (self);
  gst_cnn_layer_common_init (&priv->common, GST_ELEMENT (self));
  gst_cnn_layer_blend_init (&priv->blend);
  gst_cnn_peer_caps_init (&priv->downstream);
  gst_base_transform_set_qos_enabled (GST_BASE_TRANSFORM (self), TRUE);
}

static void
gst_cnn_layer_free_settings (GstCnnLayerSettings *settings)
{
  g_free (settings);
}

static void
gst_cnn_layer_class_init (GstCnnLayerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *transform_class = GST_BASE_TRANSFORM_CLASS (klass);

  object_class->set_property = gst_cnn_layer_set_property;
  object_class->get_property = gst_cnn_layer_get_property;
  object_class->finalize = gst_cnn_layer_finalize;
  klass->free_settings = gst_cnn_layer_free_settings;
  gst_cnn_layer_common_install_properties (object_class);
  gst_cnn_layer_blend_install_properties (object_class, PROP_BLEND);
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);

  gst_cnn_layer_install_negotiation (transform_class);
  transform_class->start = GST_DEBUG_FUNCPTR (gst_cnn_layer_start);
  transform_class->stop = GST_DEBUG_FUNCPTR (gst_cnn_layer_stop);
  transform_class->get_unit_size = GST_DEBUG_FUNCPTR (gst_cnn_layer_get_unit_size);
  transform_class->transform_size = GST_DEBUG_FUNCPTR (gst_cnn_layer_transform_size);
  transform_class->propose_allocation = GST_DEBUG_FUNCPTR (gst_cnn_layer_propose_allocation);
  transform_class->decide_allocation = GST_DEBUG_FUNCPTR (gst_cnn_layer_decide_allocation);
  transform_class->transform = GST_DEBUG_FUNCPTR (gst_cnn_layer_transform);
  transform_class->transform_meta = GST_DEBUG_FUNCPTR (gst_cnn_layer_transform_meta);
  gst_type_mark_as_plugin_api (GST_TYPE_CNN_LAYER, 0);
}
