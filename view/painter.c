/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/painter.h"

#include "view/decoration.h"
#include "view/image.h"
#include "view/strip.h"

#include <math.h>
#include <string.h>

struct _CnnViewPainter {
  const CnnContext *context;
  CnnViewText *text;

  CnnShape shape;
  /* How the plan below reads values; those of another kind are packed first. */
  CnnLayout tensor_layout;
  CnnSampleType type;
  GByteArray *packed;

  /* The layout, and what it was made for. */
  gboolean has_layout;
  CnnViewRequest request;
  CnnViewLayout layout;

  /* The plan, and the maps it draws: those of the page. */
  CnnView *view;
  GArray *maps;
  gint values_width, values_height, enlargement;
  CnnViewBorder border;

  CnnViewTable table;
  gboolean has_table;
  CnnColormap colormap;
  gdouble gamma;
  gboolean centred;

  /* Ranges after smoothing, of every map and of all together. */
  GArray *smoothed;
  CnnViewRange layer;
  gdouble clip;      /* that they were made with */
  GArray *intervals; /* of the shown maps */
};

CnnViewPainter *
cnn_view_painter_new (const CnnContext *context)
{
  CnnViewPainter *painter = g_new0 (CnnViewPainter, 1);
  painter->context = context;
  painter->text = cnn_view_text_new ();
  painter->packed = g_byte_array_new ();
  painter->maps = g_array_new (FALSE, FALSE, sizeof (gint));
  painter->smoothed = g_array_new (FALSE, FALSE, sizeof (CnnViewRange));
  painter->intervals = g_array_new (FALSE, FALSE, sizeof (CnnViewRange));
  return painter;
}

void
cnn_view_painter_free (CnnViewPainter *painter)
{
  if (!painter)
    return;
  cnn_view_free (painter->view);
  cnn_view_text_free (painter->text);
  g_byte_array_unref (painter->packed);
  g_array_unref (painter->maps);
  g_array_unref (painter->smoothed);
  g_array_unref (painter->intervals);
  g_free (painter);
}

void
cnn_view_painter_set_shape (CnnViewPainter *painter, CnnShape shape)
{
  painter->shape = shape;
  painter->has_layout = FALSE;
  painter->has_table = FALSE;
  g_clear_pointer (&painter->view, cnn_view_free);

  const CnnViewRange nothing = {INFINITY, -INFINITY};
  g_array_set_size (painter->smoothed, (guint)(shape.n * shape.c));
  for (guint i = 0; i < painter->smoothed->len; i++)
    g_array_index (painter->smoothed, CnnViewRange, i) = nothing;
  painter->layer = nothing;
}

const CnnViewLayout *
cnn_view_painter_layout (const CnnViewPainter *painter)
{
  return &painter->layout;
}

/* ---- Plan ------------------------------------------------------------------------------------ */

/* How far beyond the source the values of an axis see, in pixels of the source as it is shown. Deep in a network
 * that is further than there is room for: at most an eighth of it. */
static void
padding_of_axis (
    const CnnReceptiveAxis *axis, gint field, gint shown, gint n, gint *before, gint *after)
{
  const gdouble scale = field > 0 ? shown / (gdouble)field : 0;
  const gdouble first = axis->size / 2 - 0.5 - axis->offset;
  const gdouble last = axis->offset + (n - 1) * axis->jump + 0.5 + axis->size / 2 - field;
  const gint most = shown / 8;
  *before = field > 0 ? (gint)ceil (CLAMP (first * scale, 0, most)) : 0;
  *after = field > 0 ? (gint)ceil (CLAMP (last * scale, 0, most)) : 0;
}

/* In letters. */
static gint
longest_name (CnnShape shape, const gchar *const *names)
{
  gchar name[CNN_VIEW_NAME_SIZE];
  glong longest = 0;
  for (gint c = names ? 0 : shape.c - 1; c < shape.c; c++) {
    cnn_view_name_map (shape, names, (shape.n - 1) * shape.c + c, name);
    longest = MAX (longest, g_utf8_strlen (name, -1));
  }
  return (gint)longest;
}

