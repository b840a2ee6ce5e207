/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/interaction.h"

#include "view/number.h"

#include <string.h>

/* What `g` goes through. */
static const gdouble gammas[] = {1, 0.5, 0.25, 2};

static gint
find_map (const GArray *maps, gint map)
{
  for (guint i = 0; i < maps->len; i++)
    if (g_array_index (maps, gint, i) == map)
      return (gint)i;
  return -1;
}

/* Steps through the chosen channels, around the ends. From the grid to the first or the last. */
static void
walk (const GArray *maps, gint step, CnnViewSettings *settings)
{
  const gint count = (gint)maps->len;
  gint index = settings->channel >= 0 ? find_map (maps, settings->channel) : -1;
  if (index < 0)
    index = step > 0 ? 0 : count - 1;
  else
    index = ((index + step) % count + count) % count;
  settings->channel = g_array_index (maps, gint, index);
}

/* Back to the page of the grid that has the channel. */
static void
show_grid (const CnnViewInteraction *interaction, const GArray *maps, CnnViewSettings *settings)
{
  gint index = find_map (maps, settings->channel);
  if (index >= 0 && interaction->grid_per_page > 0)
    settings->page = (guint)(index / interaction->grid_per_page);
  settings->channel = -1;
}

/* To a layer, counted back from the last one; its grid comes first. */
static void
show_layer (const CnnViewInteraction *interaction, gint layer, CnnViewSettings *settings)
{
  const guint shown = (guint)CLAMP (layer, 0, MAX (1, interaction->n_layers) - 1);
  if (shown == settings->layer)
    return;
  settings->layer = shown;
  settings->channel = -1;
  settings->page = 0;
}

/* Without a strip the keys that walk first ask for one. */
static void
walk_layers (const CnnViewInteraction *interaction, gint step, CnnViewSettings *settings)
{
  if (settings->layers)
    show_layer (interaction, (gint)settings->layer + step, settings);
  settings->layers = TRUE;
}

void
cnn_view_interaction_turn_page (
    const CnnViewInteraction *interaction, gint step, const GArray *maps, CnnViewSettings *settings)
{
  const gint n_pages = interaction->layout.n_pages;
  if (settings->channel >= 0)
    walk (maps, step, settings);
  else if (n_pages > 1)
    settings->page = (guint)((interaction->layout.page + step + n_pages) % n_pages);
}

void
cnn_view_interaction_click (const CnnViewInteraction *interaction, gdouble x, gdouble y,
    const GArray *maps, CnnViewSettings *settings)
{
  if (settings->help) {
    settings->help = FALSE;
    return;
  }
  const gint layer = cnn_view_layout_find_layer (&interaction->layout, x, y);
  if (layer >= 0) {
    show_layer (interaction, interaction->n_layers - 1 - layer, settings);
    return;
  }
  if (settings->channel >= 0) {
    show_grid (interaction, maps, settings);
    return;
  }
  gint index = cnn_view_layout_find (&interaction->layout, x, y);
  if (index >= 0 && interaction->layout.first + index < (gint)maps->len)
    settings->channel = g_array_index (maps, gint, interaction->layout.first + index);
}

static gdouble
next_gamma (gdouble gamma, gint step)
{
  const gint count = G_N_ELEMENTS (gammas);
  for (gint i = 0; i < count; i++)
    if (gammas[i] == gamma)
      return gammas[(i + step + count) % count];
  return gammas[0];
}

/* Keys that move: names of X keysyms, which all sinks use. */
static gboolean
handle_moving_key (const CnnViewInteraction *interaction, const gchar *key, const GArray *maps,
    CnnViewSettings *settings)
{
  if (g_str_has_prefix (key, "KP_"))
    key += strlen ("KP_");
  if (strcmp (key, "Right") == 0)
    walk (maps, 1, settings);
  else if (strcmp (key, "Left") == 0)
    walk (maps, -1, settings);
  else if (strcmp (key, "Down") == 0)
    walk (maps, MAX (1, interaction->grid_columns), settings);
  else if (strcmp (key, "Up") == 0)
    walk (maps, -MAX (1, interaction->grid_columns), settings);
  else if (strcmp (key, "Page_Down") == 0 || strcmp (key, "Next") == 0)
    cnn_view_interaction_turn_page (interaction, 1, maps, settings);
  else if (strcmp (key, "Page_Up") == 0 || strcmp (key, "Prior") == 0)
    cnn_view_interaction_turn_page (interaction, -1, maps, settings);
  else if (strcmp (key, "comma") == 0 || strcmp (key, ",") == 0)
    walk_layers (interaction, 1, settings);
  else if (strcmp (key, "period") == 0 || strcmp (key, ".") == 0)
    walk_layers (interaction, -1, settings);
  else if (strcmp (key, "Escape") != 0)
    return FALSE;
  else if (settings->help)
    settings->help = FALSE;
  else if (settings->channel >= 0)
    show_grid (interaction, maps, settings);
  return TRUE;
}

