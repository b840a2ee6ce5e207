/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Times layers against the libraries that are installed, interleaved in rounds of one run:
 *
 *     cnn-bench --layers L1,M1 --threads 1,2 --json
 */
#include "report.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  MODE_LAYERS,
  MODE_ELEMENTS,
  MODE_CHAINS,
  MODE_NETWORKS,
  MODE_STARTUP,
};

typedef struct {
  int mode;
  const char *folder;  /* of networks */
  const char *layers;  /* comma-separated, NULL for all */
  const char *threads; /* comma-separated */
  const char *isa;
  double seconds;                     /* for each contender on each layer */
  int json, only_cnn, processor_time; /* 0 or 1 */
} Options;

/* ---- Contenders ------------------------------------------------------------------------------ */

/* Peers of this build, and what to install for the others. */
static const struct {
  const char *name, *package;
  const BenchContender *contender;
  const char *(*absence) (void); /* NULL for those that were linked */
} peers[] = {
#if BENCH_HAVE_ONEDNN
    {"onednn", "", &bench_onednn, NULL},
    {"onednn-winograd", "", &bench_onednn_winograd, NULL},
#else
    {"onednn", "libdnnl-dev 2", NULL, NULL},
#endif
#if BENCH_HAVE_XNNPACK
    {"xnnpack", "", &bench_xnnpack, NULL},
#else
    {"xnnpack", "libxnnpack-dev", NULL, NULL},
#endif
#if BENCH_HAVE_OPENCV
    {"opencv", "", &bench_opencv, NULL},
#else
    {"opencv", "libopencv-dev", NULL, NULL},
#endif
#if BENCH_HAVE_FFMPEG
    {"ffmpeg", "", &bench_ffmpeg, NULL},
#else
    {"ffmpeg", "libavfilter-dev", NULL, NULL},
#endif
    {"torch", "python3-torch", &bench_torch, bench_torch_absence},
    {"torch-nchw", "python3-torch", &bench_torch_nchw, bench_torch_absence},
    {"onnxruntime", "npm's onnxruntime-node", &bench_onnxruntime, bench_onnxruntime_absence},
};
#define N_PEERS (int)(sizeof peers / sizeof *peers)

static bool
computes_networks (const BenchContender *contender)
{
  return contender == &bench_torch || contender == &bench_torch_nchw ||
         contender == &bench_onnxruntime;
}

/* Those of a mode, ended by NULL, ours first. */
static void
choose_contenders (const Options *options, const BenchContender *chosen[BENCH_MAX_CONTENDERS + 1])
{
  int n = 0;
  chosen[n++] = options->mode == MODE_CHAINS ? &bench_cnn_pipeline : &bench_cnn;
  if (options->mode == MODE_ELEMENTS)
    chosen[n++] = &bench_element;
  if (options->mode == MODE_CHAINS)
    chosen[n++] = &bench_cnn_parts;
  if (options->mode == MODE_CHAINS)
    chosen[n++] = &bench_cnn_chain;
  for (int i = 0; i < N_PEERS; i++) {
    const BenchContender *peer = peers[i].contender;
    if (peer && !options->only_cnn && options->mode != MODE_ELEMENTS &&
        (options->mode == MODE_CHAINS ? computes_networks (peer) : peer != &bench_onnxruntime))
      chosen[n++] = peer;
  }
  chosen[n] = NULL;
}

/* ---- Running --------------------------------------------------------------------------------- */

bool
bench_is_listed (const char *list, const char *name)
{
  const size_t length = strlen (name);
  for (const char *at = list; at && *at;) {
    const size_t part = strcspn (at, ",");
    if (part == length && strncmp (at, name, length) == 0)
      return true;
    at += part + (at[part] == ',');
  }
  return list == NULL;
}

/* The layers or networks of a mode, one after the other: false behind the last. */
static bool
get_network (int mode, int index, BenchNetwork *network)
{
  if (mode == MODE_CHAINS ? index >= BENCH_N_NETWORKS : !bench_layers[index].name)
    return false;
  *network =
      mode == MODE_CHAINS ? bench_network (index) : bench_network_of_layer (&bench_layers[index]);
  return true;
}

