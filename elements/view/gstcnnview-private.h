/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The element's parts, for the files that make it up. */
#ifndef GST_CNN_VIEW_PRIVATE_H
#define GST_CNN_VIEW_PRIVATE_H

#include "common/gstcnnchain.h"
#include "classify/labels.h"
#include "common/gstcnnoperation.h"
#include "view/gstcnnview.h"
#include "view/gstcnnviewinput.h"
#include "view/gstcnnviewnavigation.h"
#include "view/gstcnnviewredraw.h"
#include "view/gstcnnviewproperties.h"
#include "view/gstcnnviewsource.h"
#include "view/gstcnnviewwalk.h"
#include "view/gstcnnviewweights.h"
#include "view/painter.h"
#include "common/tensorcaps.h"

#include <gst/video/video.h>

G_BEGIN_DECLS

GST_DEBUG_CATEGORY_EXTERN (gst_cnn_view_debug);

/* How long a caption tells what a key changed, in microseconds. */
#define GST_CNN_VIEW_NOTICE_TIME G_TIME_SPAN_SECOND

/* An error on the bus, the element's name first. */
#define GST_CNN_VIEW_ERROR(self, domain, code, message)                                            \
  GST_ELEMENT_ERROR (self, domain, code, ("%s: %s", GST_OBJECT_NAME (self), message), (NULL))

/* A layer as it is shown. */
typedef struct {
  gchar *name;       /* NULL when not known */
  GstCnnChain chain; /* what it sees; source_rows 0 when not known */
  gint64 parameters; /* 0 when not known */
  gint group;        /* channels of one input channel, 0 when each is made of all */
} GstCnnViewLayer;

struct _GstCnnView {
  GstBaseTransform parent;

  /* Under the object lock. */
  CnnViewSettings settings;
  GParamSpec *fault_of; /* the property that was refused before the start; NULL: none */
  CnnError fault;
  gchar *channels;
  gchar *names_path;        /* of the file of names, or NULL */
  GstCnnLabels *names;      /* read from it */
  gchar *snapshot_location; /* a folder, or NULL */
  gboolean snapshot_wanted;
  gboolean layers_asked; /* all layers of the chain, for their inputs */
  GArray *maps;          /* what `channels` means for the stream; NULL without one */
  CnnViewInteraction interaction;
  gint64 notice_end;            /* when interaction.notice goes, monotonic */
  GstPad *video_pad;            /* NULL when not asked for */
  guint changes, drawn_changes; /* counted: of what is to be seen, and what is */

  GstCnnViewSource *source; /* locks itself */
  GstCnnViewRedraw redraw;  /* likewise */

  /* Of the streaming thread. */
  CnnViewPainter *painter;
  GstCnnViewInput *input;
  gboolean has_stream; /* and which */
  GstCnnStreamInfo stream;
  GstVideoInfo video;
  GstBuffer *frozen; /* shown instead of what comes, and of which stream */
  GstCnnStreamInfo frozen_stream;
  gboolean repeats;           /* what is shown was shown before */
  GstCnnViewLayer last;       /* the layer before this element, by its event */
  GstCnnViewLayer shown;      /* that, or the one walked to */
  guint back;                 /* how many layers before the last it is */
  GstCnnViewWeights *weights; /* of the last one */
  CnnViewWeightsPanel *weights_panel;
  guint n_snapshots;
  gint64 started;             /* when, monotonic */
  GstCnnOperation *operation; /* how the maps shown last were made, or NULL */
  gchar *title;
};

/* Sets the methods of the base class that deal with caps, sizes and allocation. */
void gst_cnn_view_install_negotiation (GstBaseTransformClass *base_class);

/* Sets the method that draws. */
void gst_cnn_view_install_drawing (GstBaseTransformClass *base_class);

/* Prepares for tensors of another shape. FALSE with a sentence when the settings do not suit it. */
gboolean
gst_cnn_view_take_stream (GstCnnView *self, const GstCnnStreamInfo *stream, CnnError *error);

/* Drops what belongs to the stream. */
void gst_cnn_view_forget_stream (GstCnnView *self);

/* Shows what the layer before this element makes, by its event. */
void gst_cnn_view_show_last (GstCnnView *self);

/* Sets a layer; NULL for what is not known. */
void gst_cnn_view_layer_set (GstCnnViewLayer *layer, const gchar *name, const GstCnnChain *chain,
    gint64 parameters, gint group);

/* Writes the title anew, after a change of the stream or of the layer upstream. */
void gst_cnn_view_update_title (GstCnnView *self);

G_END_DECLS

#endif
