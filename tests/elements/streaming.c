/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What belongs to a stream besides its samples: events in their order, gaps, flushes, late frames, latency,
 * metadata, and whose memory the frames are in. */
#include "layertest.h"

#include <gst/video/video.h>

#define WIDTH 64
#define HEIGHT 48
#define FRAME_SIZE (WIDTH * HEIGHT * 3)

static void
set_video_caps (GstHarness *harness)
{
  gchar *caps =
      g_strdup_printf ("video/x-raw,format=RGB,width=%d,height=%d,framerate=25/1", WIDTH, HEIGHT);
  gst_harness_set_src_caps_str (harness, caps);
  g_free (caps);
}

static GstHarness *
video_harness (const gchar *elements)
{
  GstHarness *harness = gst_harness_new_parse (elements);
  set_video_caps (harness);
  return harness;
}

static GstHarness *
merge_harness (void)
{
  GstElement *merge = gst_element_factory_make ("cnnmerge", NULL);
  GstHarness *harness = gst_harness_new_with_element (merge, "sink_0", "src");
  gst_object_unref (merge);
  return harness;
}

static GstBuffer *
video_frame (GstHarness *harness, GstClockTime time)
{
  GstBuffer *frame = gst_harness_create_buffer (harness, FRAME_SIZE);
  gst_buffer_memset (frame, 0, 100, FRAME_SIZE);
  GST_BUFFER_PTS (frame) = time;
  GST_BUFFER_DURATION (frame) = GST_SECOND / 25;
  return frame;
}

/* --- Events --------------------------------------------------------------------------------------- */

/* Pulls events until one of this type, which is returned; others must be of the expected kind. */
static GstEvent *
next_event (GstHarness *harness, GstEventType wanted)
{
  GstEvent *event;
  while ((event = gst_harness_try_pull_event (harness))) {
    if (GST_EVENT_TYPE (event) == wanted)
      return event;
    gst_event_unref (event);
  }
  fail ("no %s event came", gst_event_type_get_name (wanted));
  return NULL;
}

GST_START_TEST (test_events_in_order)
{
  GstHarness *harness = video_harness ("cnnconv kernel=box ! cnnpool");
  gst_harness_push (harness, video_frame (harness, 0));
  gst_harness_push_event (
      harness, gst_event_new_tag (gst_tag_list_new (GST_TAG_TITLE, "first", NULL)));
  gst_harness_push_event (harness,
      gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM, gst_structure_new_empty ("second")));
  gst_harness_push_event (harness, gst_event_new_gap (GST_SECOND, GST_SECOND));
  gst_harness_push (harness, video_frame (harness, 2 * GST_SECOND));
  gst_harness_push_event (harness, gst_event_new_eos ());

  static const GstEventType expected[] = {GST_EVENT_STREAM_START, GST_EVENT_CAPS, GST_EVENT_SEGMENT,
      GST_EVENT_TAG, GST_EVENT_CUSTOM_DOWNSTREAM, GST_EVENT_GAP, GST_EVENT_EOS};
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    gst_event_unref (next_event (harness, expected[i]));
  fail_unless_equals_int (gst_harness_buffers_received (harness), 2);
  gst_harness_teardown (harness);
}

GST_END_TEST

/* After a flush the stream goes on in a new segment, with the layer as it was. */
GST_START_TEST (test_flush)
{
  GstHarness *harness = video_harness ("cnnconv kernel=box");
  GstSegment segment;
  gst_harness_push (harness, video_frame (harness, 0));
  fail_unless (gst_harness_push_event (harness, gst_event_new_flush_start ()));
  fail_unless (gst_harness_push_event (harness, gst_event_new_flush_stop (TRUE)));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = 5 * GST_SECOND;
  gst_harness_push_event (harness, gst_event_new_segment (&segment));
  fail_unless_equals_int (
      gst_harness_push (harness, video_frame (harness, 6 * GST_SECOND)), GST_FLOW_OK);
  fail_unless_equals_int (gst_harness_buffers_received (harness), 2);
  gst_event_unref (next_event (harness, GST_EVENT_FLUSH_STOP));
  const GstSegment *passed;
  GstEvent *event = next_event (harness, GST_EVENT_SEGMENT);
  gst_event_parse_segment (event, &passed);
  fail_unless_equals_uint64 (passed->start, 5 * GST_SECOND);
  gst_event_unref (event);
  gst_harness_teardown (harness);
}

