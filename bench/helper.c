/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helper.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct BenchHelper {
  const char *interpreter, *script;
  bool tried;
  pid_t process;
  FILE *to, *from;
  char absence[256]; /* empty when it runs */
};

BenchHelper bench_torch_helper = {
    .interpreter = BENCH_PYTHON, .script = BENCH_FOLDER "/torch-helper.py"};
BenchHelper bench_onnxruntime_helper = {
    .interpreter = "node", .script = BENCH_FOLDER "/onnxruntime-helper.mjs"};

/* ---- The process ----------------------------------------------------------------------------- */

/* Memory that was freed is used again, in huge pages: fresh pages would cost more than many a layer.
 * Our own buffers are made in the same way. */
static char **
make_environment (void)
{
  static const char *const settings[] = {
      "GLIBC_TUNABLES=glibc.malloc.hugetlb=1",
      "MALLOC_MMAP_MAX_=0",
      "MALLOC_TRIM_THRESHOLD_=17179869184",
  };
  extern char **environ;
  const size_t n_settings = sizeof settings / sizeof *settings;
  size_t count = 0;
  while (environ[count])
    count++;
  char **all = calloc (count + n_settings + 1, sizeof *all);
  for (size_t i = 0; i < n_settings; i++)
    all[i] = (char *)settings[i];
  memcpy (all + n_settings, environ, count * sizeof *all);
  return all;
}

static bool
spawn (BenchHelper *helper)
{
  int to[2], from[2];
  /* No other helper inherits them: each sees the end of its own input. */
  if (pipe2 (to, O_CLOEXEC) != 0 || pipe2 (from, O_CLOEXEC) != 0)
    return false;
  char *arguments[] = {(char *)helper->interpreter, (char *)helper->script, NULL};
  char **environment = make_environment ();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init (&actions);
  posix_spawn_file_actions_adddup2 (&actions, to[0], 0);
  posix_spawn_file_actions_adddup2 (&actions, from[1], 1);
  const int result =
      posix_spawnp (&helper->process, helper->interpreter, &actions, NULL, arguments, environment);
  posix_spawn_file_actions_destroy (&actions);
  free (environment);
  close (to[0]);
  close (from[1]);
  helper->to = fdopen (to[1], "w");
  helper->from = fdopen (from[0], "r");
  if (result != 0) {
    helper->process = 0;
    snprintf (
        helper->absence, sizeof helper->absence, "%s: %s", helper->interpreter, strerror (result));
  }
  return result == 0;
}

static void
stop (BenchHelper *helper)
{
  if (helper->to)
    fclose (helper->to);
  if (helper->from)
    fclose (helper->from);
  if (helper->process > 0)
    waitpid (helper->process, NULL, 0);
  helper->to = helper->from = NULL;
  helper->process = 0;
}

static void
stop_all (void)
{
  stop (&bench_torch_helper);
  stop (&bench_onnxruntime_helper);
}

void
bench_helper_stop (BenchHelper *helper)
{
  stop (helper);
  helper->tried = false;
}

/* One line without its end; false at the end of the stream. */
static bool
read_line (BenchHelper *helper, char *line, size_t size)
{
  fflush (helper->to);
  if (!fgets (line, (int)size, helper->from))
    return false;
  line[strcspn (line, "\n")] = '\0';
  return true;
}

BenchHelper *
bench_helper_start (BenchHelper *helper)
{
  char line[sizeof helper->absence] = "";
  if (!helper->tried) {
    static bool stops_at_exit;
    if (!stops_at_exit)
      atexit (stop_all);
    stops_at_exit = true;
    helper->tried = true;
    signal (SIGPIPE, SIG_IGN);
    if (spawn (helper) &&
        (!read_line (helper, line, sizeof line) || strncmp (line, "ready", 5) != 0)) {
      const char *reason = strncmp (line, "no ", 3) == 0 ? line + 3 : "it did not start";
      snprintf (helper->absence, sizeof helper->absence, "%.250s", reason);
    }
  }
  return *helper->absence ? NULL : helper;
}

const char *
bench_helper_absence (BenchHelper *helper)
{
  return bench_helper_start (helper) ? NULL : helper->absence;
}

/* ---- Requests -------------------------------------------------------------------------------- */

/* A helper that stops in the middle is a defect: nothing that was measured with it counts. */
static void
read_answer (BenchHelper *helper, char *line, size_t size)
{
  if (!read_line (helper, line, size)) {
    fprintf (stderr, "%s stopped\n", helper->script);
    exit (1);
  }
}

/* The ID of an answer "ready ID"; -1 after a refusal. */
static int
read_id (BenchHelper *helper)
{
  char line[512];
  int id = -1;
  read_answer (helper, line, sizeof line);
  if (sscanf (line, "ready %d", &id) != 1)
    fprintf (stderr, "%s: %s\n", helper->script, line);
  return id;
}

static void
send_values (BenchHelper *helper, float *values, size_t count)
{
  fwrite (values, sizeof *values, count, helper->to);
  bench_free (values);
}

