/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each float of an enlarged row is one of the old row, or a blend of two, from places that repeat: so
 * vectors of outputs are woven of vectors of inputs, by one table for the whole row. Where it would be
 * too long, and at the end of a row, pixels are copied one by one. */
#include "cpu/dispatch.h"
#include "simd/vec.h"

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
static bool
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
static size_t
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

/* One value written `times` times. */
VEC_INLINE void
spread (float value, size_t times, float *out, size_t room)
{
  const Vec v = vec_set1 (value);
  for (size_t i = 0; i < times; i += VEC_LANES)
    put (out + i, v, step (times, i), room - i);
}

static void
repeat_pixels (const float *row, size_t count, size_t channels, int times, float *out)
{
  size_t in_room = count * channels, out_room = in_room * (size_t)times;
  if (channels == 1) {
    for (size_t x = 0; x < count; x++, out += times, out_room -= (size_t)times)
      spread (row[x], (size_t)times, out, out_room);
    return;
  }
  for (size_t x = 0; x < count; x++, row += channels, in_room -= channels) {
    for (int i = 0; i < times; i++, out += channels, out_room -= channels) {
      for (size_t c = 0; c < channels; c += VEC_LANES) {
        const size_t n = step (channels, c);
        put (out + c, get (row + c, n, in_room - c), n, out_room - c);
      }
    }
  }
}

static void
blend_pixels (const float *row, size_t count, size_t channels, const CnnUpsamplePhase *phases,
    int n_phases, float *out)
{
  /* One more pixel to the right may be read. */
  size_t in_room = count * channels, out_room = in_room * (size_t)n_phases;
  for (size_t x = 0; x < count; x++, row += channels, in_room -= channels) {
    for (int i = 0; i < n_phases; i++, out += channels, out_room -= channels) {
      const float *left = phases[i].from_left ? row - channels : row;
      const Vec before = vec_set1 (phases[i].before), after = vec_set1 (phases[i].after);
      for (size_t c = 0; c < channels; c += VEC_LANES) {
        const size_t n = step (channels, c);
        const Vec a = get (left + c, n, in_room - c);
        const Vec b = get (left + channels + c, n, in_room - c);
        put (out + c, vec_fma (after, b, vec_mul (before, a)), n, out_room - c);
      }
    }
  }
}

/* ---- The kernels ----------------------------------------------------------------------------- */

/* Outputs of one pixel that are worth a pattern: more are whole vectors already. */
#define MAX_OUTPUTS (MAX_PARTS * VEC_LANES)

void
CNN_SYMBOL (upsample_repeat) (
    const float *row, size_t count, size_t channels, int times, float *out)
{
  const size_t f = (size_t)times, outputs = f * channels;
  Source sources[MAX_OUTPUTS];
  Pattern pattern;
  size_t x = 0;
  if (channels < VEC_LANES && outputs <= MAX_OUTPUTS) {
    for (size_t k = 0; k < outputs; k++)
      sources[k].place = sources[k].reach = (ptrdiff_t)(k % channels);
    if (find_pattern (&pattern, sources, outputs, channels))
      x = weave_row (&pattern, row, (ptrdiff_t)(count * channels), out) * pattern.inputs / channels;
  }
  repeat_pixels (row + x * channels, count - x, channels, times, out + x * outputs);
}

/* Of each output the pattern knows, which are blends of two neighbours. */
typedef struct {
  Source sources[MAX_OUTPUTS]; /* the left one */
  float before[MAX_OUTPUTS], after[MAX_OUTPUTS];
} Blend;

VEC_INLINE void
find_blend (Blend *blend, const CnnUpsamplePhase *phases, size_t n_phases, size_t channels)
{
  size_t k = 0;
  for (size_t i = 0; i < n_phases; i++) {
    const ptrdiff_t first = phases[i].from_left ? -(ptrdiff_t)channels : 0;
    for (size_t c = 0; c < channels; c++, k++) {
      blend->sources[k].place = blend->sources[k].reach = first + (ptrdiff_t)c;
      blend->before[k] = phases[i].before;
      blend->after[k] = phases[i].after;
    }
  }
}

