/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Wrong pipelines and the sentence each ends in: the bus message names the element, the numbers and the
 * property. A row more is a case more. */
#include "layertest.h"

#include <string.h>

#define GRAY(width, height)                                                                        \
  "videotestsrc num-buffers=1 ! video/x-raw,format=GRAY8,width=" #width ",height=" #height " ! "
#define RGB(width, height)                                                                         \
  "videotestsrc num-buffers=1 ! video/x-raw,format=RGB,width=" #width ",height=" #height " ! "
#define YUV "videotestsrc num-buffers=1 ! video/x-raw,format=I420 ! "
/* Bytes that claim to be something. */
#define BYTES(caps)                                                                                \
  "filesrc location=/dev/zero blocksize=16 num-buffers=1 ! capsfilter caps=\"" caps "\" ! "
#define SINK " ! fakesink"
/* Files of the PyTorch fixtures: a Conv2d of 4 outputs, 3 inputs, 3x3, and a Linear of 5 outputs, 3 inputs. */
#define CONV "weights=@/conv_4x3x3x3.npy"
/* Two Conv2d: of 8 outputs, 3 inputs, 3x3, and of 5 outputs, 8 inputs, 1x1. */
#define SEVERAL "weights=@/chain.safetensors"
#define LINEAR "weights=@/linear_5x3.npy"

/* `launch` has an element named "layer", which must be the one that says `sentence`. "@" is the folder of
 * the fixtures. A row without `launch` is a heading of the documentation page. */
