/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "demo-chapters.h"

/* One frame, so that the maps are not far behind the source that is drawn beside them: views get that straight from the tee,
 * before its maps. */
#define QUEUE "queue max-size-buffers=1"
#define FULL "video/x-raw,width=1280,height=620"
/* compositor and textoverlay agree on this format. */
#define COMPOSED "video/x-raw,format=RGBA,width=1280,height=620"
#define PHOTO "media/chelsea.png"
#define FILM "media/calais1906_theora.ogv"
#define DIGITS "weights=\"EXAMPLES/networks/digits.safetensors\" "
#define ENLARGE "weights=\"EXAMPLES/networks/enlarge.safetensors\" padding-mode=replicate "

const DemoChapter demo_chapters[] = {
    {
        .name = "kernels",
        .caption = "Eight kernels slide over the picture. A map (four of them) is bright where the "
                   "picture\n"
                   "looks like its kernel: fur, whiskers, the rim of an eye in one direction.",
        .pipeline =
            "tee name=source_tee source_tee. ! view.video source_tee. ! " QUEUE
            " ! videoconvert ! video/x-raw,format=GRAY8 ! "
            "cnnconv name=gabor kernel=gabor kernel-size=15 padding=same padding-mode=reflect "
            "activation=relu ! cnnpool name=pool ! view. "
            "cnnview name=view title=true channels=0,2,4,6 colormap=inferno clip=0.2 gamma=0.6 "
            "smoothing=0.8 ! " FULL,
        .seconds = 8,
        .pointer = TRUE,
    },
    {
        .name = "edges",
        .caption = "Two kernels of 3x3 numbers: where it gets brighter to the right (red) or "
                   "darker (blue),\n"
                   "and the same downwards. The box is what one value was computed from.",
        .pipeline =
            "videocrop left=8 right=8 top=8 bottom=8 ! tee name=source_tee source_tee. ! "
            "view.video source_tee. ! " QUEUE " ! videoconvert ! video/x-raw,format=GRAY8 ! "
            "cnnconv name=sobel kernel=sobel padding=same padding-mode=replicate ! view. "
            "cnnview name=view title=true normalize=symmetric colormap=coolwarm clip=0.5 "
            "smoothing=0.9 ! " FULL,
        .own_source = FILM,
        .takes_any_source = TRUE,
        .start = 12,
        .seconds = 6,
    },
    {
        .name = "depth",
        .caption = "Above, one layer deep, a value sees 5x5 pixels: a stroke. Below, deeper by two "
                   "layers\n"
                   "and two poolings, it sees 32x32: where there are many such strokes.",
        .pipeline = "tee name=source_tee source_tee. ! deep.video source_tee. ! flat.video "
                    "source_tee. ! " QUEUE " ! videoconvert ! video/x-raw,format=GRAY8 ! "
                    "cnnconv name=first kernel=gabor kernel-size=5 padding=same "
                    "padding-mode=reflect activation=relu ! "
                    "tee name=first_tee ! " QUEUE " ! cnnpool ! "
                    "cnnconv name=second kernel=gabor kernel-size=5 padding=same "
                    "padding-mode=reflect activation=relu ! "
                    "cnnpool ! cnnconv name=third kernel=box kernel-size=5 padding=same "
                    "padding-mode=reflect ! "
                    "deep. "
                    "cnnview name=deep title=true channels=0,36 colormap=inferno clip=0.2 "
                    "kernels=false smoothing=0.8 ! "
                    "video/x-raw,width=1280,height=309 ! " QUEUE " ! both.sink_1 "
                    "first_tee. ! " QUEUE " ! flat. "
                    "cnnview name=flat title=true channels=0,4 colormap=inferno clip=0.2 "
                    "kernels=false smoothing=0.8 ! "
                    "video/x-raw,width=1280,height=309 ! " QUEUE " ! both.sink_0 "
                    "compositor name=both background=black sink_1::ypos=311 ! " COMPOSED,
        .seconds = 8,
        .explain = TRUE,
    },
    {
        .name = "digits",
        .caption = "A trained network reads: strokes of the digit, then parts of it, then one "
                   "score a digit.\n"
                   "Its kernels were learned from 8000 digits; it has never seen these.",
        .pipeline =
            "videoconvert ! video/x-raw,format=GRAY8 ! tee name=source_tee source_tee. ! "
            "strokes.video source_tee. ! " QUEUE " ! "
            "cnnconv name=conv1 " DIGITS
            "layer=conv1 padding=2 activation=relu ! tee name=first ! " QUEUE " ! "
            "cnnpool name=pool1 ! "
            "cnnconv name=conv2 " DIGITS
            "layer=conv2 padding=2 activation=relu ! tee name=second ! " QUEUE " ! "
            "cnnpool name=pool2 ! cnnconv name=fc " DIGITS "layer=fc ! tee name=scores ! " QUEUE
            " ! "
            "cnnclassify labels=\"EXAMPLES/networks/digits.txt\" top=1 ! words.text_sink "
            "first. ! " QUEUE " ! strokes. "
            "cnnview name=strokes title=true ignore-border=false columns=4 colormap=inferno ! "
            "video/x-raw,width=1280,height=380 ! " QUEUE " ! all.sink_0 "
            "second. ! " QUEUE
            " ! cnnview title=true ignore-border=false columns=8 colormap=inferno ! "
            "video/x-raw,width=800,height=240 ! " QUEUE " ! all.sink_1 "
            "scores. ! " QUEUE
            " ! cnnview title=true labels=true normalize=fixed minimum=-20 maximum=20 "
            "colormap=coolwarm ! video/x-raw,width=480,height=240 ! videoconvert ! "
            "video/x-raw,format=RGBA ! "
            "textoverlay name=words font-desc=\"Sans Bold 44\" ! videoconvert ! " QUEUE
            " ! all.sink_2 "
            "compositor name=all sink_1::ypos=380 sink_2::xpos=800 sink_2::ypos=380 ! " COMPOSED,
        .own_source = "networks/digits/%d.png",
        .seconds = 11,
        .pointer = TRUE,
        .explain = TRUE,
    },
    {
        .name = "enlarge",
        .caption = "Half of the photo's pixels, enlarged: by bicubic filtering, and by three "
                   "convolutions\n"
                   "and a pixel shuffle that were trained on other photos.",
        .pipeline =
            "videoscale method=catrom ! video/x-raw,width=224,height=150 ! videoconvert ! "
            "video/x-raw,format=RGB ! "
            "videocrop left=64 right=80 top=40 bottom=33 ! tee name=small ! " QUEUE " ! "
            "cnnconv name=conv1 " ENLARGE "layer=conv1 padding=2 activation=relu ! "
            "cnnconv name=conv2 " ENLARGE "layer=conv2 padding=1 activation=relu ! "
            "cnnconv name=conv3 " ENLARGE
            "layer=conv3 padding=1 ! cnnupsample name=shuffle mode=pixel-shuffle ! "
            "video/x-raw,format=RGB ! videoscale method=nearest-neighbour add-borders=false ! "
            "video/x-raw,width=638,height=620,pixel-aspect-ratio=1/1 ! "
            "videoconvert ! video/x-raw,format=RGBA ! textoverlay text=\"network\" valignment=top "
            "font-desc=\"Sans Bold 28\" "
            "! videoconvert ! " QUEUE " ! both.sink_1 "
            "small. ! " QUEUE " ! videoscale method=catrom ! video/x-raw,width=160,height=154 ! "
            "videoscale method=nearest-neighbour add-borders=false ! "
            "video/x-raw,width=638,height=620,pixel-aspect-ratio=1/1 ! "
            "videoconvert ! video/x-raw,format=RGBA ! textoverlay text=\"bicubic\" valignment=top "
            "font-desc=\"Sans Bold 28\" "
            "! videoconvert ! " QUEUE " ! both.sink_0 "
            "compositor name=both background=black sink_1::xpos=642 ! " COMPOSED,
        .own_source = PHOTO,
        .seconds = 6,
        .explain = TRUE,
    },
};

const guint demo_chapter_count = G_N_ELEMENTS (demo_chapters);

gchar *
demo_chapter_pipeline (const DemoChapter *chapter, const gchar *examples)
{
  gchar **parts = g_strsplit (chapter->pipeline, "EXAMPLES", -1);
  gchar *line = g_strjoinv (examples, parts);
  g_strfreev (parts);
  return line;
}
