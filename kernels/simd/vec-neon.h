/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vec.h for AArch64 Advanced SIMD. */
#include <arm_neon.h>

#define VEC_LANES 4
#define VEC_REGISTERS 32

typedef float32x4_t Vec;
typedef int32x4_t VecInt;
typedef uint32x4_t VecMask;

VEC_INLINE Vec
vec_set1 (float x)
{
  return vdupq_n_f32 (x);
}

VEC_INLINE Vec
vec_load (const float *p)
{
  return vld1q_f32 (p);
}

VEC_INLINE void
vec_store (float *p, Vec v)
{
  vst1q_f32 (p, v);
}

VEC_INLINE Vec
vec_load_partial (const float *p, int n)
{
  float lanes[VEC_LANES] = {0};
  memcpy (lanes, p, (size_t)n * sizeof *lanes);
  return vec_load (lanes);
}

VEC_INLINE void
vec_store_partial (float *p, Vec v, int n)
{
  float lanes[VEC_LANES];
  vec_store (lanes, v);
  memcpy (p, lanes, (size_t)n * sizeof *lanes);
}

VEC_INLINE Vec
vec_add (Vec a, Vec b)
{
  return vaddq_f32 (a, b);
}

VEC_INLINE Vec
vec_sub (Vec a, Vec b)
{
  return vsubq_f32 (a, b);
}

VEC_INLINE Vec
vec_mul (Vec a, Vec b)
{
  return vmulq_f32 (a, b);
}

VEC_INLINE Vec
vec_div (Vec a, Vec b)
{
  return vdivq_f32 (a, b);
}

VEC_INLINE Vec
vec_fma (Vec a, Vec b, Vec c)
{
  return vfmaq_f32 (c, a, b);
}

VEC_INLINE Vec
vec_fnma (Vec a, Vec b, Vec c)
{
  return vfmsq_f32 (c, a, b);
}

/* FMAX would give NaN for a NaN on either side. */
VEC_INLINE Vec
vec_max (Vec a, Vec b)
{
  return vbslq_f32 (vcgtq_f32 (a, b), a, b);
}

VEC_INLINE Vec
vec_min (Vec a, Vec b)
{
  return vbslq_f32 (vcltq_f32 (a, b), a, b);
}

VEC_INLINE Vec
vec_abs (Vec v)
{
  return vabsq_f32 (v);
}

VEC_INLINE Vec
vec_neg (Vec v)
{
  return vnegq_f32 (v);
}

VEC_INLINE Vec
vec_even (Vec a, Vec b)
{
  return vuzp1q_f32 (a, b);
}

VEC_INLINE Vec
vec_odd (Vec a, Vec b)
{
  return vuzp2q_f32 (a, b);
}

VEC_INLINE Vec
vec_round (Vec v)
{
  return vrndnq_f32 (v);
}

VEC_INLINE VecMask
vec_less (Vec a, Vec b)
{
  return vcltq_f32 (a, b);
}

VEC_INLINE VecMask
vec_is_nan (Vec v)
{
  return vmvnq_u32 (vceqq_f32 (v, v));
}

/* mask ? a : b */
VEC_INLINE Vec
vec_select (VecMask mask, Vec a, Vec b)
{
  return vbslq_f32 (mask, a, b);
}

VEC_INLINE Vec
vec_permute (Vec v, const int32_t *lanes)
{
  const uint32x4_t first = vshlq_n_u32 (vreinterpretq_u32_s32 (vld1q_s32 (lanes)), 2);
  const uint32x4_t order = vaddq_u32 (vmulq_n_u32 (first, 0x01010101), vdupq_n_u32 (0x03020100));
  return vreinterpretq_f32_u8 (vqtbl1q_u8 (vreinterpretq_u8_f32 (v), vreinterpretq_u8_u32 (order)));
}

VEC_INLINE VecInt
vec_to_int (Vec v)
{
  return vcvtnq_s32_f32 (v);
}

VEC_INLINE VecInt
vec_to_int_toward_zero (Vec v)
{
  return vcvtq_s32_f32 (v);
}

VEC_INLINE Vec
vec_from_int (VecInt i)
{
  return vcvtq_f32_s32 (i);
}

VEC_INLINE Vec
vec_pow2 (VecInt i)
{
  return vreinterpretq_f32_s32 (vshlq_n_s32 (vaddq_s32 (i, vdupq_n_s32 (127)), 23));
}

VEC_INLINE Vec
vec_load_u8_partial (const uint8_t *p, int n)
{
  uint32_t samples = 0;
  memcpy (&samples, p, (size_t)n);
  uint16x8_t words = vmovl_u8 (vcreate_u8 (samples));
  return vcvtq_f32_u32 (vmovl_u16 (vget_low_u16 (words)));
}

VEC_INLINE Vec
vec_load_u8 (const uint8_t *p)
{
  return vec_load_u8_partial (p, VEC_LANES);
}

VEC_INLINE Vec
vec_load_u16 (const uint16_t *p)
{
  return vcvtq_f32_u32 (vmovl_u16 (vld1_u16 (p)));
}

VEC_INLINE Vec
vec_load_u16_partial (const uint16_t *p, int n)
{
  uint16_t samples[VEC_LANES] = {0};
  memcpy (samples, p, (size_t)n * sizeof *samples);
  return vec_load_u16 (samples);
}

/* FCVTNU saturates at 0 and gives 0 for NaN. */
VEC_INLINE void
vec_store_u8_partial (uint8_t *p, Vec v, int n)
{
  uint16x4_t words = vqmovn_u32 (vcvtnq_u32_f32 (v));
  uint8x8_t bytes = vqmovn_u16 (vcombine_u16 (words, words));
  uint32_t samples = vget_lane_u32 (vreinterpret_u32_u8 (bytes), 0);
  memcpy (p, &samples, (size_t)n);
}

VEC_INLINE void
vec_store_u8 (uint8_t *p, Vec v)
{
  vec_store_u8_partial (p, v, VEC_LANES);
}

VEC_INLINE float
vec_sum (Vec v)
{
  return vaddvq_f32 (v);
}

/* The sums of the lanes of four vectors, each in the same order. */
VEC_INLINE void
vec_sum4 (Vec a, Vec b, Vec c, Vec d, float sums[4])
{
  vst1q_f32 (sums, vpaddq_f32 (vpaddq_f32 (a, b), vpaddq_f32 (c, d)));
}
