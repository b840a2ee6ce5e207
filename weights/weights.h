/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Weights files: .npy, .npz and .safetensors as named tensors, and layers found among them.
 *
 * Opening checks every rule of the format before it returns: what cnn_weights_open() gives is sound.
 * It keeps the file's directory and a descriptor; values are read when they are taken, and only
 * those. A process opens a file once, however many ask for it. An open file is immutable; any number of
 * threads may read from it. A file that is replaced (another one by the same name) stays readable while
 * it is open; one that is cut off or written to ends in CNN_WEIGHTS_ERROR_READ wherever it is read.
 *
 * Every error is a sentence that names the file, the tensor if there is one, and the fault with its
 * numbers. Strings in errors are UTF-8 without control characters, whatever the file holds.
 *
 * Memory: opening takes at most the size of the file's header or directory, twice, plus 1 MiB, and an
 * open file keeps names and shapes. A layer takes four bytes an element, and while it is read from an array
 * in Fortran order the size of that array. Blocks of a size the file decides are allocated so that failing
 * is an error (CNN_WEIGHTS_ERROR_MEMORY), and so are those of zlib; the small rest is GLib's, which aborts
 * when memory is exhausted.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define CNN_WEIGHTS_ERROR (cnn_weights_error_quark ())
GQuark cnn_weights_error_quark (void);

typedef enum {
  CNN_WEIGHTS_ERROR_READ,    /* missing, unreadable, not a regular file, above 2 GiB, changed */
  CNN_WEIGHTS_ERROR_INVALID, /* breaks a rule of its format */
  CNN_WEIGHTS_ERROR_LAYER,   /* no such layer, or it does not fit */
  CNN_WEIGHTS_ERROR_MEMORY,
} CnnWeightsError;

/* The formats' element types. The 8-bit floats are listed but have no float32 reading. */
typedef enum {
  CNN_DTYPE_BOOL,
  CNN_DTYPE_U8,
  CNN_DTYPE_I8,
  CNN_DTYPE_U16,
  CNN_DTYPE_I16,
  CNN_DTYPE_U32,
  CNN_DTYPE_I32,
  CNN_DTYPE_U64,
  CNN_DTYPE_I64,
  CNN_DTYPE_F8_E4M3,
  CNN_DTYPE_F8_E5M2,
  CNN_DTYPE_F16,
  CNN_DTYPE_BF16,
  CNN_DTYPE_F32,
  CNN_DTYPE_F64,
} CnnDtype;

/* "float32", "bfloat16", "uint8" ...: the names numpy and PyTorch share. Static. */
const gchar *cnn_dtype_name (CnnDtype dtype);

/* Bytes an element: 1, 2, 4 or 8. */
gsize cnn_dtype_size (CnnDtype dtype);

#define CNN_TENSOR_MAX_RANK 8

typedef struct {
  const gchar *name; /* UTF-8, unique in the file; a .npy file's is its file name without ".npy" */
  CnnDtype dtype;
  guint rank;                        /* 0 (a scalar) to CNN_TENSOR_MAX_RANK */
  gint64 shape[CNN_TENSOR_MAX_RANK]; /* outermost first, each >= 0; entries from `rank` on are 0 */
  gsize n_elements;                  /* product of the shape, 1 for a scalar */
  gsize bytes;                       /* n_elements times the element size */
} CnnTensorInfo;

typedef struct _CnnWeightsFile CnnWeightsFile;

/* Checks `path`, or takes what is open already: the same unchanged file by the same name. The format
 * follows from the suffix, or from the first bytes when the suffix is none of the three. Never blocks
 * on a FIFO or a device: only regular files are read. Returns NULL with `error` set, or a file for
 * cnn_weights_close(). */
CnnWeightsFile *cnn_weights_open (const gchar *path, GError **error);

/* One more cnn_weights_close() is due. Returns `file`. */
CnnWeightsFile *cnn_weights_ref (CnnWeightsFile *file);

/* The last one frees the file and every CnnTensorInfo of it. NULL is allowed. */
void cnn_weights_close (CnnWeightsFile *file);

/* The path that it was opened by. */
const gchar *cnn_weights_get_path (const CnnWeightsFile *file);

/* Whether opening its path again would give `file`: FALSE once it was replaced, written to or removed. */
gboolean cnn_weights_is_current (const CnnWeightsFile *file);

/* Tensors in the order of the file's own directory. An index is below the number of tensors. What
 * these return belongs to the file. */
guint cnn_weights_get_n_tensors (const CnnWeightsFile *file);
const CnnTensorInfo *cnn_weights_get_tensor (const CnnWeightsFile *file, guint index);

/* What the file says about itself under this key, or NULL: the __metadata__ of a .safetensors file. */
const gchar *cnn_weights_get_metadata (const CnnWeightsFile *file, const gchar *key);

/* The tensor of exactly this name, or NULL. */
const CnnTensorInfo *cnn_weights_find (const CnnWeightsFile *file, const gchar *name);

/* Converts a tensor of `file` to float32 in row-major order, whatever order the file has.
 * `values` has room for n_elements. Integers and booleans are converted by value, rounded to
 * nearest. Fails for the 8-bit floats, for a finite float64 beyond float32's range, and when the file
 * changed since it was opened. */
