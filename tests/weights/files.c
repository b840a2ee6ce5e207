/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is opened at all, and files too odd or too large for make-cases.py.
 */
#include "tensor-file.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static gchar *folder;

static void
check_refused (const gchar *path, CnnWeightsError code, const gchar *fault)
{
  GError *error = NULL;
  CnnWeightsFile *file = cnn_weights_open (path, &error);
  g_assert_null (file);
  g_assert_error (error, CNN_WEIGHTS_ERROR, (gint)code);
  if (!strstr (error->message, fault))
    g_error ("\"%s\" does not say \"%s\"", error->message, fault);
  g_clear_error (&error);
}

static gchar *
write_file (const gchar *name, const void *bytes, gsize size)
{
  gchar *path = g_build_filename (folder, name, NULL);
  GError *error = NULL;
  g_file_set_contents (path, bytes, (gssize)size, &error);
  g_assert_no_error (error);
  return path;
}

static void
remove_file (gchar *path)
{
  g_assert_cmpint (g_remove (path), ==, 0);
  g_free (path);
}

static void
test_no_regular_file (void)
{
  check_refused ("/dev/zero", CNN_WEIGHTS_ERROR_READ, "/dev/zero: is a device");
  check_refused (folder, CNN_WEIGHTS_ERROR_READ, "is a directory; weights are read from regular");
  check_refused ("", CNN_WEIGHTS_ERROR_READ, "cannot be opened");
  gchar *path = g_build_filename (folder, "weights.npy", NULL);
  check_refused (path, CNN_WEIGHTS_ERROR_READ, "weights.npy: cannot be opened");

  /* Without a writer, a plain open would wait for ever. */
  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
  check_refused (path, CNN_WEIGHTS_ERROR_READ, "is a FIFO");
  g_remove (path);

  g_assert_cmpint (symlink ("weights.npy", path), ==, 0);
  check_refused (path, CNN_WEIGHTS_ERROR_READ, "cannot be opened");
  g_remove (path);

  struct sockaddr_un address = {.sun_family = AF_UNIX};
  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  int sock = socket (AF_UNIX, SOCK_STREAM, 0);
  if (bind (sock, (struct sockaddr *)&address, sizeof address) == 0) {
    check_refused (path, CNN_WEIGHTS_ERROR_READ, "cannot be opened");
    g_remove (path);
  }
  close (sock);
  g_free (path);
}

/* A file that gives more than it says, as those of /proc do. */
static void
test_changing (void)
{
  if (g_file_test ("/proc/self/status", G_FILE_TEST_EXISTS))
    check_refused ("/proc/self/status", CNN_WEIGHTS_ERROR_READ,
        "had 0 bytes when opened but changed while being read");
  else
    g_test_skip ("no /proc here");
}

static void
test_too_large (void)
{
  gchar *path = write_file ("large.npy", "", 0);
  if (truncate (path, (off_t)3 << 30) == 0)
    check_refused (path, CNN_WEIGHTS_ERROR_READ, "has 3221225472 bytes; a weights file may have");
  else
    g_test_skip ("no sparse files here");
  remove_file (path);
}

#define ARRAY_HEADER "\x93NUMPY\1\0\x38\0{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}\n"

