/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the demo's pictures go: into a window, or into a film (WebM). */
#ifndef DEMO_OUTPUT_H
#define DEMO_OUTPUT_H

#include <gst/gst.h>

typedef struct DemoOutput DemoOutput;

/* Called in the main context with a mouse or key event of the window, or with NULL when the window was closed. */
typedef void (*DemoNavigation) (GstEvent *event, gpointer data);

/* NULL with `error` set when the window or the file cannot be opened. */
DemoOutput *demo_output_new_window (DemoNavigation navigation, gpointer data, GError **error);
DemoOutput *demo_output_new_film (const gchar *path, GError **error);

/* The next picture, of DEMO_WIDTH x DEMO_HEIGHT pixels in BGRx, whatever its time: pictures follow each other at
 * DEMO_FRAMES_PER_SECOND. FALSE when the output takes no more. */
gboolean demo_output_take (DemoOutput *output, GstSample *picture);

/* Ends the film, or closes the window, and frees `output`. FALSE with `error` set when writing failed. */
gboolean demo_output_finish (DemoOutput *output, GError **error);

/* Writes one picture as PNG. */
gboolean demo_write_still (GstSample *picture, const gchar *path, GError **error);

#endif
