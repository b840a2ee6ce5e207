/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From branches and properties to a join, its caps and its buffers, and to new ones while frames flow. Runs
 * in the thread that is busy joining. */
#include "merge/gstcnnmerge-private.h"

#include "common/gstcnncontext.h"
#include "common/shapenegotiation.h"
#include "common/streambuffer.h"

/* All that decides the join of one set of branches; to be cleared. */
typedef struct {
  CnnMergeDesc desc;
  CnnBranch *branches;
  gchar **names;
  gfloat **floats; /* scale and offset of each branch */
  gfloat *alpha;
  CnnShape output;
} Join;

/* --- The join of the branches --------------------------------------------------------------------- */

static void
join_clear (Join *join)
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
join_init (Join *join, GstCnnMerge *self, const GPtrArray *pads, CnnError *error)
{
  *join = (Join){.branches = g_new0 (CnnBranch, pads->len),
      .names = g_new0 (gchar *, pads->len + 1),
      .floats = g_new0 (gfloat *, 2 * pads->len)};
  gboolean valid = TRUE;
  GST_OBJECT_LOCK (self);
  for (guint i = 0; i < pads->len; i++) {
    const GstCnnMergePad *pad = pads->pdata[i];
    gfloat **floats = &join->floats[2 * i];
    valid = valid && gst_cnn_normalizer_make (
                         &self->common.normalizer, &pad->info, &floats[0], &floats[1], error);
    join->names[i] = gst_object_get_name (GST_OBJECT (pad));
    join->branches[i] = (CnnBranch){.name = join->names[i],
        .shape = pad->info.shape,
        .format = {pad->info.type, pad->info.layout},
        .normalization = {floats[0], floats[1]}};
  }
  join->alpha = gst_cnn_double_array_to_floats (&self->alpha);
  join->desc = (CnnMergeDesc){.mode = self->mode,
      .axis = self->axis,
      .n_branches = (gint)pads->len,
      .branches = join->branches,
      .activation = self->activation,
      .alpha = join->alpha,
      .n_alpha = (gint)self->alpha.count};
  GST_OBJECT_UNLOCK (self);
  return valid && cnn_merge_output (&join->desc, &join->output, error);
}

