/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a join tells of its work to those downstream who ask: see gstcnnoperation.h. */
#include "merge/gstcnnmerge-private.h"

#include "common/gstcnnoperation.h"

void
gst_cnn_merge_note_operation_event (GstCnnMerge *self, GstEvent *event)
{
  gboolean wanted;
  if (gst_cnn_operation_event_parse (event, &wanted))
    g_atomic_int_set (&self->operations_wanted, wanted);
}

void
gst_cnn_merge_forget_operation (GstCnnMerge *self)
{
  g_clear_pointer (&self->operation, gst_cnn_operation_unref);
}

static GstCnnOperation *
make_operation (GstCnnMerge *self, const GstCnnStreamInfo *first)
{
  const CnnViewOperation operation = {.kind = CNN_VIEW_OPERATION_OTHER,
      .input = first->shape,
      .output = self->out_info.shape,
      .window = cnn_window_unit (),
      .groups = 1,
      .out_channels = self->out_info.shape.c};
  const GstCnnOperationOrigin origin = {.name = GST_OBJECT_NAME (self), .chain = self->chain};
  return gst_cnn_operation_new (&operation, NULL, first, &origin);
}

void
gst_cnn_merge_attach_operation (
    GstCnnMerge *self, const GPtrArray *pads, const GPtrArray *frames, GstBuffer *output)
{
  if (!g_atomic_int_get (&self->operations_wanted))
    return;
  if (!self->operation)
    self->operation = make_operation (self, &((GstCnnMergePad *)pads->pdata[0])->info);
  gst_cnn_operation_meta_add (output, self->operation, frames->pdata[0]);
  for (guint i = 1; i < pads->len; i++)
    gst_cnn_operation_meta_add_branch (
        output, &((GstCnnMergePad *)pads->pdata[i])->info, frames->pdata[i]);
}
