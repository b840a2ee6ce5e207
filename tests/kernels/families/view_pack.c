/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check.h"

#include <string.h>

static void
check_once (CnnViewPackFunc *kernel, size_t count, CheckGuard guard)
{
  uint32_t *pixels = check_guarded (count * sizeof *pixels, guard);
  unsigned char *out = check_guarded (3 * count, guard);
  check_fill_bytes ((unsigned char *)pixels, count * sizeof *pixels);
  check_context ("%zu pixels", count);
  kernel (pixels, count, out);
  for (size_t i = 0; i < count && check_ok (); i++)
    if (memcmp (out + 3 * i, pixels + i, 3) != 0)
      check_fail ("pixel %zu is another", i);
  check_guarded_free (pixels);
  check_guarded_free (out);
}

void
check_view_pack (CnnViewPackFunc *kernel)
{
  for (size_t count = 1; count < 100 && check_ok (); count++)
    check_once (kernel, count, (CheckGuard)(count % 2));
}

void
bench_view_pack (CnnViewPackFunc *kernel)
{
  uint32_t *pixels = check_guarded (640 * sizeof *pixels, CHECK_GUARD_BEHIND);
  unsigned char *out = check_guarded (640 * 3, CHECK_GUARD_BEHIND);
  CheckTimer timer = check_timer ("640 pixels");
  while (check_timer_runs (&timer))
    kernel (pixels, 640, out);
  check_guarded_free (pixels);
  check_guarded_free (out);
}
