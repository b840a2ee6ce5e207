/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layer/namedfilters.h"

#include "common/enumwords.h"

#include <math.h>
#include <string.h>

GType
gst_cnn_filter_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
      {GST_CNN_FILTER_NONE, "No named filter", "none"},
      {GST_CNN_FILTER_IDENTITY, "Leaves the picture as it is (any size)", "identity"},
      {GST_CNN_FILTER_BOX, "Mean of the window (any size)", "box"},
      {GST_CNN_FILTER_GAUSSIAN, "Binomial blur (any size)", "gaussian"},
      {GST_CNN_FILTER_SHARPEN, "Sharpen, 3x3", "sharpen"},
      {GST_CNN_FILTER_EMBOSS, "Emboss, 3x3", "emboss"},
      {GST_CNN_FILTER_LAPLACIAN, "Laplacian, 3x3", "laplacian"},
      {GST_CNN_FILTER_SOBEL_X, "Sobel, derivative along x, 3x3", "sobel-x"},
      {GST_CNN_FILTER_SOBEL_Y, "Sobel, derivative along y, 3x3", "sobel-y"},
      {GST_CNN_FILTER_SOBEL, "Sobel, both: 2 outputs, 3x3", "sobel"},
      {GST_CNN_FILTER_SCHARR_X, "Scharr, derivative along x, 3x3", "scharr-x"},
      {GST_CNN_FILTER_SCHARR_Y, "Scharr, derivative along y, 3x3", "scharr-y"},
      {GST_CNN_FILTER_PREWITT_X, "Prewitt, derivative along x, 3x3", "prewitt-x"},
      {GST_CNN_FILTER_PREWITT_Y, "Prewitt, derivative along y, 3x3", "prewitt-y"},
      {GST_CNN_FILTER_GABOR, "Gabor, 8 orientations: 8 outputs (3x3 and larger)", "gabor"},
      {GST_CNN_FILTER_RANDOM, "He-uniform random weights from seed (any size)", "random"},
      {0, NULL, NULL},
  };
  static const GstCnnEnumAlias aliases[] = {
      {"mean", GST_CNN_FILTER_BOX},
      {"average", GST_CNN_FILTER_BOX},
      {"gauss", GST_CNN_FILTER_GAUSSIAN},
      {"blur", GST_CNN_FILTER_GAUSSIAN},
      {"laplace", GST_CNN_FILTER_LAPLACIAN},
      {NULL, 0},
  };
  if (g_once_init_enter (&type))
    g_once_init_leave (&type, gst_cnn_enum_register ("GstCnnFilter", values, aliases));
  return type;
}

/* Kernels of one size only. The derivatives along y are those along x transposed. */
static const gint sharpen[9] = {0, -1, 0, -1, 5, -1, 0, -1, 0};
static const gint emboss[9] = {-2, -1, 0, -1, 1, 1, 0, 1, 2};
static const gint laplacian[9] = {0, 1, 0, 1, -4, 1, 0, 1, 0};
static const gint sobel[9] = {-1, 0, 1, -2, 0, 2, -1, 0, 1};
static const gint scharr[9] = {-3, 0, 3, -10, 0, 10, -3, 0, 3};
static const gint prewitt[9] = {-1, 0, 1, -1, 0, 1, -1, 0, 1};

#define N_ORIENTATIONS 8

gint
gst_cnn_filter_count (GstCnnFilter filter)
{
  if (filter == GST_CNN_FILTER_GABOR)
    return N_ORIENTATIONS;
  return filter == GST_CNN_FILTER_SOBEL ? 2 : 1;
}

static void
fill_3x3 (gfloat *weights, const gint table[9], gboolean transposed)
{
  for (gint i = 0; i < 9; i++)
    weights[i] = (gfloat)table[transposed ? i % 3 * 3 + i / 3 : i];
}

static void
fill_identity (gfloat *weights, gint rows, gint columns)
{
  memset (weights, 0, sizeof (gfloat) * rows * columns);
  weights[(rows - 1) / 2 * columns + (columns - 1) / 2] = 1;
}

/* The row of Pascal's triangle with `count` entries, divided by its sum. */
static gdouble *
binomial (gint count)
{
  gdouble *row = g_new0 (gdouble, count);
  row[0] = 1;
  for (gint i = 1; i < count; i++) {
    for (gint j = i; j > 0; j--)
      row[j] = (row[j] + row[j - 1]) / 2;
    row[0] /= 2;
  }
  return row;
}

static void
fill_gaussian (gfloat *weights, gint rows, gint columns)
{
  gdouble *down = binomial (rows), *across = binomial (columns);
  for (gint y = 0; y < rows; y++)
    for (gint x = 0; x < columns; x++)
      weights[y * columns + x] = (gfloat)(down[y] * across[x]);
  g_free (down);
  g_free (across);
}

/* One orientation of a Gabor filter (J. Daugman 1985), its wavelength the kernel's size, made free of a mean
 * so that flat areas give 0, and scaled so that no output leaves [-1, 1] for inputs in [0, 1]. */
