/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "upsample2d/upsample_between.h"
#include "simd/weave.h"

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

CnnUpsampleBetweenFunc CNN_SYMBOL (upsample_between);

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