gboolean cnn_weights_read_float32 (
    const CnnWeightsFile *file, const CnnTensorInfo *tensor, gfloat *values, GError **error);

/* "64x3x3x3", or "scalar": to be freed. */
gchar *cnn_tensor_format_shape (const CnnTensorInfo *tensor);

/* --- Layers ---------------------------------------------------------------------------------- */

typedef enum {
  CNN_LAYER_CONVOLUTION, /* any kernel; a Linear weight may become a kernel of the whole input */
  CNN_LAYER_POINTWISE,   /* 1x1 kernels and Linear weights only */
} CnnLayerKind;

/* What is wanted. Zero-initialise, then fill in what is known. */
typedef struct {
  CnnLayerKind kind;
  /* "conv1" finds conv1.weight and, if present, conv1.bias; otherwise a tensor of exactly this name
   * is taken, without bias. NULL or "": the only weight in the file that fits, with its bias; only
   * the tensors named NAME.weight are tried if there are any. */
  const gchar *layer;
  /* A batch normalisation that follows the layer, folded into weights and bias: "features.1" finds
   * features.1.running_mean and .running_var, and .weight and .bias if present. NULL or "":
   * none. */
  const gchar *batch_norm;
  gdouble batch_norm_eps; /* >= 0, as in torch.nn.BatchNorm2d, whose default is 1e-5 */
  /* Slopes of a PReLU: "act1" finds act1.weight, or a tensor of exactly this name. NULL or "":
   * none. */
  const gchar *alpha_layer;
  /* The layer's input, 0 where not known yet. What is known is checked: the channels must be a
   * multiple of the weight's, and the groups so inferred must divide the output channels. */
  gint in_channels, in_rows, in_columns;
  /* What a search without `layer` is narrowed to, 0: any. The only weight of a file, and a named one,
   * need not agree. A Linear weight in a convolution becomes a kernel of kernel_rows x kernel_columns,
   * when these are given, instead of the whole input. */
  gint out_channels, groups, kernel_rows, kernel_columns;
} CnnLayerQuery;

/* What was found. Freed by cnn_layer_weights_clear(). */
typedef struct {
  gint out_channels;
  gint in_channels; /* of one group, as stored: groups are the input's channels over this */
  gint kernel_rows, kernel_columns;
  gfloat *weights; /* out_channels x in_channels x kernel_rows x kernel_columns */
  gfloat *bias;    /* out_channels, or NULL; always present after a batch normalisation */
  gfloat *alpha;   /* n_alpha slopes, or NULL */
  gint n_alpha;    /* 0, 1 or out_channels */
  guint rank;      /* of the stored weight: 4 for Conv2d, 2 for Linear */
  gchar *weight_name;
  gchar *bias_name; /* NULL if the file has none */
  /* What looks wrong or had to be guessed, one sentence each (gchar *), or NULL: values that are no finite
   * numbers, groups that nobody asked for, names of transposed convolutions. Set by
   * cnn_weights_load_layer() only. */
  GPtrArray *warnings;
} CnnLayerWeights;

/* Finds and converts a layer. A Linear weight O,I becomes O,I,1,1, except that a convolution over a
 * known input of more than one pixel with rows * columns * channels = I takes it as the kernel
 * O,channels,rows,columns: the layer behind torch.nn.Flatten. Until the input is known such a
 * weight comes as O,I,1,1; rank tells.
 * The bias, if any, must have one value an output channel. Integer tensors are weights in .npy and
 * .npz files, but not in .safetensors, where they are counters or quantised values without a scale.
 * When nothing or too much fits, the error lists the candidates with their shapes.
 * On failure `weights` is cleared. */
gboolean cnn_weights_load_layer (const CnnWeightsFile *file, const CnnLayerQuery *query,
    CnnLayerWeights *weights, GError **error);

/* The same without the values: weights, bias, alpha and warnings are NULL, and neither the bias nor the other
 * tensors of the query have been looked at. Cheap, for negotiating shapes. */
gboolean cnn_weights_find_layer (const CnnWeightsFile *file, const CnnLayerQuery *query,
    CnnLayerWeights *weights, GError **error);

/* What a search without `layer` finds once the input is known. */
typedef struct {
  gint in_channels; /* of the input, all groups together; 0: any, where the shape decides */
  gint out_channels;
  gint kernel_rows, kernel_columns; /* 0: the whole input */
} CnnLayerChoice;

/* One CnnLayerChoice for every number of input channels that exactly one weight fits, those without
 * groups first, else in the file's order; and one for every Linear weight that may take a whole input,
 * which fits by its number of values and may fit where another weight does, too. `layer` and the input
 * of the query are not looked at. A new array, empty when nothing fits or everything is ambiguous. */
GArray *cnn_weights_list_choices (const CnnWeightsFile *file, const CnnLayerQuery *query);

/* Frees what `weights` holds and zeroes it; a zeroed one is allowed. */
void cnn_layer_weights_clear (CnnLayerWeights *weights);

G_END_DECLS
