/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "launch-line.h"

#include "tensor-file.h"

#include <math.h>
#include <string.h>

typedef struct {
  const CnnModule *kernel;      /* Conv2d or Linear */
  const CnnModule *batch_norm;  /* or NULL */
  const CnnModule *prelu;       /* or NULL */
  gboolean crelu;               /* the next layer takes twice the channels */
  gint pool_rows, pool_columns; /* the pixels a Linear weight takes, else 0 */
} Stage;

/* The whole of the command. */
typedef struct {
  GString *text;
  const gchar *path, *activation;
  gdouble alpha;
  gboolean has_alpha;
} Line;

/* The side of a square of `pixels`, or 0. */
static gint
square_side (gint64 pixels)
{
  gint64 side = (gint64)(sqrt ((gdouble)pixels) + 0.5);
  return side <= G_MAXINT && side * side == pixels ? (gint)side : 0;
}

/* The most square rows and columns of `pixels`, if they are not much wider than high. */
static gboolean
find_rectangle (gint64 pixels, gint *rows, gint *columns)
{
  gint64 side = (gint64)sqrt ((gdouble)pixels);
  while (side > 1 && pixels % side != 0)
    side--;
  if (side < 1 || pixels / side > 4 * side)
    return FALSE;
  *rows = (gint)side;
  *columns = (gint)(pixels / side);
  return TRUE;
}

static gint64
stage_outputs (const Stage *stage)
{
  return stage->kernel->out_channels;
}

/* Whether `next` can follow a layer of `channels`, and how. The shape of a depthwise weight, O,1,
 * shows; other groups do not, and count as a break in the chain. */
static gboolean
follows (Stage *previous, Stage *next)
{
  gint64 channels = stage_outputs (previous), inputs = next->kernel->in_channels;
  if (channels < 1)
    return FALSE;
  if (inputs == channels)
    return TRUE;
  if (next->kernel->kind != CNN_MODULE_LINEAR) {
    if (inputs == 1 && next->kernel->out_channels % channels == 0)
      return TRUE;
    previous->crelu = inputs / 2 == channels && inputs % 2 == 0 && !previous->prelu;
    return previous->crelu;
  }
  return inputs % channels == 0 &&
         find_rectangle (inputs / channels, &next->pool_rows, &next->pool_columns);
}

/* Whether `module` belongs to the stage before it, as its normalisation or its slopes. */
static gboolean
joins (Stage *stage, const CnnModule *module)
{
  gint64 channels = stage_outputs (stage);
  if (module->kind == CNN_MODULE_BATCH_NORM && !stage->batch_norm && !stage->prelu &&
      module->weight->shape[0] == channels) {
    stage->batch_norm = module;
    return TRUE;
  }
  if (module->kind == CNN_MODULE_PRELU && !stage->prelu &&
      (module->weight->shape[0] == 1 || module->weight->shape[0] == channels)) {
    stage->prelu = module;
    return TRUE;
  }
  return FALSE;
}

static gchar *
describe_break (const Stage *last, const CnnModule *module)
{
  return g_strdup_printf ("%s gives %" G_GINT64_FORMAT " channels, but %s takes %" G_GINT64_FORMAT
                          "%s",
      last->kernel->name, stage_outputs (last), module->name, module->in_channels,
      module->kind == CNN_MODULE_LINEAR ? " inputs" : "");
}

/* Puts `module` into the chain. Returns the obstacle, or NULL. */
static gchar *
add_module (GArray *stages, const CnnModule *module)
{
  Stage *last = stages->len > 0 ? &g_array_index (stages, Stage, stages->len - 1) : NULL;
  Stage stage = {.kernel = module};
  if (module->kind == CNN_MODULE_CONV_TRANSPOSE2D)
    return g_strdup_printf ("%s is a ConvTranspose2d, which cnnconv does not run", module->name);
  if (module->kind == CNN_MODULE_BATCH_NORM || module->kind == CNN_MODULE_PRELU) {
    if (!*module->name)
      return g_strdup_printf (
          "the %s without a name belongs to no layer", cnn_module_kind_name (module->kind));
    return last && joins (last, module)
               ? NULL
               : g_strdup_printf ("%s belongs to no layer before it", module->name);
  }
  if (last && !follows (last, &stage))
    return describe_break (last, module);
  g_array_append_val (stages, stage);
  return NULL;
}

