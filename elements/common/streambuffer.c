/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/streambuffer.h"

#include "common/debug.h"
#include "common/gstcnnallocator.h"

static CnnImage
video_image (const GstCnnStreamInfo *info, const GstVideoFrame *frame)
{
  const GstVideoFormatInfo *format = frame->info.finfo;
  const gint first_plane = GST_VIDEO_FORMAT_INFO_PLANE (format, 0);
  CnnImage image = {
      .type = info->type,
      .shape = info->shape,
      .data = GST_VIDEO_FRAME_COMP_DATA (frame, 0),
      .row_stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, first_plane),
      .pixel_stride = GST_VIDEO_FORMAT_INFO_PSTRIDE (format, 0),
  };
  if (info->shape.c == 1)
    return image;
  if (GST_VIDEO_FORMAT_INFO_N_PLANES (format) > 1) {
    for (guint c = 0; c < 3; c++)
      image.planes[c] = GST_VIDEO_FRAME_COMP_DATA (frame, c);
    return image;
  }
  const gint red = GST_VIDEO_FORMAT_INFO_POFFSET (format, 0);
  const gint green = GST_VIDEO_FORMAT_INFO_POFFSET (format, 1);
  const gint blue = GST_VIDEO_FORMAT_INFO_POFFSET (format, 2);
  image.channel_stride = green - red;
  image.padding_bytes = (gint)image.pixel_stride - 3;
  /* The fourth of the bytes 0..3 is the one that is neither red, green nor blue. */
  image.padding_offset = image.padding_bytes ? 6 - red - green - blue - red : 0;
  return image;
}

CnnImage
gst_cnn_stream_image (const GstCnnStreamInfo *info, guint8 *data, const GstVideoFrame *frame)
{
  if (info->kind == GST_CNN_STREAM_VIDEO)
    return video_image (info, frame);
  return cnn_image_from_tensor (data, info->type, info->layout, info->shape);
}

static gboolean
map_video (GstCnnMappedFrame *frame, const GstCnnStreamInfo *info, GstBuffer *buffer,
    GstMapFlags flags, CnnError *error)
{
  if (!gst_video_frame_map (
          &frame->frame, &info->video, buffer, flags | GST_VIDEO_FRAME_MAP_FLAG_NO_REF))
    return cnn_error_set (error,
        "a buffer of %" G_GSIZE_FORMAT " bytes cannot be mapped as a %s frame of %d rows and %d "
        "columns, %" G_GSIZE_FORMAT " bytes",
        gst_buffer_get_size (buffer),
        gst_video_format_to_string (GST_VIDEO_INFO_FORMAT (&info->video)), info->shape.h,
        info->shape.w, info->bytes);
  frame->image = gst_cnn_stream_image (info, NULL, &frame->frame);
  return TRUE;
}

static gboolean
map_tensor (GstCnnMappedFrame *frame, const GstCnnStreamInfo *info, GstBuffer *buffer,
    GstMapFlags flags, CnnError *error)
{
  const gsize size = gst_buffer_get_size (buffer);
  if (size != info->bytes)
    return cnn_error_set (error,
        "a buffer has %" G_GSIZE_FORMAT " bytes, but its caps say %dx%dx%dx%d (N,H,W,C) = "
        "%" G_GSIZE_FORMAT " bytes",
        size, info->shape.n, info->shape.h, info->shape.w, info->shape.c, info->bytes);
  if (!gst_buffer_map (buffer, &frame->map, flags))
    return cnn_error_set (error, "a buffer of %" G_GSIZE_FORMAT " bytes cannot be mapped", size);
  frame->image = gst_cnn_stream_image (info, frame->map.data, NULL);
  return TRUE;
}

gboolean
gst_cnn_frame_map (GstCnnMappedFrame *frame, const GstCnnStreamInfo *info, GstBuffer *buffer,
    GstMapFlags flags, CnnError *error)
{
  frame->kind = info->kind;
  frame->buffer = buffer;
  return info->kind == GST_CNN_STREAM_VIDEO ? map_video (frame, info, buffer, flags, error)
                                            : map_tensor (frame, info, buffer, flags, error);
}

void
gst_cnn_frame_unmap (GstCnnMappedFrame *frame)
{
  if (frame->kind == GST_CNN_STREAM_VIDEO)
    gst_video_frame_unmap (&frame->frame);
  else
    gst_buffer_unmap (frame->buffer, &frame->map);
}

static GstBufferPool *
make_pool (GstCaps *caps, const GstCnnStreamInfo *info, GstAllocator *allocator,
    const GstAllocationParams *params)
{
  GstBufferPool *pool =
      info->kind == GST_CNN_STREAM_VIDEO ? gst_video_buffer_pool_new () : gst_buffer_pool_new ();
  GstStructure *config = gst_buffer_pool_get_config (pool);
  gst_buffer_pool_config_set_params (config, caps, (guint)info->bytes, 0, 0);
  gst_buffer_pool_config_set_allocator (config, allocator, params);
  if (!gst_buffer_pool_set_config (pool, config))
    gst_clear_object (&pool);
  return pool;
}

