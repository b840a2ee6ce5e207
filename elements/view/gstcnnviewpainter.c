/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/gstcnnviewpainter.h"

#include "view/gstcnnviewdecoration.h"

#include <math.h>
#include <string.h>

struct _GstCnnViewPainter {
  const CnnDispatch *dispatch;
  GstCnnViewText *text;

  CnnShape shape;
  CnnLayout tensor_layout;
  CnnSampleType type;

  /* The layout, and what it was made for. */
  gboolean has_layout;
  GstCnnViewRequest request;
  GstCnnViewLayout layout;

  /* The plan, and the maps it draws: those of the page. */
  CnnView *view;
  GArray *maps;
  gint values_width, values_height, enlargement;

  CnnViewTable table;
  gboolean has_table;
  CnnColormap colormap;
  gdouble gamma;
  gboolean centred;

  /* Ranges after smoothing, of every map and of all together. */
  GArray *smoothed;
  GstCnnViewRange layer;
  gdouble clip;      /* that they were made with */
  GArray *intervals; /* of the shown maps */
};

GstCnnViewPainter *
gst_cnn_view_painter_new (const CnnDispatch *dispatch)
{
  GstCnnViewPainter *painter = g_new0 (GstCnnViewPainter, 1);
  painter->dispatch = dispatch;
  painter->text = gst_cnn_view_text_new ();
  painter->maps = g_array_new (FALSE, FALSE, sizeof (gint));
  painter->smoothed = g_array_new (FALSE, FALSE, sizeof (GstCnnViewRange));
  painter->intervals = g_array_new (FALSE, FALSE, sizeof (GstCnnViewRange));
  return painter;
}

void
gst_cnn_view_painter_free (GstCnnViewPainter *painter)
{
  if (!painter)
    return;
  cnn_view_free (painter->view);
  gst_cnn_view_text_free (painter->text);
  g_array_unref (painter->maps);
  g_array_unref (painter->smoothed);
  g_array_unref (painter->intervals);
  g_free (painter);
}

void
gst_cnn_view_painter_set_stream (
    GstCnnViewPainter *painter, CnnShape shape, CnnLayout layout, CnnSampleType type)
{
  painter->shape = shape;
  painter->tensor_layout = layout;
  painter->type = type;
  painter->has_layout = FALSE;
  painter->has_table = FALSE;
  g_clear_pointer (&painter->view, cnn_view_free);

  const GstCnnViewRange nothing = {INFINITY, -INFINITY};
  g_array_set_size (painter->smoothed, (guint)(shape.n * shape.c));
  for (guint i = 0; i < painter->smoothed->len; i++)
    g_array_index (painter->smoothed, GstCnnViewRange, i) = nothing;
  painter->layer = nothing;
}

const GstCnnViewLayout *
gst_cnn_view_painter_layout (const GstCnnViewPainter *painter)
{
  return &painter->layout;
}

/* ---- Plan ------------------------------------------------------------------------------------ */

GstCnnViewRequest
gst_cnn_view_painter_request (CnnShape shape, const GstCnnViewScene *scene, gint width, gint height)
{
  const GstCnnViewSettings *settings = &scene->settings;
  const gboolean grid = settings->channel < 0;
  GstCnnViewRequest request;
  /* Compared as bytes. */
  memset (&request, 0, sizeof request);
  request.width = width;
  request.height = height;
  request.map_width = shape.w;
  request.map_height = shape.h;
  request.source_width = scene->source_width;
  request.source_height = scene->source_height;
  request.kernels =
      settings->kernels && scene->kernels && gst_cnn_view_kernels_exist (scene->kernels);
  request.n_tiles = grid ? (gint)scene->maps->len : 1;
  request.columns = grid ? settings->columns : 0;
  request.page = grid ? settings->page : 0;
  request.gap = (gint)settings->gap;
  request.captions = settings->labels;
  gchar longest[GST_CNN_VIEW_NAME_SIZE];
  gst_cnn_view_name_map (shape, shape.n * shape.c - 1, longest);
  request.caption_letters = (gint)strlen (longest);
  request.title = settings->title;
  request.legend = settings->legend;
  return request;
}

