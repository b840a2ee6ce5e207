/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tools and tests of this project see of a model besides <cnn/model.h>. */
#ifndef CNN_MODEL_PRIVATE_H
#define CNN_MODEL_PRIVATE_H

#include "graph.h"

#include <cnn/model.h>

/* What the file says. The model's. */
const CnnGraph *cnn_model_graph (const CnnModel *model);

/* A copy of the model's graph with shapes for these inputs (as cnn_model_plan_new ()) and constants computed; with
 * `fold`, all rules have been applied. NULL with a sentence. */
CnnGraph *
cnn_model_bind (const CnnModel *model, const CnnModelTensor *inputs, bool fold, char **sentence);

#endif
