/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The strictness that json-glib lacks. json-glib takes comments, single quotes, repeated members,
 * any depth and any number; a text that passed here has none of that, so that what json-glib makes
 * of it is what the text says.
 *
 * The text is one object, and nothing but strings, objects, arrays and plain non-negative decimal
 * integers below 2^63 occurs in it. It is walked one member at a time, so that json-glib never
 * builds more than one member's tree.
 */
#pragma once

#include <glib.h>

typedef struct {
  const gchar *start, *at, *end;
  gboolean first; /* no member yet */
  guint values;   /* in the member at hand, against CNN_JSON_MAX_VALUES */
  gchar fault[160];
} CnnJsonText;

#define CNN_JSON_MAX_DEPTH 4
#define CNN_JSON_MAX_VALUES 65536

typedef struct {
  const gchar *text; /* "key": value, not terminated */
  gsize length;
  guint n_members; /* of the value, if it is an object; repeated ones counted each time */
} CnnJsonMember;

typedef enum {
  CNN_JSON_MEMBER,
  CNN_JSON_END,   /* the object ended, and only white space followed */
  CNN_JSON_FAULT, /* `fault` says what is wrong and where */
} CnnJsonResult;

/* Begins to walk `length` bytes. FALSE, with `fault` set, unless they are UTF-8 without NUL and
 * start with a brace. */
gboolean cnn_json_text_begin (CnnJsonText *text, const gchar *bytes, gsize length);

/* The next member, checked wholly. */
CnnJsonResult cnn_json_text_next (CnnJsonText *text, CnnJsonMember *member);
