/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "demo-source.h"
#include "demo-chapters.h"

#include <gst/pbutils/pbutils.h>

#include <string.h>

/* Wide enough to see what it is, small enough for every frame to be in time. */
#define WIDTH 480

static gboolean
take_video_info (DemoSource *source, GstDiscovererInfo *info)
{
  GList *streams = gst_discoverer_info_get_video_streams (info);
  if (!streams)
    return FALSE;
  GstDiscovererVideoInfo *video = streams->data;
  source->kind = gst_discoverer_video_info_is_image (video) ? DEMO_SOURCE_PHOTO : DEMO_SOURCE_FILM;
  source->width = CLAMP ((gint)gst_discoverer_video_info_get_width (video), 2, WIDTH) / 2 * 2;
  gst_discoverer_stream_info_list_free (streams);
  return TRUE;
}

/* Anything but a camera is a file; one with pictures but no length is a photo. */
static gboolean
look_into_file (DemoSource *source, GError **error)
{
  gchar *absolute = g_canonicalize_filename (source->path, NULL);
  gchar *uri = g_filename_to_uri (absolute, NULL, error);
  g_free (absolute);
  GstDiscoverer *discoverer = uri ? gst_discoverer_new (10 * GST_SECOND, error) : NULL;
  GstDiscovererInfo *info =
      discoverer ? gst_discoverer_discover_uri (discoverer, uri, error) : NULL;
  const gboolean found = info && take_video_info (source, info);
  if (!found && !*error)
    g_set_error_literal (
        error, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE, "there are no pictures in it");
  if (info)
    gst_discoverer_info_unref (info);
  if (discoverer)
    g_object_unref (discoverer);
  g_free (uri);
  return found;
}

DemoSource *
demo_source_new (const gchar *path, GError **error)
{
  DemoSource *source = g_new0 (DemoSource, 1);
  GError *fault = NULL;
  *source = (DemoSource){DEMO_SOURCE_CAMERA, g_strdup (path), WIDTH};
  if (strstr (path, "%d"))
    source->kind = DEMO_SOURCE_PICTURES;
  else if (g_str_has_prefix (path, "/dev/video"))
    source->kind = DEMO_SOURCE_CAMERA;
  else if (!g_file_test (path, G_FILE_TEST_EXISTS))
    g_set_error_literal (
        &fault, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND, "there is no such file");
  else
    look_into_file (source, &fault);
  if (!fault)
    return source;
  g_propagate_prefixed_error (error, fault, "%s: ", path);
  demo_source_free (source);
  return NULL;
}

void
demo_source_free (DemoSource *source)
{
  g_free (source->path);
  g_free (source);
}

gchar *
demo_source_pipeline (const DemoSource *source)
{
  if (source->kind == DEMO_SOURCE_PICTURES)
    return g_strdup_printf ("multifilesrc name=source stop-index=9 loop=true "
                            "caps=image/png,framerate=2/3 ! pngdec ! videorate ! "
                            "video/x-raw,framerate=%d/1 ! videoconvert",
        DEMO_FRAMES_PER_SECOND);
  const gchar *const begins[] = {
      [DEMO_SOURCE_CAMERA] = "v4l2src name=source ! decodebin ! videoconvert",
      [DEMO_SOURCE_FILM] = "filesrc name=source ! decodebin ! videoconvert ! videorate",
      [DEMO_SOURCE_PHOTO] = "filesrc name=source ! decodebin ! videoconvert ! imagefreeze",
  };
  gchar *rate = g_strdup_printf (",framerate=%d/1", DEMO_FRAMES_PER_SECOND);
  gchar *line = g_strdup_printf (
      "%s ! video/x-raw%s ! videoscale ! video/x-raw,width=%d,pixel-aspect-ratio=1/1",
      begins[source->kind], source->kind == DEMO_SOURCE_CAMERA ? "" : rate, source->width);
  g_free (rate);
  return line;
}

void
demo_source_set_path (const DemoSource *source, GstElement *pipeline)
{
  GstElement *element = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  g_object_set (
      element, source->kind == DEMO_SOURCE_CAMERA ? "device" : "location", source->path, NULL);
  gst_object_unref (element);
}
