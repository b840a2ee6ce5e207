/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Networks from .onnx files (opsets 7 to 21).
 *
 * A model is what a file says; a plan is a model made ready for one input size: shapes known, constants computed,
 * nodes folded into one another, memory laid out. Several plans of one model may be made and run at once, by
 * different threads; one plan runs once at a time.
 *
 * Errors are one sentence with the numbers in it, without a final full stop, in a string that the caller releases
 * with cnn_free (); NULL in its place: memory is short. `sentence` may be NULL when nobody wants to know. */
#ifndef CNN_MODEL_H
#define CNN_MODEL_H

#include "cnn/api.h"
#include "cnn/layer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

CNN_BEGIN_DECLARATIONS

#define CNN_MODEL_MAX_RANK 8

/* An input or output of a network. Sizes are in ONNX's order (mostly N, C, H, W), -1 where the file leaves one open;
 * outputs of a model have no sizes before a plan is made (rank -1). */
typedef struct {
  const char *name; /* the file's; lives as long as what it was asked of */
  bool is_integer;  /* integers in the file; values pass as floats all the same */
  int rank;
  int64_t size[CNN_MODEL_MAX_RANK];
} CnnModelTensor;

typedef struct CnnModel CnnModel;
typedef struct CnnModelPlan CnnModelPlan;

/* Reads a file. `outputs` are names of tensors or nodes, in the order in which results are wanted; n_outputs = 0: the
 * file's own. What no output needs is left out. Refused, with one sentence that lists all such nodes: operators and
 * attributes that are not supported. Reads regular files only, up to 2 GiB, and for external data files in the same
 * folder. */
CNN_API CnnModel *
cnn_model_open (const char *path, const char *const *outputs, int n_outputs, char **sentence);
/* The same from memory, which is not needed afterwards. External data are refused. */
CNN_API CnnModel *cnn_model_open_memory (
    const void *bytes, size_t size, const char *const *outputs, int n_outputs, char **sentence);
/* Plans that were made of it stay valid. NULL is fine. */
CNN_API void cnn_model_free (CnnModel *model);

/* Indices count from 0; there is at least one input and one output. */
CNN_API int cnn_model_n_inputs (const CnnModel *model);
CNN_API CnnModelTensor cnn_model_input (const CnnModel *model, int i);
CNN_API int cnn_model_n_outputs (const CnnModel *model);
CNN_API CnnModelTensor cnn_model_output (const CnnModel *model, int i);

/* TRUE when an input of rank 4 has its channels last: its last dimension counts as channels do (1 to 4), and its
 * second does not. */
CNN_API bool cnn_model_is_channels_last (const CnnModel *model, int input);
/* Input `i` for a picture of so many rows and columns: what else the file leaves open becomes 1, or 3 for channels.
 * Inputs of other ranks than 4 do not change but for that. */
CNN_API CnnModelTensor cnn_model_input_for (
    const CnnModel *model, int i, int64_t rows, int64_t columns);

/* Makes a plan. The layers run on the context's kernels and threads, which have to outlive it; without one (NULL)
 * everything is computed by plain reference functions in the calling thread, slowly. `inputs` has the wanted sizes of every input (names are not looked at), or is NULL: sizes that the
 * file leaves open are then 1, except that rows and columns (the last two of rank 4) have to be known. Refused with
 * one sentence that lists every node whose shapes or constants do not work out. */
CNN_API CnnModelPlan *cnn_model_plan_new (const CnnModel *model, const CnnContext *context,
    const CnnModelTensor *inputs, char **sentence);
CNN_API void cnn_model_plan_free (CnnModelPlan *plan);

CNN_API CnnModelTensor cnn_model_plan_input (const CnnModelPlan *plan, int i);
CNN_API CnnModelTensor cnn_model_plan_output (const CnnModelPlan *plan, int i);

/* Computes one frame: dense arrays in ONNX's order, one for each input and output, none overlapping. n_threads = 0
 * uses all of the context's; the result does not depend on it. False with a
 * sentence when memory is short or an index lies outside its tensor. */
CNN_API bool cnn_model_plan_run (CnnModelPlan *plan, const float *const *inputs,
    float *const *outputs, int n_threads, char **sentence);

/* For people: a table of the layers for these input sizes (as cnn_model_plan_new ()), with shapes, parameters,
 * multiply-accumulates and receptive fields; and the graph in Graphviz' language. `folded`: as it runs, else as the
 * file has it. A string for cnn_free (), or NULL with a sentence. */
CNN_API char *
cnn_model_table (const CnnModel *model, const CnnModelTensor *inputs, bool folded, char **sentence);
CNN_API char *
cnn_model_dot (const CnnModel *model, const CnnModelTensor *inputs, bool folded, char **sentence);

/* What a plan computes for a frame. */
typedef struct {
  int layers;         /* nodes that are left after folding */
  int64_t parameters; /* numbers of all constants that they use */
  int64_t
      macs; /* multiply-accumulates of convolutions and matrix products, padding taps included */
} CnnModelInfo;

CNN_API CnnModelInfo cnn_model_plan_info (const CnnModelPlan *plan);

/* Bytes of memory that the plan holds for maps between nodes. */
CNN_API size_t cnn_model_plan_bytes (const CnnModelPlan *plan);

CNN_END_DECLARATIONS

#endif
