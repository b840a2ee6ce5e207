/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/text.h"

#include <pango/pangocairo.h>
#include <string.h>

#define FONT "Sans"
/* More characters than any picture of ours has. Should a title in a script of many signs fill it,
 * it starts anew. */
#define MAX_GLYPHS 1024
/* Ink may stand out of the box a character takes on the line. */
#define MARGIN 2

typedef struct {
  gint advance;
  gint width, height;
  guint8 mask[];
} Glyph;

struct _CnnViewText {
  PangoFontMap *fonts; /* made with the first character: finding fonts takes a while */
  PangoContext *context;
  GHashTable *glyphs; /* size and character to Glyph */
};

CnnViewText *
cnn_view_text_new (void)
{
  CnnViewText *text = g_new0 (CnnViewText, 1);
  text->glyphs = g_hash_table_new_full (g_direct_hash, g_direct_equal, NULL, g_free);
  return text;
}

void
cnn_view_text_free (CnnViewText *text)
{
  if (!text)
    return;
  g_hash_table_unref (text->glyphs);
  g_clear_object (&text->context);
  g_clear_object (&text->fonts);
  g_free (text);
}

static PangoLayout *
lay_out (CnnViewText *text, gint size, gunichar character)
{
  gchar utf8[7] = {0};
  if (!text->context) {
    /* A map of our own: the default one belongs to a thread. */
    text->fonts = pango_cairo_font_map_new ();
    text->context = pango_font_map_create_context (text->fonts);
  }
  g_unichar_to_utf8 (character, utf8);
  PangoLayout *layout = pango_layout_new (text->context);
  PangoFontDescription *font = pango_font_description_from_string (FONT);
  pango_font_description_set_absolute_size (font, size * PANGO_SCALE);
  pango_layout_set_font_description (layout, font);
  pango_font_description_free (font);
  pango_layout_set_text (layout, utf8, -1);
  return layout;
}

static Glyph *
glyph_new (CnnViewText *text, gint size, gunichar character)
{
  PangoLayout *layout = lay_out (text, size, character);
  gint advance, height;
  pango_layout_get_pixel_size (layout, &advance, &height);
  advance = CLAMP (advance, 0, 8 * size);
  height = CLAMP (height, 1, 8 * size);

  const gint width = advance + 2 * MARGIN;
  Glyph *glyph = g_malloc0 (sizeof *glyph + (gsize)width * (gsize)height);
  glyph->advance = advance;
  glyph->width = width;
  glyph->height = height;
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_A8, width, height);
  cairo_t *cairo = cairo_create (surface);
  cairo_move_to (cairo, MARGIN, 0);
  pango_cairo_show_layout (cairo, layout);
  cairo_destroy (cairo);
  cairo_surface_flush (surface);
  const guint8 *pixels = cairo_image_surface_get_data (surface);
  gint stride = cairo_image_surface_get_stride (surface);
  for (gint y = 0; pixels && y < height; y++)
    memcpy (glyph->mask + y * width, pixels + y * stride, (gsize)width);
  cairo_surface_destroy (surface);
  g_object_unref (layout);
  return glyph;
}

static const Glyph *
find_glyph (CnnViewText *text, gint size, gunichar character)
{
  gpointer key = GUINT_TO_POINTER (((guint)size << 21) | character);
  Glyph *glyph = g_hash_table_lookup (text->glyphs, key);
  if (!glyph) {
    if (g_hash_table_size (text->glyphs) >= MAX_GLYPHS)
      g_hash_table_remove_all (text->glyphs);
    glyph = glyph_new (text, size, character);
    g_hash_table_insert (text->glyphs, key, glyph);
  }
  return glyph;
}

gint
cnn_view_text_width (CnnViewText *text, gint size, const gchar *string)
{
  gint width = 0;
  for (const gchar *p = string; *p; p = g_utf8_next_char (p))
    width += find_glyph (text, size, g_utf8_get_char (p))->advance;
  return width;
}

gint
cnn_view_text_draw (CnnViewText *text, const CnnViewCanvas *canvas, gint size, gint x, gint y,
    const gchar *string, guint32 color)
{
  for (const gchar *p = string; *p; p = g_utf8_next_char (p)) {
    const Glyph *glyph = find_glyph (text, size, g_utf8_get_char (p));
    cnn_view_canvas_mask (
        canvas, x - MARGIN, y - glyph->height / 2, glyph->mask, glyph->width, glyph->height, color);
    x += glyph->advance;
  }
  return x;
}
