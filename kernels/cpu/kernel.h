/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private to kernels/: what the header of every family of kernels begins with.
 *
 * A family is one job with one function type and one stem: STEM.h has the contract, STEM_c.c the C
 * variant, which is the specification, always exists and may be selected on any machine, STEM_simd.c a
 * body that is compiled once for each instruction-set level, STEM_LEVEL.c what is written for one level
 * alone. Variants are named cnn_<family>_<variant>; cpu/kernels.inc lists them. No variant reads or
 * writes anything but the samples its arguments name, and every pointer may have any alignment that its
 * type has (floats: 4 bytes) unless a comment says otherwise. */
#ifndef CNN_KERNEL_H
#define CNN_KERNEL_H

/* Name of this variant of a family, inside sources that are compiled once for each level with
 * -DCNN_TARGET=avx2 and the like: CNN_SYMBOL (activation) is cnn_activation_avx2. The function's type
 * declares it first, so that no variant can differ. */
#define CNN_SYMBOL(family) CNN_SYMBOL_JOIN (family, CNN_TARGET)
#define CNN_SYMBOL_JOIN(family, target) CNN_SYMBOL_PASTE (family, target)
#define CNN_SYMBOL_PASTE(family, target) cnn_##family##_##target

#endif
