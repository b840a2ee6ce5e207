/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json-text.h"

#include <string.h>

static gboolean
fail (CnnJsonText *text, const gchar *what)
{
  g_snprintf (text->fault, sizeof text->fault, "%s at byte %" G_GSIZE_FORMAT, what,
      (gsize)(text->at - text->start));
  return FALSE;
}

static void
skip_space (CnnJsonText *text)
{
  while (text->at < text->end &&
         (*text->at == ' ' || *text->at == '\t' || *text->at == '\n' || *text->at == '\r'))
    text->at++;
}

static gboolean
accept_char (CnnJsonText *text, gchar c)
{
  skip_space (text);
  if (text->at == text->end || *text->at != c)
    return FALSE;
  text->at++;
  return TRUE;
}

/* The four digits of a \u escape, or -1. */
static gint
scan_unicode_digits (CnnJsonText *text)
{
  gint unit = 0;
  for (guint i = 0; i < 4; i++) {
    gint digit = text->at < text->end ? g_ascii_xdigit_value (*text->at) : -1;
    if (digit < 0)
      return -1;
    unit = unit << 4 | digit;
    text->at++;
  }
  return unit;
}

/* A \u escape, after the u: a code point other than 0, with both halves of a surrogate pair. */
static gboolean
scan_unicode_escape (CnnJsonText *text)
{
  gint unit = scan_unicode_digits (text);
  if (unit < 0)
    return fail (text, "a \\u escape without four digits");
  if (unit == 0)
    return fail (text, "an escaped NUL");
  if (unit >= 0xd800 && unit < 0xdc00) {
    gint low = -1;
    if (text->end - text->at >= 2 && text->at[0] == '\\' && text->at[1] == 'u') {
      text->at += 2;
      low = scan_unicode_digits (text);
    }
    if (low < 0xdc00 || low > 0xdfff)
      return fail (text, "half of a surrogate pair");
  } else if (unit >= 0xdc00 && unit <= 0xdfff) {
    return fail (text, "half of a surrogate pair");
  }
  return TRUE;
}

static gboolean
scan_string (CnnJsonText *text)
{
  if (!accept_char (text, '"'))
    return fail (text, "no string where one must be");
  while (text->at < text->end && *text->at != '"') {
    guchar c = (guchar)*text->at++;
    if (c < 0x20)
      return fail (text, "a control character in a string");
    if (c != '\\')
      continue;
    gchar escape = text->at < text->end ? *text->at++ : '\0';
    if (escape == '\0' || !strchr ("\"\\/bfnrtu", escape))
      return fail (text, "an unknown escape in a string");
    if (escape == 'u' && !scan_unicode_escape (text))
      return FALSE;
  }
  if (text->at == text->end)
    return fail (text, "a string without end");
  text->at++;
  return TRUE;
}

static gboolean
scan_number (CnnJsonText *text)
{
  const gchar *start = text->at;
  gint64 value = 0;
  while (text->at < text->end && g_ascii_isdigit (*text->at)) {
    gint digit = *text->at - '0';
    if (value > (G_MAXINT64 - digit) / 10)
      return fail (text, "a number of 2^63 or more");
    value = value * 10 + digit;
    text->at++;
  }
  gboolean leading_zero = *start == '0' && text->at - start > 1;
  if (leading_zero || (text->at < text->end && *text->at && strchr (".eE", *text->at)))
    return fail (text, "a number that is not a plain decimal integer");
  return TRUE;
}

static gboolean scan_value (CnnJsonText *text, guint depth, guint *n_members);

static gboolean
scan_array (CnnJsonText *text, guint depth)
{
  if (accept_char (text, ']'))
    return TRUE;
  guint ignored;
  do {
    if (!scan_value (text, depth, &ignored))
      return FALSE;
  } while (accept_char (text, ','));
  return accept_char (text, ']') || fail (text, "no ',' or ']' where one must be");
}

static gboolean
scan_object (CnnJsonText *text, guint depth, guint *n_members)
{
  *n_members = 0;
  if (accept_char (text, '}'))
    return TRUE;
  do {
    guint ignored;
    if (!scan_string (text))
      return FALSE;
    if (!accept_char (text, ':'))
      return fail (text, "no ':' where one must be");
    if (!scan_value (text, depth, &ignored))
      return FALSE;
    ++*n_members;
  } while (accept_char (text, ','));
  return accept_char (text, '}') || fail (text, "no ',' or '}' where one must be");
}

/* `depth` counts the objects and arrays around the value. */
static gboolean
scan_value (CnnJsonText *text, guint depth, guint *n_members)
{
  *n_members = 0;
  if (++text->values > CNN_JSON_MAX_VALUES)
    return fail (text, "more than " G_STRINGIFY (CNN_JSON_MAX_VALUES) " values in one member");
  skip_space (text);
  gchar c = text->at < text->end ? *text->at : '\0';
  if (c == '"')
    return scan_string (text);
  if (g_ascii_isdigit (c))
    return scan_number (text);
  if (c != '{' && c != '[')
    return fail (text, "neither a string, an object, an array nor a non-negative integer");
  if (depth == CNN_JSON_MAX_DEPTH)
    return fail (text, "nesting deeper than " G_STRINGIFY (CNN_JSON_MAX_DEPTH) " levels");
  text->at++;
  return c == '{' ? scan_object (text, depth + 1, n_members) : scan_array (text, depth + 1);
}

gboolean
cnn_json_text_begin (CnnJsonText *text, const gchar *bytes, gsize length)
{
  *text = (CnnJsonText){.start = bytes, .at = bytes, .end = bytes + length, .first = TRUE};
  const gchar *invalid;
  if (length == 0 || *bytes != '{')
    return fail (text, "no '{'");
  if (!g_utf8_validate_len (bytes, length, &invalid)) {
    text->at = invalid;
    return fail (text, *invalid ? "no valid UTF-8" : "a NUL");
  }
  text->at++;
  return TRUE;
}

CnnJsonResult
cnn_json_text_next (CnnJsonText *text, CnnJsonMember *member)
{
  gboolean more = text->first ? !accept_char (text, '}') : accept_char (text, ',');
  if (!more) {
    if (!text->first && !accept_char (text, '}')) {
      fail (text, "no ',' or '}' where one must be");
      return CNN_JSON_FAULT;
    }
    skip_space (text);
    if (text->at == text->end)
      return CNN_JSON_END;
    fail (text, "text after the object");
    return CNN_JSON_FAULT;
  }
  text->first = FALSE;
  text->values = 0;
  skip_space (text);
  member->text = text->at;
  if (!scan_string (text))
    return CNN_JSON_FAULT;
  if (!accept_char (text, ':')) {
    fail (text, "no ':' where one must be");
    return CNN_JSON_FAULT;
  }
  if (!scan_value (text, 1, &member->n_members))
    return CNN_JSON_FAULT;
  member->length = (gsize)(text->at - member->text);
  return CNN_JSON_MEMBER;
}
