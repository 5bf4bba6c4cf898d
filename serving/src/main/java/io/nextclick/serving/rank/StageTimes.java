// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.rank;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** How long each stage of one request took. For one thread; read it when the request has ended. */
public final class StageTimes {

  private final Map<Stage, Long> nanos = new EnumMap<>(Stage.class);
  private long last = System.nanoTime();

  /** The time since the previous call, or since the start, belongs to {@code stage}. */
  void ended(Stage stage) {
    long now = System.nanoTime();
    nanos.merge(stage, now - last, Long::sum);
    last = now;
  }

  /** Time spent in a stage, with every model that was tried; 0 if it was not come to. */
  public long nanos(Stage stage) {
    return nanos.getOrDefault(stage, 0L);
  }

  /** Whether a stage was come to. */
  public boolean has(Stage stage) {
    return nanos.containsKey(stage);
  }

  /** Microseconds by {@link Stage#label}, and their sum as {@code total}. */
  Map<String, Long> micros() {
    Map<String, Long> micros = new LinkedHashMap<>();
    long total = 0;
    for (Stage stage : Stage.values()) {
      if (stage == Stage.PLACE && !has(stage)) {
        continue; // a list has no places
      }
      micros.put(stage.label(), nanos(stage) / 1_000);
      total += nanos(stage);
    }
    micros.put("total", total / 1_000);
    return micros;
  }
}
