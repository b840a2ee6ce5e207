/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/gstcnnviewnavigation.h"

#include <gst/video/navigation.h>

gboolean
gst_cnn_view_navigation_handle (
    CnnViewInteraction *interaction, GstEvent *event, const GArray *maps, CnnViewSettings *settings)
{
  gdouble x, y, pressure, delta_x, delta_y;
  const gchar *key;
  gint button;
  guint touch;
  GstNavigationModifierType modifiers = GST_NAVIGATION_MODIFIER_NONE;
  switch (gst_navigation_event_get_type (event)) {
  case GST_NAVIGATION_EVENT_KEY_PRESS:
    gst_navigation_event_parse_modifier_state (event, &modifiers);
    return gst_navigation_event_parse_key_event (event, &key) && key &&
           cnn_view_interaction_key (interaction, key,
               (modifiers & GST_NAVIGATION_MODIFIER_SHIFT_MASK) != 0, maps, settings);
  case GST_NAVIGATION_EVENT_MOUSE_BUTTON_PRESS:
    if (!gst_navigation_event_parse_mouse_button_event (event, &button, &x, &y))
      return FALSE;
    cnn_view_interaction_move (interaction, x, y);
    if (button == 1)
      cnn_view_interaction_click (interaction, x, y, maps, settings);
    else if (button == 4 || button == 5) /* the wheel of old X sinks */
      cnn_view_interaction_turn_page (interaction, button == 5 ? 1 : -1, maps, settings);
    else
      return FALSE;
    return TRUE;
  case GST_NAVIGATION_EVENT_TOUCH_DOWN:
    if (!gst_navigation_event_parse_touch_event (event, &touch, &x, &y, &pressure))
      return FALSE;
    cnn_view_interaction_move (interaction, x, y);
    cnn_view_interaction_click (interaction, x, y, maps, settings);
    return TRUE;
  case GST_NAVIGATION_EVENT_MOUSE_MOVE:
    if (!gst_navigation_event_parse_mouse_move_event (event, &x, &y))
      return FALSE;
    cnn_view_interaction_move (interaction, x, y);
    return TRUE;
  case GST_NAVIGATION_EVENT_MOUSE_SCROLL:
    if (!gst_navigation_event_parse_mouse_scroll_event (event, &x, &y, &delta_x, &delta_y) ||
        delta_y == 0)
      return FALSE;
    cnn_view_interaction_turn_page (interaction, delta_y < 0 ? 1 : -1, maps, settings);
    return TRUE;
  default:
    return FALSE;
  }
}
