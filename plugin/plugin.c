/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layer/gstcnn1x1.h"
#include "classify/gstcnnclassify.h"
#include "layer/gstcnnconv.h"
#include "merge/gstcnnmerge.h"
#include "layer/gstcnnpad.h"
#include "layer/gstcnnpool.h"
#include "layer/gstcnnshuffle.h"
#include "layer/gstcnnslice.h"
#include "model/gstcnnmodel.h"
#include "layer/gstcnnupsample.h"
#include "view/gstcnnview.h"

static gboolean
plugin_init (GstPlugin *plugin)
{
  gboolean registered = FALSE;
  registered |= GST_ELEMENT_REGISTER (cnnconv, plugin);
  registered |= GST_ELEMENT_REGISTER (cnn1x1, plugin);
  registered |= GST_ELEMENT_REGISTER (cnnpool, plugin);
  registered |= GST_ELEMENT_REGISTER (cnnview, plugin);
  registered |= GST_ELEMENT_REGISTER (cnnmerge, plugin);
  registered |= GST_ELEMENT_REGISTER (cnnupsample, plugin);
  registered |= GST_ELEMENT_REGISTER (cnnclassify, plugin);
  registered |= GST_ELEMENT_REGISTER (cnnpad, plugin);
  registered |= GST_ELEMENT_REGISTER (cnnslice, plugin);
  registered |= GST_ELEMENT_REGISTER (cnnshuffle, plugin);
  registered |= GST_ELEMENT_REGISTER (cnnmodel, plugin);
  return registered;
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, cnn,
    "Convolutional layers: feature maps of live video and tensors", plugin_init, PACKAGE_VERSION,
    "LGPL", "gst-cnn", PACKAGE_ORIGIN)