/* Letters; with shift they cycle backwards. Some sinks name the key with shift by its capital, others tell of
 * shift apart. */
static gboolean
handle_letter (const gchar *key, gboolean shift, CnnViewSettings *settings)
{
  if (strcmp (key, "space") == 0)
    key = " ";
  if (strlen (key) != 1)
    return FALSE;
  const gint step = shift || g_ascii_isupper (key[0]) ? -1 : 1;
  switch (g_ascii_tolower (key[0])) {
  case 'c':
    settings->colormap = (settings->colormap + step + CNN_N_COLORMAPS) % CNN_N_COLORMAPS;
    return TRUE;
  case 'n':
    settings->normalize =
        (settings->normalize + step + CNN_VIEW_N_NORMALIZES) % CNN_VIEW_N_NORMALIZES;
    return TRUE;
  case 'g':
    settings->gamma = next_gamma (settings->gamma, step);
    return TRUE;
  case 'l':
    settings->labels = !settings->labels;
    return TRUE;
  case 't':
    settings->title = !settings->title;
    return TRUE;
  case 'b':
    settings->legend = !settings->legend;
    return TRUE;
  case 'k':
    settings->kernels = !settings->kernels;
    return TRUE;
  case 'v':
    settings->values =
        settings->values == CNN_VIEW_VALUES_OFF ? CNN_VIEW_VALUES_AUTO : CNN_VIEW_VALUES_OFF;
    return TRUE;
  case 's': /* changes nothing of what is seen: the owner saves it */
    return TRUE;
  case 'a':
    settings->arithmetic = !settings->arithmetic;
    return TRUE;
  case 'h':
    settings->help = !settings->help;
    return TRUE;
  case ' ':
    settings->freeze = !settings->freeze;
    return TRUE;
  default:
    return FALSE;
  }
}

/* Colors and ranges: what the picture alone does not tell. */
static void
describe_change (const CnnViewSettings *old, const CnnViewSettings *new, gchar *notice)
{
  gchar low[CNN_VIEW_NUMBER_SIZE], high[CNN_VIEW_NUMBER_SIZE];
  if (new->colormap != old->colormap) {
    g_snprintf (notice, CNN_VIEW_NOTICE_SIZE, "colormap %s", cnn_colormap_name (new->colormap));
  } else if (new->gamma != old->gamma) {
    cnn_view_number (low, new->gamma, CNN_VIEW_DIGITS);
    g_snprintf (notice, CNN_VIEW_NOTICE_SIZE, "gamma %s", low);
  } else if (new->normalize == old->normalize) {
    *notice = '\0';
  } else if (new->normalize == CNN_VIEW_NORMALIZE_FIXED) {
    cnn_view_number_range (low, high, new->minimum, new->maximum, CNN_VIEW_DIGITS);
    g_snprintf (notice, CNN_VIEW_NOTICE_SIZE, "%s %s to %s",
        cnn_view_normalize_words (new->normalize), low, high);
  } else {
    g_strlcpy (notice, cnn_view_normalize_words (new->normalize), CNN_VIEW_NOTICE_SIZE);
  }
}

void
cnn_view_interaction_move (CnnViewInteraction *interaction, gdouble x, gdouble y)
{
  interaction->has_pointer = TRUE;
  interaction->pointer_x = x;
  interaction->pointer_y = y;
}

gboolean
cnn_view_interaction_key (CnnViewInteraction *interaction, const gchar *key, gboolean shift,
    const GArray *maps, CnnViewSettings *settings)
{
  const CnnViewSettings old = *settings;
  if (!handle_moving_key (interaction, key, maps, settings) &&
      !handle_letter (key, shift, settings))
    return FALSE;
  describe_change (&old, settings, interaction->notice);
  interaction->wants_snapshot = g_ascii_strcasecmp (key, "s") == 0;
  return TRUE;
}