/* TRUE when the plan draws other maps than those of the page. */
static gboolean
update_maps (GstCnnViewPainter *painter, const gint *maps)
{
  guint n_shown = (guint)painter->layout.n_shown;
  if (painter->maps->len == n_shown &&
      memcmp (painter->maps->data, maps, n_shown * sizeof *maps) == 0)
    return FALSE;
  g_array_set_size (painter->maps, 0);
  g_array_append_vals (painter->maps, maps, n_shown);
  g_array_set_size (painter->intervals, n_shown);
  return TRUE;
}

static gboolean
update_plan (GstCnnViewPainter *painter, const GstCnnViewScene *scene,
    const GstCnnViewCanvas *canvas, CnnError *error)
{
  GstCnnViewRequest request =
      gst_cnn_view_painter_request (painter->shape, scene, canvas->width, canvas->height);
  if (!painter->has_layout || memcmp (&request, &painter->request, sizeof request) != 0) {
    painter->request = request;
    gst_cnn_view_layout_init (&painter->layout, &request);
    painter->has_layout = TRUE;
  }
  const GstCnnViewLayout *layout = &painter->layout;
  const gint *maps = &scene->settings.channel;
  if (scene->settings.channel < 0)
    maps = &g_array_index (scene->maps, gint, layout->first);
  gboolean changed = update_maps (painter, maps);
  if (painter->view && !changed && painter->values_width == layout->values_width &&
      painter->values_height == layout->values_height &&
      painter->enlargement == layout->enlargement)
    return TRUE;

  const CnnViewGeometry geometry = {.shape = painter->shape,
      .layout = painter->tensor_layout,
      .type = painter->type,
      .tile_height = layout->values_height,
      .tile_width = layout->values_width,
      .enlargement = layout->enlargement,
      .maps = (const gint *)(gconstpointer)painter->maps->data,
      .n_maps = layout->n_shown};
  cnn_view_free (painter->view);
  painter->view = cnn_view_new (painter->dispatch, &geometry, error);
  painter->values_width = layout->values_width;
  painter->values_height = layout->values_height;
  painter->enlargement = layout->enlargement;
  return painter->view != NULL;
}

static void
update_table (
    GstCnnViewPainter *painter, const GstCnnViewSettings *settings, const CnnPixelFormat *format)
{
  gboolean centred = settings->normalize == GST_CNN_VIEW_NORMALIZE_SYMMETRIC;
  if (painter->has_table && painter->colormap == settings->colormap &&
      painter->gamma == settings->gamma && painter->centred == centred &&
      memcmp (&painter->table.format, format, sizeof *format) == 0)
    return;
  cnn_view_table_fill (&painter->table, settings->colormap, settings->gamma, centred, format);
  painter->colormap = settings->colormap;
  painter->gamma = settings->gamma;
  painter->centred = centred;
  painter->has_table = TRUE;
}

/* ---- Ranges ---------------------------------------------------------------------------------- */

static void
smooth (GstCnnViewRange *smoothed, gdouble min, gdouble max, gdouble smoothing)
{
  if (min > max)
    return;
  if (smoothing == 0 || smoothed->min > smoothed->max) {
    *smoothed = (GstCnnViewRange){min, max};
    return;
  }
  smoothed->min = smoothing * smoothed->min + (1 - smoothing) * min;
  smoothed->max = smoothing * smoothed->max + (1 - smoothing) * max;
}

/* Narrows the range by `clip` percent of the counted values at each end. `counts` are by levels of
 * the range. */
static void
clip_range (GstCnnViewRange *range, const gsize *counts, gdouble clip)
{
  const gdouble step = (range->max - range->min) / CNN_VIEW_LEVELS;
  gsize total = 0, below = 0, above = 0;
  for (gint level = 0; level < CNN_VIEW_LEVELS; level++)
    total += counts[level];
  gdouble most = clip / 100 * total;
  gint low = 0, high = CNN_VIEW_LEVELS - 1;
  while (low < high && (below += counts[low]) <= most)
    low++;
  while (high > low && (above += counts[high]) <= most)
    high--;
  range->max = range->min + (high + 1) * step;
  range->min += low * step;
}