static void
test_format_by_contents (void)
{
  static const gchar array[] = ARRAY_HEADER "\0\0\x80\x3f";
  gsize size = sizeof array - 1;
  GError *error = NULL;
  const gchar *const names[] = {"a.npy", "a.NPY", "a", "a.bin"};
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    gchar *path = write_file (names[i], array, size);
    CnnWeightsFile *file = cnn_weights_open (path, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (cnn_weights_get_n_tensors (file), ==, 1);
    g_assert_cmpstr (cnn_weights_get_tensor (file, 0)->name, ==, i == 3 ? "a.bin" : "a");
    gfloat value = 0;
    g_assert_true (
        cnn_weights_read_float32 (file, cnn_weights_get_tensor (file, 0), &value, &error));
    g_assert_cmpfloat (value, ==, 1);
    cnn_weights_close (file);
    remove_file (path);
  }
  gchar *path = write_file ("a.npz", array, size);
  check_refused (path, CNN_WEIGHTS_ERROR_INVALID, "is no .npz file");
  remove_file (path);
  path = write_file ("a.safetensors", array, size);
  check_refused (path, CNN_WEIGHTS_ERROR_INVALID, "but a safetensors header of");
  remove_file (path);
  path = write_file ("a.pth", "PK\3\4", 4);
  check_refused (path, CNN_WEIGHTS_ERROR_INVALID, "is no .npz file, or cut off");
  remove_file (path);
  path = write_file ("network", array, 3);
  check_refused (path, CNN_WEIGHTS_ERROR_INVALID,
      "network: is no weights file: neither its name says .npy, .npz or .safetensors nor do its "
      "first");
  remove_file (path);
  path = write_file ("text", "# Weights {\n", 12);
  check_refused (path, CNN_WEIGHTS_ERROR_INVALID, "text: is no weights file");
  remove_file (path);
  path = write_file ("old.pt", "\x80\2\x8a\n", 4);
  check_refused (path, CNN_WEIGHTS_ERROR_INVALID, "old.pt: is a Python pickle, which runs code");
  remove_file (path);
  /* What torch.save writes now: the rest is not looked at. */
  static const gchar pickle[] =
      "PK\3\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\14\0\0\0net/data.pkl";
  path = write_file ("net.pth", pickle, sizeof pickle - 1);
  check_refused (path, CNN_WEIGHTS_ERROR_INVALID, "net.pth: is a Python pickle, which runs code");
  remove_file (path);
  path = write_file ("cut.pth", pickle, sizeof pickle - 2);
  check_refused (path, CNN_WEIGHTS_ERROR_INVALID, "is no .npz file, or cut off");
  remove_file (path);
  path = write_file ("short", "12345678{", 9);
  check_refused (path, CNN_WEIGHTS_ERROR_INVALID, "but a safetensors header of");
  remove_file (path);
  /* However long, the file is named wholly. */
  gchar *name = g_strnfill (200, 'n');
  path = write_file (name, array, 3);
  check_refused (path, CNN_WEIGHTS_ERROR_INVALID, name);
  remove_file (path);
  g_free (name);
  path = write_file ("a\n\033[2J.npy", "", 0);
  check_refused (path, CNN_WEIGHTS_ERROR_INVALID, "a\\u000a\\u001b[2J.npy: ");
  remove_file (path);
}

/* Not taken for something else: it is read as what its length says, and found cut off. */
static void
check_refused_header (guint64 length)
{
  gchar bytes[12] = "12345678{\"a\"";
  length = GUINT64_TO_LE (length);
  memcpy (bytes, &length, sizeof length);
  gchar *path = write_file ("net.safetensors", bytes, sizeof bytes);
  check_refused (path, CNN_WEIGHTS_ERROR_INVALID, "but a safetensors header of 560927");
  remove_file (path);
}

/* Files that people take for weights are told what they are and what to do. The contents decide where they
 * can, whatever the name. */
