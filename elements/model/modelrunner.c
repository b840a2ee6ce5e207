/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/modelrunner.h"

typedef struct {
  CnnShape shape;
  CnnLayout layout;  /* of the network's own array */
  CnnError fault;    /* why it cannot be a frame; empty: it can */
  gfloat *values;    /* for what the plan has to copy out; NULL: read where it lies */
  CnnLayer *convert; /* from there to what the pad wants; NULL: not wanted */
} Output;

struct GstCnnModelRunner {
  const CnnContext *context;
  CnnModelPlan *plan;
  gboolean swap_colors;
  CnnShape shape;
  CnnLayout layout;
  gfloat *values;    /* the network's input */
  CnnLayer *convert; /* from what the pad has to that array */
  Output *outputs;
  guint n_outputs;
  gfloat **arrays; /* of the outputs */
};

gboolean
gst_cnn_model_shape (const CnnModelTensor *tensor, gboolean channels_last, CnnShape *shape,
    CnnLayout *layout, CnnError *error)
{
  gint size[4] = {1, 1, 1, 1};
  if (tensor->rank > 4)
    return cnn_error_set (error,
        "the tensor %s has %d dimensions, but a frame has 4: let outputs name another one",
        tensor->name, tensor->rank);
  for (gint i = 0; i < tensor->rank; i++) {
    const gint64 count = tensor->size[i];
    if (count > G_MAXINT || count == 0)
      return cnn_error_set (error,
          "dimension %d of the tensor %s is %" G_GINT64_FORMAT ", which no frame can have", i,
          tensor->name, count);
    size[4 - tensor->rank + i] = count < 0 ? 0 : (gint)count;
  }
  const gboolean last = tensor->rank < 4 || channels_last;
  *layout = last ? CNN_LAYOUT_NHWC : CNN_LAYOUT_NCHW;
  /* [N,L,K] and [N,K] keep their N in front. */
  if (tensor->rank == 3 || tensor->rank == 2) {
    size[0] = size[4 - tensor->rank];
    size[4 - tensor->rank] = 1;
  }
  *shape = last ? (CnnShape){size[0], size[1], size[2], size[3]}
                : (CnnShape){size[0], size[2], size[3], size[1]};
  return TRUE;
}

/* --- Making --------------------------------------------------------------------------------------- */

/* A copy from one way of carrying a frame to another. */
static CnnLayer *
new_conversion (const CnnContext *context, CnnShape shape, CnnFormat from, CnnFormat to,
    CnnNormalization normalization, CnnError *error)
{
  const CnnBranch branch = {
      .name = "input", .shape = shape, .format = from, .normalization = normalization};
  const CnnMergeDesc desc = {
      .mode = CNN_MERGE_CONCAT, .n_branches = 1, .branches = &branch, .output_format = to};
  return cnn_merge_new (context, &desc, error);
}

static gfloat *
new_array (const CnnModelTensor *tensor, CnnError *error)
{
  gsize count = 1;
  gboolean fits = TRUE;
  for (gint i = 0; i < tensor->rank; i++)
    fits =
        fits && tensor->size[i] >= 0 && g_size_checked_mul (&count, count, (gsize)tensor->size[i]);
  gfloat *values = fits ? cnn_alloc (MAX (count, 1), sizeof *values) : NULL;
  if (!values)
    cnn_error_set (error, "there is no memory for the tensor %s", tensor->name);
  return values;
}

/* The sentence of the model library becomes ours. */
static gboolean
take_sentence (char *sentence, CnnError *error)
{
  cnn_error_set (error, "%s", sentence ? sentence : "there is no memory for the network");
  cnn_free (sentence);
  return FALSE;
}

static gboolean
make_plan (GstCnnModelRunner *runner, const CnnModel *model, CnnError *error)
{
  CnnModelTensor wanted = cnn_model_input (model, 0);
  const gint64 size[] = {runner->shape.n,
      runner->layout == CNN_LAYOUT_NHWC ? runner->shape.h : runner->shape.c,
      runner->layout == CNN_LAYOUT_NHWC ? runner->shape.w : runner->shape.h,
      runner->layout == CNN_LAYOUT_NHWC ? runner->shape.c : runner->shape.w};
  for (gint i = 0; i < wanted.rank; i++)
    wanted.size[i] = wanted.rank == 4 ? size[i] : i == 0 ? size[0] : size[4 - wanted.rank + i];
  if (wanted.rank == 1)
    wanted.size[0] = size[3];
  char *sentence = NULL;
  runner->plan = cnn_model_plan_new (model, runner->context, &wanted, &sentence);
  if (!runner->plan)
    return take_sentence (sentence, error);
  const CnnModelTensor planned = cnn_model_plan_input (runner->plan, 0);
  return (runner->values = new_array (&planned, error)) != NULL;
}

