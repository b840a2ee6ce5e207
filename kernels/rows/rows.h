/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The row engine of windowed layers. Output rows are computed one strip at a time; a reader shows the
 * input rows of a strip as floats, a writer takes the output rows as floats.
 *
 * The reader uses the image in place when its samples already are floats in the order the layer
 * wants; otherwise each row is converted once, with its horizontal padding, into a ring of scratch
 * rows. Vertical padding costs nothing: a padded row is a pointer to another row, or to a row of
 * the fill value. Rows in place have no padding beside them, so the outputs whose windows touch it
 * form spans of their own, for which a few columns are copied: a row is never copied as a whole just
 * to pad it.
 *
 * Plans are made once per layer; readers and writers belong to one worker each. Nothing is allocated
 * per frame. */
#ifndef CNN_ROWS_H
#define CNN_ROWS_H

#include "cpu/dispatch.h"

typedef enum {
  CNN_ROWS_INTERLEAVED, /* row[column][channel] */
  CNN_ROWS_PLANAR,      /* plane[channel][column] */
} CnnRowOrder;

/* True when the rows of an image already are adjacent floats in this order. */
bool cnn_image_has_rows (const CnnImage *image, CnnRowOrder order);

/* Adjacent outputs of a row that are computed from the same row pointers. */
typedef struct {
  int first, count;
} CnnSpan;

#define CNN_MAX_SPANS 3

/* ---- Reader ---------------------------------------------------------------------------------- */

typedef struct {
  const CnnDispatch *dispatch;
  CnnShape input;
  CnnAxis rows, columns; /* resolved: rule EXPLICIT */
  int output_columns;
  CnnRowOrder order;
  float fill;   /* what CNN_PADDING_ZEROS stands for: 0, or -INFINITY for a maximum */
  int tile;     /* spans begin at multiples of this many outputs, at least 1 */
  int strip;    /* output rows of a strip, at least 1 */
  bool phases;  /* planar order with a column stride: see cnn_reader_plane () */
  int together; /* planar order: channels that are read at a time, and several times */
  CnnNormalization normalization;
} CnnReaderDesc;

typedef struct {
  CnnReaderDesc desc; /* normalization: owned copies */
  float *normalization_values;
  int n_phases;
  int row_columns;              /* columns of a scratch row, horizontal padding included */
  size_t phase_floats;          /* planar: floats between the phases of a plane */
  size_t plane_floats;          /* planar: floats between the planes of a scratch row */
  size_t row_floats;            /* floats of a scratch row of all channels */
  int ring_rows;                /* scratch rows that are live at a time */
  size_t scratch_floats;        /* of one reader */
  CnnSpan spans[CNN_MAX_SPANS]; /* for rows in place */
  bool span_is_patch[CNN_MAX_SPANS];
  int n_spans;
} CnnReaderPlan;

/* Refuses, before anything is allocated, what would need more scratch than a frame may have. */
bool cnn_reader_plan_init (CnnReaderPlan *plan, const CnnReaderDesc *desc, CnnError *error);
void cnn_reader_plan_clear (CnnReaderPlan *plan);

typedef struct {
  const CnnReaderPlan *plan;
  const CnnImage *image;
  bool in_place;
  int n_spans;
  CnnSpan spans[CNN_MAX_SPANS];
  /* private */
  float *scratch, *fill_row, *line;
  int64_t *ring_keys;
} CnnReader;

/* Allocates the scratch of one worker. */
bool cnn_reader_init (CnnReader *reader, const CnnReaderPlan *plan, CnnError *error);
void cnn_reader_clear (CnnReader *reader);

/* Turns to an image and forgets all rows; afterwards `spans` cover the outputs of a row from left to
 * right. The image must stay until the last row was used. */
void cnn_reader_begin (CnnReader *reader, const CnnImage *image);

/* Interleaved order: the padded input row `position` of frame n, counted from the first row of the
 * image (negative above it), beginning at the leftmost column that the first output of the span
 * sees. Valid until a row `ring_rows` further is asked for. */
const float *cnn_reader_row (CnnReader *reader, int n, int64_t position, int span);

/* Planar order: the same row of one channel. With phases, tap column t (0 the leftmost) of the
 * span's outputs 0, 1, 2 ... is at [(t % stride) * phase_floats + t / stride + 0, 1, 2 ...]; without,
 * at [t + 0, stride, 2 * stride ...]. */
const float *cnn_reader_plane (CnnReader *reader, int n, int64_t position, int span, int channel);

/* ---- Writer ---------------------------------------------------------------------------------- */

typedef struct {
  const CnnDispatch *dispatch;
  CnnShape computed; /* shape before the activation: CRELU doubles its channels */
  CnnRowOrder order;
  int strip;
  CnnActivation activation; /* NONE when the kernel applies it by itself */
  const float *alpha;       /* borrowed from the layer; as CnnActivationFunc wants it */
  int n_alpha;
} CnnWriterDesc;

typedef struct {
  CnnWriterDesc desc;
  size_t row_floats;     /* computed floats of one row, all channels */
  size_t plane_floats;   /* planar: floats between the planes of a scratch row */
  size_t scratch_floats; /* of one writer */
} CnnWriterPlan;

bool cnn_writer_plan_init (CnnWriterPlan *plan, const CnnWriterDesc *desc, CnnError *error);

typedef struct {
  const CnnWriterPlan *plan;
  const CnnImage *image;
  bool in_place;
  ptrdiff_t plane_stride; /* planar: floats from one plane to the next */
  float *scratch;         /* private */
} CnnWriter;

bool cnn_writer_init (CnnWriter *writer, const CnnWriterPlan *plan, CnnError *error);
void cnn_writer_clear (CnnWriter *writer);

void cnn_writer_begin (CnnWriter *writer, const CnnImage *image);

/* Where to compute output row y of frame n: [columns][channels], or channel c at c * plane_stride. */
float *cnn_writer_row (CnnWriter *writer, int n, int y);

/* The row is computed: activation, conversion, store. */
void cnn_writer_finish (CnnWriter *writer, int n, int y);

#endif
