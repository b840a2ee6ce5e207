/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the branches of cnnmerge come to a join and to caps, and to new ones while it runs. */
#include "merge/gstcnnmerge-private.h"

#include "common/gstcnncontext.h"
#include "common/shapenegotiation.h"

#include <string.h>

/* The vmethods of GstAggregator, to chain up to. */
#define PARENT_CLASS GST_AGGREGATOR_CLASS (g_type_class_peek (GST_TYPE_AGGREGATOR))

/* All that decides the join of one set of branches; to be cleared. */
struct _GstCnnJoin {
  CnnMergeDesc desc;
  CnnBranch *branches;
  gchar **names;
  gfloat **floats; /* scale and offset of each branch */
  gfloat *alpha;
};

/* --- The join of the branches --------------------------------------------------------------------- */

static void
join_clear (GstCnnJoin *join)
{
  for (gint i = 0; join->floats && i < 2 * join->desc.n_branches; i++)
    g_free (join->floats[i]);
  g_free (join->floats);
  g_strfreev (join->names);
  g_free (join->branches);
  g_free (join->alpha);
}

/* From the properties as they are now and the streams of the pads. */
static gboolean
join_init (GstCnnJoin *join, GstCnnMerge *self, const GPtrArray *pads, CnnError *error)
{
  *join = (GstCnnJoin){.branches = g_new0 (CnnBranch, pads->len),
      .names = g_new0 (gchar *, pads->len + 1),
      .floats = g_new0 (gfloat *, 2 * pads->len)};
  gboolean valid = TRUE;
  GST_OBJECT_LOCK (self);
  for (guint i = 0; i < pads->len; i++) {
    const GstCnnMergePad *pad = pads->pdata[i];
    gfloat **floats = &join->floats[2 * i];
    valid = valid &&
            gst_cnn_normalizer_make (&self->normalizer, &pad->info, &floats[0], &floats[1], error);
    join->names[i] = gst_object_get_name (GST_OBJECT (pad));
    join->branches[i] = (CnnBranch){.name = join->names[i],
        .shape = pad->info.shape,
        .format = {pad->info.type, pad->info.layout},
        .normalization = {floats[0], floats[1]}};
  }
  join->alpha = gst_cnn_double_array_to_floats (&self->alpha);
  join->desc = (CnnMergeDesc){.mode = self->mode,
      .n_branches = (gint)pads->len,
      .branches = join->branches,
      .activation = self->activation,
      .alpha = join->alpha,
      .n_alpha = (gint)self->alpha.count};
  GST_OBJECT_UNLOCK (self);
  return valid && cnn_merge_output (&join->desc, &self->output, error);
}

static GstCnnChain
joined_chain (GstCnnMerge *self, const GPtrArray *pads)
{
  GstCnnChain chain = gst_cnn_merge_pad_chain (pads->pdata[0]);
  for (guint i = 1; i < pads->len; i++) {
    const GstCnnChain other = gst_cnn_merge_pad_chain (pads->pdata[i]);
    /* Pixels of another picture cannot be compared. */
    if (other.source_rows == chain.source_rows && other.source_columns == chain.source_columns)
      chain.field = cnn_receptive_field_union (&chain.field, &other.field);
  }
  chain.output = cnn_layer_output_shape (self->merge);
  return chain;
}

/* As property, as message, and downstream as the chain so far. */
static void
publish_layer_info (GstCnnMerge *self, const GPtrArray *pads)
{
  const GstCnnChain chain = joined_chain (self, pads);
  CnnShape *shapes = g_new (CnnShape, pads->len);
  for (guint i = 0; i < pads->len; i++)
    shapes[i] = ((GstCnnMergePad *)pads->pdata[i])->info.shape;
  GstStructure *info = gst_cnn_merge_info_new (self->merge, shapes, pads->len, &chain);
  gst_pad_push_event (GST_AGGREGATOR_SRC_PAD (self),
      gst_cnn_chain_event_new (&chain, GST_OBJECT_NAME (self), shapes[0], info, NULL));
  g_free (shapes);
  GST_OBJECT_LOCK (self);
  if (self->layer_info)
    gst_structure_free (self->layer_info);
  self->layer_info = gst_structure_copy (info);
  GST_OBJECT_UNLOCK (self);
  gst_element_post_message (GST_ELEMENT (self), gst_message_new_element (GST_OBJECT (self), info));
  g_object_notify (G_OBJECT (self), "layer-info");
  self->new_chain = FALSE;
}

static gboolean
make_merge (GstCnnMerge *self, const GstCnnJoin *join, const GstCnnStreamInfo *out, CnnError *error)
{
  const CnnContext *context = gst_cnn_context_get (error);
  CnnMergeDesc desc = join->desc;
  desc.output_format = (CnnFormat){out->type, out->layout};
  CnnLayer *merge = context ? cnn_merge_new (context, &desc, error) : NULL;
  if (!merge)
    return FALSE;
  if (self->merge)
    cnn_layer_free (self->merge);
  self->merge = merge;
  self->out_info = *out;
  g_free (self->images);
  self->images = g_new (CnnImage, desc.n_branches);
  self->n_branches = (guint)desc.n_branches;
  return TRUE;
}