static void
clip_shown (GstCnnViewPainter *painter, const GstCnnViewSettings *settings, GstCnnViewRange *shown,
    GstCnnViewRange *layer)
{
  gsize counts[CNN_VIEW_LEVELS] = {0};
  gboolean together = settings->normalize != GST_CNN_VIEW_NORMALIZE_CHANNEL;
  for (gint i = 0; i < painter->layout.n_shown; i++) {
    const GstCnnViewRange *range = together ? layer : &shown[i];
    if (!(range->min < range->max))
      continue;
    cnn_view_count (painter->view, i, cnn_view_scale (range->min, range->max), counts);
    if (!together) {
      clip_range (&shown[i], counts, settings->clip);
      memset (counts, 0, sizeof counts);
    }
  }
  if (together && layer->min < layer->max)
    clip_range (layer, counts, settings->clip);
}

/* Ranges of the shown maps and of the layer, clipped and smoothed. Returns how many values of the
 * frame are not finite. */
static gsize
update_ranges (GstCnnViewPainter *painter, const GstCnnViewScene *scene)
{
  const GstCnnViewSettings *settings = &scene->settings;
  const CnnMapRange *ranges = cnn_view_ranges (painter->view);
  const gint *maps = (const gint *)(gconstpointer)painter->maps->data;
  GstCnnViewRange *shown = (GstCnnViewRange *)(gpointer)painter->intervals->data;
  GstCnnViewRange layer = {INFINITY, -INFINITY};
  gsize not_finite = 0;
  for (guint map = 0; map < painter->smoothed->len; map++) {
    layer.min = MIN (layer.min, ranges[map].min);
    layer.max = MAX (layer.max, ranges[map].max);
    not_finite += ranges[map].not_finite;
  }
  for (gint i = 0; i < painter->layout.n_shown; i++)
    shown[i] = (GstCnnViewRange){ranges[maps[i]].min, ranges[maps[i]].max};
  if (settings->clip > 0 && !painter->layout.bars)
    clip_shown (painter, settings, shown, &layer);

  gdouble smoothing = settings->smoothing;
  if (smoothing > 0 && scene->repeats)
    smoothing = painter->clip == settings->clip; /* all of the old, or nothing */
  painter->clip = settings->clip;
  for (gint i = 0; i < painter->layout.n_shown; i++)
    smooth (&g_array_index (painter->smoothed, GstCnnViewRange, maps[i]), shown[i].min,
        shown[i].max, smoothing);
  smooth (&painter->layer, layer.min, layer.max, smoothing);
  return not_finite;
}

static GstCnnViewRange
interval_of (const GstCnnViewPainter *painter, const GstCnnViewSettings *settings, gint map)
{
  GstCnnViewRange interval = painter->layer;
  switch (settings->normalize) {
  case GST_CNN_VIEW_NORMALIZE_CHANNEL:
    /* A single value is no range: bars share one. */
    if (!painter->layout.bars)
      interval = g_array_index (painter->smoothed, GstCnnViewRange, map);
    break;
  case GST_CNN_VIEW_NORMALIZE_LAYER:
    break;
  case GST_CNN_VIEW_NORMALIZE_SYMMETRIC:
    interval.max = MAX (fabs (interval.min), fabs (interval.max));
    interval.min = -interval.max;
    break;
  case GST_CNN_VIEW_NORMALIZE_FIXED:
    return (GstCnnViewRange){settings->minimum, settings->maximum};
  }
  if (!(interval.min <= interval.max) || isinf (interval.max))
    return (GstCnnViewRange){0, 0};
  if (painter->layout.bars) {
    interval.min = MIN (interval.min, 0);
    interval.max = MAX (interval.max, 0);
  }
  return interval;
}

/* ---- Drawing --------------------------------------------------------------------------------- */

