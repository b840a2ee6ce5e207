/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pixels narrower than a vector are written as whole vectors: the surplus lands on pixels that are
 * written next. Only the end of a row needs partial stores. */
#include "dispatch.h"
#include "simd/vec.h"

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

void
CNN_SYMBOL (upsample_repeat) (
    const float *row, size_t count, size_t channels, int times, float *out)
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

void
CNN_SYMBOL (upsample_between) (const float *row, size_t count, size_t channels,
    const CnnUpsamplePhase *phases, int n_phases, float *out)
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
