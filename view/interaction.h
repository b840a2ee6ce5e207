/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What keys and a pointer do to the settings. */
#ifndef CNN_VIEW_INTERACTION_H
#define CNN_VIEW_INTERACTION_H

#include "view/layout.h"
#include "view/settings.h"

G_BEGIN_DECLS

#define CNN_VIEW_NOTICE_SIZE 256

/* What a pointer and keys act on: the picture that was shown last. */
typedef struct {
  CnnViewLayout layout;
  gint n_maps;   /* of the stream */
  gint n_layers; /* that can be shown, with the input; 1 for none but the last */
  /* The grid, also while one channel fills the picture. */
  gint grid_columns, grid_per_page;
  gboolean has_pointer;
  gdouble pointer_x, pointer_y; /* in pixels of the picture */
  /* What the last key did, in words, where the picture does not tell; the owner takes it away. */
  gchar notice[CNN_VIEW_NOTICE_SIZE];
  gboolean wants_snapshot; /* a key asked for one; likewise */
} CnnViewInteraction;

/* In all of these `maps` (of int) are the chosen ones, at least one; `settings` become the new ones. */

void cnn_view_interaction_move (CnnViewInteraction *interaction, gdouble x, gdouble y);

/* A click or a touch. */
void cnn_view_interaction_click (const CnnViewInteraction *interaction, gdouble x, gdouble y,
    const GArray *maps, CnnViewSettings *settings);

/* The next page of the grid (step 1) or the one before (-1); of an enlarged channel the next channel. */
void cnn_view_interaction_turn_page (const CnnViewInteraction *interaction, gint step,
    const GArray *maps, CnnViewSettings *settings);

/* A key by its X keysym's name. FALSE when it is none of ours. */
gboolean cnn_view_interaction_key (CnnViewInteraction *interaction, const gchar *key,
    gboolean shift, const GArray *maps, CnnViewSettings *settings);

G_END_DECLS

#endif