GST_END_TEST

/* A sink that is two seconds behind: frames that would be late are dropped before work is done on them. */
GST_START_TEST (test_late_frames_are_dropped)
{
  GstHarness *harness = video_harness ("cnnconv kernel=box");
  gst_harness_push (harness, video_frame (harness, 0));
  gst_harness_push_upstream_event (
      harness, gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 0.5, 2 * GST_SECOND, GST_SECOND));
  fail_unless_equals_int (
      gst_harness_push (harness, video_frame (harness, 2 * GST_SECOND)), GST_FLOW_OK);
  fail_unless_equals_int (gst_harness_buffers_received (harness), 1);
  gst_harness_push (harness, video_frame (harness, 60 * GST_SECOND));
  fail_unless_equals_int (gst_harness_buffers_received (harness), 2);
  gst_harness_teardown (harness);
}

GST_END_TEST

GST_START_TEST (test_latency_passes)
{
  GstHarness *harness = video_harness ("cnnconv kernel=box ! cnnpool");
  gst_harness_set_upstream_latency (harness, 40 * GST_MSECOND);
  gst_harness_push (harness, video_frame (harness, 0));
  fail_unless_equals_uint64 (gst_harness_query_latency (harness), 40 * GST_MSECOND);
  gst_harness_teardown (harness);
}

GST_END_TEST

/* --- Metadata ------------------------------------------------------------------------------------- */

/* A region keeps its place in the smaller picture; what describes the memory of the input goes. */
GST_START_TEST (test_metadata)
{
  GstHarness *harness = video_harness ("cnnpool kernel-size=4");
  GstBuffer *frame = video_frame (harness, 0);
  gst_buffer_add_video_region_of_interest_meta (frame, "face", 16, 8, 32, 20);
  gst_buffer_add_video_meta (frame, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_RGB, WIDTH, HEIGHT);
  GstCaps *reference = gst_caps_new_empty_simple ("timestamp/x-unix");
  gst_buffer_add_reference_timestamp_meta (frame, reference, 1234, GST_CLOCK_TIME_NONE);
  gst_caps_unref (reference);

  GstBuffer *maps = gst_harness_push_and_pull (harness, frame);
  GstVideoRegionOfInterestMeta *region = gst_buffer_get_video_region_of_interest_meta_id (maps, 0);
  if (!region)
    region = (GstVideoRegionOfInterestMeta *)gst_buffer_get_meta (
        maps, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE);
  fail_unless (region != NULL);
  fail_unless_equals_int (region->x, 4);
  fail_unless_equals_int (region->y, 2);
  fail_unless_equals_int (region->w, 8);
  fail_unless_equals_int (region->h, 5);
  fail_unless (gst_buffer_get_video_meta (maps) == NULL);
  fail_unless (gst_buffer_get_reference_timestamp_meta (maps, NULL) != NULL);
  gst_buffer_unref (maps);
  gst_harness_teardown (harness);
}

GST_END_TEST

/* --- Memory --------------------------------------------------------------------------------------- */

/* An allocator that counts the copies of its memories. */
typedef struct {
  GstAllocator parent;
  gint copies, allocations;
} CountingAllocator;

typedef struct {
  GstMemory memory;
  guint8 *block;
} CountedMemory;

typedef GstAllocatorClass CountingAllocatorClass;

static GType counting_allocator_get_type (void);
G_DEFINE_TYPE (CountingAllocator, counting_allocator, GST_TYPE_ALLOCATOR)

