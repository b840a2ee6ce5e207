/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the demo looks at: a camera, a film, a photo, or numbered pictures. */
#ifndef DEMO_SOURCE_H
#define DEMO_SOURCE_H

#include <gst/gst.h>

typedef enum {
  DEMO_SOURCE_CAMERA,
  DEMO_SOURCE_FILM,
  DEMO_SOURCE_PHOTO,
  DEMO_SOURCE_PICTURES, /* a path with %d in it */
} DemoSourceKind;

typedef struct {
  DemoSourceKind kind;
  gchar *path;
  gint width; /* of the frames that come, even */
} DemoSource;

/* NULL with `error` set, which begins with the path, when it has no pictures. */
DemoSource *demo_source_new (const gchar *path, GError **error);
void demo_source_free (DemoSource *source);

/* A launch line that gives video frames of `width`, at DEMO_FRAMES_PER_SECOND but from cameras. Its first element
 * is named "source" and still needs demo_source_set_path (). The caller frees it. */
gchar *demo_source_pipeline (const DemoSource *source);
void demo_source_set_path (const DemoSource *source, GstElement *pipeline);

#endif
