/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inside of cnnmodel: the element (gstcnnmodel.c), the network it has and the one it reads (gstcnnmodelfile.c), and
 * its streams (gstcnnmodelstream.c). */
#ifndef GST_CNN_MODEL_PRIVATE_H
#define GST_CNN_MODEL_PRIVATE_H

#include "common/layercommon.h"
#include "common/peercaps.h"
#include "model/gstcnnmodel.h"
#include "model/modelrunner.h"

#include <gst/base/gstflowcombiner.h>

GST_DEBUG_CATEGORY_EXTERN (cnn_model_debug);
#define GST_CAT_DEFAULT cnn_model_debug

G_BEGIN_DECLS

typedef enum {
  GST_CNN_CHANNEL_ORDER_RGB,
  GST_CNN_CHANNEL_ORDER_BGR,
} GstCnnChannelOrder;

/* A file that was read; counted, so that streams, queries and a successor may hold it. */
typedef struct {
  gatomicrefcount references;
  CnnModel *model;
  CnnShape input; /* 0: the file leaves the dimension open */
  CnnLayout layout;
} GstCnnNetwork;

/* Opens a file with the outputs that a text names, separated by commas (NULL: the file's own). NULL with a
 * sentence. From any thread. */
GstCnnNetwork *gst_cnn_network_open (const gchar *location, const gchar *outputs, CnnError *error);
GstCnnNetwork *gst_cnn_network_ref (GstCnnNetwork *network);
void gst_cnn_network_unref (GstCnnNetwork *network);

/* A source pad and what flows there; streaming thread only. */
typedef struct {
  GstPad *pad;
  guint output;
  GstCnnStreamInfo info;
  GstBufferPool *pool;
} GstCnnModelOutput;

struct _GstCnnModel {
  GstElement parent;
  GstPad *sinkpad;
  GstCnnLayerCommon common;
  GstFlowCombiner *flows; /* under the object lock */

  /* Under the object lock. */
  gchar *location, *outputs;
  GstCnnChannelOrder channel_order;
  GstStructure *model_info;
  GPtrArray *layers;      /* of GstStructure; NULL before the caps are known */
  GstCnnNetwork *network; /* what plays, or will from the next caps on */
  GstCnnNetwork *next;    /* read while playing, taken by the next frame */
  gchar *wanted_location; /* for the thread that reads; NULL: nothing to do */
  gchar *wanted_outputs;
  GThread *reader; /* ended or not, to be joined */
  gboolean reading;

  /* Streaming thread only. */
  GstCnnModelRunner *runner;
  GstCnnNetwork *running; /* the runner's */
  GstCnnStreamInfo in_info;
  GPtrArray *streams; /* GstCnnModelOutput */
};

/* --- gstcnnmodelfile.c --- */

/* At the start, when nothing plays yet: reads the file at once. */
gboolean gst_cnn_model_read (GstCnnModel *self, CnnError *error);
/* While frames flow: another thread reads, the old network plays on; a file that cannot be read is a warning and
 * changes nothing. */
void gst_cnn_model_read_beside (GstCnnModel *self);
/* Waits for that thread and forgets what it read. */
void gst_cnn_model_stop_reading (GstCnnModel *self);
GstCnnNetwork *gst_cnn_model_get_network (GstCnnModel *self);

/* --- gstcnnmodelstream.c --- */

gboolean gst_cnn_model_receive_caps (GstCnnModel *self, GstCaps *caps);
GstFlowReturn gst_cnn_model_chain (GstPad *pad, GstObject *parent, GstBuffer *buffer);
/* What the network takes, as caps. */
GstCaps *gst_cnn_model_sink_caps (GstCnnModel *self, GstPad *pad);
void gst_cnn_model_forget_streams (GstCnnModel *self);

/* --- gstcnnmodelinfo.c --- */

/* What plays, as properties and as messages: model-info and every layer's cnn-layer-info. */
void gst_cnn_model_publish_info (GstCnnModel *self);
/* The structures of `layers` into an array, under the object lock. */
void gst_cnn_model_get_layers (GstCnnModel *self, GValue *value);

/* The source pads in the order of their numbers, each with a reference. */
GPtrArray *gst_cnn_model_pads (GstCnnModel *self);
guint gst_cnn_model_pad_number (GstPad *pad);

G_END_DECLS

#endif