/* The modules in their order as stages, or NULL with the obstacle. */
static GArray *
build_stages (const GArray *modules, gchar **obstacle)
{
  GArray *stages = g_array_new (FALSE, TRUE, sizeof (Stage));
  *obstacle = NULL;
  for (guint i = 0; i < modules->len && !*obstacle; i++)
    *obstacle = add_module (stages, &g_array_index (modules, CnnModule, i));
  if (!*obstacle && stages->len == 0)
    *obstacle = g_strdup ("there is no convolution or Linear layer");
  if (*obstacle)
    g_clear_pointer (&stages, g_array_unref);
  return stages;
}

/* What the shell takes as this word. */
static void
append_word (GString *line, const gchar *word)
{
  static const gchar plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-";
  if (*word && strspn (word, plain) == strlen (word)) {
    g_string_append (line, word);
    return;
  }
  gchar *quoted = g_shell_quote (word);
  g_string_append (line, quoted);
  g_free (quoted);
}

/* A source for `channels`, of `side` x `side` pixels if that is fixed. */
static void
append_source (GString *line, gint64 channels, gint side)
{
  gint columns = side > 0 ? side : 320, rows = side > 0 ? side : 240;
  g_string_append_printf (line, "videotestsrc ! video/x-raw,format=%s,width=%d,height=%d",
      channels == 1 ? "GRAY8" : "RGB", columns, rows);
  /* No camera has that many: random features stand in for what comes before. */
  if (channels != 1 && channels != 3)
    g_string_append_printf (
        line, " ! cnnconv kernel=random kernel-size=1 out-channels=%" G_GINT64_FORMAT, channels);
}

/* Channels and, for a Linear layer over a picture, the side it must have. */
static void
choose_input (const Stage *first, gint64 *channels, gint *side)
{
  gint64 inputs = first->kernel->in_channels;
  *channels = inputs;
  *side = 0;
  if (first->kernel->kind != CNN_MODULE_LINEAR || inputs < 16)
    return;
  for (gint64 planes = 1; planes <= 3; planes += 2)
    if (inputs % planes == 0 && square_side (inputs / planes) > 0) {
      *channels = planes;
      *side = square_side (inputs / planes);
      return;
    }
}

static void
append_activation (const Line *line, const Stage *stage, gboolean last)
{
  if (stage->prelu) {
    g_string_append (line->text, " activation=prelu alpha-layer=");
    append_word (line->text, stage->prelu->name);
  } else if (stage->crelu) {
    g_string_append (line->text, " activation=crelu");
  } else if (!last) {
    gchar alpha[G_ASCII_DTOSTR_BUF_SIZE];
    g_string_append_printf (
        line->text, " activation=%s", line->activation ? line->activation : "relu");
    if (line->has_alpha)
      g_string_append_printf (
          line->text, " alpha='<%s>'", g_ascii_formatd (alpha, sizeof alpha, "%.9g", line->alpha));
  }
}

/* `whole`: a Linear weight is the kernel of the whole picture. `only`: it needs no name. */
static void
append_stage (const Line *line, const Stage *stage, gboolean last, gboolean whole, gboolean only)
{
  const CnnModule *kernel = stage->kernel;
  GString *text = line->text;
  const gboolean pooled = stage->pool_rows * stage->pool_columns > 1;
  if (pooled && stage->pool_rows == stage->pool_columns)
    g_string_append_printf (text, " ! cnnpool mode=average output-size=%d", stage->pool_rows);
  else if (pooled)
    g_string_append_printf (
        text, " ! cnnpool mode=average output-size=%dx%d", stage->pool_rows, stage->pool_columns);
  whole = whole || pooled;
  gboolean pointwise = kernel->kind == CNN_MODULE_LINEAR && !whole;
  g_string_append (text, pointwise ? " ! cnn1x1 weights=" : " ! cnnconv weights=");
  append_word (text, line->path);
  if (!only) {
    g_string_append (text, " layer=");
    append_word (text, kernel->name);
  }
  if (kernel->kind != CNN_MODULE_LINEAR &&
      (kernel->weight->shape[2] > 1 || kernel->weight->shape[3] > 1))
    g_string_append (text, " padding=same");
  if (stage->batch_norm) {
    g_string_append (text, " batch-norm=");
    append_word (text, stage->batch_norm->name);
  }
  append_activation (line, stage, last);
}

