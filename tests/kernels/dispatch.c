/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of levels and the list of variants against what dispatch chooses. */
#include "check.h"

#include <string.h>

/* Capped at a level, the first row of that level must be chosen: one that never is would never be tested
 * either. */
static void
run_rows (void)
{
  for (int i = 0; i < check_isa_count (); i++) {
    const CnnDispatch *dispatch = check_kernels (i);
    const CnnIsa isa = check_isa (i);
    bool seen;
    check_context ("cap %s", cnn_isa_name (isa));
#define CNN_FAMILY(family, Func)                                                                   \
  seen = false;                                                                                    \
  CHECK (dispatch->family, #family " has no kernel");                                              \
  CHECK (cnn_features_allow (cnn_isa_features (isa), dispatch->family##_isa),                      \
      #family " is above the cap");
#define CNN_KERNEL(family, Func, variant, LEVEL)                                                   \
  CHECK (CNN_ISA_##LEVEL != isa || seen || dispatch->family == cnn_##family##_##variant,           \
      #family " " #variant " cannot be reached");                                                  \
  seen = seen || CNN_ISA_##LEVEL == isa;
#include "cpu/kernels.inc"
  }
}

const CheckTest check_dispatch_rows = {"dispatch-rows", "dispatch", run_rows};

static void
run_names (void)
{
  const CnnFeatures machine = cnn_cpu_features ();
  CnnFeatures features;
  CnnError error;
  check_context ("cnn_features_select");
  CHECK (cnn_features_select (NULL, &features, &error) && features == machine, "NULL gives %x",
      features);
  CHECK (cnn_features_select ("", &features, &error) && features == machine, "\"\" gives %x",
      features);
  CHECK (cnn_features_select ("c", &features, &error) && features == 0, "c gives %x", features);
  for (CnnIsa isa = CNN_ISA_C; isa < CNN_N_ISAS; isa++) {
    const char *name = cnn_isa_name (isa);
    CHECK (cnn_features_select (name, &features, &error) &&
               features == (machine & cnn_isa_features (isa)),
        "%s gives %x", name, features);
  }
  for (int i = 0; i < check_isa_count (); i++) {
    const char *name = cnn_isa_name (check_isa (i));
    CHECK (cnn_features_select (name, &features, &error) &&
               strcmp (cnn_features_name (features), name) == 0,
        "%s gives %s", name, cnn_features_name (features));
  }
  CHECK (!cnn_features_select ("mmx", &features, &error), "mmx was accepted");
  CHECK (strstr (error.message, "\"mmx\": use c, sse4, avx2, ") &&
             strstr (error.message, "avx512, ") && strstr (error.message, "neon or sve"),
      "says \"%s\"", error.message);
}

const CheckTest check_dispatch_names = {"dispatch-names", "dispatch", run_names};

/* Every level needs what its base needs and more; a level without kernels of its own runs those of its
 * base, and one that the machine lacks none above it. */
static void
run_levels (void)
{
  for (CnnIsa isa = CNN_ISA_C + 1; isa < CNN_N_ISAS; isa++) {
    const CnnIsa base = cnn_isa_base (isa);
    const CnnFeatures features = cnn_isa_features (isa);
    check_context ("level %s", cnn_isa_name (isa));
    CHECK (base < isa, "stands before its base");
    CHECK (cnn_features_allow (features, base), "lacks features of its base");
    CHECK (!cnn_features_allow (cnn_isa_features (base), isa), "adds nothing to its base");
    CHECK (
        cnn_isa_panel (isa) % cnn_isa_lanes (isa) == 0, "has a panel of %d", cnn_isa_panel (isa));
    if (cnn_isa_best (features) == isa)
      continue;
    CnnDispatch *dispatch = cnn_dispatch_new (features);
    CnnDispatch *of_base = cnn_dispatch_new (cnn_isa_features (base));
    CHECK (dispatch && of_base, "no memory");
    CHECK (memcmp (dispatch, of_base, sizeof *dispatch) == 0, "runs other kernels than its base");
    cnn_dispatch_free (dispatch);
    cnn_dispatch_free (of_base);
  }
}

const CheckTest check_dispatch_levels = {"dispatch-levels", "dispatch", run_levels};