static void
fill_gabor (gfloat *weights, gint rows, gint columns, gdouble angle)
{
  const gdouble size = MAX (rows, columns), sigma = size / 4, aspect = 0.5;
  const gint count = rows * columns;
  gdouble mean = 0, positive = 0;
  for (gint i = 0; i < count; i++) {
    gdouble x = i % columns - (columns - 1) / 2.0, y = i / columns - (rows - 1) / 2.0;
    gdouble across = x * cos (angle) + y * sin (angle);
    gdouble along = -x * sin (angle) + y * cos (angle);
    gdouble envelope =
        exp (-(across * across + aspect * aspect * along * along) / (2 * sigma * sigma));
    weights[i] = (gfloat)(envelope * cos (2 * G_PI * across / size));
    mean += weights[i];
  }
  mean /= count;
  for (gint i = 0; i < count; i++) {
    weights[i] -= (gfloat)mean;
    positive += MAX (weights[i], 0);
  }
  for (gint i = 0; i < count; i++)
    weights[i] = (gfloat)(weights[i] / positive);
}

static void
fill_any_size (GstCnnFilter filter, gfloat *weights, gint rows, gint columns)
{
  const gint count = rows * columns;
  if (filter == GST_CNN_FILTER_IDENTITY)
    fill_identity (weights, rows, columns);
  else if (filter == GST_CNN_FILTER_GAUSSIAN)
    fill_gaussian (weights, rows, columns);
  else if (filter == GST_CNN_FILTER_GABOR)
    for (gint i = 0; i < N_ORIENTATIONS; i++)
      fill_gabor (weights + i * count, rows, columns, i * G_PI / N_ORIENTATIONS);
  else
    for (gint i = 0; i < count; i++)
      weights[i] = 1.0f / (gfloat)count;
}

static gboolean
fill_fixed_size (GstCnnFilter filter, gfloat *weights)
{
  switch (filter) {
  case GST_CNN_FILTER_SHARPEN:
    fill_3x3 (weights, sharpen, FALSE);
    return TRUE;
  case GST_CNN_FILTER_EMBOSS:
    fill_3x3 (weights, emboss, FALSE);
    return TRUE;
  case GST_CNN_FILTER_LAPLACIAN:
    fill_3x3 (weights, laplacian, FALSE);
    return TRUE;
  case GST_CNN_FILTER_SOBEL:
    fill_3x3 (weights + 9, sobel, TRUE);
    fill_3x3 (weights, sobel, FALSE);
    return TRUE;
  case GST_CNN_FILTER_SOBEL_X:
  case GST_CNN_FILTER_SOBEL_Y:
    fill_3x3 (weights, sobel, filter == GST_CNN_FILTER_SOBEL_Y);
    return TRUE;
  case GST_CNN_FILTER_SCHARR_X:
  case GST_CNN_FILTER_SCHARR_Y:
    fill_3x3 (weights, scharr, filter == GST_CNN_FILTER_SCHARR_Y);
    return TRUE;
  case GST_CNN_FILTER_PREWITT_X:
  case GST_CNN_FILTER_PREWITT_Y:
    fill_3x3 (weights, prewitt, filter == GST_CNN_FILTER_PREWITT_Y);
    return TRUE;
  default:
    return FALSE;
  }
}

static const gchar *
filter_name (GstCnnFilter filter)
{
  GEnumClass *klass = g_type_class_ref (GST_TYPE_CNN_FILTER);
  const gchar *name = g_enum_get_value (klass, (gint)filter)->value_nick;
  g_type_class_unref (klass);
  return name;
}

gfloat *
gst_cnn_filter_make (GstCnnFilter filter, gint rows, gint columns, CnnError *error)
{
  const gint count = gst_cnn_filter_count (filter);
  gfloat fixed[2 * 9];
  if (fill_fixed_size (filter, fixed)) {
    if (rows == 3 && columns == 3)
      return g_memdup2 (fixed, sizeof (gfloat) * 9 * count);
    cnn_error_set (error, "kernel=%s is 3x3, so kernel-size=%dx%d does not fit",
        filter_name (filter), rows, columns);
    return NULL;
  }
  if (filter == GST_CNN_FILTER_GABOR && (rows < 3 || columns < 3)) {
    cnn_error_set (
        error, "kernel=gabor needs a kernel-size of at least 3x3, not %dx%d", rows, columns);
    return NULL;
  }
  gfloat *weights = g_try_new (gfloat, (gsize)count * rows * columns);
  if (weights)
    fill_any_size (filter, weights, rows, columns);
  else
    cnn_error_set (error, "out of memory for %d kernels of %dx%d", count, rows, columns);
  return weights;
}

/* G. Steele, D. Lea, S. Flood, "Fast splittable pseudorandom number generators", 2014 (SplitMix64). */
static guint64
next_random (guint64 *state)
{
  guint64 z = (*state += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15));
  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return z ^ (z >> 31);
}

void
gst_cnn_filter_randomize (gfloat *weights, gsize count, gint64 fan_in, guint seed)
{
  const gdouble bound = sqrt (6.0 / (gdouble)fan_in);
  guint64 state = seed;
  for (gsize i = 0; i < count; i++) {
    gdouble unit = (gdouble)(next_random (&state) >> 11) * 0x1p-53;
    weights[i] = (gfloat)((2 * unit - 1) * bound);
  }
}
