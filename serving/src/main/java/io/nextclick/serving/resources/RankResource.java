// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.resources;

import io.nextclick.serving.admission.AdmissionGate;
import io.nextclick.serving.admission.Weight;
import io.nextclick.serving.api.RankRequest;
import io.nextclick.serving.api.RankedList;
import io.nextclick.serving.metrics.RankMetrics;
import io.nextclick.serving.metrics.ServingMetrics;
import io.nextclick.serving.rank.Deadline;
import io.nextclick.serving.rank.RankingLimits;
import io.nextclick.serving.rank.RankingService;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.SecurityContext;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.Supplier;

/**
 * {@code POST /v1/rank}: a {@link RankRequest} gives a {@link RankedList}. 400 for what is no
 * request; 503 with Retry-After when there is no room or the deadline has passed.
 */
@Path("/v1/rank")
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
public final class RankResource {

  private final RankingService ranking;
  private final AdmissionGate gate;
  private final RankingLimits limits;
  private final RuleSets rules;
  private final BodyReader bodies;
  private final ServingMetrics metrics;
  private final RankMetrics stages;

  public RankResource(
      RankingService ranking,
      AdmissionGate gate,
      RankingLimits limits,
      RuleSets rules,
      BodyReader bodies,
      ServingMetrics metrics,
      RankMetrics stages) {
    this.ranking = ranking;
    this.gate = gate;
    this.limits = limits;
    this.rules = rules;
    this.bodies = bodies;
    this.metrics = metrics;
    this.stages = stages;
  }

  @POST
  public RankedList rank(InputStream body, @Context SecurityContext who) throws IOException {
    long start = System.nanoTime();
    String caller = RouteFilter.caller(who).id();
    gate.refuseWhenFull(caller);
    byte[] bytes = bodies.read(body);
    RankedList list;
    if (Weight.ofBody(bytes.length) == Weight.HEAVY) {
      // Reading it costs as much as ranking does: both are let in as one.
      Deadline latest = Deadline.after(start, limits.defaultDeadlineMillis());
      list =
          admitted(
              Weight.HEAVY,
              caller,
              latest,
              () -> {
                RankRequest request = read(bytes);
                return ranking.rank(request, deadline(request, start));
              });
    } else {
      RankRequest request = read(bytes);
      Deadline deadline = deadline(request, start);
      list =
          admitted(
              Weight.of(request, limits), caller, deadline, () -> ranking.rank(request, deadline));
    }
    metrics.ranked(list, System.nanoTime() - start);
    return list;
  }

  private RankedList admitted(
      Weight weight, String caller, Deadline deadline, Supplier<RankedList> work) {
    long asked = System.nanoTime();
    return gate.run(
        weight,
        caller,
        deadline.nanos(),
        () -> {
          stages.queued(System.nanoTime() - asked);
          return work.get();
        });
  }

  private RankRequest read(byte[] body) {
    return rules.resolved(RankRequest.read(body, limits.maxCandidates(), limits.maxLimit()));
  }

  private Deadline deadline(RankRequest request, long start) {
    int millis =
        request.deadlineMillis() == null
            ? limits.defaultDeadlineMillis()
            : request.deadlineMillis();
    return Deadline.after(start, millis);
  }
}
