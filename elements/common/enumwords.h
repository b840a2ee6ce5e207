/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Enum properties as people type them: in any case, by the common other names of a value, and answered with
 * the list of words when there is no such word. */
#ifndef CNN_ENUM_WORDS_H
#define CNN_ENUM_WORDS_H

#include "cnn/error.h"

#include <gst/gst.h>

G_BEGIN_DECLS

/* Another name of a value, in small letters and without '-' and '_': case and both do not count. */
typedef struct {
  const gchar *word;
  gint value;
} GstCnnEnumAlias;

/* Registers an enum whose words GStreamer reads by the rules above. `values` and `aliases`, which ends with a
 * NULL word or is NULL, stay the caller's and live for ever. For get_type functions, under g_once. */
GType
gst_cnn_enum_register (const gchar *name, const GEnumValue *values, const GstCnnEnumAlias *aliases);

/* An enum property of such a type. GstBaseTransform's and other set_property functions see words that do not
 * exist as values that gst_cnn_enum_get () refuses. */
GParamSpec *gst_cnn_param_spec_enum (const gchar *name, const gchar *nick, const gchar *blurb,
    GType type, gint default_value, GParamFlags flags);

/* Takes the value that set_property got into `number`, an enum. FALSE with a sentence that lists the words,
 * and `number` left alone, when it was a word that does not exist. */
gboolean gst_cnn_enum_get (GParamSpec *pspec, const GValue *value, gint *number, CnnError *error);

G_END_DECLS

#endif
