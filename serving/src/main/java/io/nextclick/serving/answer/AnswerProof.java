// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

import io.nextclick.features.event.Event;
import io.nextclick.features.item.ConcurrentItemCatalog;
import io.nextclick.features.item.ItemCatalog;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.StoredSequence;
import io.nextclick.model.Scorer;
import io.nextclick.model.bundle.Backend;
import io.nextclick.serving.answer.LoggedAnswer.Page;
import io.nextclick.serving.answer.LoggedAnswer.Shown;
import io.nextclick.serving.answer.LoggedAnswer.State;
import io.nextclick.serving.answer.ModelShelf.Entry;
import io.nextclick.serving.answer.Verdict.Outcome;
import io.nextclick.serving.models.Baselines;
import io.nextclick.serving.rank.RankingService;
import io.nextclick.serving.rank.Shortlist;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Makes logged answers again from the event log and the models, compares them, and joins them with
 * the clicks that followed.
 */
public final class AnswerProof {

  /** Candidates held in memory at once: the event log is read once for each such part. */
  private static final int PART_CANDIDATES = 2_000_000;

  private static final ItemCatalog NO_CATALOG = new ConcurrentItemCatalog();
  private static final long EARLY_MILLIS = 60_000; // clocks of clients and servers differ

  /**
   * What to compare.
   *
   * @param events topic log, as {@code nextclick export} writes it
   * @param models with bundles as NAME/VERSION
   * @param backend that scores
   * @param key names the users; null where they stand in the log as they are
   * @param tolerance largest difference of a score (relative, above 1) or probability in equal
   *     answers
   * @param known a hash that the log must hold; null for none
   * @param click the action that is a click
   * @param window after an answer, in which a click belongs to it, by event time
   */
  public record Settings(
      Path events,
      Path models,
      Backend backend,
      @Nullable UserKey key,
      double tolerance,
      @Nullable String known,
      String click,
      Duration window) {}

  private final Settings settings;
  private final AnswerLogReader log;
  private final ModelShelf shelf;
  private final @Nullable Scorer other;
  private final BiConsumer<LoggedAnswer, Verdict> unequal;
  private final ProofReport report;
  private @Nullable PastCatalog catalog;

  private AnswerProof(
      Settings settings,
      AnswerLogReader log,
      ModelShelf shelf,
      @Nullable Scorer other,
      BiConsumer<LoggedAnswer, Verdict> unequal) {
    this.settings = settings;
    this.log = log;
    this.shelf = shelf;
    this.other = other;
    this.unequal = unequal;
    this.report = new ProofReport(settings.tolerance, log.chain());
  }

  /**
   * Makes all answers of a log again.
   *
   * @param other a model to score the same requests with; null for none
   * @param unequal hears of every answer that is not proven equal
   * @throws IOException if a log cannot be read, or the key is not the one that named the users
   */
  public static ProofReport run(
      Path rankings,
      Settings settings,
      @Nullable Scorer other,
      BiConsumer<LoggedAnswer, Verdict> unequal)
      throws IOException {
    AnswerLogReader log = AnswerLogReader.open(rankings, settings.known);
    if (!log.rawUsers() && (settings.key == null || !log.writtenWith(settings.key))) {
      throw new IOException(
          rankings
              + ": its users are named with another key; give the service's key file with"
              + " --user-key");
    }
    try (ModelShelf shelf =
        new ModelShelf(settings.models, settings.backend, log.fold().actions())) {
      return new AnswerProof(settings, log, shelf, other, unequal).run();
    }
  }

  private ProofReport run() throws IOException {
    List<LoggedAnswer> part = new ArrayList<>();
    int candidates = 0;
    FoldSettings fold = log.fold();
    for (LoggedAnswer answer = log.next(); answer != null; answer = log.next()) {
      if (!fold.equals(log.fold())) { // another store took over
        prove(part, fold);
        part.clear();
        candidates = 0;
        fold = log.fold();
      }
      part.add(answer);
      candidates += 1 + answer.candidates().size();
      if (candidates >= PART_CANDIDATES) {
        prove(part, fold);
        part.clear();
        candidates = 0;
      }
    }
    if (!part.isEmpty()) {
      prove(part, fold);
    }
    return report;
  }

  private void prove(List<LoggedAnswer> part, FoldSettings fold) throws IOException {
    if (catalog == null
        && log.itemsTopic() != null
        && part.stream().anyMatch(answer -> answer.catalog() != null)) {
      catalog = PastCatalog.read(settings.events, log.itemsTopic(), fold);
    }
    UnaryOperator<String> name =
        log.rawUsers() || settings.key == null ? user -> user : settings.key::name;
    Clicks clicks = new Clicks(part, name);
    IdentityHashMap<LoggedAnswer, Rescorer> byOther = new IdentityHashMap<>();
    new StateRebuild(
            fold,
            name,
            (answer, state, fault) -> {
              Verdict verdict = judge(answer, state, fault);
              report.count(answer, verdict);
              if (verdict.outcome().failed()) {
                unequal.accept(answer, verdict);
              }
              if (other != null) {
                byOther.put(
                    answer, Rescorer.of(answer, state.sequence(), catalogOf(answer), other));
              }
            })
        .run(part, settings.events, clicks);
    for (LoggedAnswer answer : part) {
      report.shown(answer, clicks.labels(answer), calibrated(answer), byOther.get(answer));
    }
  }

