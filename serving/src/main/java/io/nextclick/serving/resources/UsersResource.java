// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.resources;

import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.SequenceStore;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.StoredSequence;
import io.nextclick.features.sequence.UserSequence;
import io.nextclick.ingest.kafka.client.EventPublisher.Published;
import io.nextclick.serving.api.Problem;
import io.nextclick.serving.api.ProblemException;
import io.nextclick.serving.api.RankedList;
import io.nextclick.serving.personal.UserExport;
import io.nextclick.serving.state.Folding;
import io.nextclick.serving.state.Freshness;
import io.nextclick.serving.state.LiveLog;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Request;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import jakarta.ws.rs.core.UriInfo;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** {@code /v1/users/{user}}: the stored sequence; forget it; everything that is known. */
@Path("/v1/users/{user}")
@Produces(MediaType.APPLICATION_JSON)
public final class UsersResource {

  private static final int RETRY_AFTER_SECONDS = 5;
  private static final String NDJSON = "application/x-ndjson";

  private final SequenceStore store;
  private final LiveLog log;
  private final Freshness freshness;
  private final InstantSource clock;
  private final UserExport export;

  public UsersResource(
      SequenceStore store,
      LiveLog log,
      Freshness freshness,
      InstantSource clock,
      UserExport export) {
    this.store = store;
    this.log = log;
    this.freshness = freshness;
    this.clock = clock;
    this.export = export;
  }

  /** What is stored of a user; {@code entries} oldest first. */
  public record UserView(
      String user,
      RankedList.History history,
      Map<String, List<String>> attributes,
      List<Entry> entries) {}

  /** One entry of a history; the time is ISO-8601. */
  public record Entry(String item, String action, String time) {}

  /**
   * An erase request in the log.
   *
   * @param folded whether it has taken effect here
   */
  public record Erasing(String event, int partition, long offset, boolean folded) {}

  /**
   * The stored sequence; 404 when nothing is known of the user, 503 when another process reads the
   * user's events.
   */
  @GET
  public UserView get(@Context UriInfo uri) {
    String user = PathId.of("user", uri);
    Freshness.Look look = ours(user);
    StoredSequence stored = store.get(user, look::mayRead);
    UserSequence sequence = stored.sequence();
    if (sequence.isEmpty()) {
      throw new ProblemException(Problem.of(404, "Nothing is known of this user"));
    }
    FoldSettings settings = store.settings();
    List<Entry> entries = new ArrayList<>(sequence.length());
    for (int t = 0; t < sequence.length(); t++) {
      entries.add(
          new Entry(
              sequence.item(t),
              settings.actions().get(sequence.action(t)),
              Instant.ofEpochMilli(sequence.timeMillis(t)).toString()));
    }
    return new UserView(user, look.describe(stored), sequence.attributes(), entries);
  }

  /**
   * Everything that is known of the user, as JSON Lines; 503 while another export is written, or
   * when another process reads the user's events.
   */
  @GET
  @Path("/export")
  @Produces({NDJSON, MediaType.WILDCARD}) // generated clients ask for problem documents alone
  public Response export(@Context UriInfo uri, @Context Request request) {
    String user = PathId.before("/export", "user", uri);
    Freshness.Look look = ours(user);
    StoredSequence stored = store.get(user, look::mayRead);
    Response.ResponseBuilder answer =
        Response.ok().type(NDJSON).header(HttpHeaders.CACHE_CONTROL, "no-store");
    if (request.getMethod().equals(HttpMethod.HEAD)) {
      return answer.build();
    }
    UserExport.Turn turn = export.begin();
    if (turn == null) {
      throw ProblemException.retryAfter(
          RETRY_AFTER_SECONDS, "overloaded: another export is being written, one at a time");
    }
    StreamingOutput lines = out -> export.write(turn, user, look.describe(stored), stored, out);
    return answer.entity(lines).build();
  }

  private Freshness.Look ours(String user) {
    Freshness.Look look = freshness.look(user);
    if (!look.isOurs()) {
      throw ProblemException.retryAfter(RETRY_AFTER_SECONDS, notOurs(look.home()));
    }
    return look;
  }

  private static String notOurs(@Nullable SourcePartition home) {
    return "not-owned: %s is read by another instance of this group, or was until a moment ago; ask that one"
        .formatted(home == null ? "the partition of this user" : home);
  }

  /**
   * Writes an erase request into the log, so that its order against the user's events is defined
   * and no replay brings them back. 202 once it is in the log; with {@code ?wait=true} 200 once it
   * has taken effect here.
   */
  @DELETE
  public Response erase(
      @Context UriInfo uri, @QueryParam("wait") @DefaultValue("false") String wait) {
    String user = PathId.of("user", uri);
    boolean awaited = FlagParameter.of("wait", wait);
    String id = "erase-" + UUID.randomUUID();
    Event erase =
        new Event(id, Event.ERASE, user, List.of(), clock.millis(), null, Map.of(), Map.of(), true);
    boolean folded = false;
    Published place;
    if (awaited) {
      Folding folding = log.publishAndFold(List.of(erase));
      place = folding.published().getFirst();
      folded = folding.isComplete();
    } else {
      place = log.publish(List.of(erase)).getFirst();
    }
    return Response.status(folded ? 200 : 202)
        .entity(new Erasing(id, place.partition().partition(), place.offset(), folded))
        .build();
  }
}