CnnViewRequest
cnn_view_painter_request (CnnShape shape, const CnnViewScene *scene, gint width, gint height)
{
  const CnnViewSettings *settings = &scene->settings;
  const gboolean grid = settings->channel < 0;
  CnnViewRequest request;
  /* Compared as bytes. */
  memset (&request, 0, sizeof request);
  request.width = width;
  request.height = height;
  request.map_width = shape.w;
  request.map_height = shape.h;
  request.source_width = scene->source_width;
  request.source_height = scene->source_height;
  padding_of_axis (&scene->field.rows, scene->field_rows, scene->source_height, shape.h,
      &request.padding_top, &request.padding_bottom);
  padding_of_axis (&scene->field.columns, scene->field_columns, scene->source_width, shape.w,
      &request.padding_left, &request.padding_right);
  request.kernels =
      settings->kernels && scene->weights && cnn_view_weights_panel_exist (scene->weights);
  request.n_layers = scene->n_layers;
  request.current_layer = scene->current_layer;
  request.arithmetic = settings->arithmetic || settings->step;
  request.n_tiles = grid ? (gint)scene->maps->len : 1;
  request.group = scene->group;
  request.columns = grid ? settings->columns : 0;
  request.page = grid ? settings->page : 0;
  request.gap = (gint)settings->gap;
  request.captions = settings->labels;
  request.named = scene->names != NULL;
  request.caption_letters = longest_name (shape, scene->names);
  request.title = settings->title;
  request.legend = settings->legend;
  return request;
}

/* TRUE when the plan draws other maps than those of the page. */
static gboolean
update_maps (CnnViewPainter *painter, const gint *maps)
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

/* How many of n values on one axis see something beyond the source: padding. At most an eighth at each
 * end: deep in a network every value does, and of a few values all count. */
static void
border_of_axis (
    const CnnReceptiveAxis *axis, gint source, gint n, gboolean ignored, gint *first, gint *last)
{
  const gdouble reach = axis->size / 2 - 0.5 - axis->offset, slack = 1e-6;
  *first = *last = 0;
  if (!ignored || source < 1 || !(axis->jump > 0))
    return;
  const gdouble low = ceil (reach / axis->jump - slack);
  const gdouble high = floor ((source - axis->size / 2 - 0.5 - axis->offset) / axis->jump + slack);
  *first = (gint)CLAMP (low, 0, n / 8);
  *last = (gint)CLAMP (n - 1 - high, 0, n / 8);
}

static CnnViewBorder
border_of (CnnShape shape, const CnnViewScene *scene)
{
  const gboolean ignored = scene->settings.ignore_border;
  CnnViewBorder border;
  border_of_axis (
      &scene->field.rows, scene->field_rows, shape.h, ignored, &border.top, &border.bottom);
  border_of_axis (
      &scene->field.columns, scene->field_columns, shape.w, ignored, &border.left, &border.right);
  return border;
}

static gboolean
update_plan (CnnViewPainter *painter, const CnnViewScene *scene, const CnnViewCanvas *canvas,
    CnnError *error)
{
  CnnViewRequest request =
      cnn_view_painter_request (painter->shape, scene, canvas->width, canvas->height);
  if (!painter->has_layout || memcmp (&request, &painter->request, sizeof request) != 0) {
    painter->request = request;
    cnn_view_layout_init (&painter->layout, &request);
    painter->has_layout = TRUE;
  }
  const CnnViewLayout *layout = &painter->layout;
  const gint *maps = &scene->settings.channel;
  if (scene->settings.channel < 0)
    maps = &g_array_index (scene->maps, gint, layout->first);
  gboolean changed = update_maps (painter, maps);
  const CnnViewBorder border = border_of (painter->shape, scene);
  if (painter->view && !changed && memcmp (&border, &painter->border, sizeof border) == 0 &&
      painter->values_width == layout->values_width &&
      painter->values_height == layout->values_height &&
      painter->enlargement == layout->enlargement)
    return TRUE;

  const CnnViewGeometry geometry = {.shape = painter->shape,
      .layout = painter->tensor_layout,
      .type = painter->type,
      .tile_height = layout->values_height,
      .tile_width = layout->values_width,
      .enlargement = layout->enlargement,
      .border = border,
      .maps = (const gint *)(gconstpointer)painter->maps->data,
      .n_maps = layout->n_shown};
  cnn_view_free (painter->view);
  painter->view = cnn_view_new (painter->context, &geometry, error);
  painter->values_width = layout->values_width;
  painter->values_height = layout->values_height;
  painter->enlargement = layout->enlargement;
  painter->border = border;
  return painter->view != NULL;
}

