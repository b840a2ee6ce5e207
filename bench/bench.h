/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of cnn-bench share: the layers and networks it times, and the contenders that
 * compute them. */
#ifndef BENCH_H
#define BENCH_H

#include "cnn/cpu.h"

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
  BENCH_CONVOLUTION,
  BENCH_MAX_POOL,
  BENCH_AVERAGE_POOL,
  BENCH_PIXEL_SHUFFLE, /* by `stride` */
  BENCH_BILINEAR,      /* by `stride` */
  BENCH_CONCATENATE,   /* the output of `from`, then that of `second` */
  BENCH_ADD,           /* one channel counts for every channel of the other */
} BenchKind;

typedef enum {
  BENCH_NO_ACTIVATION,
  BENCH_RELU,
  BENCH_LEAKY_RELU, /* 0.1 below 0 */
  BENCH_CRELU,      /* relu (x), then relu (-x): channels double */
  BENCH_TANH,
  BENCH_SIGMOID,
} BenchActivation;

#define BENCH_NETWORK_INPUT (-1)

typedef struct {
  const char *name, *what;
  BenchKind kind;
  int height, width, inputs, outputs; /* outputs: before the activation */
  int kernel, stride, padding, dilation, groups;
  bool bytes_in, bytes_out; /* video samples: for peers that cannot, their float equivalent */
  bool planar;              /* nchw tensors, for peers that have a choice */
  BenchActivation activation;
  int from, second; /* in a network: whose output comes in, an index or BENCH_NETWORK_INPUT */
} BenchLayer;

/* Ended by a NULL name. */
extern const BenchLayer bench_layers[];

#define BENCH_MAX_LAYERS 40

/* Layers in an order in which they can be computed; the last one's output is the network's. */
typedef struct {
  const char *name, *what;
  int n_layers;
  BenchLayer layers[BENCH_MAX_LAYERS];
} BenchNetwork;

#define BENCH_N_NETWORKS 7

/* A network of the table, with an index below BENCH_N_NETWORKS. */
BenchNetwork bench_network (int index);
BenchNetwork bench_network_of_layer (const BenchLayer *layer);

/* Sizes of one layer. */
int bench_output_size (const BenchLayer *layer, int input);
int bench_output_channels (const BenchLayer *layer);
size_t bench_input_count (const BenchLayer *layer);
size_t bench_output_count (const BenchLayer *layer);
size_t bench_weight_count (const BenchLayer *layer);

/* Two a multiply-add; one a value that a pooling window sees. */
double bench_flops (const BenchNetwork *network);
/* The samples that must be read and written, those between two layers not counted. */
double bench_bytes (const BenchNetwork *network);
const BenchLayer *bench_last_layer (const BenchNetwork *network);

/* Reproducible values in [-1, 1), the same for every contender. The memory is aligned, in huge pages
 * where there are any, and touched. bench_free () releases it. */
float *bench_values (size_t count);
/* What goes into a layer, as it lies in memory: byte samples, or the floats they stand for. */
unsigned char *bench_input_bytes (const BenchLayer *layer);
float *bench_input (const BenchLayer *layer);
/* Weights in O,I,H,W order, of a size that keeps the values of deep networks near 1; a 3x3 Gaussian
 * without bias for filters from bytes to bytes. */
float *bench_weights (const BenchLayer *layer);
float *bench_bias (const BenchLayer *layer);
/* The floats that byte samples stand for. */
float *bench_floats_of_bytes (const unsigned char *bytes, size_t count);
void bench_free (void *block);

/* Seconds, of the wall clock unless the other function was called: then those that the process had a
 * processor, which other programs on a busy machine disturb less. */
double bench_now (void);
void bench_use_processor_time (void);
bool bench_uses_processor_time (void);

/* One library on one layer or network. The struct is the contender's own. */
typedef struct BenchRun BenchRun;

typedef struct {
  const char *name;
  bool ours;
  /* NULL when the library cannot compute this, or is not there. */
  BenchRun *(*prepare) (const BenchNetwork *network, int n_threads);
  /* Computes everything once, and says how many seconds that took. */
  double (*run) (BenchRun *run);
  /* What the last run computed as floats, in nhwc order or, for planar layers, nchw. To be freed by
   * bench_free (). */
  float *(*output) (BenchRun *run);
  void (*release) (BenchRun *run);
} BenchContender;

/* Kernels alone; with the second name, for the parts of a network one after the other. */
extern const BenchContender bench_cnn, bench_cnn_parts, bench_cnn_chain;
/* The same as a pipeline of elements; with the second name, for networks. */
extern const BenchContender bench_element, bench_cnn_pipeline;
/* GStreamer with our elements. */
void bench_load_plugin (void);
/* Prints what each FOLDER/NAME/model.onnx takes, beside ONNX Runtime on the same file unless `only_cnn`. `listed`: names
 * with commas between them, or NULL for all. False when one is refused or computes something else. */
bool bench_files (const char *folder, const char *listed, int n_threads, double seconds, bool json,
    bool only_cnn);
/* True when a comma-separated list has the name, or there is no list. */
bool bench_is_listed (const char *list, const char *name);
/* Prints how long networks of many branches take to start and to change. False when one does not run. */
bool bench_startup (bool json);
extern const BenchContender bench_onednn, bench_onednn_winograd, bench_xnnpack, bench_opencv,
    bench_ffmpeg, bench_torch, bench_torch_nchw, bench_onnxruntime;

/* NULL when there is something to talk to, otherwise a few words why not. */
const char *bench_torch_absence (void);
const char *bench_onnxruntime_absence (void);

/* What our contenders run: set before the first layer. */
bool bench_cnn_open (const char *isa_name);
const char *bench_cnn_isa (void);
CnnFeatures bench_cnn_features (void);
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
