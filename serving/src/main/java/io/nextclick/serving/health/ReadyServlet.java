// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.health;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nextclick.features.json.Json;
import io.nextclick.ingest.kafka.IngestStatus;
import io.nextclick.serving.access.Access;
import io.nextclick.serving.models.Baselines;
import io.nextclick.serving.models.ModelRollout;
import io.nextclick.serving.state.Freshness;
import io.nextclick.serving.state.LiveLog;
import io.nextclick.serving.state.ServingStore;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /ready} on the admin port: 200 when requests may come, else 503 with the reasons.
 *
 * <p>It waits for the log to open, a minute at most, so that the first event is taken. A broker
 * that is away does not make the service unready, nor does one partition that is stopped: it ranks
 * from the store and says how old that is.
 */
public final class ReadyServlet extends HttpServlet {

  private static final long serialVersionUID = 1;
  private static final JsonMapper JSON = Json.mapper().build();

  private final transient ServingStore store;
  private final transient LiveLog log;
  private final transient Freshness freshness;
  private final transient Baselines baselines;
  private final transient ModelRollout models;
  private final transient Access access;
  private final transient Draining draining;

  public ReadyServlet(
      ServingStore store,
      LiveLog log,
      Freshness freshness,
      Baselines baselines,
      ModelRollout models,
      Access access,
      Draining draining) {
    this.store = store;
    this.access = access;
    this.draining = draining;
    this.log = log;
    this.freshness = freshness;
    this.models = models;
    this.baselines = baselines;
  }

  /**
   * The answer.
   *
   * @param reasons why no requests should come; empty when ready
   * @param ingest what reading does
   * @param events {@code taken}, or why {@code POST /v1/events} is refused now
   * @param gaps what of the log nobody reads, such as partitions that were added
   * @param faults what has stopped while the rest goes on, such as one partition; requests may
   *     come, health is red
   * @param ageMillis how far what this process reads may lag behind the log; null when unknown
   * @param ageUnknown why it is unknown: {@code catching-up}, {@code unassigned}, {@code no-log}
   * @param access {@code open} where nobody is asked who they are, {@code loopback} where nobody
   *     has a key yet, else {@code keys}
   * @param partitions of the events topic, by what is known of their state here
   */
  record Readiness(
      boolean ready,
      List<String> reasons,
      String ingest,
      String events,
      List<String> gaps,
      List<String> faults,
      @Nullable Long ageMillis,
      @Nullable String ageUnknown,
      String access,
      Map<String, Long> partitions) {}

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    IngestStatus status = log.status();
    List<String> reasons = new ArrayList<>();
    if (!baselines.isReady()) {
      reasons.add("the baselines are not fitted yet");
    }
    String missing = models.missing();
    if (missing != null) {
      reasons.add("a configured model cannot serve: " + missing);
    }
    if (draining.isTold()) {
      reasons.add("the service is stopping");
    }
    String closed = log.closedBecause();
    if (log.isOpening()) {
      reasons.add("events cannot be taken yet: " + closed);
    }
    if (status.state() == IngestStatus.State.FAILED) {
      reasons.add("ingest failed: " + status.reason());
    }
    List<String> faults = new ArrayList<>(store.faults().told());
    if (store.isWithheld()) {
      faults.add(
          "the state is a checkpoint's: no user's is served until the log behind it has been read");
    }
    String gone = log.fault();
    if (gone != null) {
      faults.add("the log is gone: " + gone);
    }
    String refusal = log.refusal();
    if (refusal != null) {
      faults.add("no events are taken: " + refusal);
    }
    for (IngestStatus.Partition partition : status.partitions()) {
      if (partition.failure() != null) {
        faults.add(partition.partition() + " is stopped: " + partition.failure());
      }
    }
    response.setStatus(reasons.isEmpty() ? 200 : 503);
    response.setContentType("application/json");
    response.setHeader("Cache-Control", "no-store");
    String ingest =
        status.reason() == null
            ? status.state().toString()
            : status.state() + ": " + status.reason();
    JSON.writeValue(
        response.getOutputStream(),
        new Readiness(
            reasons.isEmpty(),
            reasons,
            ingest,
            closed == null ? "taken" : closed,
            status.gaps(),
            faults,
            freshness.ageMillis(),
            freshness.unknownBecause(),
            access.isSpelledOpen() ? "open" : access.isOpen() ? "loopback" : "keys",
            partitions()));
  }

  private Map<String, Long> partitions() {
    Map<String, Long> standing = new TreeMap<>();
    freshness
        .partitions()
        .forEach((of, count) -> {
          if (count > 0) {
            standing.put(of.label(), count);
          }
        });
    return standing;
  }
}
