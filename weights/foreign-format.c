/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "foreign-format.h"

#include <string.h>

#define RUN_BY_CNNMODEL                                                                            \
  "is an ONNX model, which holds a whole network: run it by cnnmodel location=FILE instead of "    \
  "cnnconv weights=FILE"
#define CONVERT_TO_ONNX "convert it to ONNX and run that by cnnmodel location=FILE"
#define SAVE_BY_NUMPY "save the weights that you need by numpy.savez"
#define SAVE_FROM_KERAS                                                                            \
  SAVE_BY_NUMPY                                                                                    \
  ", each kernel as kernel.transpose (3, 2, 0, 1), since Keras has H,W,I,O and this takes O,I,H,W"
#define PICTURE "a picture, not weights: pictures come in by filesrc ! decodebin"
#define VIDEO "a video, not weights: videos come in by filesrc ! decodebin"
#define UNPACK "is compressed: unpack it first"

/* What a file has at one place of its beginning. */
static const struct {
  gsize offset;
  const gchar *magic;
  const gchar *sentence;
} signatures[] = {
    {0, "\x89HDF\r\n\x1a\n", "is an HDF5 file, as Keras writes (.h5): " SAVE_FROM_KERAS},
    /* The first member of its zip archive. */
    {30, "metadata.json", "is a Keras model (.keras): " SAVE_FROM_KERAS},
    {0, "GGUF",
        "is a GGUF file, a quantised model for llama.cpp, which has no convolutions to run: "
        "save the weights that you need as .safetensors"},
    {4, "TFL3",
        "is a TensorFlow Lite model, which holds a whole network: " CONVERT_TO_ONNX
        " (tf2onnx reads .tflite), or " SAVE_BY_NUMPY},
    {0, "7767517\n",
        "is an ncnn network without its weights (.param): take the model that it was "
        "made from, " CONVERT_TO_ONNX ", or " SAVE_BY_NUMPY},
    {0, "\xdd\x85\x76",
        "is a binary ncnn network (.param.bin): take the model that it was made "
        "from, " CONVERT_TO_ONNX ", or " SAVE_BY_NUMPY},
    {0, "MATLAB 5.0 MAT-file",
        "is a MATLAB file: read it by scipy.io.loadmat and " SAVE_BY_NUMPY
        ", in the order O,I,H,W"},
    {0, "version https://git-lfs.github.com/spec/",
        "is a Git LFS pointer, a note instead of the file: fetch the file itself by git lfs pull"},
    {0, "<!DOCTYPE html", "is a web page (HTML): the download gave a page instead of the file"},
    {0, "<!doctype html", "is a web page (HTML): the download gave a page instead of the file"},
    {0, "<html", "is a web page (HTML): the download gave a page instead of the file"},
    {0, "\x89PNG\r\n\x1a\n", "is a PNG file, " PICTURE},
    {0, "\xff\xd8\xff", "is a JPEG file, " PICTURE},
    {0, "GIF8", "is a GIF file, " PICTURE},
    {8, "WEBPVP8", "is a WebP file, " PICTURE},
    {4, "ftyp", "is an MP4 file, " VIDEO},
    {0, "\x1a\x45\xdf\xa3", "is a Matroska or WebM file, " VIDEO},
    {0, "\x1f\x8b", UNPACK " (gzip -d)"},
    {0,
        "\xfd"
        "7zXZ",
        UNPACK " (xz -d)"},
    {0, "\x28\xb5\x2f\xfd", UNPACK " (zstd -d)"},
};

static const struct {
  const gchar *suffix;
  const gchar *sentence;
} names[] = {
    {".onnx", RUN_BY_CNNMODEL},
    {".pb", "is a TensorFlow graph by its name (.pb): " CONVERT_TO_ONNX
            " (tf2onnx reads it), or " SAVE_BY_NUMPY},
    {".ckpt", "is a checkpoint by its name (.ckpt): load it where it was saved and " SAVE_BY_NUMPY},
    {".pth", "is no PyTorch file, though its name says .pth, nor a weights file: save the model by "
             "safetensors.torch.save_file or numpy.savez"},
    {".pt", "is no PyTorch file, though its name says .pt, nor a weights file: save the model by "
            "safetensors.torch.save_file or numpy.savez"},
    {".mlmodel", "is a Core ML model by its name (.mlmodel): take the model that it was made "
                 "from, " CONVERT_TO_ONNX ", or " SAVE_BY_NUMPY},
    {".xml",
        "is an OpenVINO network by its name (.xml), without its weights: take the model that it "
        "was made from, " CONVERT_TO_ONNX ", or " SAVE_BY_NUMPY},
    {".bin",
        "holds bare numbers by its name (.bin), as those of OpenVINO and ncnn do, whose shapes are "
        "in another file: take the model that it was made from, " CONVERT_TO_ONNX
        ", or " SAVE_BY_NUMPY},
    {".caffemodel",
        "is a Caffe model by its name (.caffemodel): " CONVERT_TO_ONNX ", or " SAVE_BY_NUMPY},
};

/* Protobuf has no magic. ONNX begins with its version, a small number in field 1, and soon names its
 * producer or its operators. */
static gboolean
is_onnx (const guint8 *bytes, gsize size)
{
  static const gchar *const words[] = {"pytorch", "tf2onnx", "onnx", "Conv", "Constant", "CNTK"};
  if (size < 4 || bytes[0] != 0x08 || bytes[1] == 0 || bytes[1] > 32 ||
      (bytes[2] != 0x12 && bytes[2] != 0x3a && bytes[2] != 0x42))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (memmem (bytes, size, words[i], strlen (words[i])))
      return TRUE;
  return FALSE;
}

const gchar *
cnn_foreign_format_by_contents (const guint8 *bytes, gsize size)
{
  /* The length before the header of a .safetensors file may look like anything. */
  if (size > 8 && bytes[8] == '{')
    return NULL;
  for (guint i = 0; i < G_N_ELEMENTS (signatures); i++) {
    const gsize length = strlen (signatures[i].magic);
    if (size >= signatures[i].offset + length &&
        memcmp (bytes + signatures[i].offset, signatures[i].magic, length) == 0)
      return signatures[i].sentence;
  }
  return NULL;
}

/* UTF-8 without control characters but white space. The last character may be cut. */
static gboolean
is_text (const guint8 *bytes, gsize size)
{
  const gchar *end;
  for (gsize i = 0; i < size; i++)
    if (bytes[i] < 0x20 && (bytes[i] == 0 || !strchr ("\t\n\r\f", bytes[i])))
      return FALSE;
  return size > 0 &&
         (g_utf8_validate_len ((const gchar *)bytes, size, &end) ||
             end + 4 > (const gchar *)bytes + size) &&
         end > (const gchar *)bytes;
}

const gchar *
cnn_foreign_format_by_name (const gchar *path, const guint8 *bytes, gsize size)
{
  gchar *lower = g_ascii_strdown (path, -1);
  const gchar *sentence = NULL;
  for (guint i = 0; !sentence && i < G_N_ELEMENTS (names); i++)
    if (g_str_has_suffix (lower, names[i].suffix))
      sentence = names[i].sentence;
  g_free (lower);
  if (sentence)
    return sentence;
  if (is_onnx (bytes, size))
    return RUN_BY_CNNMODEL;
  if (is_text (bytes, size))
    return "is no weights file but text: weights are .npy, .npz or .safetensors files";
  return NULL;
}
