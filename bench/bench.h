/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of cnn-bench share: the layers it times, and the contenders that compute them. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
  BENCH_CONVOLUTION,
  BENCH_MAX_POOL,
  BENCH_AVERAGE_POOL,
} BenchKind;

typedef struct {
  const char *name, *what;
  BenchKind kind;
  int height, width, inputs, outputs;
  int kernel, stride, padding, dilation, groups;
  bool bytes_in, bytes_out; /* video samples: for peers that cannot, their float equivalent */
  bool planar;              /* nchw tensors, for peers that have a choice */
} BenchLayer;

/* Ended by a NULL name. */
extern const BenchLayer bench_layers[];

int bench_output_size (const BenchLayer *layer, int input);
/* Two a multiply-add; one a value that a pooling window sees. */
double bench_flops (const BenchLayer *layer);
/* The samples that must be read and written. */
double bench_bytes (const BenchLayer *layer);
size_t bench_input_count (const BenchLayer *layer);
size_t bench_output_count (const BenchLayer *layer);
size_t bench_weight_count (const BenchLayer *layer);

/* Reproducible values in [-1, 1), the same for every contender. The memory is aligned, in huge pages
 * where there are any, and touched. bench_free () releases it. */
float *bench_values (size_t count);
/* Weights of a layer, O,I,H,W: a 3x3 Gaussian for filters from bytes to bytes. */
float *bench_weights (const BenchLayer *layer);
unsigned char *bench_bytes_new (size_t count);
void bench_free (void *block);

/* Seconds, of the wall clock unless the other function was called: then those that the process had a
 * processor, which other programs on a busy machine disturb less. */
double bench_now (void);
void bench_use_processor_time (void);

/* One library on one layer. The struct is the contender's own. */
typedef struct BenchRun BenchRun;

typedef struct {
  const char *name;
  /* NULL when the library cannot compute this layer. */
  BenchRun *(*prepare) (const BenchLayer *layer, int n_threads);
  /* Computes the layer once, and says how many seconds that took. */
  double (*run) (BenchRun *run);
  /* The floats it computed in nhwc order, for comparison; NULL when they are not comparable. */
  const float *(*output) (BenchRun *run);
  void (*release) (BenchRun *run);
} BenchContender;

extern const BenchContender bench_cnn;
extern const BenchContender bench_onednn, bench_onednn_winograd, bench_xnnpack, bench_opencv;

/* What bench_cnn runs: set before the first layer. */
bool bench_cnn_open (const char *isa_name);
const char *bench_cnn_isa (void);
void bench_cnn_close (void);

/* Limits of the machine with the instruction set of bench_cnn. */
typedef struct {
  double gflops;    /* multiply-adds in registers */
  double gigabytes; /* read from memory a second */
} BenchLimits;

BenchLimits bench_measure_limits (int n_threads);

#ifdef __cplusplus
}
#endif

#endif
