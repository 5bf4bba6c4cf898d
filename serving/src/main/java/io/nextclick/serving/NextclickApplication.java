// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

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
import io.nextclick.ingest.kafka.BatchListener;
import io.nextclick.model.baseline.PositiveActions;
import io.nextclick.model.sign.TrustedKeys;
import io.nextclick.serving.access.Access;
import io.nextclick.serving.admission.AdmissionGate;
import io.nextclick.serving.answer.ClickJoin;
import io.nextclick.serving.answer.UserKey;
import io.nextclick.serving.audit.AuditLog;
import io.nextclick.serving.backfill.StorePointer;
import io.nextclick.serving.config.NextclickConfiguration;
import io.nextclick.serving.health.AccessHealthCheck;
import io.nextclick.serving.health.AnswersHealthCheck;
import io.nextclick.serving.health.AuditHealthCheck;
import io.nextclick.serving.health.Draining;
import io.nextclick.serving.health.ReadyServlet;
import io.nextclick.serving.logging.ServiceLogging;
import io.nextclick.serving.metrics.AuditMetrics;
import io.nextclick.serving.metrics.ServerMetrics;
import io.nextclick.serving.metrics.StateMetrics;
import io.nextclick.serving.models.ModelRegistry;
import io.nextclick.serving.models.RoutingPlan;
import io.nextclick.serving.personal.UserExport;
import io.nextclick.serving.rank.RankingLimits;
import io.nextclick.serving.resources.BodyReader;
import io.nextclick.serving.resources.ConsoleResource;
import io.nextclick.serving.resources.EncodingFilter;
import io.nextclick.serving.resources.EventRules;
import io.nextclick.serving.resources.EventsResource;
import io.nextclick.serving.resources.ItemsResource;
import io.nextclick.serving.resources.ModelsResource;
import io.nextclick.serving.resources.ProblemMapper;
import io.nextclick.serving.resources.RankResource;
import io.nextclick.serving.resources.RouteFilter;
import io.nextclick.serving.resources.RuleSets;
import io.nextclick.serving.resources.UsersResource;
import io.nextclick.serving.resources.WriteTimes;
import io.nextclick.serving.server.Listening;
import io.nextclick.serving.server.TlsCertificates;
import io.nextclick.serving.state.DataLayout;
import io.nextclick.serving.state.ErasedUsers;
import io.nextclick.serving.state.LiveLog;
import io.nextclick.serving.state.LogSource;
import io.nextclick.serving.state.ServingStore;
import io.prometheus.metrics.exporter.servlet.jakarta.PrometheusMetricsServlet;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The service; {@link #run} is its wiring: state, models, answers, then what is seen of them. */
public final class NextclickApplication extends Application<NextclickConfiguration> {

  private final InstantSource clock = InstantSource.system();
  private final ModelRegistry registry = new ModelRegistry();
  private final Draining draining = new Draining();
  private @Nullable LiveLog live;
  private String ownKey = "";
  private @Nullable TlsCertificates certificates;

  /** What serves. */
  ModelRegistry models() {
    return registry;
  }

  /** Until a configuration is read, and if none can be, the log is as without one. */
  @Override
  protected void bootstrapLogging() {
    ServiceLogging.quiet().configure(new MetricRegistry(), getName());
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
  public void run(NextclickConfiguration settings, Environment environment) throws IOException {
    PrometheusRegistry metrics = new PrometheusRegistry();
    // What is wrong with a setting is said before anything is opened.
    FoldSettings fold = settings.fold();
    RankingLimits limits = settings.ranking().limits(fold);
    RuleSets rules = settings.ranking().rules();
    PositiveActions positive = settings.ranking().positive(fold);
    LogSource source = settings.kafka().source();
    AdmissionGate gate = settings.requests().gate();
    RoutingPlan plan = settings.model().plan();
    TrustedKeys trusted = settings.model().trusted();
    DataLayout files = DataLayout.of(settings.store().path());
    AccessWiring access = new AccessWiring(settings.security(), files, metrics, clock);
    Listening.apply(settings.getServerFactory(), access.access);
    ownKey = access.access.ownKey();
    certificates = TlsCertificates.of(settings.getServerFactory(), clock);

    StorePointer pointer = new StorePointer(settings.store().path());
    ServingStore store = new ServingStore(pointer.open(settings.wantedFold()));
    ModelWiring models = new ModelWiring(settings, plan, trusted, positive, files, store, registry);
    models.load(store);
    UserKey.Source key = UserKey.source(settings.answers().userKey(files));
    UserKey.Source auditKey = UserKey.source(settings.answers().keyFile(files));
    AuditLog audit = new AuditLog(settings.audit().log(files, auditKey), clock);
    ClickJoin clicks = new ClickJoin(settings.answers().join(files, key), clock);
    ErasedUsers erased = new ErasedUsers();
    BatchListener heard = BatchListener.all(List.of(clicks, erased));
    StateWiring state =
        new StateWiring(settings, files, pointer, store, source, heard, metrics, clock);
    live = state.log;
    AnswerWiring answers =
        new AnswerWiring(
            settings.answers().log(files, key, settings.kafka().itemsTopic()),
            clicks,
            state,
            models,
            gate,
            limits,
            settings.model().shadowShare(),
            metrics,
            clock);

    erased.tell(registry::forget);
    erased.tell(models.recent::forget);
    erased.tell(answers.shadows::forget);
    UserExport export =
        new UserExport(
            store,
            clicks,
            settings.answers().directory(files),
            settings.answers().keyFile(files),
            clock);

    // Stopped in the opposite order: the store and the models are closed last.
    List.<Managed>of(
            audit,
            access.access,
            new AutoCloseableManager(registry),
            new ClosedLast(store),
            state.checkpoints,
            answers.search,
            answers.clicks,
            erased,
            answers.log,
            state.log,
            state.backfill,
            models.baselines,
            models.rollout,
            answers.shadows)
        .forEach(environment.lifecycle()::manage);

    answer(environment, state, models, answers, export, gate, access, limits, rules, settings);
    state.expose(environment, settings.kafka().maxRefused());
    environment.healthChecks().register("access", new AccessHealthCheck(access.access));
    environment.healthChecks().register("answers", new AnswersHealthCheck(answers.log, clicks));
    environment.healthChecks().register("audit", new AuditHealthCheck(audit));
    AuditMetrics.register(metrics, audit);
    environment
        .admin()
        .addServlet("ready", ready(state, models, access.access))
        .addMapping("/ready");
    StateMetrics.register(
        metrics, store, state.log, state.freshness, registry, models.baselines, gate);
    ServerMetrics.register(metrics, environment.metrics(), Version.current());
    environment
        .admin()
        .addServlet("prometheus", new PrometheusMetricsServlet(metrics))
        .addMapping("/metrics");
    new HttpWiring(settings.requests(), gate, access, audit, draining, certificates, metrics)
        .harden(environment);
    Listening.tell(access.access);
  }

  /** Registers the resources. */
  private void answer(
      Environment environment,
      StateWiring state,
      ModelWiring models,
      AnswerWiring answers,
      UserExport export,
      AdmissionGate gate,
      AccessWiring access,
      RankingLimits limits,
      RuleSets rules,
      NextclickConfiguration settings) {
    BodyReader bodies = new BodyReader(settings.requests().maxBodyBytes());
    List.of(
            new RankResource(
                answers.ranking, gate, limits, rules, bodies, answers.metrics, answers.stages),
            new EventsResource(
                state.log,
                new EventRules(settings.fold()),
                gate,
                bodies,
                answers.metrics,
                access.limits),
            new UsersResource(state.store, state.log, state.freshness, clock, export),
            new ItemsResource(state.store.items(), state.log, bodies, clock),
            new ModelsResource(registry, models.rollout, bodies),
            new ConsoleResource(access.access.isSpelledOpen()),
            new RouteFilter(),
            new WriteTimes(answers.stages),
            new EncodingFilter(),
            new ProblemMapper())
        .forEach(environment.jersey()::register);
  }

  private ReadyServlet ready(StateWiring state, ModelWiring models, Access access) {
    return new ReadyServlet(
        state.store,
        state.log,
        state.freshness,
        models.baselines,
        models.rollout,
        access,
        draining);
  }

  /** A key by which this process tries itself out. */
  String ownKey() {
    return ownKey;
  }

  /** The log of the service that runs. */
  LiveLog log() {
    if (live == null) {
      throw new IllegalStateException("not running yet");
    }
    return live;
  }

  /** What clients see of the service that runs; empty without TLS. */
  List<X509Certificate> certificates() {
    return certificates == null ? List.of() : certificates.shown();
  }

  /** To be told before the service stops. */
  Draining draining() {
    return draining;
  }

  private record ClosedLast(ServingStore store) implements Managed {
    @Override
    public void stop() {
      store.close();
    }
  }
}
