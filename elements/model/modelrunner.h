/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A network made ready for one stream: frames in as the pad has them, feature maps out as each pad wants them. */
#ifndef GST_CNN_MODEL_RUNNER_H
#define GST_CNN_MODEL_RUNNER_H

#include "cnn/model.h"
#include "common/normalizer.h"
#include "common/tensorcaps.h"

G_BEGIN_DECLS

typedef struct GstCnnModelRunner GstCnnModelRunner;

/* How a network's tensor of rank 0 to 4 is a frame: rank 4 is N,C,H,W or, in a network whose file has the channels
 * last, N,H,W,C; rank 3 [N,L,K] is N,1,L,K, rank 2 [N,K] is N,1,1,K and rank 1 [K] is 1,1,1,K, all channels last.
 * Dimensions that the file leaves open are 0. FALSE with a sentence when it is no frame. */
gboolean gst_cnn_model_shape (const CnnModelTensor *tensor, gboolean channels_last, CnnShape *shape,
    CnnLayout *layout, CnnError *error);

/* Makes a plan for frames like `input`. `swap_colors`: the network was trained on B,G,R. The model must outlive the
 * runner. NULL with a sentence. From any thread. */
GstCnnModelRunner *gst_cnn_model_runner_new (const CnnContext *context, const CnnModel *model,
    const GstCnnStreamInfo *input, const GstCnnNormalizer *normalizer, gboolean swap_colors,
    CnnError *error);
void gst_cnn_model_runner_free (GstCnnModelRunner *runner);

/* Frames come like this from now on, in the shape they had: another type, other factors. FALSE with a sentence, and
 * everything as before. */
gboolean gst_cnn_model_runner_read (GstCnnModelRunner *runner, const GstCnnStreamInfo *input,
    const GstCnnNormalizer *normalizer, gboolean swap_colors, CnnError *error);

const CnnModelPlan *gst_cnn_model_runner_plan (const GstCnnModelRunner *runner);
guint gst_cnn_model_runner_n_outputs (const GstCnnModelRunner *runner);
/* The frame that output `i` is. FALSE with a sentence when it has too many dimensions for one. */
gboolean gst_cnn_model_runner_output (
    const GstCnnModelRunner *runner, guint i, CnnShape *shape, CnnError *error);

/* Output `i` is wanted like this (its shape is the runner's) from the next frame on; NULL: not wanted. FALSE with a
 * sentence when memory is short. */
gboolean gst_cnn_model_runner_want (
    GstCnnModelRunner *runner, guint i, const GstCnnStreamInfo *info, CnnError *error);

/* Computes one frame. `outputs` has one image an output; those that are not wanted are not looked at. */
gboolean gst_cnn_model_runner_run (GstCnnModelRunner *runner, const CnnImage *input,
    const CnnImage *outputs, guint n_threads, CnnError *error);

G_END_DECLS

#endif
