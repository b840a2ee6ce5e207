/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Draws a tensor: settings and values in, a picture out. Keeps what lasts from frame to frame (plan,
 * colors, smoothed ranges) and allocates nothing while nothing changes. Used by one thread at a
 * time. */
#ifndef CNN_VIEW_PAINTER_H
#define CNN_VIEW_PAINTER_H

#include "view/canvas.h"
#include "view/weightspanel.h"
#include "view/layout.h"
#include "view/operation.h"
#include "view/settings.h"
#include "view/text.h"

G_BEGIN_DECLS

typedef struct _CnnViewPainter CnnViewPainter;

/* Between the parts of a title; the later parts may be left out. */
#define CNN_VIEW_TITLE_GAP "   "

typedef void CnnViewDrawSourceFunc (gpointer source, const CnnViewCanvas *canvas, CnnViewBox box);

/* One of the layers of a network, for the strip. */
typedef struct {
  const gchar *name;
  CnnImage image; /* its output */
} CnnViewLayer;

/* What to draw beside the values. */
typedef struct {
  CnnViewSettings settings;
  gboolean repeats;   /* the values were drawn before: no step in time */
  const GArray *maps; /* of int: the chosen ones, at least one */
  /* Of channels that have names, as many as the shape has channels; NULL: numbers. */
  const gchar *const *names;
  const gchar *title; /* UTF-8 */
  const gchar *layer; /* the element that made the maps, NULL when not known */
  /* The picture the maps were made of, when source_width > 0: its size on a screen of square pixels,
   * and who draws it into a box of the canvas. */
  gint source_width, source_height;
  CnnViewDrawSourceFunc *draw_source;
  gpointer source;
  CnnViewWeightsPanel *weights; /* NULL for none */
  /* What a value sees of the first input, and that input's size; field_rows 0 when not known. */
  CnnReceptiveField field;
  gint field_rows, field_columns;
  gint group; /* channels that were made of one input channel, 0 when of all */
  /* How the maps were made, and of what: NULL when not known. */
  const CnnViewOperation *operation;
  const CnnImage *input;
  /* From the first input on; none when n_layers is 0. */
  const CnnViewLayer *layers;
  gint n_layers, current_layer;
  gint64
      step; /* windows that slid by, row by row and map by map: which value is explained; -1: the pointer's */
  const gchar *notice; /* UTF-8, for a moment over the maps; NULL or "" for none */
  gboolean has_pointer;
  gdouble pointer_x, pointer_y;
} CnnViewScene;

CnnViewPainter *cnn_view_painter_new (const CnnContext *context);
void cnn_view_painter_free (CnnViewPainter *painter);

/* A new stream: everything that was learnt of the last one goes. */
void cnn_view_painter_set_shape (CnnViewPainter *painter, CnnShape shape);

/* What has to be placed for these settings in a picture of this size. */
CnnViewRequest
cnn_view_painter_request (CnnShape shape, const CnnViewScene *scene, gint width, gint height);

/* Draws an image of that shape, of any type and strides, into all of the canvas. FALSE and a sentence when
 * memory is short. */
gboolean cnn_view_painter_draw (CnnViewPainter *painter, const CnnViewScene *scene,
    const CnnImage *image, const CnnViewCanvas *canvas, CnnError *error);

/* Where everything was in the frame drawn last. */
const CnnViewLayout *cnn_view_painter_layout (const CnnViewPainter *painter);

G_END_DECLS

#endif