static const struct {
  const gchar *launch, *sentence;
} rows[] = {
    {NULL, "Texts that are no sizes"},
    {GRAY (16, 12) "cnnconv name=layer kernel=box kernel-size=0" SINK,
        "kernel-size=\"0\" is neither N nor HxW with whole numbers from 1 to"},
    {GRAY (16, 12) "cnnconv name=layer kernel=box kernel-size=three" SINK, "kernel-size=\"three\""},
    {GRAY (16, 12) "cnnconv name=layer kernel=box kernel-size=3x3x3" SINK, "kernel-size=\"3x3x3\""},
    {GRAY (16, 12) "cnnconv name=layer kernel=box kernel-size=3x" SINK, "kernel-size=\"3x\""},
    {GRAY (16, 12) "cnnconv name=layer kernel=box kernel-size=3.5" SINK, "kernel-size=\"3.5\""},
    {GRAY (16, 12) "cnnconv name=layer kernel=box kernel-size=99999999999" SINK,
        "kernel-size=\"99999999999\""},
    {GRAY (16, 12) "cnnconv name=layer kernel=box stride=0" SINK, "stride=\"0\""},
    {GRAY (16, 12) "cnnconv name=layer kernel=box stride=-1" SINK, "stride=\"-1\""},
    {GRAY (16, 12) "cnnconv name=layer kernel=box stride=\"\"" SINK, "stride=\"\""},
    {GRAY (16, 12) "cnnconv name=layer kernel=box dilation=0x1" SINK, "dilation=\"0x1\""},
    {GRAY (16, 12) "cnnconv name=layer kernel=box padding=-1" SINK, "padding=\"-1\""},
    {GRAY (16, 12) "cnnconv name=layer kernel=box padding=1,2," SINK,
        "padding=\"1,2,\" is none of"},
    {GRAY (16, 12) "cnnconv name=layer kernel=box padding=1,2,3" SINK, "padding=\"1,2,3\""},
    {GRAY (16, 12) "cnnconv name=layer kernel=box padding=1,2,3,4,5" SINK, "padding=\"1,2,3,4,5\""},
    {GRAY (16, 12) "cnnconv name=layer kernel=box padding=some" SINK, "padding=\"some\""},
    {GRAY (16, 12) "cnnpool name=layer kernel-size=0" SINK, "kernel-size=\"0\""},
    {GRAY (16, 12) "cnnpool name=layer stride=0x0" SINK, "stride=\"0x0\""},
    {GRAY (16, 12) "cnnpool name=layer dilation=zero" SINK, "dilation=\"zero\""},
    {GRAY (16, 12) "cnnpool name=layer padding=1x2x3" SINK, "padding=\"1x2x3\""},
    {GRAY (16, 12) "cnnpool name=layer output-size=0" SINK, "output-size=\"0\""},
    {GRAY (16, 12) "cnnpool name=layer output-size=1,1,1" SINK, "output-size=\"1,1,1\""},
    {GRAY (16, 12) "cnnpool name=layer kernel-size=\"(3\"" SINK, "kernel-size=\"(3\""},

    {NULL, "Words and numbers that are none"},
    {GRAY (16, 12) "cnnconv name=layer kernel=sobell" SINK,
        "kernel=sobell is not one of none, identity, box, gaussian, sharpen"},
    {GRAY (16, 12) "cnnconv name=layer kernel=box activation=Relo" SINK,
        "activation=Relo is not one of none, relu, relu6, leaky-relu"},
    {GRAY (16, 12) "cnnconv name=layer kernel=box padding-mode=99" SINK,
        "padding-mode=99 is not one of zeros, reflect, replicate, circular, symmetric"},
    {GRAY (16, 12) "cnn1x1 name=layer kernel=sobel" SINK,
        "kernel=sobel is not one of none, random"},
    {GRAY (16, 12) "cnnpool name=layer mode=median" SINK, "mode=median is not one of max, average"},
    {GRAY (16, 12) "cnnupsample name=layer mode=cubist" SINK,
        "mode=cubist is not one of nearest, bilinear"},
    {GRAY (16, 12) "cnnmerge name=layer mode=modulo" SINK, "mode=modulo is not one of concat, add"},
    {GRAY (16, 12) "cnnconv name=layer coefficients=abc" SINK,
        "coefficients: value 0 is \"abc\", not a number"},
    {GRAY (16, 12) "cnnconv name=layer coefficients=\"1 0 ...\"" SINK,
        "coefficients: value 2 is \"...\", not a number"},
    {GRAY (16, 12) "cnnconv name=layer coefficients=\"[[1, 0], [0, 1]\"" SINK,
        "coefficients=\"[[1, 0], [0, 1]\" lacks a closing ]"},
    {GRAY (16, 12) "cnnpool name=layer mean=half" SINK, "mean: value 0 is \"half\", not a number"},

    {NULL, "Where the weights come from"},
    {GRAY (16, 12) "cnnconv name=layer" SINK, "there are no weights: set one of kernel"},
    {GRAY (16, 12) "cnn1x1 name=layer" SINK,
        "there are no weights: set one of kernel=random, coefficients and weights (a file)"},
    {GRAY (16, 12) "cnnconv name=layer kernel=box coefficients=<1>" SINK,
        "kernel and coefficients both say where the weights come from"},
    {RGB (16, 12) "cnnconv name=layer kernel=box " CONV SINK, "kernel and weights"},
    {RGB (16, 12) "cnnconv name=layer coefficients=<1> " CONV SINK, "coefficients and weights"},
    {GRAY (16, 12) "cnnconv name=layer coefficients=<1,2,3>" SINK,
        "coefficients has 3 values, not a multiple of out-channels x kernel-size = 1x3x3 = 9"},
    {GRAY (16, 12) "cnnconv name=layer coefficients=<1,2,3> kernel-size=1 out-channels=2" SINK,
        "coefficients has 3 values, not a multiple of out-channels x kernel-size = 2x1x1 = 2"},
    {GRAY (
         16, 12) "cnnconv name=layer coefficients=<1,2> kernel-size=1 out-channels=2 groups=3" SINK,
        "groups=3 does not divide the 2 output channels"},
    {GRAY (16, 12) "cnn1x1 name=layer kernel=random out-channels=5 groups=2" SINK,
        "groups=2 does not divide the 5 output channels"},
    {GRAY (16, 12) "cnnconv name=layer kernel=sobel kernel-size=5" SINK,
        "kernel=sobel is 3x3, so kernel-size=5x5 does not fit"},
    {GRAY (16, 12) "cnnconv name=layer kernel=gabor kernel-size=1" SINK,
        "kernel=gabor needs a kernel-size of at least 3x3, not 1x1"},
    {RGB (16, 12) "cnnconv name=layer kernel=box out-channels=5" SINK, "out-channels=5"},
    {GRAY (16, 12) "cnnconv name=layer kernel=box bias=<1,2>" SINK,
        "bias has 2 values, but there is 1 output channel"},
    {GRAY (16, 12) "cnn1x1 name=layer kernel=random out-channels=3 bias=<1>" SINK,
        "bias has 1 value, but there are 3 output channels"},
    {GRAY (16, 12) "cnnconv name=layer kernel=box activation=leaky-relu alpha=<1,2>" SINK,
        "alpha has 2 values, but only activation=prelu takes more than one"},
    {RGB (16, 12) "cnnconv name=layer kernel=box activation=prelu alpha=<1,2>" SINK,
        "alpha has 2 values, but there are 3 output channels"},
    {GRAY (16, 12) "cnnconv name=layer coefficients=\"<(string)a>\" kernel-size=1" SINK,
        "coefficients: value 0 is \"(string)a\", not a number"},

    {NULL, "Weights files"},
    {RGB (16, 12) "cnnconv name=layer weights=/does/not/exist.npy" SINK, "/does/not/exist.npy"},
    {RGB (16, 12) "cnnconv name=layer weights=@" SINK,
        "is a directory; weights are read from regular files only"},
    {RGB (16, 12) "cnnconv name=layer weights=@/make_goldens.py" SINK, "make_goldens.py"},
    {RGB (16, 12) "cnnconv name=layer " CONV " layer=nothing" SINK, "nothing"},
    {RGB (16, 12) "cnnconv name=layer " CONV " kernel-size=5" SINK,
        "kernel-size=5x5, but conv_4x3x3x3 is 3x3"},
    {RGB (16, 12) "cnnconv name=layer " CONV " out-channels=5" SINK,
        "out-channels=5, but conv_4x3x3x3 has 4"},
    {RGB (16, 12) "cnnconv name=layer " CONV " groups=3" SINK,
        "groups=3 does not divide the 4 output channels"},
    {GRAY (16, 12) "cnnconv name=layer " SEVERAL SINK,
        "no weight fits an input of 1 channel; the weights in this file are: features.0.weight "
        "8x3x3x3 float32, classifier.weight 5x8x1x1 float32"},
    {RGB (16, 12) "cnnconv name=layer " SEVERAL " kernel-size=5" SINK,
        "no weight fits with a 5x5 kernel; the weights in this file are: features.0.weight 8x3x3x3 "
        "float32, classifier.weight 5x8x1x1 float32"},
    {RGB (16, 12) "cnnconv name=layer " SEVERAL " layer=features" SINK,
        "neither a tensor \"features.weight\" nor a tensor \"features\"; the weights in this file"},
    {RGB (16, 12) "cnn1x1 name=layer " CONV SINK, "3x3"},
    {RGB (16, 12) "cnnconv name=layer " LINEAR SINK,
        "linear_5x3 has 3 inputs, but the whole input has 12x16x3 values"},

    {NULL, "Shapes that do not fit"},
    {GRAY (4, 4) "cnnconv name=layer kernel=box kernel-size=7 dilation=2" SINK,
        "kernel 7x7 (effective 13x13 with dilation 2) is larger than the padded input 4x4"},
    {GRAY (4, 4) "cnnconv name=layer kernel=box kernel-size=7 padding=1" SINK,
        "kernel 7x7 is larger than the padded input 6x6"},
    {GRAY (4, 8) "cnnconv name=layer kernel=box kernel-size=3x5" SINK,
        "kernel 3x5 is larger than the padded input 8x4"},
    {GRAY (4, 4) "cnnpool name=layer kernel-size=5" SINK,
        "kernel 5x5 is larger than the padded input 4x4"},
    {GRAY (4, 4) "cnnpool name=layer dilation=4" SINK, "effective 5x5 with dilation 4"},
    {GRAY (4, 4) "cnnpool ! cnnpool ! cnnpool name=layer" SINK,
        "kernel 2x2 is larger than the padded input 1x1"},
    {GRAY (1, 1) "cnnconv name=layer kernel=sobel" SINK,
        "kernel 3x3 is larger than the padded input 1x1"},
    {GRAY (4, 4) "cnnconv name=layer kernel=box padding=4 padding-mode=reflect" SINK,
        "padding-mode=reflect cannot fill a padding of 4 rows from an input of 4: at most 3"},
    {GRAY (4, 8) "cnnconv name=layer kernel=box padding=5 padding-mode=circular" SINK,
        "padding-mode=circular cannot fill a padding of 5 columns from an input of 4: at most 4"},
    {GRAY (4, 4) "cnnconv name=layer kernel=box padding=5 padding-mode=symmetric" SINK,
        "padding-mode=symmetric cannot fill a padding of 5 rows from an input of 4"},
    {GRAY (16, 12) "cnnpool name=layer padding=2" SINK,
        "a padding of 2 rows is not smaller than the window of 2"},
    {GRAY (16, 12) "cnnpool name=layer kernel-size=3x2 padding=2" SINK,
        "a padding of 2 columns is not smaller than the window of 2"},
    {GRAY (16, 12) "cnnpool name=layer output-size=2 kernel-size=2" SINK,
        "output-size=2 pools adaptively, which leaves no room for kernel-size"},
    {GRAY (16, 12) "cnnpool name=layer output-size=2 stride=1" SINK, "no room for stride"},
    {GRAY (16, 12) "cnnpool name=layer output-size=2 padding=1" SINK, "no room for padding"},
    {GRAY (16, 12) "cnnpool name=layer output-size=2 dilation=2" SINK, "no room for dilation"},

    {GRAY (16, 12) "cnnconv name=layer kernel=box strength=0.5" SINK,
        "strength=0.5 blends the result with the input, but the input is 1x12x16x1 and the result "
        "1x10x14x1 (N,H,W,C): set padding=same"},

    {NULL, "Channels"},
    {GRAY (16, 12) "cnnconv name=layer coefficients=<1,2,3> kernel-size=1" SINK,
        "the input has 1 channel, but the weights take 3"},
    {GRAY (16, 12) "cnnconv name=layer " CONV SINK,
        "the input has 1 channel, but the weights take 3 (or, in groups, 6, 12): put "
        "\"videoconvert ! "
        "video/x-raw,format=RGB\" before it"},
    {RGB (16, 12) "cnnconv name=layer coefficients=\"1 0 -1 2 0 -2 1 0 -1\" groups=1" SINK,
        "the input has 3 channels, but the weights take 1: put \"videoconvert ! "
        "video/x-raw,format=GRAY8\" before it"},
    {GRAY (16, 12) "cnnconv kernel=sobel ! cnn1x1 name=layer coefficients=<1,2,3>" SINK,
        "the input has 2 channels, but the weights take 3"},
    {RGB (16, 12) "cnnconv name=layer kernel=random groups=2 out-channels=2" SINK,
        "the input has 3 channels, not a multiple of the 2 groups: 4 would fit"},

    {NULL, "Integer samples"},
    {RGB (16, 12) "cnnconv name=layer kernel=box mean=<1,2>" SINK,
        "mean has 2 values, but the input has 3 channels"},
    {RGB (16, 12) "cnnpool name=layer std=<1,2,3,4>" SINK,
        "std has 4 values, but the input has 3 channels"},
    {RGB (16, 12) "cnnmerge name=layer mean=\"<(string)a>\" n-threads=1" SINK, "mean"},
    {RGB (16, 12) "cnnpool name=layer std=<0>" SINK, "std of channel 0 is 0"},
    {RGB (16, 12) "cnnpool name=layer std=<1,0,1>" SINK, "std of channel 1 is 0"},

    {NULL, "Streams that are not taken"},
    {YUV "cnnconv name=layer kernel=box" SINK,
        "video format I420 is not taken, only gray and RGB ones: put videoconvert before"},
    {YUV "jpegenc ! decodebin ! cnnconv name=layer kernel=sobel" SINK,
        "video format I420 is not taken, only gray and RGB ones: put videoconvert before"},
    {YUV "cnnpool name=layer" SINK, "put videoconvert before"},
    {YUV "cnnmerge name=layer" SINK, "sink_0: video format I420 is not taken"},
    {"videotestsrc num-buffers=1 ! video/x-raw,interlace-mode=interleaved ! cnnpool "
     "name=layer" SINK,
        "put deinterlace before"},
    {BYTES (
         "tensor/strided,type=float16,dims=(int)<1,2,4,1>,framerate=0/1") "cnnpool name=layer" SINK,
        "type=float16 is not taken, only float32 and uint8"},
    {BYTES ("tensor/strided,type=float64,dims=(int)<1,2,1,1>,framerate=0/1") "cnnmerge "
                                                                             "name=layer" SINK,
        "type=float64 is not taken, only float32 and uint8"},
    {BYTES ("tensor/strided,type=uint8,dims=(int)<1,4,4,1>,dims-order=col-major,"
            "framerate=0/1") "cnnpool name=layer" SINK,
        "dims-order=col-major is not taken, only row-major"},
    {BYTES ("other/tensors,format=flexible,framerate=0/1") "cnnpool name=layer" SINK,
        "format=flexible is not taken, only static: put tensor_converter"},
    {BYTES (
         "other/tensors,num_tensors=2,types=(string)int8,framerate=0/1") "cnnpool name=layer" SINK,
        "num_tensors=2 is not taken, only 1: put tensor_demux before"},
    {BYTES ("other/tensors,types=int8,dimensions=(string)1:4:4:1,framerate=0/1") "cnnpool "
                                                                                 "name=layer" SINK,
        "types=int8 is not taken, only float32 and uint8: put tensor_transform mode=typecast"},

    {GRAY (16, 12) "cnnslice name=layer rows=20:" SINK, "rows=20::1 selects none of the 12 rows"},
    {GRAY (16, 12) "cnnslice name=layer channels=3" SINK,
        "channels=3:4:1 selects none of the 1 channels"},
    {GRAY (16, 12) "cnnslice name=layer columns=1:2:0" SINK,
        "columns=\"1:2:0\" is not first:end:step with whole numbers"},
    {GRAY (16, 12) "cnnpad name=layer padding=12 padding-mode=reflect" SINK,
        "padding-mode=reflect cannot fill a padding of 12 rows from an input of 12: at most 11"},
    {GRAY (16, 12) "cnnpad name=layer padding=-8" SINK,
        "a padding of -8 and -8 leaves none of the 12 rows"},
    {GRAY (16, 12) "cnnpad name=layer padding=1,2,3" SINK, "padding=\"1,2,3\" is none of P, HxW"},
    {RGB (16, 12) "cnnshuffle name=layer groups=2" SINK,
        "the input has 3 channels, not a multiple of the 2 groups: 4 would fit"},

    {GRAY (16, 12) "cnnactivation name=layer activation=clip minimum=2" SINK,
        "minimum 2 lies above maximum 1"},
    {GRAY (16, 12) "cnnactivation name=layer activation=sofmax" SINK,
        "activation=sofmax is not one of none, relu"},

    {NULL, "What downstream takes"},
    {GRAY (16, 12) "cnnconv name=layer kernel=random out-channels=4 padding=1 ! "
                   "capsfilter caps=\"tensor/strided,dims=(int)<1,12,16,3>\"" SINK,
        "takes only 1x12x16x3: change out-channels or groups"},
    {GRAY (16, 12) "cnnconv name=layer kernel=random out-channels=4 ! "
                   "capsfilter caps=\"tensor/strided,dims=(int)<1,[1,max],[1,max],3>\"" SINK,
        "takes only 1 x any x any x 3: change out-channels or groups"},
    {GRAY (16, 12) "cnnconv name=layer kernel=box ! "
                   "capsfilter caps=\"tensor/strided,dims=(int)<1,99,99,1>\"" SINK,
        "the output 1x10x14x1 (N,H,W,C), but downstream takes only 1x99x99x1: change stride, "
        "padding "
        "or kernel-size"},
    {GRAY (16, 12) "cnnconv name=layer kernel=box ! "
                   "capsfilter caps=\"tensor/strided,dims=(int)<1,10,14,3>\"" SINK,
        "but downstream takes only 1x10x14x3: change out-channels or groups"},
    {GRAY (16, 12) "cnnconv name=layer kernel=box ! "
                   "capsfilter caps=\"tensor/strided,dims=(int)<1,99,14,[2,4]>\"" SINK,
        "but downstream takes only 1 x 99 x 14 x [2..4]: change out-channels or groups, and "
        "stride"},
    {GRAY (16, 12) "cnnconv name=layer kernel=sobel ! videoconvert" SINK, "2 channels"},
};

