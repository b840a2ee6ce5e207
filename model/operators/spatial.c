/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "spatial.h"

#include "helpers.h"

#include <inttypes.h>

#define MAX_EXTENT 65535

/* The values of one list attribute, all with the same number of entries. */
static void
read_list (CnnNodeReader *reader, const char *name, int *rank, int64_t *values, int64_t least)
{
  const CnnNumbers numbers = cnn_read_integers (reader, name);
  if (numbers.count < 0)
    return;
  if (numbers.count == 0 || numbers.count > CNN_MAX_SPATIAL ||
      (*rank != 0 && *rank != numbers.count)) {
    cnn_reader_refuse (
        reader, "%s has %d values, which does not fit the others", name, numbers.count);
    return;
  }
  *rank = numbers.count;
  for (int i = 0; i < numbers.count; i++) {
    values[i] = numbers.values[i];
    if (values[i] < least || values[i] > MAX_EXTENT)
      cnn_reader_refuse (reader, "%s has %" PRId64 ", not within %" PRId64 " to %d", name,
          values[i], least, MAX_EXTENT);
  }
}

static void
read_pads (CnnNodeReader *reader, CnnSpatialWindow *window)
{
  const CnnNumbers pads = cnn_read_integers (reader, "pads");
  if (pads.count < 0)
    return;
  const int rank = pads.count / 2;
  if (pads.count % 2 || rank < 1 || rank > CNN_MAX_SPATIAL ||
      (window->rank != 0 && window->rank != rank)) {
    cnn_reader_refuse (reader, "pads has %d values, which does not fit the others", pads.count);
    return;
  }
  window->rank = rank;
  for (int i = 0; i < rank; i++) {
    window->pad_before[i] = pads.values[i];
    window->pad_after[i] = pads.values[rank + i];
    for (int side = 0; side < 2; side++)
      if (pads.values[side * rank + i] < 0 || pads.values[side * rank + i] > MAX_EXTENT)
        cnn_reader_refuse (reader, "pads has %" PRId64 ", not within 0 to %d",
            pads.values[side * rank + i], MAX_EXTENT);
  }
}

void
cnn_read_window (CnnNodeReader *reader, CnnSpatialWindow *window)
{
  static const char *const words[] = {"NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID", NULL};
  *window = (CnnSpatialWindow){.groups = 1};
  for (int i = 0; i < CNN_MAX_SPATIAL; i++)
    window->stride[i] = window->dilation[i] = 1;
  window->auto_pad = (CnnAutoPad)cnn_read_word (reader, "auto_pad", words, CNN_AUTO_PAD_NONE);
  read_list (reader, "kernel_shape", &window->rank, window->kernel, 1);
  read_list (reader, "strides", &window->rank, window->stride, 1);
  read_list (reader, "dilations", &window->rank, window->dilation, 1);
  read_pads (reader, window);
  if (window->auto_pad != CNN_AUTO_PAD_NONE)
    for (int i = 0; i < CNN_MAX_SPATIAL; i++)
      window->pad_before[i] = window->pad_after[i] = 0;
}

void
cnn_read_transposed_window (CnnNodeReader *reader, CnnSpatialWindow *window)
{
  cnn_read_window (reader, window);
  read_list (reader, "output_padding", &window->rank, window->output_padding, 0);
  read_list (reader, "output_shape", &window->rank, window->output_shape, 1);
}

/* The window and the tensors as three spatial dimensions, without padding. */
static bool
prepare (const CnnSpatialWindow *window, const CnnDims *input, const CnnDims *weights,
    CnnResolvedWindow *r, CnnError *error)
{
  char text[CNN_DIMS_TEXT], other[CNN_DIMS_TEXT];
  const int rank = input->rank - 2, skip = CNN_MAX_SPATIAL - rank;
  if (rank < 1 || rank > CNN_MAX_SPATIAL || (window->rank != 0 && window->rank != rank))
    return cnn_error_set (error, "its input is %s, and its window has %d dimensions",
        cnn_dims_text (input, text), window->rank);
  if (weights && weights->rank != input->rank)
    return cnn_error_set (error, "its input is %s and its weights are %s",
        cnn_dims_text (input, text), cnn_dims_text (weights, other));
  *r = (CnnResolvedWindow){.rank = rank, .batch = input->size[0], .channels = input->size[1]};
  for (int i = 0; i < CNN_MAX_SPATIAL; i++) {
    r->in[i] = r->out[i] = r->kernel[i] = r->stride[i] = r->dilation[i] = 1;
    if (i < skip)
      continue;
    const int k = i - skip;
    r->in[i] = input->size[2 + k];
    r->stride[i] = window->stride[k];
    r->dilation[i] = window->dilation[k];
    r->kernel[i] = weights ? weights->size[2 + k] : window->kernel[k];
    if (weights && window->kernel[k] != 0 && window->kernel[k] != r->kernel[i])
      return cnn_error_set (error, "its kernel_shape says %" PRId64 " and its weights are %s",
          window->kernel[k], cnn_dims_text (weights, other));
    if (r->kernel[i] < 1 || r->kernel[i] > MAX_EXTENT || r->in[i] < 1)
      return cnn_error_set (error, "a kernel of %" PRId64 " cannot run over an input of %s",
          r->kernel[i], cnn_dims_text (input, text));
    r->pad_before[i] = window->pad_before[k];
    r->pad_after[i] = window->pad_after[k];
  }
  return true;
}