static gboolean
make_outputs (GstCnnModelRunner *runner, const CnnModel *model, CnnError *error)
{
  runner->n_outputs = (guint)cnn_model_n_outputs (model);
  runner->outputs = g_new0 (Output, runner->n_outputs);
  runner->arrays = g_new0 (gfloat *, runner->n_outputs);
  for (guint i = 0; i < runner->n_outputs; i++) {
    Output *output = &runner->outputs[i];
    const CnnModelTensor tensor = cnn_model_plan_output (runner->plan, (gint)i);
    /* A fault only where somebody wants it. */
    gst_cnn_model_shape (&tensor, cnn_model_output_is_channels_last (model, (gint)i),
        &output->shape, &output->layout, &output->fault);
    if (tensor.is_integer && !(output->values = new_array (&tensor, error)))
      return FALSE;
  }
  return TRUE;
}

gboolean
gst_cnn_model_runner_read (GstCnnModelRunner *runner, const GstCnnStreamInfo *input,
    const GstCnnNormalizer *normalizer, gboolean swap_colors, CnnError *error)
{
  gfloat *scale = NULL, *offset = NULL;
  CnnLayer *convert = NULL;
  if (gst_cnn_normalizer_make (normalizer, input, &scale, &offset, error))
    convert = new_conversion (runner->context, runner->shape,
        (CnnFormat){input->type, input->layout}, (CnnFormat){CNN_SAMPLE_FLOAT32, runner->layout},
        (CnnNormalization){scale, offset}, error);
  g_free (scale);
  g_free (offset);
  if (!convert)
    return FALSE;
  g_clear_pointer (&runner->convert, cnn_layer_free);
  runner->convert = convert;
  runner->swap_colors = swap_colors && input->shape.c == 3;
  return TRUE;
}

GstCnnModelRunner *
gst_cnn_model_runner_new (const CnnContext *context, const CnnModel *model,
    const GstCnnStreamInfo *input, const GstCnnNormalizer *normalizer, gboolean swap_colors,
    CnnError *error)
{
  GstCnnModelRunner *runner = g_new0 (GstCnnModelRunner, 1);
  const CnnModelTensor tensor = cnn_model_input (model, 0);
  CnnShape shape;
  runner->context = context;
  runner->shape = input->shape;
  if (gst_cnn_model_shape (
          &tensor, cnn_model_is_channels_last (model, 0), &shape, &runner->layout, error) &&
      make_plan (runner, model, error) && make_outputs (runner, model, error) &&
      gst_cnn_model_runner_read (runner, input, normalizer, swap_colors, error))
    return runner;
  gst_cnn_model_runner_free (runner);
  return NULL;
}

void
gst_cnn_model_runner_free (GstCnnModelRunner *runner)
{
  for (guint i = 0; runner->outputs && i < runner->n_outputs; i++) {
    cnn_free (runner->outputs[i].values);
    g_clear_pointer (&runner->outputs[i].convert, cnn_layer_free);
  }
  g_free (runner->outputs);
  g_free (runner->arrays);
  g_clear_pointer (&runner->convert, cnn_layer_free);
  cnn_free (runner->values);
  cnn_model_plan_free (runner->plan);
  g_free (runner);
}

const CnnModelPlan *
gst_cnn_model_runner_plan (const GstCnnModelRunner *runner)
{
  return runner->plan;
}

guint
gst_cnn_model_runner_n_outputs (const GstCnnModelRunner *runner)
{
  return runner->n_outputs;
}

gboolean
gst_cnn_model_runner_output (
    const GstCnnModelRunner *runner, guint i, CnnShape *shape, CnnError *error)
{
  *shape = runner->outputs[i].shape;
  return !runner->outputs[i].fault.message[0] ||
         cnn_error_set (error, "%s", runner->outputs[i].fault.message);
}

