/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/paddingmode.h"

#include "common/enumwords.h"

GType
gst_cnn_padding_mode_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
      {CNN_PADDING_ZEROS, "Zeros", "zeros"},
      {CNN_PADDING_REFLECT, "Mirrored at the edge's middle: 2 1 | 0 1 2 | 1 0", "reflect"},
      {CNN_PADDING_REPLICATE, "The edge again and again: 0 0 | 0 1 2 | 2 2", "replicate"},
      {CNN_PADDING_CIRCULAR, "From the other side: 1 2 | 0 1 2 | 0 1", "circular"},
      {CNN_PADDING_SYMMETRIC, "Mirrored, the edge twice: 1 0 | 0 1 2 | 2 1", "symmetric"},
      {0, NULL, NULL},
  };
  static const GstCnnEnumAlias aliases[] = {
      {"zero", CNN_PADDING_ZEROS},
      {"constant", CNN_PADDING_ZEROS},
      {"mirror", CNN_PADDING_REFLECT},
      {"reflection", CNN_PADDING_REFLECT},
      {"edge", CNN_PADDING_REPLICATE},
      {"border", CNN_PADDING_REPLICATE},
      {"clamp", CNN_PADDING_REPLICATE},
      {"replication", CNN_PADDING_REPLICATE},
      {"wrap", CNN_PADDING_CIRCULAR},
      {"periodic", CNN_PADDING_CIRCULAR},
      {NULL, 0},
  };
  if (g_once_init_enter (&type))
    g_once_init_leave (&type, gst_cnn_enum_register ("GstCnnPaddingMode", values, aliases));
  return type;
}
