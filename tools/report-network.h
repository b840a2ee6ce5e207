/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What cnn-weights says about a network in an .onnx file. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  CNN_NETWORK_TABLE,        /* inputs, outputs and a table of the layers */
  CNN_NETWORK_CHECK,        /* whether it is supported */
  CNN_NETWORK_GRAPH_BEFORE, /* the file's graph in Graphviz' language */
  CNN_NETWORK_GRAPH_AFTER,  /* as it runs */
  CNN_NETWORK_LAUNCH,       /* a gst-launch-1.0 command */
} CnnNetworkReport;

typedef struct {
  const gchar *path;
  gint rows, columns; /* of the input; 0: the file's */
  CnnNetworkReport report;
} CnnNetworkRequest;

/* To standard output. The exit status; a refusal is one line on standard error. */
int cnn_network_report (const CnnNetworkRequest *request);

G_END_DECLS
