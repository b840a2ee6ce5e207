/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Random images of every kind that loads and stores meet. */
#ifndef IMAGES_H
#define IMAGES_H

#include "layer-check.h"

CnnShape images_random_shape (int lanes);
LayerImage images_random (CnnSampleType type, CnnShape shape, CheckGuard guard);
void images_describe (const CnnImage *image, int x0, int count);

#endif
