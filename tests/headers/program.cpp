/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A C++ program beside the library: a blur of a picture of ones, twice as a chain. */
#include "cnn/cnn.h"

#include <cstdio>
#include <vector>

static CnnLayer *
make_blur (const CnnContext *context, CnnError *error)
{
  static const float ninths[9] = {
      1 / 9.f, 1 / 9.f, 1 / 9.f, 1 / 9.f, 1 / 9.f, 1 / 9.f, 1 / 9.f, 1 / 9.f, 1 / 9.f};
  CnnConv2dDesc desc = {};
  desc.input = {1, 20, 30, 1};
  desc.window = cnn_window_unit ();
  desc.window.rows.kernel = desc.window.columns.kernel = 3;
  desc.window.rows.padding_mode = desc.window.columns.padding_mode = CNN_PADDING_REPLICATE;
  desc.window.rows.padding_before = desc.window.rows.padding_after = 1;
  desc.window.columns.padding_before = desc.window.columns.padding_after = 1;
  desc.out_channels = desc.groups = 1;
  desc.weights = ninths;
  return cnn_conv2d_new (context, &desc, error);
}

int
main ()
{
  CnnError error = {};
  CnnContext *context = cnn_context_from_environment (&error);
  if (!context)
    return std::puts (error.message), 1;
  const CnnChainStep steps[] = {
      {make_blur (context, &error), nullptr}, {make_blur (context, &error), nullptr}};
  CnnLayer *chain = cnn_chain_new (context, steps, 2, &error);
  if (!chain)
    return std::puts (error.message), 1;
  const CnnShape shape = cnn_layer_output_shape (chain);
  std::vector<float> in (600, 1.f), out (600);
  const CnnImage from =
      cnn_image_from_tensor (in.data (), CNN_SAMPLE_FLOAT32, CNN_LAYOUT_NHWC, shape);
  const CnnImage to =
      cnn_image_from_tensor (out.data (), CNN_SAMPLE_FLOAT32, CNN_LAYOUT_NHWC, shape);
  cnn_layer_run (chain, &from, &to, 0);
  cnn_layer_free (chain);
  cnn_context_free (context);
  for (float value : out)
    if (value < 0.9999f || value > 1.0001f)
      return std::printf ("a blurred one is %g\n", static_cast<double> (value)), 1;
  return 0;
}
