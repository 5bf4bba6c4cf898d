// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.metrics;

import io.nextclick.model.encoder.EncodedHistoryCache;
import io.nextclick.serving.models.Arm;
import io.nextclick.serving.models.LoadedModel;
import io.nextclick.serving.models.ModelRegistry;
import io.nextclick.serving.rank.AnswerListener;
import io.nextclick.serving.rank.Ranking;
import io.nextclick.serving.rank.Stage;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
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
    Instruments metrics = new Instruments(registry);
    stages =
        metrics.seconds(
            "nextclick_rank_stage", "Time of each stage of a ranking.", SECONDS, "stage");
    cache(metrics, models, "hits", EncodedHistoryCache.Stats::hits);
    cache(metrics, models, "extensions", EncodedHistoryCache.Stats::extensions);
    cache(metrics, models, "misses", EncodedHistoryCache.Stats::misses);
  }

  private static void cache(
      Instruments metrics,
      ModelRegistry models,
      String what,
      ToLongFunction<EncodedHistoryCache.Stats> value) {
    metrics.counter(
        "nextclick_history_cache_" + what,
        "Encoded histories: " + what + ".",
        "model",
        series -> {
          for (Arm arm : models.routing().arms()) {
            LoadedModel model = arm.model();
            series.value(model.id(), (double) value.applyAsLong(model.cacheStats()));
          }
        });
  }

  @Override
  public void answered(Ranking ranking) {
    for (Stage stage : Stage.values()) {
      if (stage != Stage.PLACE || ranking.times().has(stage)) {
        observe(stage.label(), ranking.times().nanos(stage));
      }
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
