/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a layer does to shapes, carried over to caps in both directions. Pure functions. */
#ifndef CNN_SHAPE_NEGOTIATION_H
#define CNN_SHAPE_NEGOTIATION_H

#include "common/tensorcaps.h"

G_BEGIN_DECLS

/* More input channel counts than any layer can distinguish: one a divisor of its output channels. */
#define GST_CNN_MAX_CHANNEL_CHOICES 512

/* What one number of input channels leads to. */
typedef struct {
  gint in_channels; /* 0: any, where rows x columns x channels have a say */
  gint out_channels;
  gint kernel_rows, kernel_columns; /* 0: the whole input */
} GstCnnChannelChoice;

/* How a layer maps shapes. Rows and columns go through `window`, N stays. */
typedef struct {
  CnnWindow window;
  /* The input channel counts the layer takes, most wanted first; none means any multiple of
   * channel_step. */
  guint n_in_channels;
  gint in_channels[GST_CNN_MAX_CHANNEL_CHOICES];
  gint channel_step;
  /* Output channels: a fixed count, or when that is 0 channel_multiplier for each input channel. */
  gint out_channels;
  gint channel_multiplier;
  /* Pixel-shuffle: that many input channels make one. */
  gint channel_divisor;
  /* What channel_step counts, for sentences. */
  const gchar *channel_step_name;
  /* Where any number of channels may come in: best one alone. */
  gboolean prefers_one_channel;
  /* Other inputs have a say in the output channels: any number may come in. */
  gboolean free_channels;
  /* While the input is not known and decides which weights it meets: the possibilities, most wanted first,
   * which stand for in_channels, out_channels and the kernel of `window`. */
  guint n_choices;
  GstCnnChannelChoice choices[GST_CNN_MAX_CHANNEL_CHOICES];
} GstCnnGeometry;

/* A 1x1 window, any channels, as many out as in. */
void gst_cnn_geometry_init (GstCnnGeometry *geometry);

/* A kernel of that size, or of the whole input when it is 0x0. */
void gst_cnn_geometry_set_kernel (GstCnnGeometry *geometry, gint rows, gint columns);

/* The output shape for an input shape, of a geometry without choices. On refusal FALSE and a sentence with
 * the numbers. */
gboolean gst_cnn_geometry_output (
    const GstCnnGeometry *geometry, CnnShape input, CnnShape *output, CnnError *error);

/* All that can stand on the other pad, given `caps` on the pad of `direction`: tensors of both dialects
 * and layouts before video. `caps` need not be fixed. Empty when no shape leads there. */
GstCaps *gst_cnn_geometry_transform_caps (
    const GstCnnGeometry *geometry, GstPadDirection direction, const GstCaps *caps);

/* The same within `filter`, or all of it when that is NULL. A geometry that prefers one channel is content
 * with it wherever the filter has it, so that a converter upstream makes gray pictures. */
GstCaps *gst_cnn_geometry_filter_caps (const GstCnnGeometry *geometry, GstPadDirection direction,
    const GstCaps *caps, GstCaps *filter);

/* Why a peer that takes `taken` does not take the output shape, with a remedy: one sentence. */
void
gst_cnn_explain_refusal (CnnShape input, CnnShape output, const GstCaps *taken, CnnError *sentence);

G_END_DECLS

#endif
