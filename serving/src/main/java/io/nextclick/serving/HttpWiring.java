// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import ch.qos.logback.classic.LoggerContext;
import io.dropwizard.core.setup.Environment;
import io.nextclick.serving.admission.AdmissionGate;
import io.nextclick.serving.admission.MemoryBudget;
import io.nextclick.serving.admission.TurnedAway;
import io.nextclick.serving.audit.AuditLog;
import io.nextclick.serving.config.RequestsSection;
import io.nextclick.serving.health.Draining;
import io.nextclick.serving.logging.GoneClients;
import io.nextclick.serving.metrics.RequestMetrics;
import io.nextclick.serving.metrics.TlsMetrics;
import io.nextclick.serving.resources.ProblemErrorHandler;
import io.nextclick.serving.resources.WholeAnswers;
import io.nextclick.serving.resources.WholeBodies;
import io.nextclick.serving.server.CertificatesHealthCheck;
import io.nextclick.serving.server.ConnectionLimits;
import io.nextclick.serving.server.DrainHandler;
import io.nextclick.serving.server.Hardening;
import io.nextclick.serving.server.OverloadHandler;
import io.nextclick.serving.server.TlsCertificates;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.component.LifeCycle;
import org.slf4j.LoggerFactory;

/** What stands in front of the resources: bounds on connections, bodies and work in flight. */
final class HttpWiring {

  private final RequestsSection settings;
  private final AdmissionGate gate;
  private final AccessWiring access;
  private final AuditLog audit;
  private final Draining draining;
  private final TlsCertificates certificates;
  private final PrometheusRegistry registry;
  private final MemoryBudget memory;
  private final TurnedAway turnedAway = new TurnedAway();

  HttpWiring(
      RequestsSection settings,
      AdmissionGate gate,
      AccessWiring access,
      AuditLog audit,
      Draining draining,
      TlsCertificates certificates,
      PrometheusRegistry registry) {
    this.settings = settings;
    this.gate = gate;
    this.access = access;
    this.audit = audit;
    this.draining = draining;
    this.certificates = certificates;
    this.registry = registry;
    this.memory = settings.memory();
  }

  void harden(Environment environment) {
    environment.getApplicationContext().setErrorHandler(new ProblemErrorHandler());
    environment.getApplicationContext().getServletHandler().setDecodeAmbiguousURIs(true);
    environment.getAdminContext().setErrorHandler(new ProblemErrorHandler());
    environment.healthChecks().register("certificates", new CertificatesHealthCheck(certificates));
    TlsMetrics.register(
        registry, certificates::secondsLeft, certificates::taken, certificates::refused);
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext logging) {
      logging.addTurboFilter(new GoneClients(turnedAway));
    }
    environment
        .lifecycle()
        .addEventListener(
            new LifeCycle.Listener() {
              @Override
              public void lifeCycleStarting(LifeCycle starting) {
                if (starting instanceof Server server) {
                  harden(server);
                }
              }
            });
  }

  private void harden(Server server) {
    List<ConnectionLimits> connections =
        Hardening.apply(
            server, settings.connections(), settings.bodies(), certificates, turnedAway);
    RequestMetrics.register(registry, memory, turnedAway, () -> sum(connections));
    // The last one inserted is asked first.
    server.insertHandler(new WholeAnswers("application", memory));
    server.insertHandler(new WholeBodies(settings.maxBodyBytes(), memory, turnedAway));
    server.insertHandler(new OverloadHandler(gate));
    server.insertHandler(access.handler(audit));
    server.insertHandler(access.browsers());
    server.insertHandler(new DrainHandler(draining));
  }

  private static long sum(List<ConnectionLimits> connections) {
    return connections.stream().mapToLong(ConnectionLimits::count).sum();
  }
}
