/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tensor caps to video caps, and what a new stream means for the settings. */
#include "view/gstcnnview-private.h"

#include "common/gstcnnoperation.h"
#include "common/streambuffer.h"
#include "common/tensormeta.h"

#include <string.h>

#define GST_CAT_DEFAULT gst_cnn_view_debug

static void
copy_framerate (GstCaps *caps, const GstStructure *from)
{
  const GValue *rate = gst_structure_get_value (from, "framerate");
  if (rate)
    gst_caps_set_value (caps, "framerate", rate);
}

/* Any tensor to any picture: only the frame rate stays. */
static GstCaps *
transform_caps (GstBaseTransform *base, GstPadDirection direction, GstCaps *caps, GstCaps *filter)
{
  GstPad *other = direction == GST_PAD_SINK ? base->srcpad : base->sinkpad;
  GstCaps *result = gst_caps_new_empty ();
  for (guint i = 0; i < gst_caps_get_size (caps); i++) {
    GstCaps *part = gst_caps_make_writable (gst_pad_get_pad_template_caps (other));
    copy_framerate (part, gst_caps_get_structure (caps, i));
    result = gst_caps_merge (result, part);
  }
  if (filter) {
    GstCaps *filtered = gst_caps_intersect_full (filter, result, GST_CAPS_INTERSECT_FIRST);
    gst_caps_unref (result);
    result = filtered;
  }
  return result;
}

static void
natural_size (GstCnnView *self, CnnShape shape, gint *width, gint *height)
{
  CnnViewScene scene = {.step = -1};
  GST_OBJECT_LOCK (self);
  GArray *maps =
      cnn_view_choose_maps (self->channels, self->settings.channel, shape.n * shape.c, NULL);
  scene.settings = self->settings;
  scene.source_width = scene.source_height = self->video_pad != NULL;
  GST_OBJECT_UNLOCK (self);
  if (maps) {
    scene.maps = maps;
    CnnViewRequest request = cnn_view_painter_request (shape, &scene, 1, 1);
    cnn_view_layout_natural_size (&request, width, height);
    g_array_unref (maps);
  }
}

/* The even length nearest to this one: what encoders take. */
static gint
even (guint64 length)
{
  return (gint)MAX (2, (length + 1) / 2 * 2);
}

/* The natural size where downstream leaves it open. When it asks for one side only, the other
 * follows the natural shape. */
static GstCaps *
fixate_caps (GstBaseTransform *base, GstPadDirection direction, GstCaps *caps, GstCaps *othercaps)
{
  GstCnnStreamInfo stream;
  gint width = 320, height = 240, wanted;
  gboolean sized = FALSE;
  othercaps = gst_caps_make_writable (gst_caps_truncate (othercaps));
  if (direction == GST_PAD_SINK && gst_cnn_view_input_stream (caps, &stream, NULL)) {
    if (stream.kind == GST_CNN_STREAM_VIDEO && gst_cnn_tensor_meta_is_supported ()) {
      /* Only its buffers tell whether tensors ride on it, and of which shape. */
      width = stream.shape.w;
      height = stream.shape.h;
    } else {
      natural_size (GST_CNN_VIEW (base), stream.shape, &width, &height);
    }
    sized = TRUE;
  }
  if (sized) {
    GstStructure *video = gst_caps_get_structure (othercaps, 0);
    if (gst_structure_get_int (video, "width", &wanted))
      height = even (gst_util_uint64_scale_int_round ((guint64)height, wanted, width));
    else if (gst_structure_get_int (video, "height", &wanted))
      width = even (gst_util_uint64_scale_int_round ((guint64)width, wanted, height));
    gst_structure_fixate_field_nearest_int (video, "width", width);
    gst_structure_fixate_field_nearest_int (video, "height", height);
  }
  return gst_cnn_caps_complete_video (gst_caps_fixate (othercaps));
}

void
gst_cnn_view_forget_stream (GstCnnView *self)
{
  GST_OBJECT_LOCK (self);
  g_clear_pointer (&self->maps, g_array_unref);
  memset (&self->interaction, 0, sizeof self->interaction);
  GST_OBJECT_UNLOCK (self);
  self->has_stream = FALSE;
}

