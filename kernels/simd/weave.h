/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows whose floats come from another row, from places that repeat: so vectors of outputs are woven of
 * vectors of inputs, by one table for the whole row. Where that would be too long, and at the end of a
 * row, pixels are copied one by one. */
#ifndef CNN_SIMD_WEAVE_H
#define CNN_SIMD_WEAVE_H

#include "simd/vec.h"

#include <stdbool.h>

/* ---- Weaving --------------------------------------------------------------------------------- */

/* Vectors that one vector of outputs is made of, at most. */
#define MAX_LOADS 4

/* Vectors of outputs until the pattern repeats, at most. */
#define MAX_PARTS 16

/* Where a float comes from: row[place], which only counts that far into what may be read. */
typedef struct {
  ptrdiff_t place, reach;
} Source;

/* Lane i of a vector of outputs is lane lanes[i] of load number loads[i]. */
typedef struct {
  int n_loads;
  Source first[MAX_LOADS];
  int32_t lanes[VEC_LANES];
  float loads[VEC_LANES];
  VecMask before[MAX_LOADS]; /* lanes of earlier loads than each */
} Part;

typedef struct {
  int n_parts;
  size_t inputs; /* by so many floats the loads advance while n_parts vectors are written */
  ptrdiff_t reach;
  Part parts[MAX_PARTS];
} Pattern;

/* Finds a load for the next lane of a part. */
VEC_INLINE bool
add_lane (Part *part, int lane, Source source)
{
  int load = 0;
  while (load < part->n_loads && (source.place < part->first[load].place ||
                                     source.place >= part->first[load].place + VEC_LANES))
    load++;
  if (load == MAX_LOADS)
    return false;
  if (load == part->n_loads)
    part->first[part->n_loads++] = source;
  part->lanes[lane] = (int32_t)(source.place - part->first[load].place);
  part->loads[lane] = (float)load;
  return true;
}

/* The pattern of outputs that repeat every `period`, for which `inputs` floats more are read. False when
 * it is too long. `sources` has one for each output of a period. */
static inline bool
find_pattern (Pattern *pattern, const Source *sources, size_t period, size_t inputs)
{
  size_t periods = 1;
  while (periods * period % VEC_LANES != 0)
    periods *= 2;
  *pattern = (Pattern){.n_parts = (int)(periods * period / VEC_LANES), .inputs = periods * inputs};
  if (periods * period > MAX_PARTS * VEC_LANES)
    return false;
  size_t k = 0;
  for (size_t p = 0; p < periods; p++) {
    const ptrdiff_t shift = (ptrdiff_t)(p * inputs);
    for (size_t i = 0; i < period; i++, k++) {
      const Source source = {sources[i].place + shift, sources[i].reach + shift};
      if (!add_lane (&pattern->parts[k / VEC_LANES], (int)(k % VEC_LANES), source))
        return false;
      if (source.reach + VEC_LANES > pattern->reach)
        pattern->reach = source.reach + VEC_LANES;
    }
  }
  for (int i = 0; i < pattern->n_parts; i++) {
    Part *part = &pattern->parts[i];
    for (int load = 1; load < part->n_loads; load++)
      part->before[load] = vec_less (vec_load (part->loads), vec_set1 ((float)load));
  }
  return true;
}

VEC_INLINE Vec
weave (const Part *part, const float *row)
{
  Vec v = vec_permute (vec_load (row + part->first[0].place), part->lanes);
  for (int i = 1; i < part->n_loads; i++) {
    const Vec other = vec_permute (vec_load (row + part->first[i].place), part->lanes);
    v = vec_select (part->before[i], v, other);
  }
  return v;
}

/* Writes whole patterns, as many as reading may go on for, of `room` floats. Returns how many. */
static inline size_t
weave_row (const Pattern *pattern, const float *row, ptrdiff_t room, float *out)
{
  size_t n = 0;
  for (; pattern->reach <= room; room -= (ptrdiff_t)pattern->inputs, n++) {
    for (int i = 0; i < pattern->n_parts; i++, out += VEC_LANES)
      vec_store (out, weave (&pattern->parts[i], row));
    row += pattern->inputs;
  }
  return n;
}

/* Outputs of one pixel that are worth a pattern: more are whole vectors already. */
#define MAX_OUTPUTS (MAX_PARTS * VEC_LANES)

/* ---- Pixel by pixel -------------------------------------------------------------------------- */

/* Pixels narrower than a vector are written as whole vectors: the surplus lands on pixels that are
 * written next. Only the end of a row needs partial stores. */

/* `count` floats of `v`, at most a vector of them, at `out`, where `room` floats may be written. */
VEC_INLINE void
put (float *out, Vec v, size_t count, size_t room)
{
  if (room >= VEC_LANES)
    vec_store (out, v);
  else
    vec_store_partial (out, v, (int)count);
}

/* The same for reading. */
VEC_INLINE Vec
get (const float *in, size_t count, size_t room)
{
  return room >= VEC_LANES ? vec_load (in) : vec_load_partial (in, (int)count);
}

/* Floats in one step of a pixel's channels. */
VEC_INLINE size_t
step (size_t channels, size_t c)
{
  return channels - c < VEC_LANES ? channels - c : VEC_LANES;
}

#endif