static GstMemory *
counted_alloc (GstAllocator *allocator, gsize size, GstAllocationParams *params)
{
  CountedMemory *counted = g_new0 (CountedMemory, 1);
  const gsize all = size + params->prefix + params->padding + params->align;
  counted->block = g_malloc0 (all + 64);
  gst_memory_init (GST_MEMORY_CAST (counted), params->flags, allocator, NULL, all, params->align,
      params->prefix, size);
  g_atomic_int_inc (&((CountingAllocator *)allocator)->allocations);
  return GST_MEMORY_CAST (counted);
}

static void
counted_free (GstAllocator *allocator, GstMemory *memory)
{
  g_free (((CountedMemory *)memory)->block);
  g_free (memory);
}

static gpointer
counted_map (GstMemory *memory, gsize size, GstMapFlags flags)
{
  return ((CountedMemory *)memory)->block;
}

static void
counted_unmap (GstMemory *memory)
{
}

static GstMemory *
counted_copy (GstMemory *memory, gssize offset, gssize size)
{
  g_atomic_int_inc (&((CountingAllocator *)memory->allocator)->copies);
  return gst_allocator_alloc (NULL, memory->size, NULL);
}

static void
counting_allocator_class_init (CountingAllocatorClass *klass)
{
  klass->alloc = counted_alloc;
  klass->free = counted_free;
}

static void
counting_allocator_init (CountingAllocator *self)
{
  GstAllocator *allocator = GST_ALLOCATOR_CAST (self);
  allocator->mem_type = "counted";
  allocator->mem_map = counted_map;
  allocator->mem_unmap = counted_unmap;
  allocator->mem_copy = counted_copy;
  GST_OBJECT_FLAG_SET (self, GST_ALLOCATOR_FLAG_CUSTOM_ALLOC);
}

/* Frames are read where they are and written where downstream wants them: nothing is copied. */
GST_START_TEST (test_no_copies)
{
  CountingAllocator *allocator = g_object_new (counting_allocator_get_type (), NULL);
  gst_object_ref_sink (allocator);
  GstAllocationParams params;
  gst_allocation_params_init (&params);
  GstHarness *harness = gst_harness_new_parse ("cnnconv kernel=box ! cnnpool ! cnnconv kernel=box");
  gst_harness_set_propose_allocator (harness, gst_object_ref (allocator), &params);
  gst_harness_set_src_caps_str (
      harness, "video/x-raw,format=RGB,width=64,height=48,framerate=25/1");
  for (guint i = 0; i < 5; i++) {
    GstBuffer *frame = gst_buffer_new_allocate (GST_ALLOCATOR_CAST (allocator), FRAME_SIZE, NULL);
    /* Somebody else may hold the frame: it is read, not written. */
    GstBuffer *held = gst_buffer_ref (frame);
    GstBuffer *maps = gst_harness_push_and_pull (harness, frame);
    fail_unless (gst_buffer_peek_memory (maps, 0)->allocator == GST_ALLOCATOR_CAST (allocator));
    gst_buffer_unref (maps);
    gst_buffer_unref (held);
  }
  fail_unless_equals_int (allocator->copies, 0);
  /* Five inputs; the outputs came from a pool that reuses them. */
  fail_unless (allocator->allocations <= 5 + 2, "%d allocations", allocator->allocations);
  gst_harness_teardown (harness);
  gst_object_unref (allocator);
}

GST_END_TEST

static GstQuery *
allocation_query (GstHarness *harness)
{
  GstCaps *caps = gst_pad_get_current_caps (harness->srcpad);
  GstQuery *query = gst_query_new_allocation (caps, TRUE);
  fail_unless (gst_pad_peer_query (harness->srcpad, query));
  gst_caps_unref (caps);
  return query;
}

