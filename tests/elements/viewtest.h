/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of cnnview share: a viewer in a harness, and the pixels of its pictures. */
#ifndef CNN_VIEW_TEST_H
#define CNN_VIEW_TEST_H

#include "layertest.h"

#include <gst/video/video.h>

G_BEGIN_DECLS

typedef struct {
  GstHarness *harness;
  GstElement *view;
  GstBus *bus;
} ViewTest;

/* A picture with its colors as 0xRRGGBB, row by row. */
typedef struct {
  gint width, height;
  guint32 *colors;
} Picture;

/* "cnnview <properties>". `video` is what downstream asks for, NULL for nothing. */
ViewTest *view_test_new (const gchar *properties, const gchar *video);
/* The same behind other elements: "cnnconv ... !". */
ViewTest *view_test_new_behind (const gchar *layers, const gchar *properties, const gchar *video);
/* Fails when there was an error or a warning that no test took. */
void view_test_free (ViewTest *test);

void view_test_start (ViewTest *test, const Tensor *tensor, const TensorFormat *format);
/* A pulled buffer as a picture; takes it. */
Picture *view_test_picture (ViewTest *test, GstBuffer *buffer);
/* Pushes one frame and pulls its picture. */
Picture *view_test_push (ViewTest *test, const Tensor *tensor, const TensorFormat *format);
/* The whole of it for one frame in the native format. */
Picture *view_picture (const gchar *properties, const gchar *video, const Tensor *tensor);

/* Takes the next message of a type off the bus and fails unless it contains `text`. */
void view_test_expect (ViewTest *test, GstMessageType type, const gchar *text);
/* Sends an event from downstream; TRUE when somebody handled it. */
gboolean view_test_send (ViewTest *test, GstEvent *event);

guint32 picture_at (const Picture *picture, gint x, gint y);
void picture_free (Picture *picture);
void assert_pictures_equal (const Picture *a, const Picture *b, const gchar *what);

/* 0, 1, 2 ... in one channel. */
Tensor *ramp (gint h, gint w);

G_END_DECLS

#endif
