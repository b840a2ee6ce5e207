/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "launch-line.h"

#include "tensor-file.h"

#include <math.h>
#include <string.h>

typedef struct {
  const CnnModule *kernel;     /* Conv2d or Linear */
  const CnnModule *batch_norm; /* or NULL */
  const CnnModule *prelu;      /* or NULL */
  gboolean crelu;              /* the next layer takes twice the channels */
  gint pool;                   /* side of the square of pixels a Linear weight takes, else 0 */
} Stage;

/* The side of a square of `pixels`, or 0. */
static gint
square_side (gint64 pixels)
{
  gint64 side = (gint64)(sqrt ((gdouble)pixels) + 0.5);
  return side <= G_MAXINT && side * side == pixels ? (gint)side : 0;
}

static gint64
stage_outputs (const Stage *stage)
{
  return stage->kernel->weight->shape[0];
}

/* Whether `next` can follow a layer of `channels`, and how. The shape of a depthwise weight, O,1,
 * shows; other groups do not, and count as a break in the chain. */
static gboolean
follows (Stage *previous, Stage *next)
{
  const CnnTensorInfo *weight = next->kernel->weight;
  gint64 channels = stage_outputs (previous), inputs = weight->shape[1];
  if (channels < 1)
    return FALSE;
  if (inputs == channels)
    return TRUE;
  if (next->kernel->kind == CNN_MODULE_CONV2D) {
    if (inputs == 1 && weight->shape[0] % channels == 0)
      return TRUE;
    previous->crelu = inputs / 2 == channels && inputs % 2 == 0 && !previous->prelu;
    return previous->crelu;
  }
  next->pool = inputs % channels == 0 ? square_side (inputs / channels) : 0;
  return next->pool > 0;
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

/* The modules in their order as stages, or NULL with the obstacle. */
static GArray *
build_stages (const GArray *modules, gchar **obstacle)
{
  GArray *stages = g_array_new (FALSE, TRUE, sizeof (Stage));
  for (guint i = 0; i < modules->len; i++) {
    const CnnModule *module = &g_array_index (modules, CnnModule, i);
    Stage *last = stages->len > 0 ? &g_array_index (stages, Stage, stages->len - 1) : NULL;
    Stage stage = {.kernel = module};
    if (module->kind == CNN_MODULE_CONV2D || module->kind == CNN_MODULE_LINEAR) {
      if (!last || follows (last, &stage)) {
        g_array_append_val (stages, stage);
        continue;
      }
      *obstacle =
          g_strdup_printf ("%s gives %" G_GINT64_FORMAT " channels, but %s takes %" G_GINT64_FORMAT,
              last->kernel->name, stage_outputs (last), module->name, module->weight->shape[1]);
    } else if (last && joins (last, module)) {
      continue;
    } else {
      *obstacle = g_strdup_printf ("%s belongs to no layer before it", module->name);
    }
    g_array_unref (stages);
    return NULL;
  }
  if (stages->len == 0) {
    *obstacle = g_strdup ("there is no convolution or Linear layer");
    g_array_unref (stages);
    return NULL;
  }
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
  gint64 inputs = first->kernel->weight->shape[1];
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

/* `whole`: a Linear weight is the kernel of the whole picture. `only`: it needs no name. */
static void
append_stage (GString *line, const gchar *path, const Stage *stage, gboolean last, gboolean whole,
    gboolean only)
{
  const CnnModule *kernel = stage->kernel;
  if (stage->pool > 1)
    g_string_append_printf (line, " ! cnnpool mode=average output-size=%d", stage->pool);
  whole = whole || stage->pool > 1;
  gboolean pointwise = kernel->kind == CNN_MODULE_LINEAR && !whole;
  g_string_append (line, pointwise ? " ! cnn1x1 weights=" : " ! cnnconv weights=");
  append_word (line, path);
  if (!only) {
    g_string_append (line, " layer=");
    append_word (line, kernel->name);
  }
  if (kernel->kind == CNN_MODULE_CONV2D &&
      (kernel->weight->shape[2] > 1 || kernel->weight->shape[3] > 1))
    g_string_append (line, " padding=same");
  if (stage->batch_norm) {
    g_string_append (line, " batch-norm=");
    append_word (line, stage->batch_norm->name);
  }
  if (stage->prelu) {
    g_string_append (line, " activation=prelu alpha-layer=");
    append_word (line, stage->prelu->name);
  } else if (stage->crelu) {
    g_string_append (line, " activation=crelu");
  } else if (!last) {
    g_string_append (line, " activation=relu");
  }
}

static gchar *
write_line (const GArray *stages, const gchar *path)
{
  GString *line = g_string_new ("gst-launch-1.0 ");
  gint64 channels;
  gint side;
  choose_input (&g_array_index (stages, Stage, 0), &channels, &side);
  append_source (line, channels, side);
  for (guint i = 0; i < stages->len; i++)
    append_stage (line, path, &g_array_index (stages, Stage, i), i + 1 == stages->len,
        i == 0 && side > 0, stages->len == 1);
  gint64 outputs = stage_outputs (&g_array_index (stages, Stage, stages->len - 1));
  if (outputs != 1 && outputs != 3)
    g_string_append (line, " ! cnnview");
  g_string_append (line, " ! videoconvert ! autovideosink");
  return g_string_free (line, FALSE);
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

gchar *
cnn_launch_line_new (const CnnWeightsFile *file, const gchar *path, gchar **obstacle)
{
  *obstacle = NULL;
  gchar *line = NULL;
  GArray *modules = cnn_weights_list_modules (file);
  if (!names_are_printable (modules, path)) {
    *obstacle = g_strdup ("a name has control characters");
  } else {
    /* In the file's order, or else by name, or else with the classifier behind all. */
    static void (*const arrange[]) (GArray *) = {
        cnn_modules_sort_by_name, cnn_modules_put_linear_last};
    GArray *stages = build_stages (modules, obstacle);
    for (guint i = 0; !stages && i < G_N_ELEMENTS (arrange); i++) {
      gchar *ignored = NULL;
      arrange[i](modules);
      stages = build_stages (modules, &ignored);
      g_free (ignored);
    }
    if (stages) {
      g_clear_pointer (obstacle, g_free);
      line = write_line (stages, path);
      g_array_unref (stages);
    }
  }
  g_array_unref (modules);
  return line;
}
