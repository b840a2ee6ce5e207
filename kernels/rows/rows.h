/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The row engine of layers. Output rows are computed a few at a time; a reader shows the input rows
 * that they see in the type and order that the layer computes in, a writer takes the output rows.
 *
 * The reader uses the image in place when its samples already have that type and order; otherwise
 * each row is converted once, with its horizontal padding, into a ring of scratch rows. Vertical
 * padding costs nothing: a padded row is a pointer to another row, or to a row of the fill value.
 * Rows in place have no padding beside them, so the outputs whose windows touch it form spans of
 * their own, for which a few columns are copied: a row is never copied as a whole just to pad it.
 *
 * Plans are made once per layer; readers and writers belong to one worker each, in memory whose
 * size the plan knows. Nothing is allocated per frame.
 *
 * Rows are of CNN_SAMPLE_FLOAT32, or, interleaved only, of CNN_SAMPLE_UINT8: the bytes of pixels as
 * they lie in a picture, the ones beside the channels included. */
#ifndef CNN_ROWS_H
#define CNN_ROWS_H

#include "cpu/dispatch.h"

typedef enum {
  CNN_ROWS_INTERLEAVED, /* row[column][channel] */
  CNN_ROWS_PLANAR,      /* plane[channel][column] */
} CnnRowOrder;

static inline CnnRowOrder
cnn_row_order (CnnLayout layout)
{
  return layout == CNN_LAYOUT_NCHW ? CNN_ROWS_PLANAR : CNN_ROWS_INTERLEAVED;
}

/* True when the rows of an image already are adjacent floats in this order. */
bool cnn_image_has_rows (const CnnImage *image, CnnRowOrder order);

/* Adjacent outputs of a row that are computed from the same row pointers. */
typedef struct {
  int first, count;
} CnnSpan;

/* The columns that a span sees, where they are copied: both patches share one scratch row. */
typedef struct {
  int place;            /* in that row */
  int64_t first, count; /* of the image */
} CnnPatch;

#define CNN_MAX_SPANS 3

/* ---- Bytes ----------------------------------------------------------------------------------- */

/* A pixel of rows of bytes has at most as many. */
#define CNN_MAX_PIXEL_BYTES 4
/* Rows of bytes may be read this far beyond their end. */
#define CNN_ROW_SLACK_BYTES 64

/* True when pixels are adjacent bytes, the channels' in a row in either direction. */
bool cnn_image_has_byte_pixels (const CnnImage *image);

/* Bytes of a pixel before its channel 0. */
ptrdiff_t cnn_image_bytes_before (const CnnImage *image);

/* True when pixels of both, which cnn_image_has_byte_pixels (), have the same bytes in the same
 * places. */
bool cnn_image_same_pixels (const CnnImage *a, const CnnImage *b);

/* Copies the channels of row (n, y) of `from` to row (to_n, to_y) of `to`; both are bytes of one
 * width. */
void
cnn_image_copy_bytes (const CnnImage *from, int n, int y, const CnnImage *to, int to_n, int to_y);

/* Makes the bytes beside the channels of a row 255. */
void cnn_image_fill_padding (const CnnImage *image, int n, int y);

/* ---- Reader ---------------------------------------------------------------------------------- */

typedef struct {
  const CnnDispatch *dispatch;
  CnnShape input;
  CnnAxis rows, columns; /* resolved: rule EXPLICIT */
  int output_columns;
  CnnSampleType type; /* of the rows */
  CnnRowOrder order;
  float fill;   /* what CNN_PADDING_ZEROS stands for: 0, or -INFINITY for a maximum; bytes: 0 */
  int tile;     /* spans begin at multiples of this many outputs, at least 1 */
  int strip;    /* output rows that are computed at a time, at least 1 */
  bool phases;  /* planar order with a column stride: see cnn_reader_plane () */
  int together; /* planar order: channels that are read at a time, and several times */
  CnnNormalization normalization;
} CnnReaderDesc;

