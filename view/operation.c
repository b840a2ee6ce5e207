/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/operation.h"

#define TIMES "\303\227"

/* ", name 2" or ", name 2x3", nothing when both are `usual`. */
static void
append_pair (GString *string, const gchar *name, gint rows, gint columns, gint usual)
{
  if (rows == usual && columns == usual)
    return;
  if (rows == columns)
    g_string_append_printf (string, ", %s %d", name, rows);
  else
    g_string_append_printf (string, ", %s %d" TIMES "%d", name, rows, columns);
}

static void
append_padding (GString *string, const CnnAxis *rows, const CnnAxis *columns)
{
  const gint top = rows->padding_before, left = columns->padding_before;
  if (top == rows->padding_after && left == columns->padding_after)
    append_pair (string, "padding", top, left, 0);
  else
    g_string_append_printf (
        string, ", padding %d,%d,%d,%d", top, left, rows->padding_after, columns->padding_after);
}

gchar *
cnn_view_operation_describe (const CnnViewOperation *operation)
{
  const CnnAxis *rows = &operation->window.rows, *columns = &operation->window.columns;
  GString *string = g_string_new (NULL);
  if (operation->kind == CNN_VIEW_OPERATION_OTHER)
    return g_string_free (string, FALSE);
  if (operation->kind == CNN_VIEW_OPERATION_MAXIMUM)
    g_string_append (string, "maximum ");
  if (operation->kind == CNN_VIEW_OPERATION_AVERAGE)
    g_string_append (string, "average ");
  if (rows->rule == CNN_SIZE_ADAPTIVE && operation->kind != CNN_VIEW_OPERATION_CONVOLUTION) {
    g_string_append (string, "of adaptive windows");
    return g_string_free (string, FALSE);
  }
  g_string_append_printf (string, "%d" TIMES "%d", rows->kernel, columns->kernel);
  append_pair (string, "stride", rows->stride, columns->stride, 1);
  append_padding (string, rows, columns);
  append_pair (string, "dilation", rows->dilation, columns->dilation, 1);
  if (operation->kind == CNN_VIEW_OPERATION_CONVOLUTION && operation->groups > 1)
    g_string_append_printf (string, ", %d groups", operation->groups);
  if (operation->activation)
    g_string_append_printf (string, ", %s", operation->activation);
  return g_string_free (string, FALSE);
}
