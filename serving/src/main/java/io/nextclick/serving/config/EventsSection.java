// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.nextclick.features.mapping.EventMapping;
import org.jspecify.annotations.Nullable;

/** What the records of the events topic and of {@code POST /v1/events} look like. */
public final class EventsSection {
  @JsonProperty @Nullable EventMapping mapping = null;
}
