// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.nextclick.features.event.CandidateFields;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.StoredSequence;
import io.nextclick.model.retrieve.TopK;
import io.nextclick.serving.api.RankedList;
import io.nextclick.serving.api.SlateMethod;
import io.nextclick.serving.api.SlateRequest;
import io.nextclick.serving.models.LoadedModel;
import io.nextclick.serving.rank.Ranking;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One answer as the log has it: all that is needed to make it again from the event log and the
 * model.
 *
 * @param time of the request, epoch milliseconds
 * @param request its id, which clicks repeat
 * @param user the user's name by {@link UserKey}, or the id where the header says {@code raw}
 * @param model what ordered the list
 * @param arm the user's part of an experiment, if there was one
 * @param state what was known of the user
 * @param catalog offsets to which the items topic was folded, by partition; null where no item's
 *     attributes were read
 * @param context the request's
 * @param candidates what was scored; of more than {@value #MAX_CANDIDATES}, the items of the
 *     answer, or the shortlist of a page
 * @param fields numbers that came with the candidates and that the model reads, by name, null where
 *     a candidate has none; null for none at all
 * @param items the answer, best first
 * @param fallback why the first model did not answer; null if it did
 * @param slate how the items came to be a page; null for a list
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record LoggedAnswer(
    long time,
    String request,
    String user,
    RankedList.Model model,
    @Nullable String arm,
    State state,
    @Nullable Map<Integer, Long> catalog,
    Map<String, String> context,
    List<String> candidates,
    @Nullable Map<String, List<@Nullable Float>> fields,
    List<Shown> items,
    @Nullable String fallback,
    @Nullable Page slate) {

  static final int MAX_CANDIDATES = 5_000;

  /**
   * The user's state.
   *
   * @param topic of the user's events; null for an unknown user
   * @param partition of the user's events; null for an unknown user
   * @param offset the first offset not yet folded; null for an unknown user
   * @param events entries of the sequence
   * @param version hash of the stored sequence, hexadecimal
   * @param others by {@code TOPIC-PARTITION}, the first offset not yet folded of further partitions
   *     that hold a part of the sequence; null for none
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record State(
      @Nullable String topic,
      @Nullable Integer partition,
      @Nullable Long offset,
      int events,
      String version,
      @Nullable Map<String, Long> others) {

    static State of(StoredSequence stored) {
      SourcePartition partition = stored.partition();
      return new State(
          partition == null ? null : partition.topic(),
          partition == null ? null : partition.partition(),
          stored.state() == null ? null : stored.state().nextOffset(),
          stored.sequence().length(),
          version(stored),
          stored.others().isEmpty()
              ? null
              : stored.others().entrySet().stream()
                  .collect(
                      Collectors.toMap(
                          entry -> entry.getKey().toString(),
                          Map.Entry::getValue,
                          Math::max,
                          TreeMap::new)));
    }

    /** The first offset not yet folded of every partition that the sequence was read from. */
    Map<SourcePartition, Long> parts() {
      Map<SourcePartition, Long> parts = new TreeMap<>();
      if (topic != null && partition != null) {
        parts.put(new SourcePartition(topic, partition), offset == null ? 0 : offset);
      }
      if (others != null) {
        others.forEach((name, next) -> {
          int dash = name.lastIndexOf('-');
          int number = Integer.parseInt(name.substring(dash + 1));
          parts.put(new SourcePartition(name.substring(0, dash), number), next);
        });
      }
      return parts;
    }

    /** The hash of a stored sequence as the log writes it. */
    public static String version(StoredSequence stored) {
      return HexFormat.of().toHexDigits(stored.version());
    }
  }

  /**
   * One item of the list.
   *
   * @param s the score; null in logs of version 1
   * @param p the click probability; null unless the model was calibrated. In logs of version 1 any
   *     model has one that gave a score
   * @param pp the click probability at its place, after the items before it; null but for a page of
   *     a calibrated model's decoder
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Shown(String item, @Nullable Float s, @Nullable Double p, @Nullable Double pp) {

    /** What ordered the items, higher first; NaN where version 1 has nothing. */
    double order() {
      return s != null ? s : p != null ? p : Double.NaN;
    }

    /** The click probability; NaN where there is none. */
    double probability() {
      return p == null ? Double.NaN : p;
    }
  }

  /**
   * How a page was built.
   *
   * @param asked the request's, with what it left to the service
   * @param method that built it
   * @param fallback why that is not the method asked for; null if it is
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Page(SlateRequest asked, SlateMethod method, @Nullable String fallback) {

    static @Nullable Page of(Ranking ranking) {
      SlateRequest asked = ranking.request().slate();
      RankedList.Slate built = ranking.answer().slate();
      SlateMethod method = built == null ? null : SlateMethod.of(built.method());
      return asked == null || built == null || method == null
          ? null
          : new Page(asked.filled(), method, built.fallback());
    }
  }

  /** Whether it comes from a log of version 1, where {@code p} need not be calibrated. */
  boolean withoutScores() {
    return items.stream().anyMatch(item -> item.s == null);
  }

  /** The answer of a request, under the name that the user has in the log. */
  static LoggedAnswer of(Ranking ranking, String user, @Nullable Map<Integer, Long> catalog) {
    RankedList answer = ranking.answer();
    Map<String, String> context = ranking.request().context();
    List<Shown> items =
        answer.items().stream()
            .map(item ->
                new Shown(item.item(), item.score(), item.probability(), item.placeProbability()))
            .toList();
    List<String> scored = ranking.candidates();
    boolean all = scored.size() <= MAX_CANDIDATES;
    Page page = Page.of(ranking);
    List<String> candidates = scored;
    CandidateFields fields = fieldsRead(ranking);
    if (!all) {
      int[] kept =
          page == null
              ? items.stream().mapToInt(item -> scored.indexOf(item.item())).toArray()
              : TopK.select(ranking.scores(), page.asked.considered());
      candidates = Arrays.stream(kept).mapToObj(scored::get).toList();
      fields = fields.isEmpty() ? fields : fields.at(kept);
    }
    return new LoggedAnswer(
        ranking.timeMillis(),
        answer.request(),
        user,
        answer.model(),
        answer.experiment() == null ? null : answer.experiment().arm(),
        State.of(ranking.history()),
        catalog,
        context == null ? Map.of() : context,
        candidates,
        fields.isEmpty() ? null : fields.lists(),
        items,
        answer.fallback(),
        page);
  }

  private static CandidateFields fieldsRead(Ranking ranking) {
    LoadedModel model = ranking.model();
    return model == null ? CandidateFields.NONE : ranking.fields().only(model.scorer().fields());
  }

  /** Numbers that came with the candidates. */
  CandidateFields numbers() {
    return fields == null ? CandidateFields.NONE : CandidateFields.ofLists(fields);
  }
}