/* Bars go both ways from 0, and their colors with them, unless the user chose others. */
static CnnColormap
effective_colormap (const CnnViewPainter *painter, const CnnViewSettings *settings)
{
  const gboolean chosen = settings->colormap != cnn_view_settings_default.colormap;
  return painter->layout.bars && !chosen ? CNN_COLORMAP_COOLWARM : settings->colormap;
}

static void
update_table (
    CnnViewPainter *painter, const CnnViewSettings *settings, const CnnPixelFormat *format)
{
  const CnnColormap colormap = effective_colormap (painter, settings);
  const gboolean centred = settings->normalize == CNN_VIEW_NORMALIZE_SYMMETRIC;
  if (painter->has_table && painter->colormap == colormap && painter->gamma == settings->gamma &&
      painter->centred == centred && memcmp (&painter->table.format, format, sizeof *format) == 0)
    return;
  cnn_colormap_fill (&painter->table, colormap, settings->gamma, centred, format);
  painter->colormap = colormap;
  painter->gamma = settings->gamma;
  painter->centred = centred;
  painter->has_table = TRUE;
}

/* ---- Ranges ---------------------------------------------------------------------------------- */

static void
smooth (CnnViewRange *smoothed, gdouble min, gdouble max, gdouble smoothing)
{
  if (min > max)
    return;
  if (smoothing == 0 || smoothed->min > smoothed->max) {
    *smoothed = (CnnViewRange){min, max};
    return;
  }
  smoothed->min = smoothing * smoothed->min + (1 - smoothing) * min;
  smoothed->max = smoothing * smoothed->max + (1 - smoothing) * max;
}

/* Narrows the range by `clip` percent of the counted values at each end. `counts` are by levels of
 * the range. */