static void
test_foreign (void)
{
#define HEAD(text) text, sizeof text - 1
  static const struct {
    const gchar *name, *bytes;
    gsize size;
    const gchar *sentence, *advice;
  } rows[] = {
      {"net.h5", HEAD ("\x89HDF\r\n\x1a\n\0\0\0"), "is an HDF5 file",
          "kernel.transpose (3, 2, 0, 1)"},
      {"net.safetensors", HEAD ("\x89HDF\r\n\x1a\n\0\0\0"), "is an HDF5 file", "numpy.savez"},
      {"net.keras",
          HEAD ("PK\3\4\24\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\15\0\0\0metadata.json{"),
          "is a Keras model", "numpy.savez"},
      {"net.gguf", HEAD ("GGUF\3\0\0\0\0"), "is a GGUF file", ".safetensors"},
      {"net.tflite", HEAD ("\x1c\0\0\0TFL3\0\0"), "is a TensorFlow Lite model",
          "cnnmodel location="},
      {"net", HEAD ("\x1c\0\0\0TFL3\0\0"), "is a TensorFlow Lite model", "tf2onnx"},
      {"net.onnx", HEAD ("\x08\x07\x12\x07pytorch"), "is an ONNX model", "cnnmodel location="},
      {"net", HEAD ("\x08\x07\x12\x07pytorch"), "is an ONNX model", "cnnmodel location="},
      {"net.pb", HEAD ("\x0a\x10\x0a\x05input"), "is a TensorFlow graph", "cnnmodel location="},
      {"net.ckpt", HEAD ("\0\0\0\1"), "is a checkpoint", "numpy.savez"},
      {"net.mlmodel", HEAD ("\x08\4\x12\4\0"), "is a Core ML model", "cnnmodel location="},
      {"net.xml", HEAD ("<?xml version=\"1.0\"?>\n<net name=\"a\">"), "is an OpenVINO network",
          "cnnmodel location="},
      {"net.bin", HEAD ("\0\0\x80\x3f\0"), "holds bare numbers", "cnnmodel location="},
      {"net.param", HEAD ("7767517\n3 3\n"), "is an ncnn network", "cnnmodel location="},
      {"net.caffemodel", HEAD ("\x0a\4\0\0"), "is a Caffe model", "cnnmodel location="},
      {"net.pth", HEAD ("abcdefghijk"), "is no PyTorch file", "safetensors.torch.save_file"},
      {"net.mat", HEAD ("MATLAB 5.0 MAT-file, Platform"), "is a MATLAB file", "numpy.savez"},
      {"net.safetensors", HEAD ("version https://git-lfs.github.com/spec/v1\noid"),
          "is a Git LFS pointer", "git lfs pull"},
      {"net.npz", HEAD ("<!DOCTYPE html><html>"), "is a web page", "download"},
      {"cat.png", HEAD ("\x89PNG\r\n\x1a\n\0"), "is a PNG file", "filesrc ! decodebin"},
      {"cat", HEAD ("\xff\xd8\xff\xe0\0\x10JFIF"), "is a JPEG file", "filesrc ! decodebin"},
      {"a.webp", HEAD ("RIFF\1\0\0\0WEBPVP8 "), "is a WebP file", "filesrc ! decodebin"},
      {"a.mp4",
          HEAD ("\0\0\0\x20"
                "ftypisom"),
          "is an MP4 file", "filesrc ! decodebin"},
      {"net.npz.gz", HEAD ("\x1f\x8b\x08\0\0\0\0\0\0"), "is compressed", "gzip -d"},
      {"net.txt", HEAD ("0.1 0.2 0.3\n"), "is no weights file but text",
          ".npy, .npz or .safetensors"},
      {"net.json", HEAD ("[0.1, 0.2]\n"), "is no weights file but text",
          ".npy, .npz or .safetensors"},
      {"net", HEAD ("\1\2\3\4"), "is no weights file: neither", ".npy, .npz or .safetensors"},
  };
#undef HEAD
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    gchar *path = write_file (rows[i].name, rows[i].bytes, rows[i].size);
    gchar *start = g_strdup_printf ("%s: %s", path, rows[i].sentence);
    check_refused (path, CNN_WEIGHTS_ERROR_INVALID, start);
    check_refused (path, CNN_WEIGHTS_ERROR_INVALID, rows[i].advice);
    g_free (start);
    remove_file (path);
  }
  /* A header of 560,927 bytes begins as gzip does. */
  check_refused_header (560927);
}

static gfloat
read_first (const CnnWeightsFile *file, GError **error)
{
  gfloat value = NAN;
  cnn_weights_read_float32 (file, cnn_weights_get_tensor (file, 0), &value, error);
  return value;
}

