// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.models;

import io.nextclick.features.sequence.Capacity;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the store keeps that a model was trained for, among the words on where the model comes from.
 * With one room for everything, they are those of before there were two.
 */
public final class TrainedCapacity {

  private static final String HISTORY = "history";
  private static final String IMPRESSIONS = "impressions";

  private TrainedCapacity() {}

  /** Adds it. */
  public static void write(Capacity capacity, Map<String, String> provenance) {
    provenance.put(HISTORY, String.valueOf(capacity.maxHistory()));
    if (!capacity.isShared()) {
      provenance.put(IMPRESSIONS, String.valueOf(capacity.maxImpressions()));
    }
  }

  /** Reads it; null where it is not said, or not in numbers. */
  static @Nullable Capacity read(Map<String, String> provenance) {
    String history = provenance.get(HISTORY);
    try {
      return history == null
          ? null
          : new Capacity(
              Integer.parseInt(history),
              Integer.parseInt(provenance.getOrDefault(IMPRESSIONS, "0")));
    } catch (IllegalArgumentException e) {
      return null; // words of another program
    }
  }
}
