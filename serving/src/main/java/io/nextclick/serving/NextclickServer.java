// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import com.codahale.metrics.MetricRegistry;
import io.dropwizard.configuration.ConfigurationException;
import io.dropwizard.configuration.ConfigurationFactory;
import io.dropwizard.configuration.ConfigurationSourceProvider;
import io.dropwizard.configuration.UndefinedEnvironmentVariableException;
import io.dropwizard.core.setup.Bootstrap;
import io.dropwizard.core.setup.Environment;
import io.nextclick.features.store.StoreCheckpoint;
import io.nextclick.serving.backfill.StorePointer;
import io.nextclick.serving.config.ConfigurationProblem;
import io.nextclick.serving.config.ConfigurationText;
import io.nextclick.serving.config.InvalidConfigurationException;
import io.nextclick.serving.config.NextclickConfiguration;
import io.nextclick.serving.logging.ServiceLogging;
import io.nextclick.serving.models.Arm;
import io.nextclick.serving.models.ModelRegistry;
import io.nextclick.serving.server.Hardening;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.NetworkConnector;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.error.YAMLException;

/** The running service: starts it from a configuration file, and stops it in order. */
public final class NextclickServer implements AutoCloseable {

  private final Server server;
  private final NextclickApplication application;
  private final boolean logsJson;
  private final Duration drain;
  private boolean serves;

  private NextclickServer(
      Server server, NextclickApplication application, NextclickConfiguration configuration) {
    this.server = server;
    this.application = application;
    this.logsJson = ServiceLogging.isJson(configuration.getLoggingFactory());
    this.drain = configuration.requests().drain();
  }

  /**
   * Starts and returns when requests are answered.
   *
   * @param file the configuration; null for the defaults
   * @throws InvalidConfigurationException if the file is missing, or has a key or a value that
   *     cannot be used
   * @throws IOException if the store or a port cannot be used
   */
  public static NextclickServer start(@Nullable Path file) throws Exception {
    return start(file, null);
  }

  /**
   * The same, from the state of a checkpoint; Kafka is read on from there.
   *
   * @param from a checkpoint; null to take the store as it is
   * @throws IOException also if there is a store already, or the checkpoint is damaged
   */
  public static NextclickServer start(@Nullable Path file, @Nullable Path from) throws Exception {
    return start(file, from, true);
  }

  /**
   * The same with the port for requests closed, until {@link #open}; the admin port is open.
   *
   * @param file the configuration
   */
  public static NextclickServer startClosed(Path file) throws Exception {
    return start(file, null, false);
  }

  private static NextclickServer start(@Nullable Path file, @Nullable Path from, boolean open)
      throws Exception {
    NextclickApplication application = new NextclickApplication();
    Bootstrap<NextclickConfiguration> bootstrap = new Bootstrap<>(application);
    application.initialize(bootstrap);
    try {
      return start(application, bootstrap, read(bootstrap, file), from, open);
    } catch (ConfigurationException
        | YAMLException
        | UndefinedEnvironmentVariableException
        | IllegalArgumentException e) {
      throw new InvalidConfigurationException(
          ConfigurationProblem.describe(file, bootstrap.getConfigurationSourceProvider(), e), e);
    }
  }

  private static NextclickServer start(
      NextclickApplication application,
      Bootstrap<NextclickConfiguration> bootstrap,
      NextclickConfiguration configuration,
      @Nullable Path from,
      boolean open)
      throws Exception {
    if (from != null) {
      Path store = configuration.store().path();
      new StorePointer(store).fill(() -> StoreCheckpoint.restore(from, store));
    }
    MetricRegistry metrics = bootstrap.getMetricRegistry();
    configuration.getLoggingFactory().configure(metrics, application.getName());
    Hardening.apply(configuration.getServerFactory());
    Environment environment =
        new Environment(
            application.getName(),
            bootstrap.getObjectMapper(),
            bootstrap.getValidatorFactory(),
            metrics,
            bootstrap.getClassLoader(),
            bootstrap.getHealthCheckRegistry(),
            configuration);
    configuration.getMetricsFactory().configure(environment.lifecycle(), metrics);
    configuration.getServerFactory().configure(environment);
    application.run(configuration, environment);
    Server server = configuration.getServerFactory().build(environment);
    server.setStopAtShutdown(false); // whoever started us stops us
    NextclickServer running = new NextclickServer(server, application, configuration);
    try {
      server.start();
      if (!open) {
        for (Connector connector : running.connectors("application")) {
          connector.stop(); // Jetty knows no other way
        }
      }
      running.serves = true;
    } catch (Exception e) {
      running.close();
      throw e;
    }
    return running;
  }

