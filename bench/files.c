/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Networks from .onnx files, ours beside ONNX Runtime on the same file: time of a frame, time to the first frame, and
 * memory. */
#include "cnn/layer.h"
#include "cnn/memory.h"
#include "cnn/model.h"
#include "helper.h"

#include <dirent.h>
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_OUTPUTS 1024
#define MAX_TIMES 4096

typedef struct {
  CnnContext *context;
  CnnModel *model;
  CnnModelPlan *plan;
  float *input, *outputs[MAX_OUTPUTS];
  int n_threads;
} Network;

typedef struct {
  double seconds; /* from the file to the first frame */
  double bytes;   /* of memory that came with it, at most */
} Start;

typedef struct {
  double times[MAX_TIMES];
  int n_times;
  Start start;
} Measured;

static size_t
count_values (const CnnModelTensor *tensor)
{
  size_t count = 1;
  for (int i = 0; i < tensor->rank; i++)
    count *= (size_t)tensor->size[i];
  return count;
}

static void
close_network (Network *network)
{
  for (int i = 0; i < MAX_OUTPUTS; i++)
    cnn_free (network->outputs[i]);
  bench_free (network->input);
  cnn_model_plan_free (network->plan);
  cnn_model_free (network->model);
  cnn_context_free (network->context);
}

/* False when the file is refused, with its sentence on standard error. A size that the file leaves open becomes 240x320. */
static bool
open_network (const char *path, int n_threads, Network *network)
{
  char *sentence = NULL;
  *network = (Network){.n_threads = n_threads};
  const CnnContextSettings settings = {.isa = bench_cnn_isa (), .n_threads = n_threads};
  network->context = cnn_context_new (&settings, NULL);
  network->model = cnn_model_open (path, NULL, 0, &sentence);
  if (network->model && cnn_model_n_outputs (network->model) <= MAX_OUTPUTS) {
    CnnModelTensor input = cnn_model_input (network->model, 0);
    const bool last = cnn_model_is_channels_last (network->model, 0);
    if (input.rank == 4 && (input.size[last ? 1 : 2] < 0 || input.size[last ? 2 : 3] < 0))
      input = cnn_model_input_for (network->model, 0, 240, 320);
    else
      input = cnn_model_input_for (
          network->model, 0, input.size[last ? 1 : 2], input.size[last ? 2 : 3]);
    network->plan = cnn_model_plan_new (network->model, network->context, &input, &sentence);
  }
  for (int i = 0; network->plan && i < cnn_model_n_outputs (network->model); i++) {
    const CnnModelTensor output = cnn_model_plan_output (network->plan, i);
    network->outputs[i] = cnn_alloc (count_values (&output), sizeof (float));
  }
  if (network->plan) {
    const CnnModelTensor input = cnn_model_plan_input (network->plan, 0);
    network->input = bench_values (count_values (&input));
    return true;
  }
  fprintf (stderr, "%s\n", sentence ? sentence : "not enough memory");
  cnn_free (sentence);
  close_network (network);
  return false;
}

static double
run_network (Network *network)
{
  const float *inputs[] = {network->input};
  const double start = bench_now ();
  cnn_model_plan_run (network->plan, inputs, network->outputs, network->n_threads, NULL);
  return bench_now () - start;
}

/* A line of what the system tells of this process's memory, "VmRSS" now or "VmHWM" at most so far. */
static double
memory_bytes (const char *name)
{
  char line[128];
  double kilobytes = 0;
  FILE *status = fopen ("/proc/self/status", "r");
  while (status && fgets (line, sizeof line, status))
    if (strncmp (line, name, strlen (name)) == 0)
      kilobytes = strtod (line + strlen (name) + 1, NULL);
  if (status)
    fclose (status);
  return 1024 * kilobytes;
}

/* Freed memory goes back, and the peak is what there is now. */
static void
forget_memory (void)
{
  malloc_trim (0);
  FILE *clear = fopen ("/proc/self/clear_refs", "w");
  if (clear) {
    fputs ("5", clear);
    fclose (clear);
  }
}

/* In a process of its own, which has nothing else. */
static Start
start_network (const char *path, int n_threads)
{
  Start start = {0};
  int ends[2];
  if (pipe (ends) != 0)
    return start;
  fflush (NULL);
  const pid_t child = fork ();
  if (child == 0) {
    Network network;
    forget_memory ();
    const double before = memory_bytes ("VmRSS"), begin = bench_now ();
    if (open_network (path, n_threads, &network)) {
      run_network (&network);
      start = (Start){bench_now () - begin, memory_bytes ("VmHWM") - before};
    }
    const bool written = write (ends[1], &start, sizeof start) == sizeof start;
    _exit (written ? 0 : 1);
  }
  if (read (ends[0], &start, sizeof start) != sizeof start)
    start = (Start){0};
  close (ends[0]);
  close (ends[1]);
  waitpid (child, NULL, 0);
  return start;
}