/* All who ask for a file have the same one, and the last one closes it. */
static void
test_shared (void)
{
  static const gchar array[] = ARRAY_HEADER "\0\0\x80\x3f";
  gchar *path = write_file ("a.npy", array, sizeof array - 1);
  gchar *other = g_build_filename (folder, ".", "a.npy", NULL);
  CnnWeightsFile *files[50];
  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    files[i] = i % 2 ? cnn_weights_ref (files[0]) : cnn_weights_open (path, NULL);
    g_assert_true (files[i] && files[i] == files[0]);
  }
  g_assert_cmpuint (cnn_weights_count_open_files (), ==, 1);
  /* Another name, and so other messages. */
  CnnWeightsFile *file = cnn_weights_open (other, NULL);
  g_assert_true (file && file != files[0]);
  g_assert_cmpuint (cnn_weights_count_open_files (), ==, 2);
  cnn_weights_close (file);
  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_assert_cmpuint (cnn_weights_count_open_files (), ==, 1);
    g_assert_cmpfloat (read_first (files[i], NULL), ==, 1);
    cnn_weights_close (files[i]);
  }
  g_assert_cmpuint (cnn_weights_count_open_files (), ==, 0);
  g_free (other);
  remove_file (path);
}

/* A new file by the same name is noticed, and the old one can still be read. */
static void
test_replaced (void)
{
  static const gchar array[] = ARRAY_HEADER "\0\0\x80\x3f", next[] = ARRAY_HEADER "\0\0\0\x40";
  gchar *path = write_file ("a.npy", array, sizeof array - 1);
  CnnWeightsFile *old = cnn_weights_open (path, NULL);
  g_assert_true (cnn_weights_is_current (old));
  /* g_file_set_contents() renames, as careful writers do. */
  g_free (write_file ("a.npy", next, sizeof next - 1));
  g_assert_false (cnn_weights_is_current (old));
  CnnWeightsFile *new = cnn_weights_open (path, NULL);
  g_assert_true (new != old &&cnn_weights_is_current (new));
  GError *error = NULL;
  g_assert_cmpfloat (read_first (old, &error), ==, 1);
  g_assert_no_error (error);
  g_assert_cmpfloat (read_first (new, &error), ==, 2);
  g_assert_no_error (error);
  cnn_weights_close (new);
  cnn_weights_close (old);
  g_assert_cmpuint (cnn_weights_count_open_files (), ==, 0);
  remove_file (path);
}

/* Cut off or overwritten while open: an error, whatever the format. */
static void
check_written_to (const gchar *name, const void *bytes, gsize size)
{
  for (guint cut = 0; cut < 2; cut++) {
    GError *error = NULL;
    gchar *path = write_file (name, bytes, size);
    CnnWeightsFile *file = cnn_weights_open (path, &error);
    g_assert_no_error (error);
    if (cut) {
      g_assert_cmpint (truncate (path, (off_t)size - 5), ==, 0);
    } else {
      const struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
      g_assert_cmpint (utimensat (AT_FDCWD, path, times, 0), ==, 0);
    }
    read_first (file, &error);
    g_assert_error (error, CNN_WEIGHTS_ERROR, CNN_WEIGHTS_ERROR_READ);
    if (!strstr (error->message, "bytes when opened but changed while being read"))
      g_error ("%s", error->message);
    g_clear_error (&error);
    g_assert_false (cnn_weights_is_current (file));
    cnn_weights_close (file);
    remove_file (path);
  }
}

static void
test_written_to (void)
{
  static const gchar array[] = ARRAY_HEADER "\0\0\x80\x3f";
  static const gchar tensors[] =
      "\x36\0\0\0\0\0\0\0{\"a\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[0,2]}}\0\x3c";
  check_written_to ("a.npy", array, sizeof array - 1);
  check_written_to ("a.safetensors", tensors, sizeof tensors - 1);
}