  /** Opens the port for requests, after {@link #startClosed}. */
  public void open() throws Exception {
    for (Connector connector : connectors("application")) {
      if (!connector.isRunning()) {
        connector.start();
      }
    }
  }

  static NextclickConfiguration read(
      Bootstrap<NextclickConfiguration> bootstrap, @Nullable Path file)
      throws IOException, ConfigurationException {
    ConfigurationFactory<NextclickConfiguration> factory =
        bootstrap
            .getConfigurationFactoryFactory()
            .create(
                NextclickConfiguration.class,
                bootstrap.getValidatorFactory().getValidator(),
                bootstrap.getObjectMapper(),
                "dw");
    if (file == null) {
      return factory.build();
    }
    if (!Files.isRegularFile(file)) {
      throw new IllegalArgumentException(
          Files.isDirectory(file)
              ? "it is a directory; name the file in it"
              : "there is no such configuration file; without --config the defaults hold");
    }
    ConfigurationSourceProvider source = bootstrap.getConfigurationSourceProvider();
    ConfigurationText.read(source, file.toString()).checkLevels();
    return factory.build(source, file.toString());
  }

  /** The port for requests. */
  public int port() {
    return port("application");
  }

  /** The port for health, readiness and metrics. */
  public int adminPort() {
    return port("admin");
  }

  private int port(String name) {
    if (connector(name) instanceof NetworkConnector network) {
      return network.getLocalPort();
    }
    throw new IllegalStateException("the connector " + name + " has no port");
  }

  /** Where this machine finds the port for requests: {@code https://localhost:8443}. */
  public String url() {
    return url("application");
  }

  /** Where this machine finds the port for health, readiness and metrics. */
  public String adminUrl() {
    return url("admin");
  }

  private String url(String name) {
    return (isTls(connector(name)) ? "https" : "http") + "://localhost:" + port(name);
  }

  private static boolean isTls(Connector connector) {
    return !connector.getContainedBeans(SslContextFactory.class).isEmpty();
  }

  /** What clients of its ports see, without who signed it; empty without TLS. */
  public List<X509Certificate> certificates() {
    return application.certificates();
  }

  private Connector connector(String name) {
    return connectors(name).getFirst();
  }

  /** In the order of the settings. */
  private List<Connector> connectors(String name) {
    List<Connector> found =
        Stream.of(server.getConnectors())
            .filter(connector -> name.equals(connector.getName()))
            .toList();
    if (found.isEmpty()) {
      throw new IllegalStateException("no connector " + name);
    }
    return found;
  }

  /** Whether the log is one JSON object per line. */
  public boolean logsJson() {
    return logsJson;
  }

  /** Whether the environment asks for that, whatever a configuration says. */
  public static boolean logsJsonByEnvironment() {
    return ServiceLogging.isJsonByEnvironment();
  }

  /** A key with the roles rank and admin, by which this process tries itself out. */
  public String ownKey() {
    return application.ownKey();
  }

  /**
   * The trained models in service and the shadows: {@code NAME/VERSION}, and the first items that
   * each knows.
   */
  public Map<String, List<String>> knownItems(int count) {
    Map<String, List<String>> known = new LinkedHashMap<>();
    ModelRegistry.Routing routing = application.models().routing();
    Stream.concat(routing.arms().stream().map(Arm::model), routing.shadows().stream())
        .forEach(model ->
            known.put(
                model.id(), model.scorer().vocabulary().ids().stream().limit(count).toList()));
    return known;
  }

  /** Why no event can be taken now; null when events can be taken. */
  public @Nullable String eventsClosedBecause() {
    return application.log().closedBecause();
  }

  /** Whether the log is about to open, so that events can be taken soon. */
  public boolean isOpening() {
    return application.log().isOpening();
  }

  /** Returns when the service has stopped. */
  public void join() throws InterruptedException {
    server.join();
  }

  /**
   * Says by {@code /ready} that nobody should come any more, answers those who come for the time of
   * {@code requests.drain}, lets requests in flight end, stops reading, closes the store.
   */
  @Override
  public void close() throws Exception {
    application.draining().tell();
    if (serves) {
      Thread.sleep(drain);
    }
    server.stop();
    server.destroy();
  }
}
