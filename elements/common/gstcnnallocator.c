/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/gstcnnallocator.h"

#include "cnn/cnn.h"

typedef struct {
  GstMemory memory;
  gpointer
      block; /* of cnn_alloc (); NULL in a part of another memory, which the parent keeps alive */
  guint8 *data; /* the first aligned byte */
} GstCnnMemory;

typedef GstAllocator GstCnnAllocator;
typedef GstAllocatorClass GstCnnAllocatorClass;

static GType gst_cnn_allocator_get_type (void);
G_DEFINE_TYPE (GstCnnAllocator, gst_cnn_allocator, GST_TYPE_ALLOCATOR)

static GstMemory *
gst_cnn_allocator_alloc (GstAllocator *allocator, gsize size, GstAllocationParams *params)
{
  /* cnn_alloc () aligns to CNN_ALIGNMENT; what is asked for beyond that is found within the block. */
  const gsize align = params->align | (CNN_ALIGNMENT - 1);
  const gsize slack = align - (CNN_ALIGNMENT - 1);
  gsize maxsize, bytes;
  if (!g_size_checked_add (&maxsize, params->prefix, size) ||
      !g_size_checked_add (&maxsize, maxsize, params->padding) ||
      !g_size_checked_add (&bytes, maxsize, slack))
    return NULL;
  gpointer block = cnn_alloc (bytes, 1);
  if (!block)
    return NULL;
  GstCnnMemory *memory = g_new (GstCnnMemory, 1);
  gst_memory_init (GST_MEMORY_CAST (memory), params->flags, allocator, NULL, maxsize, align,
      params->prefix, size);
  memory->block = block;
  memory->data = (guint8 *)block + (-(guintptr)block & align);
  return GST_MEMORY_CAST (memory);
}

static void
gst_cnn_allocator_free (GstAllocator *allocator, GstMemory *memory)
{
  cnn_free (((GstCnnMemory *)memory)->block);
  g_free (memory);
}

static gpointer
gst_cnn_memory_map (GstMemory *memory, gsize maxsize, GstMapFlags flags)
{
  return ((GstCnnMemory *)memory)->data;
}

static void
gst_cnn_memory_unmap (GstMemory *memory)
{
}

/* A part of a memory, read-only as all shared memory. */
static GstMemory *
gst_cnn_memory_share (GstMemory *memory, gssize offset, gssize size)
{
  GstMemory *parent = memory->parent ? memory->parent : memory;
  GstCnnMemory *part = g_new (GstCnnMemory, 1);
  gst_memory_init (GST_MEMORY_CAST (part),
      GST_MINI_OBJECT_FLAGS (parent) | GST_MINI_OBJECT_FLAG_LOCK_READONLY, memory->allocator,
      parent, memory->maxsize, memory->align, memory->offset + (gsize)offset,
      size < 0 ? memory->size - (gsize)offset : (gsize)size);
  part->block = NULL;
  part->data = ((GstCnnMemory *)memory)->data;
  return GST_MEMORY_CAST (part);
}

/* Neighbouring parts of one memory are joined again without a copy. */
static gboolean
gst_cnn_memory_is_span (GstMemory *first, GstMemory *second, gsize *offset)
{
  if (offset)
    *offset = first->offset - first->parent->offset;
  return first->offset + first->size == second->offset;
}

static void
gst_cnn_allocator_class_init (GstCnnAllocatorClass *klass)
{
  klass->alloc = gst_cnn_allocator_alloc;
  klass->free = gst_cnn_allocator_free;
}

static void
gst_cnn_allocator_init (GstCnnAllocator *self)
{
  self->mem_type = GST_CNN_MEMORY_TYPE;
  self->mem_map = gst_cnn_memory_map;
  self->mem_unmap = gst_cnn_memory_unmap;
  self->mem_share = gst_cnn_memory_share;
  self->mem_is_span = gst_cnn_memory_is_span;
}

static gpointer
make_allocator (gpointer data)
{
  GstAllocator *allocator =
      gst_object_ref_sink (g_object_new (gst_cnn_allocator_get_type (), NULL));
  GST_OBJECT_FLAG_SET (allocator, GST_OBJECT_FLAG_MAY_BE_LEAKED);
  return allocator;
}

GstAllocator *
gst_cnn_allocator_get (void)
{
  static GOnce once = G_ONCE_INIT;
  return g_once (&once, make_allocator, NULL);
}