void
gst_cnn_view_layer_set (GstCnnViewLayer *layer, const gchar *name, const GstCnnChain *chain,
    gint64 parameters, gint group)
{
  gchar *old = layer->name;
  layer->name = g_strdup (name);
  g_free (old);
  if (chain)
    layer->chain = *chain;
  else
    layer->chain.source_rows = 0;
  layer->parameters = parameters;
  layer->group = group;
}

/* "432", "9.4 k", "2.36 M" */
static gchar *
short_count (gint64 count)
{
  if (count < 1000)
    return g_strdup_printf ("%d", (gint)count);
  if (count < 1000000)
    return g_strdup_printf ("%.3g k", (gdouble)count / 1e3);
  return g_strdup_printf ("%.3g M", (gdouble)count / 1e6);
}

/* Name, what it does, shape, parameters, receptive field: in that order, since the end goes first where there is
 * little room. */
void
gst_cnn_view_update_title (GstCnnView *self)
{
  const CnnShape shape = self->stream.shape;
  const CnnReceptiveField *field = &self->shown.chain.field;
  const CnnViewOperation *operation =
      self->operation ? gst_cnn_operation_get (self->operation) : NULL;
  GString *title = g_string_new (self->shown.name);
  if (self->shown.name)
    g_string_append (title, CNN_VIEW_TITLE_GAP);
  if (operation) {
    gchar *does = cnn_view_operation_describe (operation);
    if (*does)
      g_string_append_printf (title, "%s" CNN_VIEW_TITLE_GAP, does);
    g_free (does);
  }
  if (operation && operation->kind == CNN_VIEW_OPERATION_CONVOLUTION)
    g_string_append_printf (title, "%d\342\206\222", operation->input.c);
  g_string_append_printf (
      title, "%d channel%s of %d\303\227%d", shape.c, shape.c == 1 ? "" : "s", shape.h, shape.w);
  if (self->shown.parameters > 0) {
    gchar *count = short_count (self->shown.parameters);
    g_string_append_printf (title, CNN_VIEW_TITLE_GAP "%s parameters", count);
    g_free (count);
  }
  if (self->shown.chain.source_rows > 0 && (field->rows.size > 1 || field->columns.size > 1)) {
    if (field->rows.size >= self->shown.chain.source_rows &&
        field->columns.size >= self->shown.chain.source_columns)
      g_string_append (title, CNN_VIEW_TITLE_GAP "a value sees all of it");
    else
      g_string_append_printf (title, CNN_VIEW_TITLE_GAP "a value sees %g\303\227%g",
          field->rows.size, field->columns.size);
  }
  g_free (self->title);
  self->title = g_string_free (title, FALSE);
}

/* Takes the maps of a new stream, or says why there are none. */
static gboolean
adopt_stream (GstCnnView *self, CnnShape shape, CnnError *error)
{
  gint n_maps = shape.n * shape.c;
  GST_OBJECT_LOCK (self);
  /* The list of channels is about the last layer. */
  GArray *maps = self->back > 0
                     ? cnn_view_choose_maps (CNN_VIEW_DEFAULT_CHANNELS, -1, n_maps, error)
                     : cnn_view_choose_maps (self->channels, self->settings.channel, n_maps, error);
  gboolean usable = maps && cnn_view_settings_check (&self->settings, error);
  if (usable && self->back == 0 && self->names && self->names->count != (guint)shape.c)
    usable = cnn_error_set (error, "%s has %u names, but there are %d channels", self->names->path,
        self->names->count, shape.c);
  if (usable) {
    self->maps = g_steal_pointer (&maps);
    self->interaction.n_maps = n_maps;
  }
  GST_OBJECT_UNLOCK (self);
  g_clear_pointer (&maps, g_array_unref);
  return usable;
}