static gchar *
with_fixtures (const gchar *launch)
{
  const gchar *folder = g_getenv ("CNN_FIXTURES");
  fail_unless (folder != NULL, "CNN_FIXTURES is not set");
  gchar **parts = g_strsplit (launch, "@", 0);
  gchar *text = g_strjoinv (folder, parts);
  g_strfreev (parts);
  return text;
}

/* The first error of a pipeline, and how many there were when all threads have ended. */
static GstMessage *
errors_of (const gchar *launch, guint *count)
{
  GstElement *pipeline = gst_parse_launch (launch, NULL);
  fail_unless (pipeline != NULL, "%s", launch);
  GstBus *bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  GstMessage *first =
      gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  fail_unless (first != NULL, "%s: neither end nor error", launch);
  *count = 0;
  if (GST_MESSAGE_TYPE (first) == GST_MESSAGE_ERROR) {
    *count = 1;
    g_usleep (5000); /* for what follows it */
    gst_element_set_state (pipeline, GST_STATE_READY);
    for (GstMessage *next; (next = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR));
         gst_message_unref (next))
      ++*count;
  } else {
    gst_clear_message (&first);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (pipeline);
  return first;
}

/* What the element "layer" said, or NULL with the reason added to `wrong`. */
static gchar *
sentence_of_row (guint row, GString *wrong)
{
  gchar *launch = with_fixtures (rows[row].launch);
  guint count;
  GstMessage *message = errors_of (launch, &count);
  gchar *text = message ? complaint_text (message) : NULL;
  if (!message) {
    g_string_append_printf (wrong, "\n%s\n  ran, instead of: %s\n", launch, rows[row].sentence);
  } else if (!strstr (text, rows[row].sentence) || !g_str_has_prefix (text, "layer: ") ||
             !g_str_equal (GST_MESSAGE_SRC_NAME (message), "layer") || count != 1) {
    g_string_append_printf (wrong, "\n%s\n  %s said: %s\n  instead of: %s\n  as one of %u errors\n",
        launch, GST_MESSAGE_SRC_NAME (message), text, rows[row].sentence, count);
    g_clear_pointer (&text, g_free);
  }
  if (message)
    gst_message_unref (message);
  g_free (launch);
  return text;
}

