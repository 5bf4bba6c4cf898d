// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.server;

import io.dropwizard.core.server.DefaultServerFactory;
import io.dropwizard.core.server.ServerFactory;
import io.dropwizard.jetty.ConnectorFactory;
import io.dropwizard.jetty.HttpsConnectorFactory;
import io.nextclick.serving.concurrent.Periodic;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.eclipse.jetty.server.AbstractConnector;
import org.eclipse.jetty.util.component.AbstractLifeCycle;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;

/** The certificates of all connectors that speak TLS, and the thread that looks after them. */
public final class TlsCertificates extends AbstractLifeCycle {

  private static final Duration LOOK = Duration.ofSeconds(2);

  private final List<@Nullable ConnectorCertificates> ofConnectors; // null: it speaks no TLS
  private final InstantSource clock;
  private final Periodic looking;

  private TlsCertificates(
      List<@Nullable ConnectorCertificates> ofConnectors, InstantSource clock, Duration every) {
    this.ofConnectors = ofConnectors;
    this.clock = clock;
    this.looking = Periodic.atOnce("certificates", every, this::look);
  }

  /**
   * Reads those that the settings name.
   *
   * @throws IllegalArgumentException naming the setting, if they cannot be used
   */
  public static TlsCertificates of(ServerFactory factory, InstantSource clock) {
    return of(factory, clock, LOOK);
  }

  /** The same, with another time between two looks at the files. */
  static TlsCertificates of(ServerFactory factory, InstantSource clock, Duration every) {
    List<@Nullable ConnectorCertificates> all = new ArrayList<>();
    if (factory instanceof DefaultServerFactory server) {
      add("application", server.getApplicationConnectors(), clock.instant(), all);
      add("admin", server.getAdminConnectors(), clock.instant(), all);
    }
    return new TlsCertificates(all, clock, every);
  }

  private static void add(
      String port,
      List<ConnectorFactory> connectors,
      Instant now,
      List<@Nullable ConnectorCertificates> all) {
    for (int i = 0; i < connectors.size(); i++) {
      all.add(
          connectors.get(i) instanceof HttpsConnectorFactory https
                  && https.getKeyStorePath() != null
              ? new ConnectorCertificates(TlsSettings.path(port, i), port, https, now)
              : null);
    }
  }

  private Stream<ConnectorCertificates> all() {
    return ofConnectors.stream().filter(Objects::nonNull).map(Objects::requireNonNull);
  }

  /**
   * Gives a connector its certificates: to be called before it starts.
   *
   * @param index among all connectors, in the order of the settings
   * @param taken is called when it has new ones: connections that are open have the old ones
   */
  void attach(int index, AbstractConnector connector, Runnable taken) {
    ConnectorCertificates certificates =
        index < ofConnectors.size() ? ofConnectors.get(index) : null;
    if (certificates != null) {
      connector
          .getContainedBeans(SslContextFactory.Server.class)
          .forEach(factory -> certificates.attach(factory, taken));
    }
  }

  /** Takes new files now, as it does by itself now and then. */
  void look() {
    all().forEach(certificates -> certificates.look(clock.instant()));
  }

  @Override
  protected void doStart() {
    if (all().findAny().isPresent()) {
      looking.start();
    }
  }

  @Override
  protected void doStop() throws InterruptedException {
    looking.stop();
  }

  /** What clients see, without those who signed them; empty without TLS. */
  public List<X509Certificate> shown() {
    return all().flatMap(certificates -> certificates.served().leaves().stream()).toList();
  }

  /** Why files are not in use, and what ends soon; empty if all is well. */
  public String faults() {
    Instant now = clock.instant();
    return all()
        .flatMap(one -> Stream.of(one.fault(), one.served().warning(now)))
        .filter(Objects::nonNull)
        .distinct()
        .collect(Collectors.joining("; "));
  }

  /** Until the first certificate of a port ends. */
  public Map<String, Double> secondsLeft() {
    Map<String, Double> left = new LinkedHashMap<>();
    all()
        .forEach(one ->
            left.merge(
                one.port(),
                (double) Duration.between(clock.instant(), one.served().end()).toSeconds(),
                Math::min));
    return left;
  }

  /** How often files were taken anew. */
  public long taken() {
    return sum(ConnectorCertificates::taken);
  }

  /** How often new files could not be used. */
  public long refused() {
    return sum(ConnectorCertificates::refused);
  }

  private long sum(ToLongFunction<ConnectorCertificates> number) {
    return all().mapToLong(number).sum();
  }
}