/* 65,536 values are a member json-glib is given; one more is not. */
static void
test_many_values (void)
{
  GString *text = g_string_new ("12345678{\"a\":[0");
  for (guint i = 0; i < 65536; i++)
    g_string_append (text, ",0");
  g_string_append (text, "]}");
  guint64 length = GUINT64_TO_LE ((guint64)text->len - 8);
  memcpy (text->str, &length, sizeof length);
  gchar *path = write_file ("many.safetensors", text->str, text->len);
  check_refused (path, CNN_WEIGHTS_ERROR_INVALID, "more than 65536 values in one member");
  remove_file (path);
  g_string_free (text, TRUE);
}

static gchar *
write_safetensors (GString *header)
{
  guint64 length = GUINT64_TO_LE ((guint64)header->len);
  g_string_prepend_len (header, (const gchar *)&length, sizeof length);
  gchar *path = write_file ("net.safetensors", header->str, header->len);
  g_string_free (header, TRUE);
  return path;
}

static void
test_many_tensors (void)
{
  for (guint count = 65536; count <= 65537; count++) {
    GString *header = g_string_new ("{\"__metadata__\":{}");
    for (guint i = 0; i < count; i++)
      g_string_append_printf (
          header, ",\"%u\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}", i);
    g_string_append_c (header, '}');
    gchar *path = write_safetensors (header);
    if (count > 65536) {
      check_refused (path, CNN_WEIGHTS_ERROR_INVALID, "more than the 65536 tensors");
    } else {
      CnnWeightsFile *file = cnn_weights_open (path, NULL);
      g_assert_nonnull (file);
      g_assert_cmpuint (cnn_weights_get_n_tensors (file), ==, count);
      cnn_weights_close (file);
    }
    remove_file (path);
  }
}

static void
test_long_header (void)
{
  for (gsize size = 16 << 20; size <= (16 << 20) + 1; size++) {
    GString *header = g_string_new ("{}");
    g_string_set_size (header, size);
    memset (header->str + 2, ' ', size - 2);
    gchar *path = write_safetensors (header);
    CnnWeightsFile *file = cnn_weights_open (path, NULL);
    g_assert_true ((file != NULL) == (size == 16 << 20));
    cnn_weights_close (file);
    if (!file)
      check_refused (path, CNN_WEIGHTS_ERROR_INVALID, "has a header of 16777217 bytes; it may");
    remove_file (path);
  }
}

static void
put (GByteArray *bytes, guint size, guint64 value)
{
  for (guint i = 0; i < size; i++) {
    guint8 byte = (guint8)(value >> (8 * i));
    g_byte_array_append (bytes, &byte, 1);
  }
}

/* An archive of one deflated member that declares `inflated` bytes and has `deflated` bytes of
 * rubbish: refused before anything of that size is allocated. */
static gchar *
write_declared (guint32 inflated, guint deflated)
{
  GByteArray *zip = g_byte_array_new ();
  const gchar *name = "a.npy";
  guint local = 30 + 5;
  for (guint central = 0; central < 2; central++) {
    put (zip, 4, central ? 0x02014b50 : 0x04034b50);
    if (central)
      put (zip, 2, 20);
    put (zip, 2, 20);
    put (zip, 2, 0);
    put (zip, 2, 8);
    put (zip, 4, 33u << 16);
    put (zip, 4, 0);
    put (zip, 4, deflated);
    put (zip, 4, inflated);
    put (zip, 2, strlen (name));
    put (zip, 2, 0);
    if (central) {
      put (zip, 8, 0);
      put (zip, 2, 0);
      put (zip, 4, 0);
    }
    g_byte_array_append (zip, (const guint8 *)name, (guint)strlen (name));
    if (!central)
      for (guint i = 0; i < deflated; i++)
        put (zip, 1, 0xff);
  }
  put (zip, 4, 0x06054b50);
  put (zip, 4, 0);
  put (zip, 2, 1);
  put (zip, 2, 1);
  put (zip, 4, 46 + strlen (name));
  put (zip, 4, local + deflated);
  put (zip, 2, 0);
  gchar *path = write_file ("declared.npz", zip->data, zip->len);
  g_byte_array_unref (zip);
  return path;
}

