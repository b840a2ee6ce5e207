/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a layer does to shapes, carried over to caps in both directions. Pure functions. */
#ifndef CNN_SHAPE_NEGOTIATION_H
#define CNN_SHAPE_NEGOTIATION_H

#include "common/tensorcaps.h"

G_BEGIN_DECLS

/* How a layer maps shapes. To be cleared; zeroed is as good as cleared. */
typedef struct {
  CnnShapeRule rule;
  /* Where any number of channels may come in: best one alone. */
  gboolean prefers_one_channel;
  /* While the input is not known and decides which weights it meets: the possibilities (CnnShapeRule), most
   * wanted first, which stand for `rule`. NULL: none. */
  GArray *choices;
} GstCnnGeometry;

/* Shapes stay as they are. `geometry` must not hold anything. */
void gst_cnn_geometry_init (GstCnnGeometry *geometry);
void gst_cnn_geometry_clear (GstCnnGeometry *geometry);
/* `copy` must not hold anything. */
void gst_cnn_geometry_copy (GstCnnGeometry *copy, const GstCnnGeometry *geometry);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GstCnnGeometry, gst_cnn_geometry_clear)

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