static void
draw_tiles (GstCnnViewPainter *painter, const GstCnnViewCanvas *canvas)
{
  for (gint i = 0; i < painter->layout.n_shown; i++) {
    GstCnnViewBox tile = gst_cnn_view_layout_tile (&painter->layout, i);
    const GstCnnViewRange *interval = &g_array_index (painter->intervals, GstCnnViewRange, i);
    cnn_view_draw (painter->view, i, cnn_view_scale (interval->min, interval->max), &painter->table,
        gst_cnn_view_canvas_at (canvas, tile.x, tile.y), canvas->stride);
  }
}

/* The frame as a canvas: one plane of packed pixels. */
static GstCnnViewCanvas
canvas_of (const GstVideoFrame *frame)
{
  const GstVideoFormatInfo *info = frame->info.finfo;
  GstCnnViewCanvas canvas = {.pixels = GST_VIDEO_FRAME_PLANE_DATA (frame, 0),
      .stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0),
      .width = GST_VIDEO_FRAME_WIDTH (frame),
      .height = GST_VIDEO_FRAME_HEIGHT (frame)};
  CnnPixelFormat *format = &canvas.format;
  format->bytes = GST_VIDEO_FRAME_COMP_PSTRIDE (frame, 0);
  format->red = GST_VIDEO_FORMAT_INFO_POFFSET (info, 0);
  format->green = GST_VIDEO_FORMAT_INFO_POFFSET (info, 1);
  format->blue = GST_VIDEO_FORMAT_INFO_POFFSET (info, 2);
  /* Of the four places the one that is no color: 0 + 1 + 2 + 3 = 6. */
  format->unused = format->bytes == 4 ? 6 - format->red - format->green - format->blue : -1;
  return canvas;
}

static void
draw_everything (GstCnnViewPainter *painter, const GstCnnViewDrawing *drawing, GstVideoFrame *frame)
{
  const GstCnnViewCanvas *canvas = drawing->canvas;
  gst_cnn_view_canvas_fill (
      canvas, (GstCnnViewBox){0, 0, canvas->width, canvas->height}, GST_CNN_VIEW_BACKGROUND);
  if (painter->layout.source.width > 0)
    gst_cnn_view_source_draw (drawing->scene->source, frame, painter->layout.source);
  if (painter->layout.bars)
    gst_cnn_view_draw_bars (drawing);
  else
    draw_tiles (painter, canvas);
  gst_cnn_view_draw_captions (drawing);
  gst_cnn_view_draw_title (drawing);
  gst_cnn_view_draw_legend (drawing);
  gst_cnn_view_draw_kernels (drawing);
  gst_cnn_view_draw_readout (drawing);
  gst_cnn_view_draw_overlay (drawing);
}

gboolean
gst_cnn_view_painter_draw (GstCnnViewPainter *painter, const GstCnnViewScene *scene,
    const guint8 *tensor, GstVideoFrame *frame, CnnError *error)
{
  const GstCnnViewCanvas canvas = canvas_of (frame);
  if (!update_plan (painter, scene, &canvas, error))
    return FALSE;
  update_table (painter, &scene->settings, &canvas.format);
  cnn_view_read (painter->view, tensor);
  gsize not_finite = update_ranges (painter, scene);

  const gint *maps = (const gint *)(gconstpointer)painter->maps->data;
  for (gint i = 0; i < painter->layout.n_shown; i++)
    g_array_index (painter->intervals, GstCnnViewRange, i) =
        interval_of (painter, &scene->settings, maps[i]);

  const GstCnnViewDrawing drawing = {.canvas = &canvas,
      .layout = &painter->layout,
      .scene = scene,
      .table = &painter->table,
      .text = painter->text,
      .shape = painter->shape,
      .tensor_layout = painter->tensor_layout,
      .type = painter->type,
      .tensor = tensor,
      .maps = maps,
      .ranges = cnn_view_ranges (painter->view),
      .intervals = (const GstCnnViewRange *)(gconstpointer)painter->intervals->data,
      .not_finite = not_finite};
  draw_everything (painter, &drawing, frame);
  return TRUE;
}
