// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import io.dropwizard.core.setup.Environment;
import io.nextclick.ingest.kafka.BatchListener;
import io.nextclick.ingest.kafka.IngestSettings;
import io.nextclick.ingest.kafka.RefusedRecords;
import io.nextclick.serving.backfill.Backfill;
import io.nextclick.serving.backfill.StorePointer;
import io.nextclick.serving.config.NextclickConfiguration;
import io.nextclick.serving.health.DeadLettersServlet;
import io.nextclick.serving.health.IngestHealthCheck;
import io.nextclick.serving.health.RecordsHealthCheck;
import io.nextclick.serving.health.StoreHealthCheck;
import io.nextclick.serving.metrics.FreshnessMetrics;
import io.nextclick.serving.metrics.RefusedMetrics;
import io.nextclick.serving.resources.BackfillTask;
import io.nextclick.serving.resources.CheckpointTask;
import io.nextclick.serving.resources.SkipTask;
import io.nextclick.serving.state.Checkpoints;
import io.nextclick.serving.state.DataLayout;
import io.nextclick.serving.state.Freshness;
import io.nextclick.serving.state.LiveLog;
import io.nextclick.serving.state.LogSource;
import io.nextclick.serving.state.ServingStore;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The users' state: what it is folded from, how old it is, how it is kept and replaced. */
final class StateWiring {

  final ServingStore store;
  final LiveLog log;
  final Freshness freshness;
  final Checkpoints checkpoints;
  final Backfill backfill;
  private final RefusedRecords refused;
  private final InstantSource clock;

  /**
   * @param source null for a service without a log
   * @param clicks hears of every batch first
   */
  StateWiring(
      NextclickConfiguration configuration,
      DataLayout files,
      StorePointer pointer,
      ServingStore store,
      @Nullable LogSource source,
      BatchListener clicks,
      PrometheusRegistry registry,
      InstantSource clock) {
    this.store = store;
    this.clock = clock;
    IngestSettings ingest = configuration.store().ingest(files);
    refused = new RefusedRecords(clock);
    RefusedMetrics.register(registry, refused);
    log =
        new LiveLog(
            source,
            store,
            ingest,
            clock,
            BatchListener.all(
                List.of(clicks, new FreshnessMetrics(registry, clock), refused, served(store))));
    if (log.isConfigured()) {
      store.withholdOldState();
    }
    freshness = new Freshness(log::ownership, clock);
    Checkpoints.Settings kept = configuration.store().checkpoints(files);
    checkpoints = new Checkpoints(store, kept, clock);
    backfill = new Backfill(store, log, ingest, pointer, kept.directory(), clock);
  }

  private static BatchListener served(ServingStore store) {
    return new BatchListener() {
      @Override
      public void caughtUp(Instant time) {
        store.caughtUp();
      }
    };
  }

  /**
   * Puts checks and tasks on the admin port.
   *
   * @param maxRefused from which part of refused records on the service is not healthy
   */
  void expose(Environment environment, double maxRefused) {
    environment.healthChecks().register("store", new StoreHealthCheck(store));
    environment.healthChecks().register("ingest", new IngestHealthCheck(log, clock));
    environment.healthChecks().register("records", new RecordsHealthCheck(refused, maxRefused));
    environment.admin().addTask(new CheckpointTask(checkpoints));
    environment.admin().addTask(new BackfillTask(backfill));
    environment.admin().addTask(new SkipTask(log));
    environment
        .admin()
        .addServlet("deadletters", new DeadLettersServlet(store))
        .addMapping("/deadletters");
  }
}
