// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.resources;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.nextclick.features.event.Decoded;
import io.nextclick.features.event.Event;
import io.nextclick.features.event.RejectedEvent;
import io.nextclick.features.sequence.Verdict;
import io.nextclick.serving.access.Caller;
import io.nextclick.serving.access.CallerLimits;
import io.nextclick.serving.access.Role;
import io.nextclick.serving.admission.AdmissionGate;
import io.nextclick.serving.api.Problem;
import io.nextclick.serving.api.Problem.Fault;
import io.nextclick.serving.api.ProblemException;
import io.nextclick.serving.metrics.ServingMetrics;
import io.nextclick.serving.resources.EventLines.Line;
import io.nextclick.serving.state.Folding;
import io.nextclick.serving.state.LiveLog;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.SecurityContext;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /v1/events}: one event as {@code application/json}, or one per line as {@code
 * application/x-ndjson}, where blank lines count for nothing. With a mapping, records of another
 * shape; {@code ?mapped=false} says that they are events all the same.
 *
 * <p>All or nothing: 202 once Kafka has acknowledged every event, with {@code ?wait=true} 200 once
 * they are folded here, with the verdict of each; 400 with the lines that are none, and then
 * nothing was published. 503 with Retry-After when the broker is away; some of the events may then
 * have been published, and sending all of them again does no harm, since their ids are known.
 */
@Path("/v1/events")
@Produces(MediaType.APPLICATION_JSON)
public final class EventsResource {

  private static final String NDJSON = "application/x-ndjson";

  /** Other names under which clients send lines of JSON. */
  private static final String NDJSON_PLAIN = "application/ndjson";

  private static final String JSONL = "application/jsonl";
  private static final String JSON_LINES = "application/json-lines";

  /** Nothing is published then, and the client has enough to look at. */
  private static final int MAX_REFUSED = 1_000;

  private final LiveLog log;
  private final EventRules rules;
  private final AdmissionGate gate;
  private final BodyReader bodies;
  private final ServingMetrics metrics;
  private final CallerLimits callers;

  public EventsResource(
      LiveLog log,
      EventRules rules,
      AdmissionGate gate,
      BodyReader bodies,
      ServingMetrics metrics,
      CallerLimits callers) {
    this.log = log;
    this.rules = rules;
    this.gate = gate;
    this.bodies = bodies;
    this.metrics = metrics;
    this.callers = callers;
  }

  /**
   * What became of the events.
   *
   * @param accepted acknowledged by Kafka
   * @param folded whether the fold here has come to all of them
   * @param verdicts what it made of each, in the order in which they came: {@code applied}, {@code
   *     duplicate}, {@code late}, {@code quarantined}, {@code erased}, {@code expired}, or {@code
   *     pending} where it has not come to it; null without {@code wait}
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Accepted(int accepted, boolean folded, @Nullable List<String> verdicts) {}

  @POST
  @Consumes({MediaType.APPLICATION_JSON, NDJSON, NDJSON_PLAIN, JSONL, JSON_LINES})
  public Response post(
      InputStream body,
      @Context SecurityContext who,
      @HeaderParam("Content-Type") @Nullable MediaType type,
      @QueryParam("wait") @DefaultValue("false") String wait,
      @QueryParam("mapped") @DefaultValue("true") String mapped)
      throws IOException {
    boolean awaited = FlagParameter.of("wait", wait);
    Caller caller = RouteFilter.caller(who);
    byte[] bytes = bodies.read(body);
    boolean lines = type != null && !type.isCompatible(MediaType.APPLICATION_JSON_TYPE);
    boolean foreign = FlagParameter.of("mapped", mapped);
    Function<byte[], Decoded> decoder = record -> rules.decode(record, foreign);
    List<Event> events =
        gate.read(
            bytes.length,
            caller.id(),
            () -> {
              Iterator<Line> records =
                  lines ? EventLines.of(bytes, decoder) : List.of(new Line(1, bytes)).iterator();
              return decode(records, decoder, lines);
            });
    events.forEach(event -> requireRole(caller, event.kind()));
    callers.send(caller, events.size());
    if (!awaited) {
      log.publish(events);
      metrics.published(events.size());
      return Response.accepted(new Accepted(events.size(), false, null)).build();
    }
    Folding folding = log.publishAndFold(events);
    metrics.published(events.size());
    boolean folded = folding.isComplete();
    List<String> verdicts = folding.verdicts().stream().map(EventsResource::label).toList();
    return Response.status(folded ? 200 : 202)
        .entity(new Accepted(events.size(), folded, verdicts))
        .build();
  }

  /** What has a route of its own takes the role of that, whichever way it comes. */
  private static void requireRole(Caller caller, Event.Kind kind) {
    Role role =
        switch (kind) {
          case BEHAVIOUR, USER -> Role.WRITE_EVENTS;
          case ITEM -> Role.CATALOGUE;
          case ERASE -> Role.ERASE;
        };
    if (!caller.roles().contains(role)) {
      throw new ProblemException(
          Problem.of(
              403,
              "Such an event takes the role %s as well; none was published"
                  .formatted(role.label())));
    }
  }

  private static String label(@Nullable Verdict verdict) {
    return verdict == null ? "pending" : verdict.name().toLowerCase(Locale.ROOT);
  }

  private List<Event> decode(
      Iterator<Line> records, Function<byte[], Decoded> decoder, boolean lines) {
    List<Event> events = new ArrayList<>();
    List<Fault> faults = new ArrayList<>();
    int read = 0;
    int refused = 0;
    while (records.hasNext() && refused < MAX_REFUSED) {
      Line record = records.next();
      read++;
      switch (decoder.apply(record.value())) {
        case Event event -> events.add(event);
        case RejectedEvent(var reason, var detail) -> {
          refused++;
          if (faults.size() < Problem.MAX_ERRORS) {
            faults.add(new Fault(null, record.number(), reason.label(), detail));
          }
        }
      }
    }
    if (refused > 0) {
      metrics.refused(refused);
      String rest = records.hasNext() ? "; the lines after them were not read" : "";
      String hint =
          lines
              ? "; one event stands in one line" + rest
              : "; several events go as " + NDJSON + ", one per line";
      String detail = "%d of %d events refused, none published%s".formatted(refused, read, hint);
      throw new ProblemException(
          new Problem("about:blank", Problem.title(400), 400, detail, null, faults));
    }
    return events;
  }
}