/* False when a contender computed something else. */
static bool
bench_all (const Options *options, int n_threads, BenchLimits limits)
{
  const BenchContender *contenders[BENCH_MAX_CONTENDERS + 1];
  BenchNetwork network;
  bool differs = false;
  choose_contenders (options, contenders);
  for (int i = 0; get_network (options->mode, i, &network); i++) {
    BenchRace race;
    if (!bench_is_listed (options->layers, network.name))
      continue;
    if (!bench_race (&race, contenders, &network, n_threads, options->seconds, &differs))
      differs = true;
    else if (options->json)
      bench_print_race_json (&network, &race);
    else
      bench_print_race (&network, &race, limits);
  }
  return !differs;
}

static bool
bench_threads (const Options *options, int n_threads, BenchLimits one)
{
  const BenchLimits limits = n_threads == 1 ? one : bench_measure_limits (n_threads);
  const double gain = one.gflops > 0 ? limits.gflops / one.gflops : n_threads;
  fprintf (stderr, "%d thread%s, %s: %.0f GFLOP/s, %.1f GB/s read\n", n_threads,
      n_threads == 1 ? "" : "s", bench_cnn_isa (), limits.gflops, limits.gigabytes);
  if (gain < 0.9 * n_threads)
    fprintf (stderr,
        "%d threads compute only %.2f times as much as one: they share cores, or the "
        "machine is busy\n",
        n_threads, gain);
  if (options->mode == MODE_NETWORKS)
    return bench_files (options->folder, options->layers, n_threads, options->seconds,
        options->json, options->only_cnn);
  if (!options->json)
    bench_print_header ();
  return bench_all (options, n_threads, limits);
}

/* ---- Options --------------------------------------------------------------------------------- */

static void
list_everything (void)
{
  for (const BenchLayer *layer = bench_layers; layer->name; layer++)
    printf ("%-10s %s\n", layer->name, layer->what);
  printf ("with --chains:\n");
  for (int i = 0; i < BENCH_N_NETWORKS; i++) {
    const BenchNetwork network = bench_network (i);
    printf ("%-10s %s\n", network.name, network.what);
  }
  printf ("against:");
  for (int i = 0; i < N_PEERS; i++) {
    if (peers[i].contender && (!peers[i].absence || !peers[i].absence ()))
      printf (" %s", peers[i].name);
  }
  printf ("\n");
  for (int i = 0; i < N_PEERS; i++) {
    const char *absence = peers[i].absence ? peers[i].absence () : NULL;
    if (!peers[i].contender)
      printf ("without %s (%s): not in this build\n", peers[i].name, peers[i].package);
    else if (absence)
      printf ("without %s (%s): %s\n", peers[i].name, peers[i].package, absence);
  }
}

/* False, with a sentence, when a name is none of the mode's. */
static bool
check_layers (const Options *options)
{
  if (options->mode == MODE_NETWORKS)
    return true;
  for (const char *at = options->layers; at && *at;) {
    const int length = (int)strcspn (at, ",");
    BenchNetwork network;
    bool known = false;
    for (int i = 0; !known && get_network (options->mode, i, &network); i++)
      known = strlen (network.name) == (size_t)length &&
              strncmp (network.name, at, (size_t)length) == 0;
    if (!known) {
      fprintf (stderr, "--layers: there is no %s \"%.*s\": --list names them\n",
          options->mode == MODE_CHAINS ? "network" : "layer", length, at);
      return false;
    }
    at += length + (at[length] == ',');
  }
  return true;
}

