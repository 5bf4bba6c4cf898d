// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.metrics;

import io.nextclick.model.encoder.EncodedHistoryCache;
import io.nextclick.serving.models.Arm;
import io.nextclick.serving.models.LoadedModel;
import io.nextclick.serving.models.ModelRegistry;
import io.nextclick.serving.rank.AnswerListener;
import io.nextclick.serving.rank.Ranking;
import io.nextclick.serving.rank.Stage;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;
import java.util.function.ToLongFunction;

/**
 * Histograms of how long each stage of a ranking took, from the wait for a permit to the writing of
 * the answer, and what the caches of encoded histories found.
 */
public final class RankMetrics implements AnswerListener {

  private static final double[] SECONDS = {
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5
  };

  private static final double NANOS = 1e9;

  private final Histogram stages;

  public RankMetrics(PrometheusRegistry registry, ModelRegistry models) {
    stages =
        Histogram.builder()
            .name("nextclick_rank_stage")
            .help("Time of each stage of a ranking.")
            .unit(Unit.SECONDS)
            .labelNames("stage")
            .classicOnly()
            .classicUpperBounds(SECONDS)
            .register(registry);
    cache(registry, models, "hits", EncodedHistoryCache.Stats::hits);
    cache(registry, models, "extensions", EncodedHistoryCache.Stats::extensions);
    cache(registry, models, "misses", EncodedHistoryCache.Stats::misses);
  }

  private static void cache(
      PrometheusRegistry registry,
      ModelRegistry models,
      String what,
      ToLongFunction<EncodedHistoryCache.Stats> value) {
    CounterWithCallback.builder()
        .name("nextclick_history_cache_" + what)
        .help("Encoded histories: " + what + ".")
        .labelNames("model")
        .callback(callback -> {
          for (Arm arm : models.routing().arms()) {
            LoadedModel model = arm.model();
            callback.call((double) value.applyAsLong(model.cacheStats()), model.id());
          }
        })
        .register(registry);
  }

  @Override
  public void answered(Ranking ranking) {
    for (Stage stage : Stage.values()) {
      observe(stage.label(), ranking.times().nanos(stage));
    }
  }

  /** A request waited for its permit. */
  public void queued(long nanos) {
    observe("queue", nanos);
  }

  /** A ranked list was written. */
  public void written(long nanos) {
    observe("serialise", nanos);
  }

  private void observe(String stage, long nanos) {
    stages.labelValues(stage).observe(nanos / NANOS);
  }
}