static void
describe_layer (FILE *to, const BenchLayer *l)
{
  static const char *const kinds[] = {
      [BENCH_CONVOLUTION] = "convolution",
      [BENCH_MAX_POOL] = "max-pool",
      [BENCH_AVERAGE_POOL] = "average-pool",
      [BENCH_PIXEL_SHUFFLE] = "pixel-shuffle",
      [BENCH_BILINEAR] = "bilinear",
      [BENCH_CONCATENATE] = "concatenate",
      [BENCH_ADD] = "add",
  };
  static const char *const activations[] = {
      [BENCH_NO_ACTIVATION] = "none",
      [BENCH_RELU] = "relu",
      [BENCH_LEAKY_RELU] = "leaky-relu",
      [BENCH_CRELU] = "crelu",
      [BENCH_TANH] = "tanh",
      [BENCH_SIGMOID] = "sigmoid",
  };
  fprintf (to,
      "{\"kind\":\"%s\",\"from\":%d,\"second\":%d,\"inputs\":%d,\"outputs\":%d,\"kernel\":%d,"
      "\"stride\":%d,\"padding\":%d,\"dilation\":%d,\"groups\":%d,\"activation\":\"%s\"}",
      kinds[l->kind], l->from, l->second, l->inputs, l->outputs, l->kernel, l->stride, l->padding,
      l->dilation, l->groups, activations[l->activation]);
}

static void
begin_prepare (BenchHelper *helper, const BenchLayer *first, int n_threads)
{
  fprintf (helper->to,
      "prepare {\"threads\":%d,\"processor_time\":%s,\"planar\":%s,\"height\":%d,\"width\":%d,"
      "\"channels\":%d",
      n_threads, bench_uses_processor_time () ? "true" : "false", first->planar ? "true" : "false",
      first->height, first->width, first->inputs);
}

int
bench_helper_prepare_network (
    BenchHelper *helper, const BenchNetwork *network, int n_threads, const char *memory_format)
{
  const BenchLayer *first = &network->layers[0];
  begin_prepare (helper, first, n_threads);
  fprintf (helper->to, ",\"memory_format\":\"%s\",\"layers\":[", memory_format);
  for (int i = 0; i < network->n_layers; i++) {
    fputs (i ? "," : "", helper->to);
    describe_layer (helper->to, &network->layers[i]);
  }
  fputs ("]}\n", helper->to);
  send_values (helper, bench_input (first), bench_input_count (first));
  for (int i = 0; i < network->n_layers; i++) {
    const BenchLayer *layer = &network->layers[i];
    if (layer->kind == BENCH_CONVOLUTION) {
      send_values (helper, bench_weights (layer), bench_weight_count (layer));
      send_values (helper, bench_bias (layer), (size_t)layer->outputs);
    }
  }
  return read_id (helper);
}

int
bench_helper_prepare_onnx (
    BenchHelper *helper, const BenchNetwork *network, int n_threads, const char *path)
{
  const BenchLayer *first = &network->layers[0];
  begin_prepare (helper, first, n_threads);
  fprintf (helper->to, ",\"model\":\"%s\"}\n", path);
  send_values (helper, bench_input (first), bench_input_count (first));
  return read_id (helper);
}

int
bench_helper_open_onnx (BenchHelper *helper, const char *path, const int64_t *sizes, int rank,
    const float *input, int n_threads, double *seconds, double *bytes)
{
  char line[512];
  size_t count = 1;
  int id = -1;
  fprintf (helper->to, "open {\"threads\":%d,\"processor_time\":%s,\"model\":\"%s\",\"sizes\":[",
      n_threads, bench_uses_processor_time () ? "true" : "false", path);
  for (int i = 0; i < rank; i++) {
    fprintf (helper->to, "%s%lld", i ? "," : "", (long long)sizes[i]);
    count *= (size_t)sizes[i];
  }
  fputs ("]}\n", helper->to);
  fwrite (input, sizeof *input, count, helper->to);
  read_answer (helper, line, sizeof line);
  if (sscanf (line, "opened %d %lf %lf", &id, seconds, bytes) != 3)
    fprintf (stderr, "%s: %s\n", helper->script, line);
  return id;
}

bool
bench_helper_export (BenchHelper *helper, int id, const char *path)
{
  fprintf (helper->to, "export %d %s\n", id, path);
  return read_id (helper) == id;
}

double
bench_helper_run (BenchHelper *helper, int id)
{
  char line[128], *end;
  fprintf (helper->to, "run %d\n", id);
  read_answer (helper, line, sizeof line);
  const double seconds = strtod (line, &end);
  if (end == line) {
    fprintf (stderr, "%s: %s\n", helper->script, line);
    exit (1);
  }
  return seconds;
}

float *
bench_helper_output (BenchHelper *helper, int id, size_t count)
{
  char line[128];
  size_t given = 0;
  fprintf (helper->to, "output %d\n", id);
  read_answer (helper, line, sizeof line);
  if (sscanf (line, "output %zu", &given) != 1)
    return NULL;
  float *values = bench_values (given > count ? given : count);
  if (fread (values, sizeof *values, given, helper->from) != given || given != count) {
    bench_free (values);
    return NULL;
  }
  return values;
}

void
bench_helper_release (BenchHelper *helper, int id)
{
  fprintf (helper->to, "release %d\n", id);
  read_id (helper);
}