gboolean
gst_cnn_allocation_propose (GstQuery *query)
{
  GstCnnStreamInfo info;
  GstCaps *caps;
  gboolean need_pool;
  gst_query_parse_allocation (query, &caps, &need_pool);
  if (!caps || !gst_cnn_stream_info_from_caps (&info, caps, NULL))
    return FALSE;
  GstAllocationParams params;
  gst_allocation_params_init (&params);
  params.align = CNN_ALIGNMENT - 1;
  GstAllocator *allocator = gst_cnn_allocator_get ();
  gst_query_add_allocation_param (query, allocator, &params);
  /* NNStreamer's elements append their memory to a buffer that they take from a pool, as if it were empty. */
  GstBufferPool *pool = need_pool && info.kind != GST_CNN_STREAM_NNSTREAMER
                            ? make_pool (caps, &info, allocator, &params)
                            : NULL;
  if (pool) {
    gst_query_add_allocation_pool (query, pool, (guint)info.bytes, 0, 0);
    gst_object_unref (pool);
  }
  if (info.kind == GST_CNN_STREAM_VIDEO)
    gst_query_add_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);
  return TRUE;
}

gboolean
gst_cnn_allocation_decide (GstQuery *query)
{
  GstCnnStreamInfo info;
  GstCaps *caps;
  gst_query_parse_allocation (query, &caps, NULL);
  if (!caps || !gst_cnn_stream_info_from_caps (&info, caps, NULL))
    return FALSE;

  GstAllocator *allocator = NULL;
  GstAllocationParams params;
  gst_allocation_params_init (&params);
  const gboolean has_params = gst_query_get_n_allocation_params (query) > 0;
  if (has_params)
    gst_query_parse_nth_allocation_param (query, 0, &allocator, &params);
  params.align = MAX (params.align, CNN_ALIGNMENT - 1);
  const gboolean has_pool = gst_query_get_n_allocation_pools (query) > 0;
  /* A pool may need memory of its own kind and say so only by refusing any other. */
  if (!allocator && !has_pool)
    allocator = gst_object_ref (gst_cnn_allocator_get ());
  if (has_params)
    gst_query_set_nth_allocation_param (query, 0, allocator, &params);
  else
    gst_query_add_allocation_param (query, allocator, &params);

  gboolean decided = TRUE;
  if (!has_pool) {
    GstBufferPool *pool = make_pool (caps, &info, allocator, &params);
    decided = pool != NULL;
    if (pool) {
      gst_query_add_allocation_pool (query, pool, (guint)info.bytes, 0, 0);
      gst_object_unref (pool);
    }
  }
  if (allocator)
    gst_object_unref (allocator);
  return decided;
}

gboolean
gst_cnn_allocation_configure_pool (GstQuery *query)
{
  GstCaps *caps;
  GstBufferPool *pool;
  guint size, min, max;
  GstAllocator *allocator;
  GstAllocationParams params;
  gst_query_parse_allocation (query, &caps, NULL);
  gst_query_parse_nth_allocation_pool (query, 0, &pool, &size, &min, &max);
  gst_query_parse_nth_allocation_param (query, 0, &allocator, &params);
  GstStructure *config = gst_buffer_pool_get_config (pool);
  gst_buffer_pool_config_set_params (config, caps, size, min, max);
  gst_buffer_pool_config_set_allocator (config, allocator, &params);
  if (gst_query_find_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL))
    gst_buffer_pool_config_add_option (config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  gboolean configured = gst_buffer_pool_set_config (pool, config);
  if (!configured) { /* the pool may have changed what it was asked for into what it can do */
    config = gst_buffer_pool_get_config (pool);
    configured = gst_buffer_pool_config_validate_params (config, caps, size, min, max) &&
                 gst_buffer_pool_set_config (pool, config);
  }
  gst_object_unref (pool);
  gst_clear_object (&allocator);
  return configured;
}

GstBufferPool *
gst_cnn_allocation_make_pool (GstPad *srcpad, GstCaps *caps)
{
  GstBufferPool *pool = NULL;
  GstQuery *query = gst_query_new_allocation (caps, TRUE);
  gst_pad_peer_query (srcpad, query); /* a peer without an answer has no wishes */
  if (gst_cnn_allocation_decide (query) && gst_cnn_allocation_configure_pool (query))
    gst_query_parse_nth_allocation_pool (query, 0, &pool, NULL, NULL, NULL);
  gst_cnn_debug_allocation (GST_PAD_PARENT (srcpad), query);
  gst_query_unref (query);
  if (pool && !gst_buffer_pool_set_active (pool, TRUE))
    gst_clear_object (&pool);
  return pool;
}