/* Upstream is offered aligned buffers and may use any row stride. */
GST_START_TEST (test_proposal)
{
  GstHarness *harness = video_harness ("cnnconv kernel=box");
  GstQuery *query = allocation_query (harness);
  GstAllocationParams params;
  gst_query_parse_nth_allocation_param (query, 0, NULL, &params);
  fail_unless (params.align >= 63, "alignment %" G_GSIZE_FORMAT, params.align);
  fail_unless (gst_query_find_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL));
  GstBufferPool *pool;
  guint size;
  gst_query_parse_nth_allocation_pool (query, 0, &pool, &size, NULL, NULL);
  fail_unless_equals_int (size, FRAME_SIZE);
  gst_object_unref (pool);
  gst_query_unref (query);

  GstBuffer *maps = gst_harness_push_and_pull (harness, video_frame (harness, 0));
  GstMapInfo map;
  fail_unless (gst_buffer_map (maps, &map, GST_MAP_READ));
  fail_unless_equals_uint64 ((guintptr)map.data % 64, 0);
  gst_buffer_unmap (maps, &map);
  gst_buffer_unref (maps);
  gst_harness_teardown (harness);
}

GST_END_TEST

static const guint8 *
frame_address (GstBuffer *frame)
{
  GstMapInfo map;
  fail_unless (gst_buffer_map (frame, &map, GST_MAP_READ));
  const guint8 *address = map.data;
  gst_buffer_unmap (frame, &map);
  return address;
}

/* Without a wish of downstream's, frames are in the kernels' memory, and the pool gives the same one again
 * once it is back. */
static void
check_frames_are_reused (GstHarness *harness, gsize alignment)
{
  const guint8 *expected = NULL;
  for (guint i = 0; i < 4; i++) {
    GstBuffer *maps = gst_harness_push_and_pull (harness, video_frame (harness, i * GST_SECOND));
    fail_unless (gst_memory_is_type (gst_buffer_peek_memory (maps, 0), "CnnMemory"));
    const guint8 *address = frame_address (maps);
    fail_unless_equals_uint64 ((guintptr)address % alignment, 0);
    fail_unless (!expected || address == expected, "frame %u is in fresh memory", i);
    expected = address;
    gst_buffer_unref (maps);
  }
  gst_harness_teardown (harness);
}

GST_START_TEST (test_frames_are_reused)
{
  check_frames_are_reused (video_harness ("cnnconv kernel=box"), 64);
  check_frames_are_reused (video_harness ("cnnconv kernel=box ! cnnpool"), 64);
  GstHarness *merge = merge_harness ();
  set_video_caps (merge);
  check_frames_are_reused (merge, 64);
  /* 12 MB: in huge pages, which start every 2 MiB. */
  GstHarness *view = gst_harness_new_parse ("cnnconv kernel=box ! tensor/strided ! cnnview");
  gst_harness_set_sink_caps_str (view, "video/x-raw,width=2000,height=1500");
  set_video_caps (view);
  check_frames_are_reused (view, 2 << 20);
}

GST_END_TEST

static GstPadProbeReturn
propose_pool (GstPad *pad, GstPadProbeInfo *info, gpointer pool)
{
  GstQuery *query = GST_PAD_PROBE_INFO_QUERY (info);
  if (GST_QUERY_TYPE (query) != GST_QUERY_ALLOCATION)
    return GST_PAD_PROBE_OK;
  GstCaps *caps;
  GstVideoInfo video;
  gst_query_parse_allocation (query, &caps, NULL);
  fail_unless (gst_video_info_from_caps (&video, caps));
  gst_query_add_allocation_pool (query, pool, (guint)video.size, 0, 0);
  return GST_PAD_PROBE_HANDLED;
}

/* A pool of downstream's is used, and with its own kind of memory. */
GST_START_TEST (test_pool_of_downstream)
{
  static const gchar *const elements[] = {
      "cnnconv kernel=box", "cnnconv kernel=box ! tensor/strided ! cnnview"};
  for (guint i = 0; i < G_N_ELEMENTS (elements); i++) {
    GstHarness *harness = gst_harness_new_parse (elements[i]);
    GstBufferPool *pool = gst_buffer_pool_new ();
    gst_pad_add_probe (
        harness->sinkpad, GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM, propose_pool, pool, NULL);
    gst_harness_set_sink_caps_str (harness, "video/x-raw");
    set_video_caps (harness);
    GstBuffer *maps = gst_harness_push_and_pull (harness, video_frame (harness, 0));
    fail_unless (maps->pool == pool, "%s used another pool", elements[i]);
    fail_if (gst_memory_is_type (gst_buffer_peek_memory (maps, 0), "CnnMemory"));
    gst_buffer_unref (maps);
    gst_harness_teardown (harness);
    gst_object_unref (pool);
  }
}