static void
test_inflation_is_bounded (void)
{
  gchar *path = write_declared (128 << 20, 131072);
  check_refused (path, CNN_WEIGHTS_ERROR_INVALID,
      "tensor \"a.npy\" inflates to 134217728 bytes, but all of this file may inflate to 67240");
  remove_file (path);
  path = write_declared (32 << 20, 65536);
  check_refused (path, CNN_WEIGHTS_ERROR_INVALID, "tensor \"a.npy\" cannot be read from the archi");
  remove_file (path);
}

/* Legal in their formats, but no float32: the tensor is listed, reading it is refused. */
static void
test_unreadable_values (void)
{
  static const struct {
    const gchar *dtype;
    gsize size;
    const gchar *fault;
  } rows[] = {
      {"F8_E4M3", 1, "is float8_e4m3fn, which is not read as float32"},
      {"F8_E5M2", 1, "is float8_e5m2, which is not read as float32"},
      {"F64", 8, "has a float64 beyond the range of float32 at element 1"},
  };
  const gdouble values[] = {1, 1e300};
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    gsize size = 2 * rows[i].size;
    GString *bytes = g_string_new (NULL);
    g_string_printf (bytes,
        "{\"a\":{\"dtype\":\"%s\",\"shape\":[2],\"data_offsets\":[0,%" G_GSIZE_FORMAT "]}}",
        rows[i].dtype, size);
    guint64 length = GUINT64_TO_LE ((guint64)bytes->len);
    g_string_prepend_len (bytes, (const gchar *)&length, sizeof length);
    for (guint k = 0; k < 2; k++) {
      guint64 bits;
      memcpy (&bits, &values[k], sizeof bits);
      bits = GUINT64_TO_LE (bits);
      g_string_append_len (bytes, (const gchar *)&bits, (gssize)rows[i].size);
    }
    gchar *path = write_file ("a.safetensors", bytes->str, bytes->len);
    GError *error = NULL;
    CnnWeightsFile *file = cnn_weights_open (path, &error);
    g_assert_no_error (error);
    gfloat read[2];
    g_assert_false (cnn_weights_read_float32 (file, cnn_weights_find (file, "a"), read, &error));
    g_assert_error (error, CNN_WEIGHTS_ERROR, CNN_WEIGHTS_ERROR_LAYER);
    if (!strstr (error->message, rows[i].fault))
      g_error ("\"%s\" does not say \"%s\"", error->message, rows[i].fault);
    g_clear_error (&error);
    cnn_weights_close (file);
    remove_file (path);
    g_string_free (bytes, TRUE);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  GError *error = NULL;
  folder = g_dir_make_tmp ("weights-XXXXXX", &error);
  g_assert_no_error (error);
  g_test_add_func ("/files/no-regular-file", test_no_regular_file);
  g_test_add_func ("/files/changing", test_changing);
  g_test_add_func ("/files/too-large", test_too_large);
  g_test_add_func ("/files/format-by-contents", test_format_by_contents);
  g_test_add_func ("/files/foreign", test_foreign);
  g_test_add_func ("/files/shared", test_shared);
  g_test_add_func ("/files/replaced", test_replaced);
  g_test_add_func ("/files/written-to", test_written_to);
  g_test_add_func ("/files/many-values", test_many_values);
  g_test_add_func ("/files/many-tensors", test_many_tensors);
  g_test_add_func ("/files/long-header", test_long_header);
  g_test_add_func ("/files/inflation-is-bounded", test_inflation_is_bounded);
  g_test_add_func ("/files/unreadable-values", test_unreadable_values);
  int result = g_test_run ();
  g_rmdir (folder);
  g_free (folder);
  return result;
}