/* --- Caps ----------------------------------------------------------------------------------------- */

/* The slowest of the branches' frame rates that are known. */
static void
joined_framerate (GstCnnMerge *self, GValue *framerate)
{
  GPtrArray *pads = gst_cnn_merge_pads (GST_ELEMENT (self));
  gint fps_n = 0, fps_d = 1;
  for (guint i = 0; i < pads->len; i++) {
    const GstCnnStreamInfo *info = &((GstCnnMergePad *)pads->pdata[i])->info;
    if (info->fps_n > 0 &&
        (fps_n == 0 || gst_util_fraction_compare (info->fps_n, info->fps_d, fps_n, fps_d) < 0)) {
      fps_n = info->fps_n;
      fps_d = info->fps_d;
    }
  }
  g_ptr_array_unref (pads);
  g_value_init (framerate, GST_TYPE_FRACTION);
  gst_value_set_fraction (framerate, fps_n, fps_d);
}

static GstFlowReturn
gst_cnn_merge_update_src_caps (GstAggregator *aggregator, GstCaps *downstream, GstCaps **caps)
{
  GstCnnMerge *self = GST_CNN_MERGE (aggregator);
  const CnnShape output = self->output;
  const GstCnnShapeRange range = {
      {output.n, output.n}, {output.h, output.h}, {output.w, output.w}, {output.c, output.c}};
  GValue framerate = G_VALUE_INIT;
  joined_framerate (self, &framerate);
  GstCaps *possible = gst_caps_new_empty ();
  gst_cnn_caps_append_tensor (possible, &range, "float32", &framerate);
  gst_cnn_caps_append_nnstreamer (possible, &range, "float32", &framerate);
  if (output.c == 3)
    gst_cnn_caps_append_video (possible, &range, GST_CNN_COLOR_OUT_FORMATS, &framerate);
  else if (output.c == 1)
    gst_cnn_caps_append_video (possible, &range, GST_CNN_GRAY_OUT_FORMATS, &framerate);
  g_value_unset (&framerate);
  *caps = gst_caps_intersect_full (possible, downstream, GST_CAPS_INTERSECT_FIRST);
  gst_caps_unref (possible);
  return GST_FLOW_OK;
}

static gboolean
gst_cnn_merge_negotiated_src_caps (GstAggregator *aggregator, GstCaps *caps)
{
  GstCnnMerge *self = GST_CNN_MERGE (aggregator);
  GstCnnStreamInfo out;
  CnnError error;
  if (gst_cnn_stream_info_from_caps (&out, caps, &error) &&
      make_merge (self, self->join, &out, &error))
    return TRUE;
  gst_cnn_merge_post_error (self, &error);
  return FALSE;
}

/* The base class asks whenever downstream wants something else, also when the frames at hand do not
 * belong together yet. */
static gboolean
gst_cnn_merge_negotiate (GstAggregator *aggregator)
{
  GstCnnMerge *self = GST_CNN_MERGE (aggregator);
  if (self->join)
    return PARENT_CLASS->negotiate (aggregator);
  self->reconfigure = TRUE;
  return TRUE;
}

static gboolean
negotiate (GstCnnMerge *self, const GstCnnJoin *join, const GPtrArray *pads)
{
  GstPad *srcpad = GST_AGGREGATOR_SRC_PAD (self);
  self->join = join;
  const gboolean negotiated = gst_aggregator_negotiate (GST_AGGREGATOR (self));
  self->join = NULL;
  if (negotiated) {
    self->new_branches = self->reconfigure = FALSE;
    publish_layer_info (self, pads);
  } else if (!self->error_posted && !GST_PAD_IS_FLUSHING (srcpad)) {
    CnnError error;
    GstCaps *wanted = gst_pad_peer_query_caps (srcpad, NULL);
    gst_cnn_explain_refusal (join->branches[0].shape, self->output, wanted, &error);
    gst_caps_unref (wanted);
    gst_cnn_merge_post_error (self, &error);
  }
  return negotiated;
}

static gboolean
same_shape (CnnShape a, CnnShape b)
{
  return a.n == b.n && a.h == b.h && a.w == b.w && a.c == b.c;
}

gboolean
gst_cnn_merge_update (GstCnnMerge *self, const GPtrArray *pads)
{
  const gboolean changed = g_atomic_int_compare_and_exchange (&self->changed, TRUE, FALSE);
  const gboolean new_streams =
      !self->merge || self->n_branches != pads->len || self->new_branches || self->reconfigure;
  GstCnnJoin join;
  CnnError error;
  if (!changed && !new_streams) {
    if (self->new_chain)
      publish_layer_info (self, pads);
    return TRUE;
  }
  gboolean updated = join_init (&join, self, pads, &error);
  if (updated && !new_streams && same_shape (self->output, self->out_info.shape)) {
    updated = make_merge (self, &join, &self->out_info, &error);
    if (updated)
      publish_layer_info (self, pads);
  } else if (updated) {
    updated = negotiate (self, &join, pads);
    join_clear (&join);
    return updated;
  }
  if (!updated && !new_streams)
    gst_cnn_merge_post_warning (self, &error);
  else if (!updated)
    gst_cnn_merge_post_error (self, &error);
  join_clear (&join);
  return updated || !new_streams;
}