/* A row of the page: without the parts that every line has, and with the folder as "FOLDER". */
static void
append_to_page (GString *page, const gchar *launch, const gchar *text)
{
  gchar **parts = g_strsplit (text + strlen ("layer: "), g_getenv ("CNN_FIXTURES"), 0);
  gchar *sentence = g_strjoinv ("FOLDER", parts);
  GString *line = g_string_new (launch);
  g_string_replace (line, SINK, "", 0);
  g_string_replace (line, "videotestsrc num-buffers=1 ! ", "... ! ", 0);
  g_string_replace (line, " name=layer", "", 0);
  g_string_replace (line, "@", "FOLDER", 0);
  g_string_append_printf (page, "| `%s` | %s |\n", line->str, sentence);
  g_string_free (line, TRUE);
  g_free (sentence);
  g_strfreev (parts);
}

/* All wrong rows are told at once. The page is docs/refusals.md, written anew when CNN_WRITE_PAGE is set. */
GST_START_TEST (test_sentences)
{
  GString *wrong = g_string_new (NULL);
  GString *page = g_string_new ("# Wrong pipelines, and what they are told\n\nEach ends in one "
                                "error message on the bus, from "
                                "the element that refuses. The tests run every line and\ncompare "
                                "this page with what was said.\n");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    if (!rows[i].launch) {
      g_string_append_printf (
          page, "\n## %s\n\n| pipeline | sentence |\n|---|---|\n", rows[i].sentence);
      continue;
    }
    gchar *text = sentence_of_row (i, wrong);
    if (text)
      append_to_page (page, rows[i].launch, text);
    g_free (text);
  }
  if (wrong->len)
    fail ("%s", wrong->str);
  g_string_free (wrong, TRUE);

  gchar *path =
      g_build_filename (g_getenv ("CNN_FIXTURES"), "..", "..", "docs", "refusals.md", NULL);
  gchar *committed = NULL;
  if (g_getenv ("CNN_WRITE_PAGE"))
    fail_unless (g_file_set_contents (path, page->str, -1, NULL));
  fail_unless (g_file_get_contents (path, &committed, NULL, NULL), "no %s", path);
  fail_unless (g_str_equal (committed, page->str),
      "docs/refusals.md is not what was said: run this test with CNN_WRITE_PAGE=1");
  g_free (committed);
  g_free (path);
  g_string_free (page, TRUE);
}
GST_END_TEST;

static Suite *
refusals_suite (void)
{
  Suite *suite = suite_create ("refusals");
  TCase *tests = tcase_create ("sentences");
  suite_add_tcase (suite, tests);
  tcase_add_test (tests, test_sentences);
  return suite;
}

GST_CHECK_MAIN (refusals);
