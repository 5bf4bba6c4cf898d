// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.metrics;

import io.nextclick.serving.shadow.ShadowScoring;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Histograms of how alike shadow models order what was answered; bounded in their number. */
public final class ShadowMetrics implements ShadowScoring.Listener {

  private static final int MAX_SHADOWS = 100;
  private static final String OTHERS = "others";

  private static final double[] CORRELATIONS = {-0.5, 0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.99, 1};
  private static final double[] OVERLAPS = {0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1};

  private final Histogram correlation;
  private final Histogram overlap;
  private final Set<String> shadows = ConcurrentHashMap.newKeySet();

  public ShadowMetrics(PrometheusRegistry registry) {
    Instruments metrics = new Instruments(registry);
    correlation =
        metrics.numbers(
            "nextclick_shadow_rank_correlation",
            "Spearman's correlation of the candidates' ranks, with the model that answered.",
            CORRELATIONS,
            "model");
    overlap =
        metrics.numbers(
            "nextclick_shadow_overlap",
            "Part of the answer's items that the shadow lists too.",
            OVERLAPS,
            "model");
  }

  /** Registers what was left out. */
  public void register(PrometheusRegistry registry, ShadowScoring scoring) {
    Instruments metrics = new Instruments(registry);
    metrics.counter(
        "nextclick_shadow_left_out",
        "Answers that no shadow scored: live requests needed the time, or the share is spent.",
        scoring::leftOut);
    metrics.counter(
        "nextclick_shadow_failed", "Times that a shadow failed to score.", scoring::failed);
  }

  @Override
  public void compared(String shadow, double rankCorrelation, double listOverlap) {
    boolean room = shadows.size() < MAX_SHADOWS || shadows.contains(shadow);
    String label = room ? shadow : OTHERS;
    shadows.add(label);
    correlation.labelValues(label).observe(rankCorrelation);
    overlap.labelValues(label).observe(listOverlap);
  }
}
