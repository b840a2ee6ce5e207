/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What cnn-weights says about a file, as text and as JSON. */
#pragma once

#include "modules.h"

G_BEGIN_DECLS

typedef struct {
  const CnnWeightsFile *file;
  const gchar *path;
  gint rows, columns; /* of the input, for multiply-adds; 0: not asked for */
  gboolean no_skips;  /* nothing is added or concatenated: chains are chains */
} CnnReport;

/* Of the finite values of a tensor. */
typedef struct {
  gdouble min, max, mean;
  gsize n_nan, n_infinite;
  gboolean known; /* FALSE: there are no finite values, or they cannot be read */
} CnnStatistics;

CnnStatistics cnn_report_measure (const CnnWeightsFile *file, const CnnTensorInfo *tensor);

/* Of the file: all values but running means, variances and counters, as PyTorch counts; and the bytes of all
 * tensors. */
gint64 cnn_report_count_parameters (const CnnWeightsFile *file);
gint64 cnn_report_count_bytes (const CnnWeightsFile *file);

/* Of a layer whose input has the rows and columns of the report, at stride 1 and with the size kept; one of
 * a Linear layer is asked once. G_MAXINT64 where there are more. */
gint64 cnn_report_count_macs (const CnnReport *report, const CnnModule *module);

/* To standard output. */
void cnn_report_print_text (const CnnReport *report);
void cnn_report_print_json (const CnnReport *report);

G_END_DECLS
