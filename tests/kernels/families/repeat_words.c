/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check.h"

static void
check_once (CnnRepeatWordsFunc *kernel, size_t count, int times, CheckGuard guard)
{
  const size_t outputs = count * (size_t)times;
  uint32_t *words = check_guarded (count * sizeof *words, guard);
  uint32_t *out = check_guarded (outputs * sizeof *out, guard);
  check_fill_bytes ((unsigned char *)words, count * sizeof *words);
  check_context ("%zu words, %d times", count, times);
  kernel (words, count, times, out);
  for (size_t i = 0; i < outputs && check_ok (); i++)
    if (out[i] != words[i / (size_t)times])
      check_fail ("output[%zu] is %08x, expected %08x", i, out[i], words[i / (size_t)times]);
  check_guarded_free (words);
  check_guarded_free (out);
}

void
check_repeat_words (CnnRepeatWordsFunc *kernel)
{
  for (int round = 0; round < 300 && check_ok (); round++)
    check_once (kernel, (size_t)check_random_int (1, 70), check_random_int (1, 40),
        (CheckGuard)(round % 2));
}

void
bench_repeat_words (CnnRepeatWordsFunc *kernel)
{
  uint32_t *words = check_guarded (160 * sizeof *words, CHECK_GUARD_BEHIND);
  uint32_t *out = check_guarded (640 * sizeof *out, CHECK_GUARD_BEHIND);
  CheckTimer timer = check_timer ("160 words, 4 times");
  while (check_timer_runs (&timer))
    kernel (words, 160, 4, out);
  check_guarded_free (words);
  check_guarded_free (out);
}
