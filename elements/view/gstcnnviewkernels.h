/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernels of the convolution that made the maps, as small pictures. What was drawn is kept until
 * something changes. Used by one thread at a time. */
#ifndef GST_CNN_VIEW_KERNELS_H
#define GST_CNN_VIEW_KERNELS_H

#include "view/gstcnnviewcanvas.h"
#include "view/gstcnnviewtext.h"

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct _GstCnnViewKernels GstCnnViewKernels;

GstCnnViewKernels *gst_cnn_view_kernels_new (void);
void gst_cnn_view_kernels_free (GstCnnViewKernels *kernels);

/* A structure "cnn-weights", see gstcnnchain.h; shares its values. NULL, or one that is incomplete, means
 * that there are no kernels. */
void gst_cnn_view_kernels_take (GstCnnViewKernels *kernels, const GstStructure *weights);
gboolean gst_cnn_view_kernels_exist (const GstCnnViewKernels *kernels);

/* Where and what to draw. */
typedef struct {
  GstCnnViewBox box;
  gint text_size, caption_size;
  gint channel; /* of the output: its kernel is drawn, or marked among all */
  gboolean all; /* every kernel in a small picture, where a kernel is one */
} GstCnnViewKernelsPanel;

/* `layer` is the name of the layer whose maps are shown, NULL for unknown: kernels of another one are
 * drawn with its name. */
void gst_cnn_view_kernels_draw (GstCnnViewKernels *kernels, const GstCnnViewKernelsPanel *panel,
    const gchar *layer, GstCnnViewText *text, const GstCnnViewCanvas *canvas);

G_END_DECLS

#endif
