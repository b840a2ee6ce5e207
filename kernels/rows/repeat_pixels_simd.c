/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rows/repeat_pixels.h"
#include "simd/weave.h"

/* One value written `times` times. */
VEC_INLINE void
spread (float value, size_t times, float *out, size_t room)
{
  const Vec v = vec_set1 (value);
  for (size_t i = 0; i < times; i += VEC_LANES)
    put (out + i, v, step (times, i), room - i);
}

static void
repeat_one_by_one (const float *row, size_t count, size_t channels, int times, float *out)
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

CnnRepeatPixelsFunc CNN_SYMBOL (repeat_pixels);

void
CNN_SYMBOL (repeat_pixels) (const float *row, size_t count, size_t channels, int times, float *out)
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
  repeat_one_by_one (row + x * channels, count - x, channels, times, out + x * outputs);
}