gboolean
gst_cnn_model_runner_want (
    GstCnnModelRunner *runner, guint i, const GstCnnStreamInfo *info, CnnError *error)
{
  Output *output = &runner->outputs[i];
  g_clear_pointer (&output->convert, cnn_layer_free);
  if (!info)
    return TRUE;
  output->convert = new_conversion (runner->context, output->shape,
      (CnnFormat){CNN_SAMPLE_FLOAT32, output->layout}, (CnnFormat){info->type, info->layout},
      (CnnNormalization){NULL, NULL}, error);
  return output->convert != NULL;
}

/* --- Running -------------------------------------------------------------------------------------- */

/* The same picture with its channels read from the last to the first. */
static CnnImage
swapped (const CnnImage *image)
{
  CnnImage result = *image;
  if (image->planes[0]) {
    result.planes[0] = image->planes[2];
    result.planes[2] = image->planes[0];
  } else {
    result.data += 2 * image->channel_stride;
    result.channel_stride = -image->channel_stride;
  }
  return result;
}

/* Whether an image is dense floats in this order: then it is the network's own array. */
static gboolean
is_array (const CnnImage *image, CnnLayout layout)
{
  const CnnImage dense = cnn_image_from_tensor (NULL, CNN_SAMPLE_FLOAT32, layout, image->shape);
  return image->type == CNN_SAMPLE_FLOAT32 && image->data && !image->planes[0] &&
         (guintptr)image->data % sizeof (gfloat) == 0 && image->padding_bytes == 0 &&
         image->ring_rows == 0 && image->batch_stride == dense.batch_stride &&
         image->row_stride == dense.row_stride && image->pixel_stride == dense.pixel_stride &&
         image->channel_stride == dense.channel_stride;
}

/* Where the network's result lies, as a frame. */
static CnnImage
result_of (const GstCnnModelRunner *runner, guint i)
{
  const Output *output = &runner->outputs[i];
  CnnImage image;
  if (output->values || !cnn_model_plan_result (runner->plan, (gint)i, &image))
    return cnn_image_from_tensor (
        output->values, CNN_SAMPLE_FLOAT32, output->layout, output->shape);
  if (cnn_model_plan_output (runner->plan, (gint)i).rank != 4)
    return cnn_image_from_tensor (image.data, CNN_SAMPLE_FLOAT32, output->layout, output->shape);
  if (output->layout == CNN_LAYOUT_NHWC) { /* its N,C,H,W are the frame's N,H,W,C */
    const ptrdiff_t strides[] = {image.channel_stride, image.row_stride, image.pixel_stride};
    image.row_stride = strides[0];
    image.pixel_stride = strides[1];
    image.channel_stride = strides[2];
  }
  image.shape = output->shape;
  return image;
}

/* The network's input: the frame itself, where it is what the network reads. */
static const gfloat *
input_of (GstCnnModelRunner *runner, const CnnImage *input, guint n_threads)
{
  const CnnImage source = runner->swap_colors ? swapped (input) : *input;
  if (is_array (&source, runner->layout))
    return (const gfloat *)(gconstpointer)source.data;
  const CnnImage values =
      cnn_image_from_tensor (runner->values, CNN_SAMPLE_FLOAT32, runner->layout, runner->shape);
  cnn_layer_run (runner->convert, &source, &values, (gint)n_threads);
  return runner->values;
}

gboolean
gst_cnn_model_runner_run (GstCnnModelRunner *runner, const CnnImage *input, const CnnImage *outputs,
    guint n_threads, CnnError *error)
{
  char *sentence = NULL;
  const float *inputs[] = {input_of (runner, input, n_threads)};
  for (guint i = 0; i < runner->n_outputs; i++) {
    const Output *output = &runner->outputs[i];
    const gboolean straight = output->convert && is_array (&outputs[i], output->layout);
    runner->arrays[i] = straight ? (gfloat *)(gpointer)outputs[i].data : output->values;
  }
  if (!cnn_model_plan_run (runner->plan, inputs, runner->arrays, (gint)n_threads, &sentence))
    return take_sentence (sentence, error);
  for (guint i = 0; i < runner->n_outputs; i++) {
    const Output *output = &runner->outputs[i];
    if (!output->convert || runner->arrays[i] == (gfloat *)(gpointer)outputs[i].data)
      continue;
    const CnnImage result = result_of (runner, i);
    cnn_layer_run (output->convert, &result, &outputs[i], (gint)n_threads);
  }
  return TRUE;
}
