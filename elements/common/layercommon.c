/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/layercommon.h"

#include "common/debug.h"
#include "common/gstcnncontext.h"
#include "common/peercaps.h"

#include <string.h>

#define DEFAULT_N_THREADS 0

void
gst_cnn_layer_common_init (GstCnnLayerCommon *common, GstElement *element)
{
  memset (common, 0, sizeof *common);
  common->element = element;
  common->n_threads = DEFAULT_N_THREADS;
  gst_cnn_normalizer_init (&common->normalizer);
  common->faults = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
}

void
gst_cnn_layer_common_clear (GstCnnLayerCommon *common)
{
  gst_cnn_normalizer_clear (&common->normalizer);
  g_clear_pointer (&common->faults, g_hash_table_unref);
  g_clear_pointer (&common->layer_info, gst_structure_free);
}

/* --- Properties ----------------------------------------------------------------------------------- */

void
gst_cnn_layer_common_install_properties (GObjectClass *object_class)
{
  g_object_class_install_property (object_class, GST_CNN_LAYER_PROP_N_THREADS,
      g_param_spec_uint ("n-threads", "Number of threads",
          "Worker threads, 0 = one per CPU; results are the same for every value", 0, 1024,
          DEFAULT_N_THREADS, GST_CNN_LAYER_PROPERTY_FLAGS));
  gst_cnn_normalizer_install_properties (object_class, GST_CNN_LAYER_PROP_SCALE);
  g_object_class_install_property (object_class, GST_CNN_LAYER_PROP_LAYER_INFO,
      g_param_spec_boxed ("layer-info", "Layer info",
          "Structure cnn-layer-info: shapes, parameters, multiply-accumulates, receptive field and "
          "the layers before; NULL before the caps are known",
          GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

void
gst_cnn_layer_common_set_property (
    GstCnnLayerCommon *common, guint id, const GValue *value, GParamSpec *pspec)
{
  CnnError error;
  gboolean valid = TRUE;
  GST_OBJECT_LOCK (common->element);
  switch (id) {
  case GST_CNN_LAYER_PROP_N_THREADS:
    common->n_threads = g_value_get_uint (value);
    break;
  case GST_CNN_LAYER_PROP_SCALE:
  case GST_CNN_LAYER_PROP_MEAN:
  case GST_CNN_LAYER_PROP_STD:
    valid = gst_cnn_normalizer_set_property (
        &common->normalizer, id - GST_CNN_LAYER_PROP_SCALE, value, pspec, &error);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (common->element, id, pspec);
  }
  GST_OBJECT_UNLOCK (common->element);
  gst_cnn_layer_common_property_set (common, pspec, valid ? NULL : &error);
}

void
gst_cnn_layer_common_get_property (
    GstCnnLayerCommon *common, guint id, GValue *value, GParamSpec *pspec)
{
  GST_OBJECT_LOCK (common->element);
  switch (id) {
  case GST_CNN_LAYER_PROP_N_THREADS:
    g_value_set_uint (value, common->n_threads);
    break;
  case GST_CNN_LAYER_PROP_SCALE:
  case GST_CNN_LAYER_PROP_MEAN:
  case GST_CNN_LAYER_PROP_STD:
    gst_cnn_normalizer_get_property (&common->normalizer, id - GST_CNN_LAYER_PROP_SCALE, value);
    break;
  case GST_CNN_LAYER_PROP_LAYER_INFO:
    gst_value_set_structure (value, common->layer_info);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (common->element, id, pspec);
  }
  GST_OBJECT_UNLOCK (common->element);
}

static void
debug_property (GstCnnLayerCommon *common, GParamSpec *pspec, const CnnError *fault)
{
  if (gst_debug_category_get_threshold (gst_cnn_debug_category (common->element)) < GST_LEVEL_DEBUG)
    return;
  GValue value = G_VALUE_INIT;
  g_value_init (&value, pspec->value_type);
  g_object_get_property (G_OBJECT (common->element), pspec->name, &value);
  g_autofree gchar *text = gst_value_serialize (&value);
  if (fault)
    GST_CNN_DEBUG (
        common->element, "property %s refused: %s; it stays %s", pspec->name, fault->message, text);
  else
    GST_CNN_DEBUG (common->element, "property %s taken: %s", pspec->name, text);
  g_value_unset (&value);
}

void
gst_cnn_layer_common_property_set (
    GstCnnLayerCommon *common, GParamSpec *pspec, const CnnError *fault)
{
  debug_property (common, pspec, fault);
  if (fault && g_atomic_int_get (&common->started)) {
    gst_cnn_layer_common_post_settings_warning (common, fault);
    return;
  }
  GST_OBJECT_LOCK (common->element);
  if (fault)
    g_hash_table_insert (common->faults, (gpointer)pspec->name, g_strdup (fault->message));
  else
    g_hash_table_remove (common->faults, pspec->name);
  GST_OBJECT_UNLOCK (common->element);
  /* Upstream may be told another set of shapes from now on. */
  gst_cnn_peer_caps_forget_all ();
  g_atomic_int_set (&common->changed, TRUE);
}

guint
gst_cnn_layer_common_get_n_threads (GstCnnLayerCommon *common)
{
  GST_OBJECT_LOCK (common->element);
  const guint n_threads = common->n_threads;
  GST_OBJECT_UNLOCK (common->element);
  return n_threads;
}

/* --- Caps ----------------------------------------------------------------------------------------- */

static GstCaps *
intersect (GstCaps *caps, GstCaps *filter)
{
  if (filter)
    gst_caps_take (&caps, gst_caps_intersect_full (caps, filter, GST_CAPS_INTERSECT_FIRST));
  return caps;
}

gboolean
gst_cnn_layer_common_is_linking (GstCnnLayerCommon *common, GstPad *pad)
{
  return !g_atomic_int_get (&common->started) ||
         (GST_PAD_IS_SINK (pad) && !gst_pad_is_linked (pad));
}

GstCaps *
gst_cnn_layer_common_answer_caps (GstPad *pad, GstCaps *fitting, GstCaps *filter)
{
  static GstStaticCaps taken = GST_STATIC_CAPS (GST_CNN_LAYER_TAKEN_CAPS);
  GstCaps *caps = intersect (fitting, filter);
  if (gst_caps_is_empty (caps) && GST_PAD_IS_SINK (pad))
    gst_caps_take (&caps, intersect (gst_static_caps_get (&taken), filter));
  if (gst_caps_is_empty (caps))
    gst_caps_take (&caps, intersect (gst_pad_get_pad_template_caps (pad), filter));
  return caps;
}

/* --- Life ----------------------------------------------------------------------------------------- */

gboolean
gst_cnn_layer_common_start (GstCnnLayerCommon *common, CnnError *error)
{
  gboolean valid = TRUE;
  GHashTableIter faults;
  gpointer sentence;
  GST_OBJECT_LOCK (common->element);
  g_hash_table_iter_init (&faults, common->faults);
  if (g_hash_table_iter_next (&faults, NULL, &sentence))
    valid = cnn_error_set (error, "%s", (const gchar *)sentence);
  GST_OBJECT_UNLOCK (common->element);
  if (!valid || !gst_cnn_context_get (error))
    return FALSE;
  gst_cnn_peer_caps_forget_all ();
  g_atomic_int_set (&common->started, TRUE);
  return TRUE;
}

void
gst_cnn_layer_common_stop (GstCnnLayerCommon *common)
{
  g_atomic_int_set (&common->started, FALSE);
  GST_OBJECT_LOCK (common->element);
  g_clear_pointer (&common->layer_info, gst_structure_free);
  common->last_error.message[0] = '\0';
  GST_OBJECT_UNLOCK (common->element);
  gst_cnn_peer_caps_forget_all ();
}

/* --- What the user is told ------------------------------------------------------------------------ */

void
gst_cnn_layer_common_post_error (GstCnnLayerCommon *common, const CnnError *error)
{
  GST_OBJECT_LOCK (common->element);
  const gboolean known = strcmp (common->last_error.message, error->message) == 0;
  common->last_error = *error;
  GST_OBJECT_UNLOCK (common->element);
  if (!known)
    GST_ELEMENT_ERROR (common->element, STREAM, FORMAT,
        ("%s: %s", GST_OBJECT_NAME (common->element), error->message), (NULL));
}

void
gst_cnn_layer_common_post_settings_error (GstCnnLayerCommon *common, const CnnError *error)
{
  GST_ELEMENT_ERROR (common->element, LIBRARY, SETTINGS,
      ("%s: %s", GST_OBJECT_NAME (common->element), error->message), (NULL));
}

void
gst_cnn_layer_common_post_settings_warning (GstCnnLayerCommon *common, const CnnError *error)
{
  GST_ELEMENT_WARNING (common->element, LIBRARY, SETTINGS,
      ("%s: %s; the old setting stays", GST_OBJECT_NAME (common->element), error->message), (NULL));
}

void
gst_cnn_layer_common_succeeded (GstCnnLayerCommon *common)
{
  GST_OBJECT_LOCK (common->element);
  common->last_error.message[0] = '\0';
  GST_OBJECT_UNLOCK (common->element);
}

void
gst_cnn_layer_common_publish (GstCnnLayerCommon *common, GstPad *srcpad, const GstCnnChain *chain,
    CnnShape input, GstStructure *info, const GstStructure *weights)
{
  GstElement *element = common->element;
  gst_pad_push_event (
      srcpad, gst_cnn_chain_event_new (chain, GST_OBJECT_NAME (element), input, info, weights));
  GST_OBJECT_LOCK (element);
  g_clear_pointer (&common->layer_info, gst_structure_free);
  common->layer_info = gst_structure_copy (info);
  GST_OBJECT_UNLOCK (element);
  gst_element_post_message (element, gst_message_new_element (GST_OBJECT (element), info));
  g_object_notify (G_OBJECT (element), "layer-info");
}

void
gst_cnn_layer_common_debug_plan (
    GstCnnLayerCommon *common, const CnnLayer *layer, const GstCnnStreamInfo *out)
{
  const CnnLayerInfo info = cnn_layer_info (layer);
  const CnnShape from = cnn_layer_input_shape (layer, 0), to = cnn_layer_output_shape (layer);
  GST_CNN_DEBUG (common->element,
      "plan: %s (%s) for %dx%dx%dx%d to %dx%dx%dx%d (N,H,W,C) %s, %" G_GINT64_FORMAT
      " parameters, %" G_GINT64_FORMAT " multiply-adds",
      info.kernel_name, info.isa, from.n, from.h, from.w, from.c, to.n, to.h, to.w, to.c,
      out->layout == CNN_LAYOUT_NHWC ? "nhwc" : "nchw", (gint64)info.parameters, (gint64)info.macs);
}
