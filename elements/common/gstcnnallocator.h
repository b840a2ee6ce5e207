/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames in the kernels' memory: aligned to CNN_ALIGNMENT, large ones in huge pages (<cnn/memory.h>). */
#ifndef GST_CNN_ALLOCATOR_H
#define GST_CNN_ALLOCATOR_H

#include <gst/gst.h>

G_BEGIN_DECLS

/* The mem_type of the allocator and the type of its memories, for gst_memory_is_type (). */
#define GST_CNN_MEMORY_TYPE "CnnMemory"

/* The one allocator of the process; not owned by the caller, it lives as long as the process. Memories are
 * plain and zeroed, at least as aligned as the parameters ask for. It returns NULL when sizes overflow or
 * memory is short. */
GstAllocator *gst_cnn_allocator_get (void);

G_END_DECLS

#endif
