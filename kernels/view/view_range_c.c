/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/view_range.h"

#include <float.h>
#include <math.h>

bool
cnn_view_range_c (const float *values, size_t count, size_t period, float *min, float *max)
{
  bool finite = true;
  for (size_t i = 0, j = 0; i < count; i++, j = j + 1 == period ? 0 : j + 1) {
    float value = values[i];
    if (!(fabsf (value) <= FLT_MAX)) {
      finite = false;
      continue;
    }
    min[j] = value < min[j] ? value : min[j];
    max[j] = value > max[j] ? value : max[j];
  }
  return finite;
}