static gchar *
write_line (const CnnWeightsFile *file, const GArray *stages, const gchar *path)
{
  const gchar *alpha = cnn_weights_get_metadata (file, "alpha");
  gchar *end = NULL;
  Line line = {.text = g_string_new ("gst-launch-1.0 "),
      .path = path,
      .activation = cnn_launch_line_activation (file)};
  if (line.activation && alpha) {
    line.alpha = g_ascii_strtod (alpha, &end);
    line.has_alpha = end != alpha && *end == '\0' && isfinite (line.alpha);
  }
  gint64 channels;
  gint side;
  choose_input (&g_array_index (stages, Stage, 0), &channels, &side);
  append_source (line.text, channels, side);
  for (guint i = 0; i < stages->len; i++)
    append_stage (&line, &g_array_index (stages, Stage, i), i + 1 == stages->len,
        i == 0 && side > 0, stages->len == 1);
  gint64 outputs = stage_outputs (&g_array_index (stages, Stage, stages->len - 1));
  if (outputs != 1 && outputs != 3)
    g_string_append (line.text, " ! cnnview");
  g_string_append (line.text, " ! videoconvert ! autovideosink");
  return g_string_free (line.text, FALSE);
}

const gchar *
cnn_launch_line_activation (const CnnWeightsFile *file)
{
  /* A word of ours, and nothing that a shell would obey. */
  const gchar *word = cnn_weights_get_metadata (file, "activation");
  return word && *word && strspn (word, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen (word)
             ? word
             : NULL;
}

/* A command made of names that a terminal would obey is none to print. */
static gboolean
names_are_printable (const GArray *modules, const gchar *path)
{
  gboolean good = TRUE;
  for (guint i = 0; good && i <= modules->len; i++) {
    const gchar *name = i < modules->len ? g_array_index (modules, CnnModule, i).name : path;
    good = g_utf8_validate (name, -1, NULL);
    for (; good && *name; name = g_utf8_next_char (name))
      good = !g_unichar_iscntrl (g_utf8_get_char (name));
  }
  return good;
}

/* In the file's order, or else by name, or else with the classifier behind all. The obstacle is the one of
 * the file's order. */
static GArray *
arrange_stages (GArray *modules, gchar **obstacle)
{
  static void (*const arrange[]) (GArray *) = {
      cnn_modules_sort_by_name, cnn_modules_put_linear_last};
  GArray *stages = build_stages (modules, obstacle);
  for (guint i = 0; !stages && i < G_N_ELEMENTS (arrange); i++) {
    gchar *ignored = NULL;
    arrange[i](modules);
    stages = build_stages (modules, &ignored);
    g_free (ignored);
  }
  if (stages)
    g_clear_pointer (obstacle, g_free);
  return stages;
}

gchar *
cnn_launch_line_new (const CnnWeightsFile *file, const gchar *path, GArray *modules,
    gboolean no_skips, gchar **obstacle)
{
  *obstacle = NULL;
  if (!names_are_printable (modules, path)) {
    *obstacle = g_strdup ("a name has control characters");
    return NULL;
  }
  if (!no_skips && (*obstacle = cnn_modules_find_skip (modules)))
    return NULL;
  GArray *stages = arrange_stages (modules, obstacle);
  if (!stages)
    return NULL;
  gchar *line = write_line (file, stages, path);
  g_array_unref (stages);
  return line;
}
