/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rows/scratch.h"

bool
cnn_writer_plan_init (CnnWriterPlan *plan, const CnnWriterDesc *desc, CnnError *error)
{
  *plan = (CnnWriterPlan){.desc = *desc};
  const bool planar = desc->order == CNN_ROWS_PLANAR, bytes = desc->type == CNN_SAMPLE_UINT8;
  const int scratch_rows = desc->activation == CNN_ACTIVATION_CRELU ? desc->strip + 2 : desc->strip;
  const size_t sample = bytes ? 1 : sizeof (float);
  plan->plane_floats = round_up_size ((size_t)desc->computed.w, CNN_ROW_FLOATS);
  plan->row_bytes = (planar ? plan->plane_floats : (size_t)desc->computed.w) * sample;
  if (!cnn_scratch_grow (&plan->row_bytes, bytes ? CNN_MAX_PIXEL_BYTES : (size_t)desc->computed.c))
    return cnn_scratch_refuse (error);
  plan->row_bytes = round_up_size (plan->row_bytes, CNN_ALIGNMENT);
  plan->scratch_bytes = plan->row_bytes;
  return cnn_scratch_grow (&plan->scratch_bytes, (size_t)scratch_rows) ||
         cnn_scratch_refuse (error);
}

void
cnn_writer_init (CnnWriter *writer, const CnnWriterPlan *plan, void *scratch)
{
  *writer = (CnnWriter){.plan = plan, .scratch = scratch};
}

void
cnn_writer_begin (CnnWriter *writer, const CnnImage *image)
{
  const CnnWriterPlan *plan = writer->plan;
  writer->image = image;
  writer->in_place =
      plan->desc.activation != CNN_ACTIVATION_CRELU && cnn_image_has_rows (image, plan->desc.order);
  writer->plane_stride = writer->in_place ? image->channel_stride / (ptrdiff_t)sizeof (float)
                                          : (ptrdiff_t)plan->plane_floats;
}

void
cnn_writer_begin_like (CnnWriter *writer, const CnnImage *image, const CnnReader *reader)
{
  writer->image = image;
  writer->in_place =
      cnn_image_has_byte_pixels (image) && cnn_image_same_pixels (image, &reader->pixels);
  writer->pixels = reader->pixels;
  writer->pixels.shape.w = image->shape.w;
}

static unsigned char *
scratch_row (const CnnWriter *writer, int row)
{
  return writer->scratch + (size_t)row * writer->plan->row_bytes;
}

float *
cnn_writer_row (CnnWriter *writer, int n, int y)
{
  if (writer->in_place)
    return (float *)cnn_image_row (writer->image, n, y, 0);
  return (float *)scratch_row (writer, y % writer->plan->desc.strip);
}

unsigned char *
cnn_writer_bytes (CnnWriter *writer, int n, int y)
{
  if (writer->in_place)
    return cnn_image_row (writer->image, n, y, 0) - cnn_image_bytes_before (writer->image);
  return scratch_row (writer, y % writer->plan->desc.strip);
}

/* CRELU of planes: the channels as they are, then their negatives, all through RELU. */
static float *
double_planes (const CnnWriterPlan *plan, const float *row, float *doubled)
{
  const size_t floats = plan->row_bytes / sizeof (float);
  for (size_t i = 0; i < floats; i++) {
    doubled[i] = row[i];
    doubled[floats + i] = -row[i];
  }
  return doubled;
}

static void
finish_planes (CnnWriter *writer, int n, int y, float *row)
{
  const CnnWriterDesc *desc = &writer->plan->desc;
  const int w = desc->computed.w;
  CnnActivation activation = desc->activation;
  int planes = desc->computed.c;
  if (activation == CNN_ACTIVATION_CRELU) {
    row = double_planes (writer->plan, row, (float *)scratch_row (writer, desc->strip));
    activation = CNN_ACTIVATION_RELU;
    planes *= 2;
  }
  for (int i = 0; i < planes && activation != CNN_ACTIVATION_NONE; i++) {
    float *plane = row + i * writer->plane_stride;
    const float *alpha = desc->n_alpha > 1 ? desc->alpha + i : desc->alpha;
    desc->dispatch->activation (activation, alpha, 1, plane, w, 1, plane);
  }
  if (!writer->in_place)
    desc->dispatch->store_planar (row, (size_t)writer->plane_stride, writer->image, n, y, 0, w);
}

static void
finish_interleaved (CnnWriter *writer, int n, int y, float *row)
{
  const CnnWriterDesc *desc = &writer->plan->desc;
  const int w = desc->computed.w;
  float *activated = row;
  bool stored = writer->in_place;
  if (desc->activation == CNN_ACTIVATION_CRELU) {
    stored = cnn_image_has_rows (writer->image, CNN_ROWS_INTERLEAVED);
    activated = stored ? (float *)cnn_image_row (writer->image, n, y, 0)
                       : (float *)scratch_row (writer, desc->strip);
  }
  if (desc->activation != CNN_ACTIVATION_NONE)
    desc->dispatch->activation (
        desc->activation, desc->alpha, desc->n_alpha, row, w, desc->computed.c, activated);
  if (!stored)
    desc->dispatch->store_interleaved (activated, writer->image, n, y, 0, w);
}

static void
finish_bytes (CnnWriter *writer, int n, int y)
{
  if (!writer->in_place) {
    CnnImage row = writer->pixels;
    row.data = cnn_writer_bytes (writer, n, y) + cnn_image_bytes_before (&row);
    cnn_image_copy_bytes (&row, 0, 0, writer->image, n, y);
  }
  cnn_image_fill_padding (writer->image, n, y);
}

void
cnn_writer_finish (CnnWriter *writer, int n, int y)
{
  const CnnWriterDesc *desc = &writer->plan->desc;
  if (desc->type == CNN_SAMPLE_UINT8)
    finish_bytes (writer, n, y);
  else if (desc->order == CNN_ROWS_PLANAR)
    finish_planes (writer, n, y, cnn_writer_row (writer, n, y));
  else
    finish_interleaved (writer, n, y, cnn_writer_row (writer, n, y));
}
