/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/debug.h"

#include <string.h>

static GQuark
category_quark (void)
{
  return g_quark_from_static_string ("gst-cnn-debug-category");
}

/* GstCnnMerge and GstCnnMergePad to "cnnmerge". */
static GstDebugCategory *
make_category (GType type)
{
  g_autofree gchar *name = g_ascii_strdown (g_type_name (type) + strlen ("Gst"), -1);
  GstDebugCategory *category = NULL;
  if (g_type_is_a (type, GST_TYPE_PAD) && g_str_has_suffix (name, "pad"))
    name[strlen (name) - strlen ("pad")] = '\0';
  GST_DEBUG_CATEGORY_INIT (category, g_intern_string (name), 0, "layers of convolutional networks");
  g_type_set_qdata (type, category_quark (), category);
  return category;
}

GstDebugCategory *
gst_cnn_debug_category (gpointer object)
{
  const GType type = G_OBJECT_TYPE (object);
  GstDebugCategory *category = g_type_get_qdata (type, category_quark ());
  return category ? category : make_category (type);
}

void
gst_cnn_debug_allocation (gpointer element, GstQuery *query)
{
  g_autoptr (GstBufferPool) pool = NULL;
  g_autoptr (GstAllocator) allocator = NULL;
  GstAllocationParams params = {0};
  guint size = 0, least = 0, most = 0;
  if (gst_query_get_n_allocation_pools (query) > 0)
    gst_query_parse_nth_allocation_pool (query, 0, &pool, &size, &least, &most);
  if (gst_query_get_n_allocation_params (query) > 0)
    gst_query_parse_nth_allocation_param (query, 0, &allocator, &params);
  GST_CNN_DEBUG (element,
      "buffers: pool %" GST_PTR_FORMAT " of %u to %u with %u bytes, allocator %" GST_PTR_FORMAT
      ", aligned to %" G_GSIZE_FORMAT " bytes",
      pool, least, most, size, allocator, params.align + 1);
}
