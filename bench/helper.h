/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Libraries of other languages, in a process of their own. Its standard input and output carry lines:
 *
 *     prepare DESCRIPTION   a JSON object; then the floats of the input, and of the weights and bias of
 *                           each convolution, as they lie in memory. Answer: ready ID
 *     run ID                Answer: SECONDS of one computation
 *     output ID             Answer: output COUNT, then that many floats
 *     export ID PATH        writes an ONNX file (torch only). Answer: ready ID
 *     open DESCRIPTION      an ONNX file and the sizes of its input, whose floats follow (onnxruntime only).
 *                           Answer: opened ID SECONDS BYTES until and with the first computation
 *     release ID            Answer: ready ID
 *
 * What it cannot do it answers with a line "no REASON". It greets with "ready NAME", or "no REASON" when
 * its library is not there. */
#ifndef BENCH_HELPER_H
#define BENCH_HELPER_H

#include "bench.h"

#include <stdint.h>

typedef struct BenchHelper BenchHelper;

/* Starts INTERPRETER SCRIPT once; NULL when the library is not there: then bench_helper_absence ()
 * says why. It is stopped at exit. */
BenchHelper *bench_helper_start (BenchHelper *helper);
/* Until it is started again. */
void bench_helper_stop (BenchHelper *helper);
const char *bench_helper_absence (BenchHelper *helper);

extern BenchHelper bench_torch_helper, bench_onnxruntime_helper;

/* An ID, or -1 when it cannot. */
int bench_helper_prepare_network (
    BenchHelper *helper, const BenchNetwork *network, int n_threads, const char *memory_format);
int bench_helper_prepare_onnx (
    BenchHelper *helper, const BenchNetwork *network, int n_threads, const char *path);
int bench_helper_open_onnx (BenchHelper *helper, const char *path, const int64_t *sizes, int rank,
    const float *input, int n_threads, double *seconds, double *bytes);
bool bench_helper_export (BenchHelper *helper, int id, const char *path);
double bench_helper_run (BenchHelper *helper, int id);
float *bench_helper_output (BenchHelper *helper, int id, size_t count);
void bench_helper_release (BenchHelper *helper, int id);

#endif