  private ItemCatalog catalogOf(LoggedAnswer answer) {
    return catalog == null || answer.catalog() == null ? NO_CATALOG : catalog.at(answer.catalog());
  }

  private Verdict judge(LoggedAnswer answer, StoredSequence state, @Nullable String fault) {
    String whyState = differs(answer.state(), state, fault);
    if (answer.model().equals(RankingService.CALLER_ORDER)) {
      return verdict(inCallersOrder(answer), whyState, answer.model().name());
    }
    if (Baselines.records(answer.model().version()) > 0) {
      return new Verdict(Outcome.NOT_KEPT, Double.NaN, "fitted by the service as it ran");
    }
    Entry model = shelf.get(answer.model());
    if (model.scorer() == null) {
      return new Verdict(Outcome.MODEL_MISSING, Double.NaN, model.why());
    }
    Rescorer again = Rescorer.of(answer, state.sequence(), catalogOf(answer), model.scorer());
    return verdict(again.distance(answer.items()), whyState, answer.model().name());
  }

  private double inCallersOrder(LoggedAnswer answer) {
    Page page = answer.slate();
    if (page == null) {
      boolean equal = answer.candidates().subList(0, answer.items().size()).equals(items(answer));
      return equal ? 0 : Double.POSITIVE_INFINITY;
    }
    float[] scores = new float[answer.candidates().size()];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = 1f / (i + 1);
    }
    return new PageProof(
            page, new Shortlist.Source(answer.candidates(), scores, null, null, catalogOf(answer)))
        .distance(answer.items());
  }

  private Verdict verdict(double distance, @Nullable String whyState, String model) {
    if (distance <= settings.tolerance) {
      return whyState == null
          ? new Verdict(Outcome.EQUAL, distance, null)
          : new Verdict(Outcome.EQUAL_FROM_OTHER_STATE, distance, whyState);
    }
    return whyState == null
        ? new Verdict(
            Outcome.LIST_DIFFERS,
            distance,
            "the state is the same: model %s here is not the one that answered".formatted(model))
        : new Verdict(Outcome.STATE_DIFFERS, distance, whyState);
  }

  /** Whether the probabilities of an answer are click rates; its own word, or else its model's. */
  private boolean calibrated(LoggedAnswer answer) {
    if (!answer.withoutScores() || Baselines.records(answer.model().version()) > 0) {
      return answer.model().calibrated();
    }
    Scorer scorer = shelf.get(answer.model()).scorer();
    return scorer != null && scorer.calibrated();
  }

  private static List<String> items(LoggedAnswer answer) {
    return answer.items().stream().map(Shown::item).toList();
  }

  /** Why the rebuilt state is not the one that the answer was made from; null if it is. */
  private static @Nullable String differs(
      State logged, StoredSequence rebuilt, @Nullable String fault) {
    if (State.version(rebuilt).equals(logged.version())) {
      return null;
    }
    String lengths =
        "the state has %d events, had %d".formatted(rebuilt.sequence().length(), logged.events());
    return lengths + ": " + (fault == null ? "the event log is another one" : fault);
  }

  /** The clicks on what some answers showed. */
  private final class Clicks implements Consumer<Event> {

    private final UnaryOperator<String> name;
    private final Map<String, List<LoggedAnswer>> answers = new HashMap<>(); // by request
    private final IdentityHashMap<LoggedAnswer, Set<String>> clicked = new IdentityHashMap<>();

    Clicks(List<LoggedAnswer> part, UnaryOperator<String> name) {
      this.name = name;
      part.forEach(answer ->
          answers.computeIfAbsent(answer.request(), key -> new ArrayList<>()).add(answer));
    }

    @Override
    public void accept(Event event) {
      List<LoggedAnswer> shown = event.request() == null ? null : answers.get(event.request());
      if (shown == null || event.user() == null || !event.action().equals(settings.click)) {
        return;
      }
      String user = name.apply(event.user());
      for (LoggedAnswer answer : shown) {
        if (answer.user().equals(user)
            && event.timeMillis() >= answer.time() - EARLY_MILLIS
            && event.timeMillis() <= answer.time() + settings.window.toMillis()) {
          clicked.computeIfAbsent(answer, key -> new HashSet<>()).addAll(event.items());
        }
      }
    }

    boolean[] labels(LoggedAnswer answer) {
      Set<String> items = clicked.getOrDefault(answer, Set.of());
      boolean[] labels = new boolean[answer.items().size()];
      for (int i = 0; i < labels.length; i++) {
        labels[i] = items.contains(answer.items().get(i).item());
      }
      return labels;
    }
  }
}
