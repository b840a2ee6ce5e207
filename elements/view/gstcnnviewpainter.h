/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Draws a tensor: settings and values in, a picture out. Keeps what lasts from frame to frame (plan,
 * colors, smoothed ranges) and allocates nothing while nothing changes. Used by one thread at a
 * time. */
#ifndef GST_CNN_VIEW_PAINTER_H
#define GST_CNN_VIEW_PAINTER_H

#include "view/gstcnnviewcanvas.h"
#include "view/gstcnnviewkernels.h"
#include "view/gstcnnviewlayout.h"
#include "view/gstcnnviewsettings.h"
#include "view/gstcnnviewsource.h"
#include "view/gstcnnviewtext.h"

G_BEGIN_DECLS

typedef struct _GstCnnViewPainter GstCnnViewPainter;

/* Between the parts of a title; the later parts may be left out. */
#define GST_CNN_VIEW_TITLE_GAP "   "

/* What to draw beside the values. */
typedef struct {
  GstCnnViewSettings settings;
  gboolean repeats;         /* the values were drawn before: no step in time */
  const GArray *maps;       /* of int: the chosen ones, at least one */
  const gchar *title;       /* UTF-8 */
  const gchar *layer;       /* the element that made the maps, NULL when not known */
  GstCnnViewSource *source; /* its chosen picture is drawn when source_width > 0 */
  gint source_width, source_height;
  GstCnnViewKernels *kernels; /* NULL for none */
  /* What a value sees of the first input, and that input's size; field_rows 0 when not known. */
  CnnReceptiveField field;
  gint field_rows, field_columns;
  gboolean has_pointer;
  gdouble pointer_x, pointer_y;
} GstCnnViewScene;

GstCnnViewPainter *gst_cnn_view_painter_new (const CnnDispatch *dispatch);
void gst_cnn_view_painter_free (GstCnnViewPainter *painter);

/* A new stream: everything that was learnt of the last one goes. */
void gst_cnn_view_painter_set_stream (
    GstCnnViewPainter *painter, CnnShape shape, CnnLayout layout, CnnSampleType type);

/* What has to be placed for these settings in a picture of this size. */
GstCnnViewRequest gst_cnn_view_painter_request (
    CnnShape shape, const GstCnnViewScene *scene, gint width, gint height);

/* Draws one tensor into all of the frame, which is mapped for writing. FALSE and a sentence when memory
 * is short. */
gboolean gst_cnn_view_painter_draw (GstCnnViewPainter *painter, const GstCnnViewScene *scene,
    const guint8 *tensor, GstVideoFrame *frame, CnnError *error);

/* Where everything was in the frame drawn last. */
const GstCnnViewLayout *gst_cnn_view_painter_layout (const GstCnnViewPainter *painter);

G_END_DECLS

#endif