typedef struct {
  CnnReaderDesc desc; /* normalization: owned copies */
  float *normalization_values;
  int n_phases;
  int row_columns;              /* columns of a scratch row, horizontal padding included */
  size_t column_bytes;          /* at most, of a row or of a plane */
  size_t phase_floats;          /* planar: floats between the phases of a plane */
  size_t plane_floats;          /* planar: floats between the planes of a scratch row */
  size_t row_bytes;             /* of a scratch row of all channels */
  int ring_rows;                /* scratch rows that are live at a time */
  size_t scratch_bytes;         /* of one reader */
  CnnSpan spans[CNN_MAX_SPANS]; /* for rows in place */
  bool span_is_patch[CNN_MAX_SPANS];
  CnnPatch patches[CNN_MAX_SPANS];
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
  CnnImage pixels; /* rows of bytes: what their pixels are like, without samples */
  /* private */
  size_t column_bytes, row_bytes;
  ptrdiff_t bytes_before; /* of the first pixel: before its channel 0 */
  unsigned char *scratch, *fill_row, *line;
  int64_t *ring_keys;
} CnnReader;

/* `scratch`: plan->scratch_bytes, aligned to CNN_ALIGNMENT; written here, and the reader's from now
 * on. */
void cnn_reader_init (CnnReader *reader, const CnnReaderPlan *plan, void *scratch);

/* Begins a frame: the kept rows are forgotten, and `spans` cover the outputs of a row from left to
 * right. The image must stay until the last row was used. */
void cnn_reader_begin (CnnReader *reader, const CnnImage *image);

/* Interleaved order: the padded input row `position` of frame n, counted from the first row of the
 * image (negative above it), beginning at the leftmost column that the first output of the span
 * sees. Valid until a row `ring_rows` further is asked for. */
const float *cnn_reader_row (CnnReader *reader, int n, int64_t position, int span);

/* The same of rows of bytes, from the first byte of that column's pixel on, for `count` positions
 * `step` apart. */
void cnn_reader_bytes (CnnReader *reader, int n, int64_t position, int step, int count, int span,
    const unsigned char **rows);

/* Planar order: the same row of one channel. With phases, tap column t (0 the leftmost) of the
 * span's outputs 0, 1, 2 ... is at [(t % stride) * phase_floats + t / stride + 0, 1, 2 ...];
 * without, at [t + 0, stride, 2 * stride ...]. */
const float *cnn_reader_plane (CnnReader *reader, int n, int64_t position, int span, int channel);

/* ---- Writer ---------------------------------------------------------------------------------- */

typedef struct {
  const CnnDispatch *dispatch;
  CnnShape computed;  /* shape before the activation: CRELU doubles its channels */
  CnnSampleType type; /* of the rows */
  CnnRowOrder order;
  int strip;
  CnnActivation activation; /* NONE when the kernel applies it by itself */
  const float *alpha;       /* borrowed from the layer; as CnnActivationFunc wants it */
  int n_alpha;
} CnnWriterDesc;

typedef struct {
  CnnWriterDesc desc;
  size_t plane_floats;  /* planar: floats between the planes of a scratch row */
  size_t row_bytes;     /* computed bytes of one row, all channels */
  size_t scratch_bytes; /* of one writer */
} CnnWriterPlan;

bool cnn_writer_plan_init (CnnWriterPlan *plan, const CnnWriterDesc *desc, CnnError *error);

typedef struct {
  const CnnWriterPlan *plan;
  const CnnImage *image;
  bool in_place;
  ptrdiff_t plane_stride; /* planar: floats from one plane to the next */
  CnnImage pixels;        /* rows of bytes: what their pixels are like, without samples */
  unsigned char *scratch; /* private */
} CnnWriter;

/* `scratch`: plan->scratch_bytes, aligned to CNN_ALIGNMENT. */
void cnn_writer_init (CnnWriter *writer, const CnnWriterPlan *plan, void *scratch);

/* Begins a frame. The image must stay until the last row is finished. */
void cnn_writer_begin (CnnWriter *writer, const CnnImage *image);

/* Rows of bytes: begins a frame whose rows have pixels like the reader's. */
void cnn_writer_begin_like (CnnWriter *writer, const CnnImage *image, const CnnReader *reader);

/* Where to compute output row y of frame n: [columns][channels], or channel c at c *
 * plane_stride. */
float *cnn_writer_row (CnnWriter *writer, int n, int y);
unsigned char *cnn_writer_bytes (CnnWriter *writer, int n, int y);

/* The row is computed: activation, conversion, store. */
void cnn_writer_finish (CnnWriter *writer, int n, int y);

#endif