static gboolean
make_merge (GstCnnMerge *self, const Join *join, const GstCnnStreamInfo *out, CnnError *error)
{
  const CnnContext *context = gst_cnn_context_get (error);
  CnnMergeDesc desc = join->desc;
  desc.output_format = (CnnFormat){out->type, out->layout};
  CnnLayer *merge = context ? cnn_merge_new (context, &desc, error) : NULL;
  if (!merge)
    return FALSE;
  g_clear_pointer (&self->merge, cnn_layer_free);
  gst_cnn_merge_forget_operation (self);
  self->merge = merge;
  self->out_info = *out;
  gst_cnn_layer_common_debug_plan (&self->common, merge, out);
  g_free (self->images);
  self->images = g_new (CnnImage, desc.n_branches);
  self->n_branches = (guint)desc.n_branches;
  return TRUE;
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

static void
publish (GstCnnMerge *self, const GPtrArray *pads)
{
  const GstCnnChain chain = self->chain = joined_chain (self, pads);
  gst_cnn_merge_forget_operation (self);
  CnnShape *shapes = g_new (CnnShape, pads->len);
  g_autofree const gchar **previous = g_new (const gchar *, pads->len);
  for (guint i = 0; i < pads->len; i++) {
    const GstCnnMergePad *pad = pads->pdata[i];
    shapes[i] = pad->info.shape;
    previous[i] = pad->previous;
  }
  GstStructure *info = gst_cnn_merge_info_new (self->merge, shapes, pads->len, &chain);
  gst_cnn_layer_info_set_previous (info, previous, pads->len);
  gst_cnn_layer_common_publish (&self->common, self->srcpad, &chain, shapes[0], info, NULL);
  g_free (shapes);
  self->new_chain = FALSE;
}

/* --- Caps and buffers ----------------------------------------------------------------------------- */

/* The slowest of the branches' frame rates that are known. */
static void
joined_framerate (const GPtrArray *pads, GValue *framerate)
{
  gint fps_n = 0, fps_d = 1;
  for (guint i = 0; i < pads->len; i++) {
    const GstCnnStreamInfo *info = &((GstCnnMergePad *)pads->pdata[i])->info;
    if (info->fps_n > 0 &&
        (fps_n == 0 || gst_util_fraction_compare (info->fps_n, info->fps_d, fps_n, fps_d) < 0)) {
      fps_n = info->fps_n;
      fps_d = info->fps_d;
    }
  }
  g_value_init (framerate, GST_TYPE_FRACTION);
  gst_value_set_fraction (framerate, fps_n, fps_d);
}

/* What may go out, and downstream takes. */
static GstCaps *
possible_caps (CnnShape output, const GPtrArray *pads, GstCaps *downstream)
{
  GValue framerate = G_VALUE_INIT;
  joined_framerate (pads, &framerate);
  GstCaps *caps = gst_cnn_caps_choose_output (output, &framerate, downstream);
  g_value_unset (&framerate);
  return caps;
}

static void
drop_pool (GstCnnMerge *self)
{
  GST_OBJECT_LOCK (self);
  GstBufferPool *pool = g_steal_pointer (&self->pool);
  GST_OBJECT_UNLOCK (self);
  if (!pool)
    return;
  gst_buffer_pool_set_active (pool, FALSE);
  gst_object_unref (pool);
}

static gboolean
make_pool (GstCnnMerge *self, GstCaps *caps)
{
  GstBufferPool *pool = gst_cnn_allocation_make_pool (self->srcpad, caps);
  if (!pool)
    return FALSE;
  drop_pool (self);
  GST_OBJECT_LOCK (self);
  self->pool = pool;
  GST_OBJECT_UNLOCK (self);
  return TRUE;
}

/* Downstream counts time as the first branch does. */
static void
follow_segment (GstCnnMerge *self, const GstSegment *segment, guint32 seqnum)
{
  GstSegment wanted = *segment;
  if (wanted.format != GST_FORMAT_TIME)
    gst_segment_init (&wanted, GST_FORMAT_TIME);
  if (gst_segment_is_equal (&wanted, &self->segment))
    return;
  self->segment = wanted;
  GstEvent *event = gst_event_new_segment (&wanted);
  if (segment->format == GST_FORMAT_TIME && seqnum != GST_SEQNUM_INVALID)
    gst_event_set_seqnum (event, seqnum);
  gst_pad_push_event (self->srcpad, event);
}

static gboolean
negotiate (GstCnnMerge *self, const Join *join, const GPtrArray *pads, CnnError *error)
{
  GstCnnStreamInfo out;
  GstCaps *downstream = gst_cnn_peer_caps_get (&self->downstream, self->srcpad);
  GstCaps *caps = possible_caps (join->output, pads, downstream);
  GstCaps *current = gst_pad_get_current_caps (self->srcpad);
  gboolean negotiated = FALSE;
  if (gst_caps_is_empty (caps))
    gst_cnn_explain_refusal (join->branches[0].shape, join->output, downstream, error);
  else
    negotiated =
        gst_cnn_stream_info_from_caps (&out, caps, error) && make_merge (self, join, &out, error);
  GST_CNN_DEBUG (self, "caps %" GST_PTR_FORMAT " for %u branches", caps, pads->len);
  if (negotiated && (!current || !gst_caps_is_equal (current, caps)) &&
      !gst_pad_push_event (self->srcpad, gst_event_new_caps (caps)))
    GST_CNN_DEBUG (self, "downstream did not take the caps: the next frame tells why");
  if (negotiated && !make_pool (self, caps)) {
    g_clear_pointer (&self->merge, cnn_layer_free);
    negotiated =
        cnn_error_set (error, "there are no buffers of %" G_GSIZE_FORMAT " bytes", out.bytes);
  }
  gst_clear_caps (&current);
  gst_caps_unref (caps);
  gst_caps_unref (downstream);
  return negotiated;
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

/* Brings new caps, new properties and downstream's wishes into effect before the next frames. Properties
 * that do not fit the branches leave the old join running. FALSE when there is no join to run. */
static gboolean
update (GstCnnMerge *self, const GPtrArray *pads, const GstSegment *segment, guint32 seqnum)
{
  const gboolean changed = g_atomic_int_compare_and_exchange (&self->common.changed, TRUE, FALSE);
  const gboolean reconfigure = gst_pad_check_reconfigure (self->srcpad);
  const gboolean new_streams =
      !self->merge || self->n_branches != pads->len || self->new_branches || reconfigure;
  Join join = {0};
  CnnError error;
  if (!changed && !new_streams) {
    follow_segment (self, segment, seqnum);
    if (self->new_chain)
      publish (self, pads);
    return TRUE;
  }
  GST_CNN_DEBUG (self, "joining anew:%s%s%s%s", changed ? " a property changed," : "",
      self->new_branches ? " a branch has new caps," : "",
      self->n_branches != pads->len ? " other branches," : "",
      reconfigure ? " downstream asked" : "");
  gboolean updated = have_caps (pads, &error) && join_init (&join, self, pads, &error);
  if (updated && (new_streams || !cnn_shape_equal (join.output, self->out_info.shape)))
    updated = negotiate (self, &join, pads, &error);
  else if (updated)
    updated = make_merge (self, &join, &self->out_info, &error);
  join_clear (&join);
  if (updated) {
    self->new_branches = FALSE;
    follow_segment (self, segment, seqnum);
    publish (self, pads);
    gst_cnn_layer_common_succeeded (&self->common);
    return TRUE;
  }
  if (GST_PAD_IS_FLUSHING (self->srcpad))
    return FALSE;
  if (!new_streams && self->merge) {
    gst_cnn_layer_common_post_settings_warning (&self->common, &error);
    follow_segment (self, segment, seqnum);
    return TRUE;
  }
  gst_cnn_layer_common_post_error (&self->common, &error);
  return FALSE;
}

/* --- Frames --------------------------------------------------------------------------------------- */

/* Controlled properties take the value they have at the stream time of the first branch's frame. */
static void
follow_controllers (GstCnnMerge *self, const GstSegment *segment, GstBuffer *first)
{
  if (segment->format != GST_FORMAT_TIME || !GST_BUFFER_PTS_IS_VALID (first))
    return;
  const GstClockTime time =
      gst_segment_to_stream_time (segment, GST_FORMAT_TIME, GST_BUFFER_PTS (first));
  if (GST_CLOCK_TIME_IS_VALID (time))
    gst_object_sync_values (GST_OBJECT (self), time);
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
    cnn_layer_run (self->merge, self->images, &out.image,
        (gint)gst_cnn_layer_common_get_n_threads (&self->common));
    gst_cnn_frame_unmap (&out);
    joined = TRUE;
  }
  while (mapped > 0)
    gst_cnn_frame_unmap (&in[--mapped]);
  g_free (in);
  return joined;
}

GstFlowReturn
gst_cnn_merge_process (GstCnnMerge *self, const GPtrArray *pads, const GPtrArray *frames,
    const GstSegment *segment, guint32 seqnum)
{
  GstBuffer *first = frames->pdata[0], *output = NULL;
  CnnError error;
  follow_controllers (self, segment, first);
  if (!update (self, pads, segment, seqnum))
    return GST_PAD_IS_FLUSHING (self->srcpad) ? GST_FLOW_FLUSHING : GST_FLOW_CUSTOM_ERROR;
  const GstFlowReturn flow = gst_buffer_pool_acquire_buffer (self->pool, &output, NULL);
  if (flow != GST_FLOW_OK)
    return flow;
  gst_buffer_copy_into (output, first, GST_BUFFER_COPY_FLAGS | GST_BUFFER_COPY_TIMESTAMPS, 0, -1);
  if (!join_frames (self, pads, frames, output, &error)) {
    gst_cnn_layer_common_post_error (&self->common, &error);
    gst_buffer_unref (output);
    return GST_FLOW_CUSTOM_ERROR;
  }
  gst_cnn_merge_attach_operation (self, pads, frames, output);
  GST_CNN_LOG (self, "pushing %" GST_PTR_FORMAT, output);
  return gst_pad_push (self->srcpad, output);
}

void
gst_cnn_merge_forget_join (GstCnnMerge *self)
{
  drop_pool (self);
  gst_cnn_merge_forget_operation (self);
  g_clear_pointer (&self->merge, cnn_layer_free);
  g_clear_pointer (&self->images, g_free);
  self->n_branches = 0;
  self->new_branches = self->new_chain = FALSE;
  gst_segment_init (&self->segment, GST_FORMAT_UNDEFINED);
}