static void
clip_range (CnnViewRange *range, const gsize *counts, gdouble clip)
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
clip_shown (CnnViewPainter *painter, const CnnViewSettings *settings, CnnViewRange *shown,
    CnnViewRange *layer)
{
  gsize counts[CNN_VIEW_LEVELS] = {0};
  gboolean together = settings->normalize != CNN_VIEW_NORMALIZE_CHANNEL;
  for (gint i = 0; i < painter->layout.n_shown; i++) {
    const CnnViewRange *range = together ? layer : &shown[i];
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
update_ranges (CnnViewPainter *painter, const CnnViewScene *scene)
{
  const CnnViewSettings *settings = &scene->settings;
  const CnnMapRange *ranges = cnn_view_ranges (painter->view);
  const gint *maps = (const gint *)(gconstpointer)painter->maps->data;
  CnnViewRange *shown = (CnnViewRange *)(gpointer)painter->intervals->data;
  CnnViewRange layer = {INFINITY, -INFINITY};
  gsize not_finite = 0;
  for (guint map = 0; map < painter->smoothed->len; map++) {
    layer.min = MIN (layer.min, ranges[map].min);
    layer.max = MAX (layer.max, ranges[map].max);
    not_finite += ranges[map].not_finite;
  }
  for (gint i = 0; i < painter->layout.n_shown; i++)
    shown[i] = (CnnViewRange){ranges[maps[i]].min, ranges[maps[i]].max};
  if (settings->clip > 0 && !painter->layout.bars)
    clip_shown (painter, settings, shown, &layer);

  gdouble smoothing = settings->smoothing;
  if (smoothing > 0 && scene->repeats)
    smoothing = painter->clip == settings->clip; /* all of the old, or nothing */
  painter->clip = settings->clip;
  for (gint i = 0; i < painter->layout.n_shown; i++)
    smooth (&g_array_index (painter->smoothed, CnnViewRange, maps[i]), shown[i].min, shown[i].max,
        smoothing);
  smooth (&painter->layer, layer.min, layer.max, smoothing);
  return not_finite;
}

static CnnViewRange
interval_of (const CnnViewPainter *painter, const CnnViewSettings *settings, gint map)
{
  CnnViewRange interval = painter->layer;
  switch (settings->normalize) {
  case CNN_VIEW_NORMALIZE_CHANNEL:
    /* A single value is no range: bars share one. */
    if (!painter->layout.bars)
      interval = g_array_index (painter->smoothed, CnnViewRange, map);
    break;
  case CNN_VIEW_NORMALIZE_LAYER:
    break;
  case CNN_VIEW_NORMALIZE_SYMMETRIC:
    interval.max = MAX (fabs (interval.min), fabs (interval.max));
    interval.min = -interval.max;
    break;
  case CNN_VIEW_NORMALIZE_FIXED:
    return (CnnViewRange){settings->minimum, settings->maximum};
  }
  if (!(interval.min <= interval.max) || isinf (interval.max))
    return (CnnViewRange){0, 0};
  if (painter->layout.bars) {
    interval.min = MIN (interval.min, 0);
    interval.max = MAX (interval.max, 0);
  }
  return interval;
}

/* ---- Drawing --------------------------------------------------------------------------------- */

static void
draw_tiles (CnnViewPainter *painter, const CnnViewCanvas *canvas)
{
  for (gint i = 0; i < painter->layout.n_shown; i++) {
    CnnViewBox tile = cnn_view_layout_tile (&painter->layout, i);
    const CnnViewRange *interval = &g_array_index (painter->intervals, CnnViewRange, i);
    cnn_view_draw (painter->view, i, cnn_view_scale (interval->min, interval->max), &painter->table,
        cnn_view_canvas_at (canvas, tile.x, tile.y), canvas->stride);
  }
}

static void
draw_everything (CnnViewPainter *painter, const CnnViewDrawing *drawing)
{
  const CnnViewCanvas *canvas = drawing->canvas;
  cnn_view_canvas_fill (
      canvas, (CnnViewBox){0, 0, canvas->width, canvas->height}, CNN_VIEW_BACKGROUND);
  if (painter->layout.source.width > 0) {
    cnn_view_draw_padding (drawing);
    drawing->scene->draw_source (drawing->scene->source, canvas, painter->layout.source);
  }
  if (painter->layout.bars)
    cnn_view_draw_bars (drawing);
  else
    draw_tiles (painter, canvas);
  cnn_view_draw_values (drawing);
  cnn_view_draw_strip (drawing);
  cnn_view_draw_captions (drawing);
  cnn_view_draw_title (drawing);
  cnn_view_draw_legend (drawing);
  cnn_view_draw_weights (drawing);
  cnn_view_draw_readout (drawing);
  cnn_view_draw_overlay (drawing);
}

/* The image as a dense tensor, which belongs to it or to the painter. */
static const guint8 *
as_tensor (CnnViewPainter *painter, const CnnImage *image)
{
  CnnLayout layout = CNN_LAYOUT_NHWC;
  const gboolean dense = cnn_view_image_is_dense (image, &layout);
  const CnnSampleType type = dense ? image->type : cnn_view_image_packed_type (image);
  if (painter->tensor_layout != layout || painter->type != type)
    g_clear_pointer (&painter->view, cnn_view_free);
  painter->tensor_layout = layout;
  painter->type = type;
  if (dense)
    return image->data;
  const CnnShape shape = image->shape;
  const gsize values = (gsize)shape.n * (gsize)shape.h * (gsize)shape.w * (gsize)shape.c;
  g_byte_array_set_size (painter->packed, (guint)(values * cnn_sample_bytes (type)));
  cnn_view_image_pack (image, painter->packed->data);
  return painter->packed->data;
}

gboolean
cnn_view_painter_draw (CnnViewPainter *painter, const CnnViewScene *scene, const CnnImage *image,
    const CnnViewCanvas *canvas, CnnError *error)
{
  const guint8 *tensor = as_tensor (painter, image);
  if (!update_plan (painter, scene, canvas, error))
    return FALSE;
  update_table (painter, &scene->settings, &canvas->format);
  cnn_view_read (painter->view, tensor);
  gsize not_finite = update_ranges (painter, scene);

  const gint *maps = (const gint *)(gconstpointer)painter->maps->data;
  for (gint i = 0; i < painter->layout.n_shown; i++)
    g_array_index (painter->intervals, CnnViewRange, i) =
        interval_of (painter, &scene->settings, maps[i]);

  const CnnViewDrawing drawing = {.canvas = canvas,
      .layout = &painter->layout,
      .scene = scene,
      .table = &painter->table,
      .colormap = painter->colormap,
      .text = painter->text,
      .shape = painter->shape,
      .image = image,
      .maps = maps,
      .ranges = cnn_view_ranges (painter->view),
      .intervals = (const CnnViewRange *)(gconstpointer)painter->intervals->data,
      .not_finite = not_finite};
  draw_everything (painter, &drawing);
  return TRUE;
}