/* How many of the row's `count` pixels are done. */
VEC_INLINE size_t
weave_blends (const Pattern *pattern, Blend *blend, const float *row, size_t count, size_t channels,
    size_t outputs, float *out)
{
  for (size_t k = outputs; k < (size_t)pattern->n_parts * VEC_LANES; k++) {
    blend->before[k] = blend->before[k - outputs];
    blend->after[k] = blend->after[k - outputs];
  }
  size_t x = 0;
  /* The right one lies one pixel further on, and one pixel behind the row is there. */
  for (; x * channels + (size_t)pattern->reach <= count * channels;
       x += pattern->inputs / channels) {
    const float *in = row + x * channels;
    for (int i = 0; i < pattern->n_parts; i++) {
      const Vec left = weave (&pattern->parts[i], in);
      const Vec right = weave (&pattern->parts[i], in + channels);
      const Vec before = vec_load (blend->before + i * VEC_LANES);
      const Vec after = vec_load (blend->after + i * VEC_LANES);
      vec_store (out + x * outputs + (size_t)i * VEC_LANES,
          vec_fma (after, right, vec_mul (before, left)));
    }
  }
  return x;
}

void
CNN_SYMBOL (upsample_between) (const float *row, size_t count, size_t channels,
    const CnnUpsamplePhase *phases, int n_phases, float *out)
{
  const size_t outputs = (size_t)n_phases * channels;
  Blend blend;
  Pattern pattern;
  size_t x = 0;
  if (channels < VEC_LANES && outputs <= MAX_OUTPUTS) {
    find_blend (&blend, phases, (size_t)n_phases, channels);
    if (find_pattern (&pattern, blend.sources, outputs, channels))
      x = weave_blends (&pattern, &blend, row, count, channels, outputs, out);
  }
  blend_pixels (row + x * channels, count - x, channels, phases, n_phases, out + x * outputs);
}

void
CNN_SYMBOL (upsample_shuffle) (
    const float *row, size_t count, size_t channels, int factor, float *out)
{
  const size_t f = (size_t)factor, outputs = f * channels, inputs = f * outputs;
  Source sources[MAX_OUTPUTS];
  Pattern pattern;
  size_t x = 0;
  /* Larger factors leave too little of a vector that is used. */
  if (factor == 2 && outputs <= MAX_OUTPUTS) {
    for (size_t k = 0; k < outputs; k++)
      sources[k].place = sources[k].reach = (ptrdiff_t)(k % channels * f * f + k / channels);
    /* What follows the row's last float is not the row's. */
    const ptrdiff_t room = (ptrdiff_t)(count * inputs - f * (f - 1));
    if (find_pattern (&pattern, sources, outputs, inputs))
      x = weave_row (&pattern, row, room, out) * pattern.inputs / inputs;
  }
  if (channels == 1)
    CNN_SYMBOL (copy_runs) (row + x * inputs, inputs, f, count - x, out + x * outputs, f);
  else
    cnn_upsample_shuffle_c (row + x * inputs, count - x, channels, factor, out + x * outputs);
}

void
CNN_SYMBOL (upsample_zip) (
    const float *planes, ptrdiff_t plane_stride, int n_planes, size_t count, float *out)
{
  Source sources[MAX_LOADS];
  Pattern pattern;
  size_t x = 0;
  if (n_planes <= MAX_LOADS) {
    for (int i = 0; i < n_planes; i++)
      sources[i] = (Source){i * plane_stride, 0};
    if (find_pattern (&pattern, sources, (size_t)n_planes, 1))
      x = weave_row (&pattern, planes, (ptrdiff_t)count, out) * pattern.inputs;
  }
  cnn_upsample_zip_c (planes + x, plane_stride, n_planes, count - x, out + x * (size_t)n_planes);
}