/* Splits padding whose two sides may differ by one. */
static void
distribute (CnnAutoPad auto_pad, int64_t total, int64_t *before, int64_t *after)
{
  total = total > 0 ? total : 0;
  *before = auto_pad == CNN_AUTO_PAD_SAME_UPPER ? total / 2 : total - total / 2;
  *after = total - *before;
}

bool
cnn_window_resolve (const CnnSpatialWindow *window, const CnnDims *input, const CnnDims *weights,
    CnnResolvedWindow *r, CnnError *error)
{
  const bool same =
      window->auto_pad == CNN_AUTO_PAD_SAME_UPPER || window->auto_pad == CNN_AUTO_PAD_SAME_LOWER;
  if (!prepare (window, input, weights, r, error))
    return false;
  for (int i = 0; i < CNN_MAX_SPATIAL; i++) {
    const int64_t span = r->dilation[i] * (r->kernel[i] - 1) + 1;
    if (same) {
      r->out[i] = (r->in[i] + r->stride[i] - 1) / r->stride[i];
      distribute (window->auto_pad, (r->out[i] - 1) * r->stride[i] + span - r->in[i],
          &r->pad_before[i], &r->pad_after[i]);
      continue;
    }
    const int64_t padded = r->in[i] + r->pad_before[i] + r->pad_after[i];
    if (padded < span)
      return cnn_error_set (error,
          "kernel %" PRId64 " (%" PRId64 " with dilation) is larger than the padded input %" PRId64,
          r->kernel[i], span, padded);
    const int64_t room = padded - span, stride = r->stride[i];
    r->out[i] = (window->ceil_mode ? (room + stride - 1) / stride : room / stride) + 1;
    /* A last window that would start behind the input and its padding before does not count. */
    if (window->ceil_mode && (r->out[i] - 1) * stride >= r->in[i] + r->pad_before[i])
      r->out[i]--;
  }
  return true;
}

bool
cnn_window_resolve_transposed (const CnnSpatialWindow *window, const CnnDims *input,
    const CnnDims *weights, CnnResolvedWindow *r, CnnError *error)
{
  if (!prepare (window, input, weights, r, error))
    return false;
  const bool same =
      window->auto_pad == CNN_AUTO_PAD_SAME_UPPER || window->auto_pad == CNN_AUTO_PAD_SAME_LOWER;
  for (int i = CNN_MAX_SPATIAL - r->rank; i < CNN_MAX_SPATIAL; i++) {
    const int k = i - (CNN_MAX_SPATIAL - r->rank);
    const int64_t whole = r->stride[i] * (r->in[i] - 1) + window->output_padding[k] +
                          r->dilation[i] * (r->kernel[i] - 1) + 1;
    if (window->output_shape[k] != 0 || same) {
      r->out[i] = window->output_shape[k] ? window->output_shape[k] : r->in[i] * r->stride[i];
      distribute (window->auto_pad, whole - r->out[i], &r->pad_before[i], &r->pad_after[i]);
      continue;
    }
    r->out[i] = whole - r->pad_before[i] - r->pad_after[i];
    if (r->out[i] < 1)
      return cnn_error_set (error, "its padding leaves an output of %" PRId64, r->out[i]);
  }
  return true;
}

CnnDims
cnn_resolved_output (const CnnResolvedWindow *r, int64_t channels)
{
  CnnDims dims = {.rank = r->rank + 2, .size = {r->batch, channels}};
  for (int i = 0; i < r->rank; i++)
    dims.size[2 + i] = r->out[CNN_MAX_SPATIAL - r->rank + i];
  return dims;
}
