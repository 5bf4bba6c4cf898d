// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import ch.qos.logback.classic.LoggerContext;
import com.codahale.metrics.MetricRegistry;
import com.fasterxml.jackson.databind.DeserializationFeature;
import io.dropwizard.configuration.EnvironmentVariableSubstitutor;
import io.dropwizard.configuration.SubstitutingSourceProvider;
import io.dropwizard.core.Application;
import io.dropwizard.core.setup.Bootstrap;
import io.dropwizard.core.setup.Environment;
import io.dropwizard.jackson.Jackson;
import io.dropwizard.lifecycle.AutoCloseableManager;
import io.dropwizard.lifecycle.Managed;
import io.nextclick.features.json.Json;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.ingest.kafka.BatchListener;
import io.nextclick.ingest.kafka.RefusedRecords;
import io.nextclick.model.baseline.PositiveActions;
import io.nextclick.serving.admission.AdmissionGate;
import io.nextclick.serving.admission.MemoryBudget;
import io.nextclick.serving.admission.TurnedAway;
import io.nextclick.serving.answer.AnswerLog;
import io.nextclick.serving.answer.ClickJoin;
import io.nextclick.serving.backfill.Backfill;
import io.nextclick.serving.backfill.StorePointer;
import io.nextclick.serving.health.AnswersHealthCheck;
import io.nextclick.serving.health.DeadLettersServlet;
import io.nextclick.serving.health.Draining;
import io.nextclick.serving.health.IngestHealthCheck;
import io.nextclick.serving.health.ReadyServlet;
import io.nextclick.serving.health.RecordsHealthCheck;
import io.nextclick.serving.health.StoreHealthCheck;
import io.nextclick.serving.metrics.AnswerMetrics;
import io.nextclick.serving.metrics.FreshnessMetrics;
import io.nextclick.serving.metrics.RankMetrics;
import io.nextclick.serving.metrics.RefusedMetrics;
import io.nextclick.serving.metrics.RequestMetrics;
import io.nextclick.serving.metrics.ServerMetrics;
import io.nextclick.serving.metrics.ServingMetrics;
import io.nextclick.serving.metrics.ShadowMetrics;
import io.nextclick.serving.metrics.StateMetrics;
import io.nextclick.serving.models.Baselines;
import io.nextclick.serving.models.ModelRegistry;
import io.nextclick.serving.models.ModelRollout;
import io.nextclick.serving.models.RoutingFile;
import io.nextclick.serving.rank.RankingLimits;
import io.nextclick.serving.rank.RankingService;
import io.nextclick.serving.rank.SearchThreads;
import io.nextclick.serving.resources.BackfillTask;
import io.nextclick.serving.resources.BodyReader;
import io.nextclick.serving.resources.CheckpointTask;
import io.nextclick.serving.resources.ConsoleResource;
import io.nextclick.serving.resources.DrainHandler;
import io.nextclick.serving.resources.EncodingFilter;
import io.nextclick.serving.resources.EventRules;
import io.nextclick.serving.resources.EventsResource;
import io.nextclick.serving.resources.ItemsResource;
import io.nextclick.serving.resources.ModelsResource;
import io.nextclick.serving.resources.OverloadHandler;
import io.nextclick.serving.resources.ProblemErrorHandler;
import io.nextclick.serving.resources.ProblemMapper;
import io.nextclick.serving.resources.RankResource;
import io.nextclick.serving.resources.SkipTask;
import io.nextclick.serving.resources.UsersResource;
import io.nextclick.serving.resources.WholeAnswers;
import io.nextclick.serving.resources.WholeBodies;
import io.nextclick.serving.resources.WriteTimes;
import io.nextclick.serving.shadow.RecentRequests;
import io.nextclick.serving.shadow.ShadowScoring;
import io.nextclick.serving.state.Checkpoints;
import io.nextclick.serving.state.Freshness;
import io.nextclick.serving.state.LiveLog;
import io.nextclick.serving.state.LogSource;
import io.nextclick.serving.state.ServingStore;
import io.prometheus.metrics.exporter.servlet.jakarta.PrometheusMetricsServlet;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.handler.EagerContentHandler;
import org.eclipse.jetty.util.component.LifeCycle;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** The service; {@link #run} is all of its wiring. */
public final class NextclickApplication extends Application<NextclickConfiguration> {

  private final ModelRegistry models = new ModelRegistry();
  private final Draining draining = new Draining();
  private @Nullable LiveLog live;

  /** What serves. */
  ModelRegistry models() {
    return models;
  }

  /** Until a configuration is read, and if none can be, the log is as without one. */
  @Override
  protected void bootstrapLogging() {
    Hardening.quietLogging().configure(new MetricRegistry(), getName());
  }

  @Override
  public String getName() {
    return "nextclick";
  }

  @Override
  public void initialize(Bootstrap<NextclickConfiguration> bootstrap) {
    bootstrap.setObjectMapper(Jackson.newObjectMapper(Json.factory().build()));
    bootstrap.setConfigurationSourceProvider(
        new SubstitutingSourceProvider(
            bootstrap.getConfigurationSourceProvider(), new EnvironmentVariableSubstitutor(true)));
    // A value that is cut, or nothing that becomes 0, is no setting that anybody wanted.
    bootstrap
        .getObjectMapper()
        .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
        .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES);
  }

  @Override
  public void run(NextclickConfiguration configuration, Environment environment)
      throws IOException {
    InstantSource clock = InstantSource.system();
    FoldSettings fold = configuration.fold();
    // What is wrong with a setting is said before anything is opened.
    RankingLimits limits = configuration.ranking.limits(fold);
    PositiveActions positive = configuration.ranking.positive(fold);
    LogSource source = configuration.kafka.source();
    AdmissionGate gate = configuration.requests.gate();
    BodyReader bodies = new BodyReader((int) configuration.requests.maxBody.toBytes());

    RoutingFile routing = configuration.model.routing(configuration.store);
    StorePointer pointer = new StorePointer(configuration.store.path);
    ServingStore store = new ServingStore(open(pointer, fold));
    environment.lifecycle().manage(new AutoCloseableManager(models));
    RecentRequests recent = new RecentRequests(store.items(), configuration.model.warmUp);
    ModelRollout rollout =
        new ModelRollout(
            models,
            configuration.model.directory,
            id -> configuration.model.open(fold, id),
            recent,
            routing,
            configuration.model.watch.toJavaDuration());
    environment.lifecycle().manage(new ClosedLast(store));
    loadModels(rollout, store);
    PrometheusRegistry prometheus = new PrometheusRegistry();
    ClickJoin clicks = new ClickJoin(configuration.answers.join(configuration.store), clock);
    RefusedRecords refused = new RefusedRecords(clock);
    RefusedMetrics.register(prometheus, refused);
    LiveLog log =
        new LiveLog(
            source,
            store,
            configuration.store.ingest(),
            clock,
            BatchListener.all(
                List.of(clicks, new FreshnessMetrics(prometheus, clock), refused, served(store))));
    live = log;
    if (log.isConfigured()) {
      store.withholdOldState();
    }
    Baselines baselines =
        new Baselines(
            store, positive, models, configuration.ranking.refitInterval.toJavaDuration());
    Freshness freshness = new Freshness(log::ownership, clock);
    AnswerLog answers =
        new AnswerLog(
            configuration.answers.settings(configuration.store, configuration.kafka),
            store,
            log.isConfigured() ? clicks::shown : logged -> {});
    RankMetrics stages = new RankMetrics(prometheus, models);
    ShadowMetrics shadowMetrics = new ShadowMetrics(prometheus);
    ShadowScoring shadows =
        new ShadowScoring(
            models, gate, store.items(), configuration.model.shadowShare, shadowMetrics);
    shadowMetrics.register(prometheus, shadows);
    SearchThreads search = new SearchThreads();
    RankingService ranking =
        new RankingService(
            store,
            models,
            limits,
            freshness,
            clock,
            search.parallelism(),
            List.of(answers, stages, recent, shadows));
    ServingMetrics metrics = new ServingMetrics(prometheus);
    Checkpoints checkpoints = new Checkpoints(store, configuration.store.checkpoints(), clock);
    environment.admin().addTask(new CheckpointTask(checkpoints));
    Backfill backfill =
        new Backfill(
            store,
            log,
            configuration.store.ingest(),
            pointer,
            configuration.store.checkpoints().directory(),
            clock);
    environment.admin().addTask(new BackfillTask(backfill));
    environment.admin().addTask(new SkipTask(log));

    // Stopped in the opposite order: the store is closed last.
    environment.lifecycle().manage(checkpoints);
    environment.lifecycle().manage(search);
    environment.lifecycle().manage(clicks);
    environment.lifecycle().manage(answers);
    environment.lifecycle().manage(log);
    environment.lifecycle().manage(backfill);
    environment.lifecycle().manage(baselines);
    environment.lifecycle().manage(rollout);
    environment.lifecycle().manage(shadows);

    List.of(
            new RankResource(ranking, gate, limits, bodies, metrics, stages),
            new EventsResource(log, new EventRules(fold), gate, bodies, metrics),
            new UsersResource(store, log, freshness, clock),
            new ItemsResource(store.items(), log, bodies, clock),
            new ModelsResource(models, rollout, bodies),
            new ConsoleResource(),
            new WriteTimes(stages),
            new EncodingFilter(),
            new ProblemMapper())
        .forEach(environment.jersey()::register);

    environment.healthChecks().register("store", new StoreHealthCheck(store));
    environment.healthChecks().register("ingest", new IngestHealthCheck(log, clock));
    environment
        .healthChecks()
        .register("records", new RecordsHealthCheck(refused, configuration.kafka.maxRefused));
    environment.healthChecks().register("answers", new AnswersHealthCheck(answers, clicks));
    StateMetrics.catalogue(prometheus, store);
    StateMetrics.register(prometheus, store, log, freshness, models, baselines, gate);
    ServerMetrics.register(prometheus, environment.metrics(), Version.current());
    AnswerMetrics.register(prometheus, answers);
    AnswerMetrics.register(prometheus, clicks);
    environment
        .admin()
        .addServlet("deadletters", new DeadLettersServlet(store))
        .addMapping("/deadletters");
    ReadyServlet ready = new ReadyServlet(store, log, freshness, baselines, rollout, draining);
    expose(environment, ready, prometheus);
    harden(environment, configuration.requests, gate, prometheus);
  }

  private static BatchListener served(ServingStore store) {
    return new BatchListener() {
      @Override
      public void caughtUp(Instant time) {
        store.caughtUp();
      }
    };
  }

  /** The log of the service that runs. */
  LiveLog log() {
    if (live == null) {
      throw new IllegalStateException("not running yet");
    }
    return live;
  }

  /** To be told before the service stops. */
  Draining draining() {
    return draining;
  }

  /** The configured store, or the one that is named: that one keeps the settings it has. */
  private static RocksDbSequenceStore open(StorePointer pointer, FoldSettings configured)
      throws IOException {
    Path serving = pointer.named();
    if (serving == null) {
      return RocksDbSequenceStore.open(pointer.serving(), configured);
    }
    FoldSettings settings;
    try (RocksDbSequenceStore named = RocksDbSequenceStore.openReadOnly(serving)) {
      settings = named.settings();
    }
    if (!settings.actions().equals(configured.actions())) {
      throw new IOException(
          "store=%s was folded with the actions %s, but the configuration says %s"
              .formatted(serving, settings.actions(), configured.actions()));
    }
    if (!Objects.equals(settings.mapping(), configured.mapping())) {
      throw new IOException(
          "store=%s was folded with events.mapping %s, but the configuration says %s"
              .formatted(serving, settings.mapping(), configured.mapping()));
    }
    if (!settings.times().equals(configured.times())) {
      throw new IOException(
          "store=%s was folded with store.earliest %s and store.latest %s, but the configuration says %s and %s"
              .formatted(
                  serving,
                  settings.times().earliest(),
                  settings.times().latest(),
                  configured.times().earliest(),
                  configured.times().latest()));
    }
    return RocksDbSequenceStore.open(serving, settings);
  }

  private static void loadModels(ModelRollout rollout, ServingStore store) throws IOException {
    try {
      rollout.load();
    } catch (IOException | RuntimeException e) {
      store.close();
      throw e;
    }
  }

  private static void expose(
      Environment environment, ReadyServlet ready, PrometheusRegistry registry) {
    environment.admin().addServlet("ready", ready).addMapping("/ready");
    environment
        .admin()
        .addServlet("prometheus", new PrometheusMetricsServlet(registry))
        .addMapping("/metrics");
  }

  private void harden(
      Environment environment,
      NextclickConfiguration.Requests requests,
      AdmissionGate gate,
      PrometheusRegistry registry) {
    environment.getApplicationContext().setErrorHandler(new ProblemErrorHandler());
    environment.getApplicationContext().getServletHandler().setDecodeAmbiguousURIs(true);
    environment.getAdminContext().setErrorHandler(new ProblemErrorHandler());
    MemoryBudget memory = requests.memory();
    TurnedAway turnedAway = new TurnedAway();
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext logging) {
      logging.addTurboFilter(new GoneClients(turnedAway));
    }
    WholeBodies bodies = new WholeBodies((int) requests.maxBody.toBytes(), memory, turnedAway);
    environment
        .lifecycle()
        .addEventListener(
            new LifeCycle.Listener() {
              @Override
              public void lifeCycleStarting(LifeCycle starting) {
                if (starting instanceof Server server) {
                  var connections = Hardening.apply(server, requests, turnedAway);
                  server.insertHandler(new WholeAnswers("application", memory));
                  server.insertHandler(new EagerContentHandler(bodies));
                  server.insertHandler(new OverloadHandler(gate));
                  RequestMetrics.register(registry, memory, turnedAway, () -> sum(connections));
                  server.insertHandler(new DrainHandler(draining));
                }
              }
            });
  }

  private static long sum(List<ConnectionLimits> connections) {
    return connections.stream().mapToLong(ConnectionLimits::count).sum();
  }

  private record ClosedLast(ServingStore store) implements Managed {
    @Override
    public void stop() {
      store.close();
    }
  }
}