/* Whether the first output is the same, within what sums in another order make. */
static bool
agrees (const Network *network, BenchHelper *helper, int id)
{
  const CnnModelTensor output = cnn_model_plan_output (network->plan, 0);
  const size_t count = count_values (&output);
  float *theirs = bench_helper_output (helper, id, count);
  double largest = 0, difference = 0;
  for (size_t i = 0; theirs && i < count; i++) {
    largest = fmax (largest, fabs (theirs[i]));
    difference = fmax (difference, fabs (theirs[i] - network->outputs[0][i]));
  }
  bench_free (theirs);
  return theirs && difference <= 1e-3 * largest + 1e-6;
}

static int
compare (const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double
median (Measured *measured)
{
  qsort (measured->times, (size_t)measured->n_times, sizeof (double), compare);
  return measured->n_times > 0 ? measured->times[measured->n_times / 2] : 0;
}

/* Turn by turn, so that both see the same machine. */
static void
race (
    Network *network, BenchHelper *helper, int id, double seconds, Measured *ours, Measured *theirs)
{
  const double end = bench_now () + 2 * seconds;
  for (int i = 0; i < MAX_TIMES && (i < 5 || bench_now () < end); i++) {
    ours->times[ours->n_times++] = run_network (network);
    if (id >= 0)
      theirs->times[theirs->n_times++] = bench_helper_run (helper, id);
  }
}

static void
print_result (const char *name, int n_threads, Measured *ours, Measured *theirs, bool json)
{
  const double us = 1e3 * median (ours), them = 1e3 * median (theirs);
  printf (json ? "{\"network\": \"%s\", \"threads\": %d, \"ms\": %.4f, \"onnxruntime_ms\": %.4f, "
                 "\"ratio\": %.3f, \"start_ms\": %.2f, \"onnxruntime_start_ms\": %.2f, "
                 "\"megabytes\": %.1f, \"onnxruntime_megabytes\": %.1f}\n"
               : "%-28s %3d %10.3f %10.3f %7.2f %10.1f %10.1f %9.1f %9.1f\n",
      name, n_threads, us, them, them > 0 ? them / us : 0, 1e3 * ours->start.seconds,
      1e3 * theirs->start.seconds, 1e-6 * ours->start.bytes, 1e-6 * theirs->start.bytes);
  fflush (stdout);
}

/* The logarithm of how many times as fast ours is; 0 when there is nothing to compare with. */
static bool
bench_file (const char *folder, const char *name, int n_threads, double seconds, bool json,
    BenchHelper *helper, double *gain)
{
  char path[4096];
  Network network;
  Measured ours = {.n_times = 0}, theirs = {.n_times = 0};
  snprintf (path, sizeof path, "%s/%s/model.onnx", folder, name);
  ours.start = start_network (path, n_threads);
  if (!open_network (path, n_threads, &network))
    return false;
  const CnnModelTensor input = cnn_model_plan_input (network.plan, 0);
  helper = helper ? bench_helper_start (helper) : NULL;
  const int id = helper ? bench_helper_open_onnx (helper, path, input.size, input.rank,
                              network.input, n_threads, &theirs.start.seconds, &theirs.start.bytes)
                        : -1;
  run_network (&network);
  bool same = true;
  if (id >= 0) {
    bench_helper_run (helper, id);
    same = agrees (&network, helper, id);
    if (!same)
      fprintf (stderr, "%s: ONNX Runtime computes something else\n", name);
  }
  race (&network, helper, id, seconds, &ours, &theirs);
  print_result (name, n_threads, &ours, &theirs, json);
  *gain = id >= 0 ? log (median (&theirs) / median (&ours)) : 0;
  if (id >= 0)
    bench_helper_release (helper, id);
  /* The next network finds a process without memory of this one. */
  if (helper)
    bench_helper_stop (helper);
  close_network (&network);
  return same;
}

static int
is_network (const struct dirent *entry)
{
  return entry->d_name[0] != '.';
}

bool
bench_files (
    const char *folder, const char *listed, int n_threads, double seconds, bool json, bool only_cnn)
{
  struct dirent **entries;
  const int count = scandir (folder, &entries, is_network, alphasort);
  BenchHelper *helper = only_cnn ? NULL : bench_helper_start (&bench_onnxruntime_helper);
  double gains = 0;
  int n_networks = 0;
  bool same = true;
  if (count < 0) {
    fprintf (stderr, "--folder %s: there is no such folder\n", folder);
    return false;
  }
  if (!json)
    printf ("%-28s %3s %10s %10s %7s %10s %10s %9s %9s\n", "network", "thr", "cnn, ms", "ort, ms",
        "ratio", "start, ms", "ort, ms", "cnn, MB", "ort, MB");
  for (int i = 0; i < count; i++) {
    char path[4096];
    double gain = 0;
    snprintf (path, sizeof path, "%s/%s/model.onnx", folder, entries[i]->d_name);
    if (access (path, R_OK) == 0 && bench_is_listed (listed, entries[i]->d_name)) {
      same =
          bench_file (folder, entries[i]->d_name, n_threads, seconds, json, helper, &gain) && same;
      gains += gain;
      n_networks++;
    }
    free (entries[i]);
  }
  free (entries);
  if (n_networks > 0 && helper && !json)
    printf ("%d networks, geometric mean %.2f\n", n_networks, exp (gains / n_networks));
  return same && n_networks > 0;
}
