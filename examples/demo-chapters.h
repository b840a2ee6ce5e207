/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the demo shows, one idea after another. */
#ifndef DEMO_CHAPTERS_H
#define DEMO_CHAPTERS_H

#include <glib.h>

/* Of the pictures that chapters make; below them is room for the caption. */
#define DEMO_WIDTH 1280
#define DEMO_HEIGHT 720
#define DEMO_PICTURE_HEIGHT 620
#define DEMO_FRAMES_PER_SECOND 15

typedef struct {
  const gchar *name;    /* short, for files and the table */
  const gchar *caption; /* two lines */
  /* A launch line whose last element gives pictures of 1280x620. It begins with frames of the source where it has none of
   * its own; EXAMPLES is the folder examples/. */
  const gchar *pipeline;
  const gchar *own_source;   /* what it is shown on instead of the source, or NULL */
  gboolean takes_any_source; /* shows the source that the user named rather than its own */
  guint start;               /* second of its own source to begin at */
  guint seconds;             /* how long it is in a film */
  gboolean pointer;          /* without a hand on the mouse, a pointer wanders over the maps */
  gboolean explain;          /* the table of its layers is printed */
} DemoChapter;

extern const DemoChapter demo_chapters[];
extern const guint demo_chapter_count;

/* The launch line of a chapter up to its pictures; `examples` is the folder examples/. The caller frees it. */
gchar *demo_chapter_pipeline (const DemoChapter *chapter, const gchar *examples);

#endif
