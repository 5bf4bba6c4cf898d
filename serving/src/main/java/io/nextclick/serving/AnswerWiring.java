// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import io.nextclick.serving.admission.AdmissionGate;
import io.nextclick.serving.answer.AnswerLog;
import io.nextclick.serving.answer.ClickJoin;
import io.nextclick.serving.metrics.AnswerMetrics;
import io.nextclick.serving.metrics.RankMetrics;
import io.nextclick.serving.metrics.ServingMetrics;
import io.nextclick.serving.metrics.ShadowMetrics;
import io.nextclick.serving.rank.RankingLimits;
import io.nextclick.serving.rank.RankingService;
import io.nextclick.serving.rank.SearchThreads;
import io.nextclick.serving.shadow.ShadowScoring;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.InstantSource;
import java.util.List;

/** The answers: ranked, measured, logged, joined with clicks, scored by shadows. */
final class AnswerWiring {

  final ClickJoin clicks;
  final AnswerLog log;
  final ShadowScoring shadows;
  final SearchThreads search = new SearchThreads();
  final RankingService ranking;
  final ServingMetrics metrics;
  final RankMetrics stages;

  /**
   * @param shadowShare the part of the answers that shadows score, 0 to 1
   */
  AnswerWiring(
      AnswerLog.Settings logged,
      ClickJoin clicks,
      StateWiring state,
      ModelWiring models,
      AdmissionGate gate,
      RankingLimits limits,
      double shadowShare,
      PrometheusRegistry registry,
      InstantSource clock) {
    this.clicks = clicks;
    log =
        new AnswerLog(
            logged, state.store, state.log.isConfigured() ? clicks::shown : answers -> {});
    stages = new RankMetrics(registry, models.registry);
    ShadowMetrics compared = new ShadowMetrics(registry);
    shadows = new ShadowScoring(models.registry, gate, state.store.items(), shadowShare, compared);
    compared.register(registry, shadows);
    ranking =
        new RankingService(
            state.store,
            models.registry,
            limits,
            state.freshness,
            clock,
            search.parallelism(),
            List.of(log, stages, models.recent, shadows));
    metrics = new ServingMetrics(registry);
    AnswerMetrics.register(registry, log);
    AnswerMetrics.register(registry, clicks);
  }
}
