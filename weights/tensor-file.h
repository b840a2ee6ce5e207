/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside the weights library: an open file, and what its readers share.
 */
#pragma once

#include "byte-reader.h"

#include <time.h>

typedef enum {
  CNN_WEIGHTS_NPY,
  CNN_WEIGHTS_NPZ,
  CNN_WEIGHTS_SAFETENSORS,
} CnnWeightsFormat;

#define CNN_WEIGHTS_MAX_TENSORS 65536

/* How much more than the file its inflated members may take, together. */
#define CNN_WEIGHTS_MAX_INFLATION ((gsize)64 << 20)

typedef struct {
  CnnTensorInfo info; /* first: a CnnTensorInfo of a file is the head of its CnnTensor */
  CnnByteRange range; /* whose contents end with the elements */
  gboolean big_endian;
  gboolean fortran_order; /* first index fastest */
} CnnTensor;

struct _CnnWeightsFile {
  gchar *location;    /* the path it was opened by; NULL if parsed from a descriptor */
  gchar *path;        /* for messages */
  gchar *identity;    /* which file this is, as it was when opened */
  guint n_references; /* under the lock of file.c */
  CnnWeightsFormat format;
  int fd;
  gsize size;
  struct timespec modified;
  GArray *tensors;      /* CnnTensor */
  GHashTable *index_of; /* name to index */
  GHashTable *metadata; /* string to string, or NULL */
};

/* Checks the regular file `fd` of `format` and takes the descriptor over, also on failure. `path` is
 * only a name. The file is shared with nobody. */
CnnWeightsFile *
cnn_weights_parse (const gchar *path, CnnWeightsFormat format, int fd, GError **error);

/* How many files this process has open. */
guint cnn_weights_count_open_files (void);

/* One reader a format: fills in the tensors of `file`. */
gboolean cnn_npy_read (CnnWeightsFile *file, GError **error);
gboolean cnn_npz_read (CnnWeightsFile *file, GError **error);
gboolean cnn_safetensors_read (CnnWeightsFile *file, GError **error);

/* How many bytes of an array in the .npy format cnn_npy_parse() looks at. */
#define CNN_NPY_MAX_HEADER 10012

/* Checks an array of `size` bytes in the .npy format by its first CNN_NPY_MAX_HEADER bytes, or all if it
 * has less. Fills in `tensor` except for name and range; `name` is for messages. */
gboolean cnn_npy_parse (const CnnWeightsFile *file, const gchar *name, const guint8 *bytes,
    gsize size, CnnTensor *tensor, GError **error);

/* Appends a tensor, whose name is copied. Fails on a name that is taken or not UTF-8, and
 * beyond CNN_WEIGHTS_MAX_TENSORS. */
gboolean
cnn_weights_add (CnnWeightsFile *file, const gchar *name, const CnnTensor *tensor, GError **error);

/* From dtype, rank and shape: n_elements and bytes, each product checked before it is made. */
gboolean cnn_tensor_measure (
    const CnnWeightsFile *file, const gchar *name, CnnTensorInfo *info, GError **error);

/* The tensor PREFIX.PARAMETER, or PARAMETER alone when the prefix is empty; or NULL. */
const CnnTensorInfo *cnn_weights_find_parameter (
    const CnnWeightsFile *file, const gchar *prefix, const gchar *parameter);

/* The tensors (const CnnTensorInfo) that may be weights of convolutions or Linear layers, by rank
 * and type: those named NAME.weight or weight, or all where no name says so. A new array. */
GPtrArray *cnn_weights_list_kernels (const CnnWeightsFile *file);

/* `count` elements at `bytes` + k * `stride` bytes as float32. FALSE, with the position in
 * `failed`, if one has no finite float32 though it is finite itself. */
gboolean cnn_dtype_to_float32 (CnnDtype dtype, gboolean big_endian, const guint8 *bytes,
    gsize stride, gsize count, gfloat *values, gsize *failed);

/* What torch.save writes, with the remedy. */
#define CNN_WEIGHTS_PICKLE                                                                         \
  "a Python pickle, which runs code when it is read: save the model with "                         \
  "safetensors.torch.save_file or numpy.savez instead of torch.save"

/* Sets "FILE: tensor "NAME" FAULT", without the tensor when `name` is NULL. Returns FALSE. */
gboolean cnn_weights_refuse (const CnnWeightsFile *file, CnnWeightsError code, const gchar *name,
    GError **error, const gchar *fault, ...) G_GNUC_PRINTF (5, 6);

/* `text` made fit for a message: valid UTF-8, control characters escaped, cut where
 * it has 120 bytes. */
gchar *cnn_weights_printable (const gchar *text, gsize length);
