/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/settings.h"

#include <string.h>

const gchar *
cnn_view_normalize_words (CnnViewNormalize normalize)
{
  static const gchar *const words[CNN_VIEW_N_NORMALIZES] = {
      "range of each channel", "range of all channels", "range around 0", "fixed range"};
  return words[normalize];
}

const CnnViewSettings cnn_view_settings_default = {
    .channel = -1,
    .normalize = CNN_VIEW_NORMALIZE_CHANNEL,
    .maximum = 1,
    .gamma = 1,
    .ignore_border = TRUE,
    .colormap = CNN_COLORMAP_VIRIDIS,
    .kernels = TRUE,
    .gap = 2,
    .tensor_layout = CNN_LAYOUT_NCHW,
};

gboolean
cnn_view_settings_check (const CnnViewSettings *settings, CnnError *error)
{
  if (settings->normalize != CNN_VIEW_NORMALIZE_FIXED || settings->minimum < settings->maximum)
    return TRUE;
  return cnn_error_set (error, "normalize=fixed needs a minimum below the maximum, not %g and %g",
      settings->minimum, settings->maximum);
}

/* ---- Lists of channels ----------------------------------------------------------------------- */

/* Reads a number without sign; the digits that do not fit an int are refused. */
static gboolean
parse_number (const gchar **text, gint *number)
{
  gint64 value = 0;
  const gchar *p = *text;
  if (!g_ascii_isdigit (*p))
    return FALSE;
  for (; g_ascii_isdigit (*p) && value <= G_MAXINT; p++)
    value = value * 10 + (*p - '0');
  if (value > G_MAXINT)
    return FALSE;
  *text = p;
  *number = (gint)value;
  return TRUE;
}

static void
skip_spaces (const gchar **text)
{
  while (g_ascii_isspace (**text))
    (*text)++;
}

static gboolean
parse_interval (const gchar **text, CnnViewInterval *interval)
{
  skip_spaces (text);
  if (!parse_number (text, &interval->first))
    return FALSE;
  interval->last = interval->first;
  skip_spaces (text);
  if (**text == '-') {
    (*text)++;
    skip_spaces (text);
    if (!parse_number (text, &interval->last))
      return FALSE;
    skip_spaces (text);
  }
  return interval->last >= interval->first && (**text == ',' || **text == '\0');
}

GArray *
cnn_view_channels_parse (const gchar *text, CnnError *error)
{
  GArray *intervals = g_array_new (FALSE, FALSE, sizeof (CnnViewInterval));
  const gchar *p = text;
  skip_spaces (&p);
  if (*p == '\0' || strcmp (p, "all") == 0)
    return intervals;
  for (;;) {
    CnnViewInterval interval;
    if (!parse_interval (&p, &interval)) {
      cnn_error_set (error,
          "channels=\"%s\" is not a list of channels: write numbers and ranges such as "
          "\"0-15,20\", or \"all\"",
          text);
      g_array_unref (intervals);
      return NULL;
    }
    g_array_append_val (intervals, interval);
    if (*p == '\0')
      return intervals;
    p++;
  }
}

static GArray *
channels_resolve (const GArray *intervals, gint n_maps, CnnError *error)
{
  GArray *maps = g_array_new (FALSE, FALSE, sizeof (gint));
  if (intervals->len == 0) {
    for (gint map = 0; map < n_maps; map++)
      g_array_append_val (maps, map);
    return maps;
  }
  guint8 *chosen = g_malloc0 ((gsize)n_maps);
  for (guint i = 0; i < intervals->len; i++) {
    const CnnViewInterval *interval = &g_array_index (intervals, CnnViewInterval, i);
    if (interval->last >= n_maps) {
      cnn_error_set (error, "channels asks for channel %d, but there are %d, numbered from 0",
          interval->last, n_maps);
      g_array_unref (maps);
      g_free (chosen);
      return NULL;
    }
    for (gint map = interval->first; map <= interval->last; map++) {
      if (!chosen[map])
        g_array_append_val (maps, map);
      chosen[map] = 1;
    }
  }
  g_free (chosen);
  return maps;
}

GArray *
cnn_view_choose_maps (const gchar *channels, gint channel, gint n_maps, CnnError *error)
{
  GArray *intervals = cnn_view_channels_parse (channels, error);
  if (!intervals)
    return NULL;
  GArray *maps = channels_resolve (intervals, n_maps, error);
  g_array_unref (intervals);
  if (maps && channel >= n_maps) {
    cnn_error_set (error,
        "channel=%d asks for a channel that is not there: there are %d, numbered from 0", channel,
        n_maps);
    g_clear_pointer (&maps, g_array_unref);
  }
  return maps;
}
