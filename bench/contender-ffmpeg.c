/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The filter "convolution" of libavfilter: one plane of bytes, 3x3 to 7x7, stride 1. */
#include "bench.h"

#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/frame.h>
#include <libavutil/mem.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct BenchRun {
  BenchLayer layer;
  AVFilterGraph *graph;
  AVFilterContext *source, *sink;
  AVFrame *in, *out;
};

/* Its coefficients are integers, multiplied by one factor: sixteenths are what bench_weights () gives. */
#define DENOMINATOR 16

static void
describe_filter (const BenchLayer *l, char *text, size_t size)
{
  float *weights = bench_weights (l);
  int length = snprintf (text, size, "convolution=0rdiv=1/%d:0m=", DENOMINATOR);
  for (int i = 0; i < l->kernel * l->kernel; i++)
    length += snprintf (text + length, size - (size_t)length, "%s%ld", i ? " " : "",
        lrintf (weights[i] * DENOMINATOR));
  bench_free (weights);
}

static bool
make_graph (BenchRun *run, int n_threads)
{
  const BenchLayer *l = &run->layer;
  AVFilterInOut *from = avfilter_inout_alloc (), *to = avfilter_inout_alloc ();
  char filter[512], size[128];
  describe_filter (l, filter, sizeof filter);
  snprintf (size, sizeof size, "video_size=%dx%d:pix_fmt=%d:time_base=1/25", l->width, l->height,
      AV_PIX_FMT_GRAY8);
  run->graph = avfilter_graph_alloc ();
  run->graph->nb_threads = n_threads;
  bool made = avfilter_graph_create_filter (&run->source, avfilter_get_by_name ("buffer"), "in",
                  size, NULL, run->graph) >= 0 &&
              avfilter_graph_create_filter (&run->sink, avfilter_get_by_name ("buffersink"), "out",
                  NULL, NULL, run->graph) >= 0;
  if (made) {
    *from = (AVFilterInOut){av_strdup ("in"), run->source, 0, NULL};
    *to = (AVFilterInOut){av_strdup ("out"), run->sink, 0, NULL};
    made = avfilter_graph_parse_ptr (run->graph, filter, &to, &from, NULL) >= 0 &&
           avfilter_graph_config (run->graph, NULL) >= 0;
  }
  avfilter_inout_free (&from);
  avfilter_inout_free (&to);
  return made;
}

static bool
make_frames (BenchRun *run)
{
  const BenchLayer *l = &run->layer;
  run->in = av_frame_alloc ();
  run->out = av_frame_alloc ();
  run->in->format = AV_PIX_FMT_GRAY8;
  run->in->width = l->width;
  run->in->height = l->height;
  if (av_frame_get_buffer (run->in, 64) < 0)
    return false;
  unsigned char *bytes = bench_input_bytes (l);
  for (int y = 0; y < l->height; y++)
    memcpy (run->in->data[0] + (ptrdiff_t)y * run->in->linesize[0],
        bytes + (size_t)y * (size_t)l->width, (size_t)l->width);
  bench_free (bytes);
  return true;
}

static void
release (BenchRun *run)
{
  av_frame_free (&run->in);
  av_frame_free (&run->out);
  avfilter_graph_free (&run->graph);
  free (run);
}

static BenchRun *
prepare (const BenchNetwork *network, int n_threads)
{
  const BenchLayer *l = &network->layers[0];
  if (network->n_layers != 1 || !l->bytes_in || !l->bytes_out || l->inputs != 1 || l->stride != 1 ||
      l->kernel < 3 || l->kernel > 7)
    return NULL;
  BenchRun *run = calloc (1, sizeof *run);
  run->layer = *l;
  if (!make_graph (run, n_threads) || !make_frames (run)) {
    release (run);
    return NULL;
  }
  return run;
}

static double
run_once (BenchRun *run)
{
  const double start = bench_now ();
  av_frame_unref (run->out);
  run->in->pts++;
  if (av_buffersrc_add_frame_flags (run->source, run->in, AV_BUFFERSRC_FLAG_KEEP_REF) < 0 ||
      av_buffersink_get_frame (run->sink, run->out) < 0) {
    fprintf (stderr, "libavfilter gave no frame\n");
    exit (1);
  }
  return bench_now () - start;
}

static float *
output (BenchRun *run)
{
  const size_t width = (size_t)run->layer.width, height = (size_t)run->layer.height;
  unsigned char *bytes = malloc (width * height);
  for (size_t y = 0; y < height; y++)
    memcpy (bytes + y * width, run->out->data[0] + (ptrdiff_t)y * run->out->linesize[0], width);
  float *values = bench_floats_of_bytes (bytes, width * height);
  free (bytes);
  return values;
}

const BenchContender bench_ffmpeg = {"ffmpeg", false, prepare, run_once, output, release};
