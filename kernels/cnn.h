/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The public contract of kernels/: everything elements and tests may use. */
#ifndef CNN_H
#define CNN_H

#include "activation.h"
#include "conv2d.h"
#include "cpu.h"
#include "error.h"
#include "geometry.h"
#include "image.h"
#include "layer.h"
#include "memory.h"
#include "merge.h"
#include "pool2d.h"
#include "upsample2d.h"
#include "view.h"
#include "workers.h"

#endif