GST_END_TEST

/* Upstream is offered the same memory: cut and joined in place, and refused where sizes are absurd. */
GST_START_TEST (test_memory_offered_to_upstream)
{
  GstHarness *harness = video_harness ("cnnconv kernel=box");
  GstQuery *query = allocation_query (harness);
  GstAllocator *allocator;
  gst_query_parse_nth_allocation_param (query, 0, &allocator, NULL);
  gst_query_unref (query);
  fail_unless_equals_string (allocator->mem_type, "CnnMemory");

  GstAllocationParams params = {.align = 4095, .prefix = 24, .padding = 40};
  GstMemory *memory = gst_allocator_alloc (allocator, 1000, &params);
  GstMapInfo map;
  fail_unless (gst_memory_map (memory, &map, GST_MAP_WRITE));
  fail_unless_equals_uint64 (((guintptr)map.data - params.prefix) % 4096, 0);
  fail_unless_equals_uint64 (map.size, 1000);
  fail_unless_equals_uint64 (map.maxsize, 1040);
  for (guint i = 0; i < 1000; i++)
    map.data[i] = (guint8)i;
  guint8 *const data = map.data;
  gst_memory_unmap (memory, &map);

  GstMemory *front = gst_memory_share (memory, 100, 200);
  GstMemory *back = gst_memory_share (memory, 300, -1);
  GstMemory *inner = gst_memory_share (back, 10, 20);
  gsize offset;
  fail_unless (gst_memory_is_span (front, back, &offset));
  fail_unless_equals_uint64 (offset, 100);
  fail_if (gst_memory_is_span (back, front, NULL));
  gst_memory_unref (memory); /* its parts keep it */
  gst_memory_unref (back);
  fail_unless (gst_memory_map (inner, &map, GST_MAP_READ));
  fail_unless (map.data == data + 310 && map.size == 20 && map.data[0] == (310 & 255));
  gst_memory_unmap (inner, &map);
  fail_if (gst_memory_map (front, &map, GST_MAP_WRITE));
  GstMemory *copy = gst_memory_copy (front, 50, -1);
  fail_unless (gst_memory_map (copy, &map, GST_MAP_WRITE));
  fail_unless (map.size == 150 && map.data[0] == 150);
  gst_memory_unmap (copy, &map);
  gst_memory_unref (copy);
  gst_memory_unref (inner);
  gst_memory_unref (front);

  fail_unless (gst_allocator_alloc (allocator, G_MAXSIZE, NULL) == NULL);
  fail_unless (gst_allocator_alloc (allocator, G_MAXSIZE - 63, &params) == NULL);
  gst_object_unref (allocator);
  gst_harness_teardown (harness);
}

GST_END_TEST

static Suite *
streaming_suite (void)
{
  Suite *suite = suite_create ("streaming");
  TCase *tests = tcase_create ("streams");
  suite_add_tcase (suite, tests);
  tcase_add_test (tests, test_events_in_order);
  tcase_add_test (tests, test_flush);
  tcase_add_test (tests, test_late_frames_are_dropped);
  tcase_add_test (tests, test_latency_passes);
  tcase_add_test (tests, test_metadata);
  tcase_add_test (tests, test_no_copies);
  tcase_add_test (tests, test_proposal);
  tcase_add_test (tests, test_frames_are_reused);
  tcase_add_test (tests, test_pool_of_downstream);
  tcase_add_test (tests, test_memory_offered_to_upstream);
  return suite;
}

GST_CHECK_MAIN (streaming)