gboolean
gst_cnn_view_take_stream (GstCnnView *self, const GstCnnStreamInfo *stream, CnnError *error)
{
  gst_cnn_view_forget_stream (self);
  self->stream = *stream;
  if (!adopt_stream (self, stream->shape, error))
    return FALSE;
  cnn_view_painter_set_shape (self->painter, stream->shape);
  self->has_stream = TRUE;
  GST_DEBUG_OBJECT (self, "%d maps of %dx%d, %d of them chosen", stream->shape.n * stream->shape.c,
      stream->shape.h, stream->shape.w, (gint)self->maps->len);
  gst_cnn_view_update_title (self);
  return TRUE;
}

static gboolean
set_caps (GstBaseTransform *base, GstCaps *incaps, GstCaps *outcaps)
{
  GstCnnView *self = GST_CNN_VIEW (base);
  GstCnnStreamInfo stream;
  CnnError error;
  if (!gst_video_info_from_caps (&self->video, outcaps))
    return FALSE;
  GST_DEBUG_OBJECT (self, "%" GST_PTR_FORMAT " becomes a picture of %dx%d", incaps,
      self->video.width, self->video.height);
  gst_cnn_view_forget_stream (self);
  gst_buffer_replace (&self->frozen, NULL);
  if (!gst_cnn_view_input_set_caps (self->input, incaps, &error)) {
    GST_CNN_VIEW_ERROR (self, STREAM, FORMAT, error.message);
    return FALSE;
  }
  /* Which maps there are comes with the first buffer where tensors may ride on video. */
  if (gst_cnn_view_input_is_video (self->input) && gst_cnn_tensor_meta_is_supported ())
    return TRUE;
  if (!gst_cnn_view_input_stream (incaps, &stream, &error) ||
      !gst_cnn_view_take_stream (self, &stream, &error)) {
    GST_CNN_VIEW_ERROR (self, LIBRARY, SETTINGS, error.message);
    return FALSE;
  }
  return TRUE;
}

static gboolean
get_unit_size (GstBaseTransform *base, GstCaps *caps, gsize *size)
{
  GstCnnStreamInfo stream;
  GstVideoInfo video;
  if (gst_structure_has_name (gst_caps_get_structure (caps, 0), "video/x-raw")) {
    if (!gst_video_info_from_caps (&video, caps))
      return FALSE;
    *size = GST_VIDEO_INFO_SIZE (&video);
    return TRUE;
  }
  if (!gst_cnn_stream_info_from_caps (&stream, caps, NULL))
    return FALSE;
  *size = stream.bytes;
  return TRUE;
}

/* One frame in, one picture out, whatever the size of the input buffer: a wrong one is refused with
 * a sentence when it is drawn. */
static gboolean
transform_size (GstBaseTransform *base, GstPadDirection direction, GstCaps *caps, gsize size,
    GstCaps *othercaps, gsize *othersize)
{
  return get_unit_size (base, othercaps, othersize);
}

static gboolean
propose_allocation (GstBaseTransform *base, GstQuery *decide_query, GstQuery *query)
{
  GstCnnView *self = GST_CNN_VIEW (base);
  if (!gst_cnn_view_input_is_video (self->input)) {
    /* For the sums behind the values. */
    gst_query_add_allocation_meta (query, GST_CNN_OPERATION_META_API_TYPE, NULL);
    return gst_cnn_allocation_propose (query);
  }
  /* Of any strides, in any memory that can be read. */
  gst_query_add_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);
  return TRUE;
}

static gboolean
decide_allocation (GstBaseTransform *base, GstQuery *query)
{
  return gst_cnn_allocation_decide (query) &&
         GST_BASE_TRANSFORM_CLASS (g_type_class_peek (GST_TYPE_BASE_TRANSFORM))
             ->decide_allocation (base, query);
}

void
gst_cnn_view_install_negotiation (GstBaseTransformClass *base_class)
{
  base_class->transform_caps = transform_caps;
  base_class->fixate_caps = fixate_caps;
  base_class->set_caps = set_caps;
  base_class->get_unit_size = get_unit_size;
  base_class->transform_size = transform_size;
  base_class->propose_allocation = propose_allocation;
  base_class->decide_allocation = decide_allocation;
}
