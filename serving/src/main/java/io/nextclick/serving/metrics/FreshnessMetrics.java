// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.metrics;

import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.features.sequence.Verdict;
import io.nextclick.ingest.kafka.BatchListener;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.InstantSource;
import java.util.List;

/**
 * Histograms of how old events were when they became visible to ranking: since their own time, and
 * since Kafka took them in.
 */
public final class FreshnessMetrics implements BatchListener {

  private static final double[] SECONDS = {
    0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 60, 600, 3_600
  };

  private static final String HELP = "Age of an event when ranking could first see it, ";

  private final InstantSource clock;
  private final Histogram sinceEvent;
  private final Histogram sinceAppend;

  public FreshnessMetrics(PrometheusRegistry registry, InstantSource clock) {
    Instruments metrics = new Instruments(registry);
    this.clock = clock;
    this.sinceEvent =
        metrics.seconds(
            "nextclick_event_visible_after_event", HELP + "since its event time.", SECONDS);
    this.sinceAppend =
        metrics.seconds(
            "nextclick_event_visible_after_append", HELP + "since Kafka appended it.", SECONDS);
  }

  @Override
  public void after(SourceBatch batch, List<Verdict> verdicts) {
    long now = clock.millis();
    for (SourceRecord record : batch.records()) {
      if (record.decoded() instanceof Event event) {
        sinceEvent.observe(seconds(now - event.timeMillis()));
        sinceAppend.observe(seconds(now - record.appendTimeMillis()));
      }
    }
  }

  /** Clocks differ: what seems to come from the future is new. */
  private static double seconds(long millis) {
    return Math.max(0, millis) / 1e3;
  }
}
