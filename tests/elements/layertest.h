/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the element tests share: small tensors, and elements run on single frames in a GstHarness.
 * Functions here fail the running check test when anything is not as it should be. */
#ifndef CNN_LAYER_TEST_H
#define CNN_LAYER_TEST_H

#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>

G_BEGIN_DECLS

typedef struct {
  gint n, h, w, c;
  gfloat *values; /* in N,H,W,C order */
} Tensor;

G_GNUC_UNUSED static const gchar *const LAYOUTS[] = {"nhwc", "nchw"};

/* Zeros. Freed by tensor_free (). */
Tensor *tensor_new (gint n, gint h, gint w, gint c);
/* "0 1 2; 3 4 5 | 1 2 3; 4 5 6": rows of one frame separated by ';', channels by '|'. */
Tensor *tensor_from_text (const gchar *text);
/* Whole numbers within [-8, 8], so that sums of products are exact in any order. */
Tensor *tensor_random (gint n, gint h, gint w, gint c, guint32 seed);
/* A float32, uint8 or int32 array of rank 0 to 4, N,C,H,W (missing outer dimensions are 1), in the .npy
 * format of version 1 and C order. */
Tensor *tensor_from_npy (const gchar *path);
void tensor_free (Tensor *tensor);

gsize tensor_count (const Tensor *tensor);
gfloat *tensor_at (const Tensor *tensor, gint n, gint y, gint x, gint c);

/* |value - expected| <= absolute + relative * |expected| everywhere; NaN equals NaN. `what` says which
 * case failed. */
void assert_tensors_near (const Tensor *tensor, const Tensor *expected, gdouble absolute,
    gdouble relative, const gchar *what);
void assert_tensors_equal (const Tensor *tensor, const Tensor *expected, const gchar *what);

/* torch.nn.functional.conv2d without padding, one group, for tests that need an expectation: `weights` in
 * O,I,H,W order. */
Tensor *expected_convolution (const Tensor *input, const gfloat *weights, gint out_channels,
    gint rows, gint columns, gint stride);

/* How a stream of tensors is written. */
typedef struct {
  const gchar *media_type; /* tensor/strided, other/tensors */
  const gchar *layout;     /* nhwc, nchw, or NULL: no field */
  const gchar *type;       /* float32, uint8 */
} TensorFormat;

extern const TensorFormat native_float;

/* Caps text of such a stream, to be freed. */
gchar *tensor_caps (const Tensor *tensor, const TensorFormat *format);
GstBuffer *tensor_to_buffer (const Tensor *tensor, const TensorFormat *format);
/* A dense frame of fixed tensor caps. Takes the buffer. */
Tensor *tensor_from_buffer (GstBuffer *buffer, GstCaps *caps);

/* Elements in a harness, with their messages. */
typedef struct {
  GstHarness *harness;
  GstElement *element;
  GstBus *bus;
} LayerTest;

/* `elements` as in a launch line, "cnnconv kernel=sobel ! cnnpool". */
LayerTest *layer_test_new (const gchar *elements);
/* Fails when there was an error or a warning on the bus. */
void layer_test_free (LayerTest *test);
/* The element of that name within `elements`; not owned. */
GstElement *layer_test_element (LayerTest *test, const gchar *name);

/* TRUE when a layer among the elements, which have their caps, runs by Winograd: then the contract allows
 * ten times the error. Fails when it does although CNN_EXACT is 1. */
gboolean layer_test_runs_winograd (LayerTest *test);

/* Sets caps and pushes a frame (taking it), and pulls one. */
GstBuffer *layer_test_push (LayerTest *test, const gchar *caps, GstBuffer *buffer);
/* The same with tensors, native floats in nhwc where they enter. */
Tensor *layer_test_run (LayerTest *test, const Tensor *input);
/* The same where a warning may come, whose text is to be freed, or NULL. */
Tensor *layer_test_run_warned (LayerTest *test, const Tensor *input, gchar **warning);
GstCaps *layer_test_output_caps (LayerTest *test);
/* What is in a buffer that came out; takes the buffer. */
Tensor *layer_test_output (LayerTest *test, GstBuffer *buffer);

/* One frame, native floats in nhwc on both pads, through `elements`. */
Tensor *run_elements (const gchar *elements, const Tensor *input);
/* Fails unless `elements` make `expected` of `input`, both as in tensor_from_text (), exactly. */
void assert_result (const gchar *elements, const gchar *input, const gchar *expected);

/* Runs a launch line until its end. NULL when all went well, otherwise the first error or warning, to be
 * unreffed. With `messages` the element messages of that structure name are appended to it. */
GstMessage *run_pipeline (const gchar *launch, const gchar *message_name, GPtrArray *messages);
/* Fails with the sentence when the launch line does not run to its end without a complaint. */
void assert_pipeline_runs (const gchar *launch);
/* The sentence of an error or a warning; to be freed. */
gchar *complaint_text (GstMessage *message);

/* "<1.0,2.5>" of `count` values. */
gchar *array_text (const gfloat *values, gsize count);

G_END_DECLS

#endif
