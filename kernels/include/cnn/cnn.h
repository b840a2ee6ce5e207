/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All public headers of the kernels. */
#ifndef CNN_H
#define CNN_H

#include "cnn/activation.h"
#include "cnn/api.h"
#include "cnn/blend.h"
#include "cnn/chain.h"
#include "cnn/context.h"
#include "cnn/conv2d.h"
#include "cnn/cpu.h"
#include "cnn/error.h"
#include "cnn/gather.h"
#include "cnn/geometry.h"
#include "cnn/image.h"
#include "cnn/layer.h"
#include "cnn/memory.h"
#include "cnn/merge.h"
#include "cnn/pool2d.h"
#include "cnn/shape-rules.h"
#include "cnn/upsample2d.h"
#include "cnn/workers.h"

#endif
