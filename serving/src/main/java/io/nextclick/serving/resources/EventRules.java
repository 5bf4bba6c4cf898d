// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.resources;

import io.nextclick.features.event.Decoded;
import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import io.nextclick.features.event.RejectedEvent;
import io.nextclick.features.mapping.EventMapper;
import io.nextclick.features.sequence.FoldSettings;
import org.jspecify.annotations.Nullable;

/**
 * Accepts over HTTP what the Kafka consumer will accept: the same decoder or mapping, the same
 * plausible times and the same list of actions as the fold.
 */
public final class EventRules {

  private final FoldSettings settings;
  private final @Nullable EventMapper mapper;

  public EventRules(FoldSettings settings) {
    this.settings = settings;
    this.mapper =
        settings.mapping() == null ? null : new EventMapper(settings.mapping(), settings.times());
  }

  /**
   * The event, or why it is none.
   *
   * @param mapped whether a mapping, if there is one, is applied
   */
  Decoded decode(byte[] record, boolean mapped) {
    Decoded decoded =
        mapper == null || !mapped
            ? EventJson.decode(record, settings.times())
            : mapper.decode(record, null);
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