static int
usage (int status)
{
  fprintf (status ? stderr : stdout,
      "cnn-bench [--list] [--elements | --chains | --networks | --startup] [--layers L1,M1] "
      "[--threads 1,2] "
      "[--isa avx2]\n"
      "          [--seconds 0.5] [--json] [--only-cnn] [--processor-time]\n"
      "Times each layer, and the same layer in every library this was built with, in rounds.\n"
      "  --elements  each layer as an element in a pipeline, beside its kernel alone\n"
      "  --chains    whole networks as pipelines, beside their kernels one after the other\n"
      "  --networks  networks from files, FOLDER/NAME/model.onnx, beside ONNX Runtime on the same "
      "file\n"
      "  --folder    where those are (default ../shared/networks)\n"
      "  --startup   networks of many branches: time to the first frame, and to a new shape\n"
      "  --list      layers, networks and libraries\n"
      "  --layers    some layers, or with --chains networks (default all)\n"
      "  --threads   numbers of threads, one after the other (default 1)\n"
      "  --isa       cap on the instruction set: c, sse4, avx2, avx512, neon\n"
      "  --seconds   for each library on each layer (default 0.5)\n"
      "  --json      one line of JSON a result\n"
      "  --only-cnn  no other libraries\n"
      "  --processor-time  counts only the time the process had a processor: for busy machines\n"
      "The exit status is 1 when a library computed something else than ours.\n");
  return status;
}

static bool
parse_seconds (const char *text, double *seconds)
{
  char *end;
  *seconds = strtod (text, &end);
  const bool valid = end != text && *end == '\0' && *seconds >= 0 && *seconds <= 3600;
  if (!valid)
    fprintf (stderr, "--seconds %s: a number from 0 to 3600 is expected\n", text);
  return valid;
}

/* False when an option is wrong; exits by itself after --help and --list. */
static bool
parse_options (int argc, char **argv, Options *options)
{
  const struct option known[] = {
      {"list", no_argument, NULL, 'l'},
      {"elements", no_argument, &options->mode, MODE_ELEMENTS},
      {"chains", no_argument, &options->mode, MODE_CHAINS},
      {"networks", no_argument, &options->mode, MODE_NETWORKS},
      {"folder", required_argument, NULL, 'F'},
      {"startup", no_argument, &options->mode, MODE_STARTUP},
      {"layers", required_argument, NULL, 'L'},
      {"threads", required_argument, NULL, 't'},
      {"isa", required_argument, NULL, 'i'},
      {"seconds", required_argument, NULL, 's'},
      {"json", no_argument, &options->json, 1},
      {"only-cnn", no_argument, &options->only_cnn, 1},
      {"processor-time", no_argument, &options->processor_time, 1},
      {"help", no_argument, NULL, 'h'},
      {0},
  };
  for (int option; (option = getopt_long (argc, argv, "h", known, NULL)) != -1;) {
    if (option == 'l')
      list_everything ();
    else if (option == 'h')
      usage (0);
    else if (option == 'L')
      options->layers = optarg;
    else if (option == 'F')
      options->folder = optarg;
    else if (option == 't')
      options->threads = optarg;
    else if (option == 'i')
      options->isa = optarg;
    else if (option == 's' && !parse_seconds (optarg, &options->seconds))
      exit (1);
    else if (option == '?')
      return false;
    if (option == 'l' || option == 'h')
      exit (0);
  }
  return optind == argc;
}

int
main (int argc, char **argv)
{
  Options options = {.folder = BENCH_FOLDER "/../../shared/networks",
      .threads = "1",
      .isa = getenv ("CNN_ISA"),
      .seconds = 0.5};
  if (!parse_options (argc, argv, &options))
    return usage (1);
  if (options.mode == MODE_STARTUP)
    return bench_startup (options.json) ? 0 : 1;
  if (!check_layers (&options) || !bench_cnn_open (options.isa))
    return 1;
  if (options.processor_time && strcmp (options.threads, "1") != 0) {
    fprintf (stderr, "--processor-time adds up over threads: it goes with --threads 1\n");
    return 1;
  }
  if (options.processor_time)
    bench_use_processor_time ();
  const BenchLimits one = bench_measure_limits (1);
  bool same = true;
  for (const char *at = options.threads; *at; at += strcspn (at, "0123456789")) {
    char *end;
    const long n_threads = strtol (at, &end, 10);
    if (end == at || n_threads < 1 || n_threads > 64) {
      fprintf (stderr, "--threads %s: numbers from 1 to 64 are expected\n", options.threads);
      return 1;
    }
    same = bench_threads (&options, (int)n_threads, one) && same;
    at = end;
  }
  bench_cnn_close ();
  return same ? 0 : 1;
}
