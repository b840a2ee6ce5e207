/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vec.h for AArch64 Advanced SIMD. */
#include <arm_neon.h>

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
vec_sqrt (Vec v)
{
  return vsqrtq_f32 (v);
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

#define VEC_PIN(v) __asm__("" : "+w"(v))

/* ---- Bytes, for samples.h -------------------------------------------------------------------- */

typedef uint8x16_t Bytes;

VEC_INLINE Bytes
bytes_load (const uint8_t *p)
{
  return vld1q_u8 (p);
}

VEC_INLINE void
bytes_store (uint8_t *p, Bytes v)
{
  vst1q_u8 (p, v);
}

VEC_INLINE Bytes
bytes_or (Bytes a, Bytes b)
{
  return vorrq_u8 (a, b);
}

VEC_INLINE Bytes
bytes_shuffle (Bytes v, Bytes order)
{
  return vqtbl1q_u8 (v, order);
}

/* ---- Transposes, for transpose.h ------------------------------------------------------------- */

VEC_INLINE void
transpose_4x4 (const float *in, size_t in_stride, float *out, size_t out_stride)
{
  const float32x4x2_t low = vtrnq_f32 (vld1q_f32 (in), vld1q_f32 (in + in_stride));
  const float32x4x2_t high =
      vtrnq_f32 (vld1q_f32 (in + 2 * in_stride), vld1q_f32 (in + 3 * in_stride));
  for (int i = 0; i < 2; i++) {
    const float32x4_t a = low.val[i], b = high.val[i];
    vst1q_f32 (out + (size_t)i * out_stride, vcombine_f32 (vget_low_f32 (a), vget_low_f32 (b)));
    vst1q_f32 (
        out + (size_t)(i + 2) * out_stride, vcombine_f32 (vget_high_f32 (a), vget_high_f32 (b)));
  }
}

VEC_INLINE void
transpose_quads (const Vec in[4], Vec out[4])
{
  const float32x4x2_t low = vtrnq_f32 (in[0], in[1]), high = vtrnq_f32 (in[2], in[3]);
  for (int i = 0; i < 2; i++) {
    out[i] = vcombine_f32 (vget_low_f32 (low.val[i]), vget_low_f32 (high.val[i]));
    out[i + 2] = vcombine_f32 (vget_high_f32 (low.val[i]), vget_high_f32 (high.val[i]));
  }
}

/* ---- Sums ------------------------------------------------------------------------------------ */

typedef uint8x16_t SumsBytes;
typedef int16x8_t SumsLanes;
#define sums_load(p) vld1q_u8 (p)
#define sums_store(p, v) vst1q_u8 (p, v)

typedef struct {
  int8x16_t a, b;
} SumsPair;

typedef struct {
  SumsLanes low, high;
} Sums;

/* Products of signed bytes add up without widening first: byte - 128 is one, and what is missing is the
 * same for all pixels. */
VEC_INLINE int
sums_first (int bias, const signed char *weights, int n)
{
  for (int i = 0; i < n; i++)
    bias += 128 * weights[i];
  return bias;
}

VEC_INLINE SumsPair
sums_pair (SumsBytes a, SumsBytes b)
{
  const uint8x16_t sign = vdupq_n_u8 (0x80);
  return (SumsPair){
      vreinterpretq_s8_u8 (veorq_u8 (a, sign)), vreinterpretq_s8_u8 (veorq_u8 (b, sign))};
}

VEC_INLINE Sums
sums_add_products (Sums sums, SumsPair pair, const signed char *weights)
{
  const int8x16_t first = vld1q_dup_s8 (weights), second = vld1q_dup_s8 (weights + 1);
  sums.low = vmlal_s8 (sums.low, vget_low_s8 (pair.a), vget_low_s8 (first));
  sums.high = vmlal_high_s8 (sums.high, pair.a, first);
  sums.low = vmlal_s8 (sums.low, vget_low_s8 (pair.b), vget_low_s8 (second));
  sums.high = vmlal_high_s8 (sums.high, pair.b, second);
  return sums;
}

VEC_INLINE SumsLanes
sums_set1 (int value)
{
  return vdupq_n_s16 ((int16_t)value);
}

VEC_INLINE SumsLanes
sums_add (SumsLanes a, SumsLanes b)
{
  return vaddq_s16 (a, b);
}

VEC_INLINE SumsLanes
sums_and (SumsLanes a, SumsLanes b)
{
  return vandq_s16 (a, b);
}

VEC_INLINE SumsLanes
sums_max (SumsLanes a, SumsLanes b)
{
  return vmaxq_s16 (a, b);
}

VEC_INLINE SumsLanes
sums_multiply_high (SumsLanes a, SumsLanes b)
{
  const uint16x8_t x = vreinterpretq_u16_s16 (a), y = vreinterpretq_u16_s16 (b);
  const uint32x4_t low = vmull_u16 (vget_low_u16 (x), vget_low_u16 (y));
  const uint32x4_t high = vmull_high_u16 (x, y);
  return vreinterpretq_s16_u16 (
      vuzp2q_u16 (vreinterpretq_u16_u32 (low), vreinterpretq_u16_u32 (high)));
}

VEC_INLINE SumsLanes
sums_shift (SumsLanes a, int n)
{
  return vshlq_s16 (a, vdupq_n_s16 ((int16_t)-n));
}

VEC_INLINE SumsBytes
sums_pack (Sums sums)
{
  return vqmovun_high_s16 (vqmovun_s16 (sums.low), sums.high);
}
