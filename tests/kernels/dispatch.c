/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of variants against what dispatch chooses. */
#include "check.h"

#include <string.h>

/* Capped at a row's own instruction set, that row must be chosen: one that never is would never be
 * tested either. */
static void
run_rows (void)
{
  for (int i = 0; i < check_isa_count (); i++) {
    const CnnDispatch *dispatch = check_kernels (i);
    check_context ("cap %s", cnn_isa_name (check_isa (i)));
#define CNN_FAMILY(family, Func)                                                                   \
  CHECK (dispatch->family, #family " has no kernel");                                              \
  CHECK (dispatch->family##_isa <= check_isa (i), #family " is above the cap");
#define CNN_KERNEL(family, Func, isa, ISA)                                                         \
  CHECK (CNN_ISA_##ISA != check_isa (i) || dispatch->family == cnn_##family##_##isa,               \
      #family " " #isa " cannot be reached");
#include "cpu/kernel-list.inc"
  }
}

const CheckTest check_dispatch_rows = {"dispatch-rows", "dispatch", run_rows};

static void
run_names (void)
{
  CnnIsa isa;
  CnnError error;
  check_context ("cnn_isa_select");
  CHECK (cnn_isa_select (NULL, &isa, &error) && isa == cnn_cpu_best_isa (), "NULL gives %s",
      cnn_isa_name (isa));
  CHECK (cnn_isa_select ("", &isa, &error) && isa == cnn_cpu_best_isa (), "\"\" gives %s",
      cnn_isa_name (isa));
  CHECK (cnn_isa_select ("c", &isa, &error) && isa == CNN_ISA_C, "c gives %s", cnn_isa_name (isa));
  for (int i = 0; i < check_isa_count (); i++) {
    const char *name = cnn_isa_name (check_isa (i));
    CHECK (cnn_isa_select (name, &isa, &error) && isa == check_isa (i), "%s gives %s", name,
        cnn_isa_name (isa));
  }
  CHECK (!cnn_isa_select ("mmx", &isa, &error), "mmx was accepted");
  CHECK (strstr (error.message, "mmx") && strstr (error.message, "c, sse4, avx2, avx512 or neon"),
      "says \"%s\"", error.message);
}

const CheckTest check_dispatch_names = {"dispatch-names", "dispatch", run_names};
