// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import io.nextclick.serving.access.Access;
import io.nextclick.serving.access.CallerLimits;
import io.nextclick.serving.audit.AuditLog;
import io.nextclick.serving.config.SecuritySection;
import io.nextclick.serving.metrics.AccessMetrics;
import io.nextclick.serving.server.AccessHandler;
import io.nextclick.serving.server.AuditTrail;
import io.nextclick.serving.server.BrowserHandler;
import io.nextclick.serving.state.DataLayout;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Set;

/** Who is let in: what is known of callers, and what stands in front of the resources for it. */
final class AccessWiring {

  final Access access;
  final CallerLimits limits;
  private final AccessMetrics metrics = new AccessMetrics();
  private final Set<String> origins;
  private final Set<String> hosts;
  private final InstantSource clock;

  AccessWiring(
      SecuritySection settings, DataLayout files, PrometheusRegistry registry, InstantSource clock)
      throws IOException {
    limits = new CallerLimits(settings.limits());
    origins = settings.origins();
    hosts = settings.hosts();
    this.clock = clock;
    access = new Access(settings.access(files), clock);
    metrics.register(registry, access, limits);
  }

  AccessHandler handler(AuditLog audit) {
    return new AccessHandler(access, limits, new AuditTrail(audit, clock), metrics);
  }

  BrowserHandler browsers() {
    return new BrowserHandler(origins, this::answeredHosts, metrics);
  }

  /**
   * While nobody is asked for a key, the browser of whoever sits here is the only fence: a page
   * whose name resolves to this machine must not get through it.
   */
  private Set<String> answeredHosts() {
    return hosts.isEmpty() && access.isOpen() && !access.isSpelledOpen()
        ? BrowserHandler.LOOPBACK_NAMES
        : hosts;
  }
}