/* What a branch may be, given what downstream takes: any channels, its rows and columns. As long as the
 * element has not started, and where nothing fits, everything: what cannot be is refused with a sentence
 * when it arrives. */
static GstCaps *
query_sink_caps (GstCnnMerge *self, GstPad *pad, GstCaps *filter)
{
  GstCnnGeometry geometry;
  gst_cnn_geometry_init (&geometry);
  geometry.free_channels = TRUE;
  GstCaps *everything = gst_pad_get_pad_template_caps (pad);
  GstCaps *src_template = gst_pad_get_pad_template_caps (GST_AGGREGATOR_SRC_PAD (self));
  GstCaps *peer = gst_pad_peer_query_caps (GST_AGGREGATOR_SRC_PAD (self), NULL);
  GstCaps *taken = gst_caps_intersect_full (peer, src_template, GST_CAPS_INTERSECT_FIRST);
  GstCaps *caps = gst_cnn_geometry_transform_caps (&geometry, GST_PAD_SRC, taken);
  if (!g_atomic_int_get (&self->started) || gst_caps_is_empty (caps))
    gst_caps_append (caps, gst_caps_ref (everything));
  if (filter) {
    GstCaps *filtered = gst_caps_intersect_full (caps, filter, GST_CAPS_INTERSECT_FIRST);
    gst_caps_unref (caps);
    caps = filtered;
  }
  gst_caps_unref (taken);
  gst_caps_unref (peer);
  gst_caps_unref (src_template);
  gst_caps_unref (everything);
  return caps;
}

static gboolean
gst_cnn_merge_sink_query (GstAggregator *aggregator, GstAggregatorPad *pad, GstQuery *query)
{
  if (GST_QUERY_TYPE (query) != GST_QUERY_CAPS)
    return PARENT_CLASS->sink_query (aggregator, pad, query);
  GstCaps *filter;
  gst_query_parse_caps (query, &filter);
  GstCaps *caps = query_sink_caps (GST_CNN_MERGE (aggregator), GST_PAD (pad), filter);
  gst_query_set_caps_result (query, caps);
  gst_caps_unref (caps);
  return TRUE;
}

/* The branches of one source seek together. */
static gboolean
gst_cnn_merge_src_query (GstAggregator *aggregator, GstQuery *query)
{
  if (GST_QUERY_TYPE (query) == GST_QUERY_SEEKING)
    return gst_pad_query_default (
        GST_AGGREGATOR_SRC_PAD (aggregator), GST_OBJECT (aggregator), query);
  return PARENT_CLASS->src_query (aggregator, query);
}

static gboolean
receive_caps (GstCnnMerge *self, GstCnnMergePad *pad, GstEvent *event)
{
  GstCaps *caps;
  CnnError error, with_pad;
  GstCnnStreamInfo info;
  gst_event_parse_caps (event, &caps);
  const gboolean valid = gst_cnn_stream_info_from_caps (&info, caps, &error);
  if (!pad->has_info || memcmp (&pad->info, &info, sizeof info) != 0)
    self->new_branches = TRUE;
  pad->info = info;
  pad->has_info = valid;
  if (!pad->has_info) {
    cnn_error_set (&with_pad, "%s: %s", GST_OBJECT_NAME (pad), error.message);
    gst_cnn_merge_post_error (self, &with_pad);
  }
  gst_event_unref (event);
  return pad->has_info;
}

/* In the source pad's thread for everything that is handled here. */
static gboolean
gst_cnn_merge_sink_event (
    GstAggregator *aggregator, GstAggregatorPad *aggregator_pad, GstEvent *event)
{
  GstCnnMerge *self = GST_CNN_MERGE (aggregator);
  GstCnnMergePad *pad = GST_CNN_MERGE_PAD (aggregator_pad);
  GstCnnChain chain;
  if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS)
    return receive_caps (self, pad, event);
  if (gst_cnn_chain_event_parse (event, &chain)) {
    pad->chain = chain;
    pad->has_chain = self->new_chain = TRUE;
    gst_event_unref (event);
    return TRUE;
  }
  return PARENT_CLASS->sink_event (aggregator, aggregator_pad, event);
}

void
gst_cnn_merge_install_negotiation (GstAggregatorClass *klass)
{
  klass->negotiate = gst_cnn_merge_negotiate;
  klass->update_src_caps = gst_cnn_merge_update_src_caps;
  klass->negotiated_src_caps = gst_cnn_merge_negotiated_src_caps;
  klass->sink_query = gst_cnn_merge_sink_query;
  klass->src_query = gst_cnn_merge_src_query;
  klass->sink_event = gst_cnn_merge_sink_event;
}
