/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Dense arrays of any rank, row-major, outermost dimension first, as ONNX has them: floats, or integers for
 * everything that counts, indexes or decides. */
#ifndef CNN_TENSOR_H
#define CNN_TENSOR_H

#include <cnn/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CNN_MAX_RANK 8
/* Elements that one tensor may have: 2 GiB of floats. */
#define CNN_MAX_ELEMENTS ((int64_t)1 << 29)

typedef enum {
  CNN_ELEMENTS_FLOAT,   /* float16, float32, float64, bfloat16 of a file */
  CNN_ELEMENTS_INTEGER, /* every integer type of a file, and bool as 0 and 1 */
} CnnElements;

/* Sizes of the dimensions, each at least 0; rank 0 is a scalar. CNN_DYNAMIC stands for a size that the file
 * leaves open. */
#define CNN_DYNAMIC (-1)

typedef struct {
  int rank;
  int64_t size[CNN_MAX_RANK];
} CnnDims;

/* An array, or only its shape while `floats` and `integers` are both NULL. */
typedef struct {
  CnnElements elements;
  CnnDims dims;
  int64_t count;
  float *floats;
  int64_t *integers;
  bool borrowed; /* the memory is somebody else's */
  int references;
} CnnTensor;

/* The number of elements; false when a size is negative or there are more than CNN_MAX_ELEMENTS. */
bool cnn_dims_count (const CnnDims *dims, int64_t *count, CnnError *error);
bool cnn_dims_equal (const CnnDims *a, const CnnDims *b);
/* The product of the sizes from `first` up to, but without, `end`. */
int64_t cnn_dims_product (const CnnDims *dims, int first, int end);
/* Elements from one index to the next, for each dimension of a dense array. */
void cnn_dims_strides (const CnnDims *dims, int64_t strides[CNN_MAX_RANK]);
/* "1x3x224x224", "?" for a size that is open, "scalar". */
#define CNN_DIMS_TEXT 176
const char *cnn_dims_text (const CnnDims *dims, char text[CNN_DIMS_TEXT]);

/* A zeroed array with one reference, or NULL with a sentence. */
CnnTensor *cnn_tensor_new (CnnElements elements, const CnnDims *dims, CnnError *error);
CnnTensor *cnn_tensor_ref (CnnTensor *tensor);
/* Frees with the last reference. NULL is fine. */
void cnn_tensor_unref (CnnTensor *tensor);

static inline bool
cnn_tensor_has_data (const CnnTensor *tensor)
{
  return tensor && (tensor->floats || tensor->integers);
}

/* Element `i` whatever the type. */
static inline double
cnn_tensor_number (const CnnTensor *tensor, int64_t i)
{
  return tensor->floats ? (double)tensor->floats[i] : (double)tensor->integers[i];
}

#endif
