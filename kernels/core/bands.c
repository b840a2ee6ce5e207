/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/bands.h"

#include "core/integers.h"

CnnBands
cnn_bands (int64_t rows, int unit, int overlap, int n_threads)
{
  const int64_t bands_per_thread = 4, overlaps_per_band = 2;
  const int64_t units = (rows - 1) / unit + 1;
  int64_t per_thread = bands_per_thread;
  if (overlap > 0)
    per_thread = min64 (per_thread, rows / (overlap * overlaps_per_band * n_threads));
  const int64_t wanted = n_threads > 1 ? n_threads * max64 (per_thread, 1) : 1;
  return (CnnBands){rows, unit, (int)min64 (wanted, units)};
}

int64_t
cnn_band_first (const CnnBands *bands, int i)
{
  const int64_t units = (bands->rows - 1) / bands->unit + 1;
  return min64 (units * i / bands->count * bands->unit, bands->rows);
}
