// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.resources;

import io.nextclick.features.event.Decoded;
import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import io.nextclick.features.event.RejectedEvent;
import io.nextclick.features.sequence.FoldSettings;

/**
 * Accepts over HTTP what the Kafka consumer will accept: the same decoder, and the same list of
 * actions as the fold.
 */
public final class EventRules {

  private final FoldSettings settings;

  public EventRules(FoldSettings settings) {
    this.settings = settings;
  }

  /** The event, or why it is none. */
  Decoded decode(byte[] record) {
    Decoded decoded = EventJson.decode(record);
    if (decoded instanceof Event event
        && event.kind() == Event.Kind.BEHAVIOUR
        && settings.actionCode(event.action()) < 0) {
      return new RejectedEvent(
          RejectedEvent.Reason.UNKNOWN_ACTION,
          "action is none of " + String.join(", ", settings.actions()));
    }
    return decoded;
  }
}
