/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Attributes of a node on their way from a file to typed parameters. */
#ifndef CNN_ATTRIBUTES_H
#define CNN_ATTRIBUTES_H

#include "../graph.h"

typedef enum {
  CNN_ATTRIBUTE_NUMBER,
  CNN_ATTRIBUTE_INTEGER,
  CNN_ATTRIBUTE_WORD,
  CNN_ATTRIBUTE_NUMBERS,
  CNN_ATTRIBUTE_INTEGERS,
  CNN_ATTRIBUTE_TENSOR,
  CNN_ATTRIBUTE_OTHER, /* graphs, lists of words: of no operator here */
} CnnAttributeType;

typedef struct {
  const char *name;
  CnnAttributeType type;
  float number;
  int64_t integer;
  char word[32]; /* longer ones are cut off: no operator here knows them */
  size_t count;
  const float *numbers;
  const int64_t *integers;
  CnnTensor *tensor;
  bool is_read;
} CnnAttribute;

struct CnnNodeReader {
  CnnGraph *graph;
  int node; /* its index */
  int opset;
  CnnAttribute *attributes;
  int n_attributes;
  bool failed;
  CnnError error; /* when `failed` */
};

/* Fills the node's parameters. False with a sentence when an attribute is missing, wrong, or unknown. */
bool cnn_node_read (CnnNodeReader *reader);

#endif
