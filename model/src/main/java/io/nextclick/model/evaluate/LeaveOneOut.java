// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.evaluate;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.item.Item;
import io.nextclick.features.item.ItemCatalog;
import io.nextclick.features.sequence.SequenceStore;
import io.nextclick.model.Scorer;
import io.nextclick.model.baseline.ItemSequences;
import io.nextclick.model.baseline.PositiveActions;
import io.nextclick.model.data.UserSample;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The protocol leave-one-out: of every user, the last item wanted is the test, the one before it
 * the validation, and all others are for training.
 *
 * <p>An item counts where the user wanted it first: a later purchase of a clicked item is no new
 * target. Users with fewer than three items are for training only. All items are ranked, but those
 * of the user's history; equal scores count against the target. Of items with the same time, which
 * came first is drawn, by {@link TieOrder}. Histories hold positive actions only, since the
 * impression that led to the target would give it away.
 */
public final class LeaveOneOut {

  /** The name on the command line and in reports. */
  public static final String NAME = "leave-one-out";

  /** The cut-offs of the metrics. */
  static final int[] CUTOFFS = {1, 5, 10, 20, 50};

  private static final int MIN_ITEMS = 3;

  /** Which target is ranked. */
  public enum Split {
    /** The second-last item, after the training part. */
    VALIDATION,
    /** The last item, after the training part and the validation item. */
    TEST
  }

  private final Vocabulary items;
  private final ItemCatalog catalog; // what the log says of items
  private final List<WantedItems> users; // in key order, also those for training only

  private LeaveOneOut(Vocabulary items, ItemCatalog catalog, List<WantedItems> users) {
    this.items = items;
    this.catalog = catalog;
    this.users = users;
  }

  /** Splits the sequences of a store; its history must be long enough to hold every event. */
  public static LeaveOneOut of(SequenceStore store, PositiveActions positive) {
    TreeSet<String> ids = new TreeSet<>();
    store.forEach((user, sequence) -> {
      for (int i = 0; i < sequence.length(); i++) {
        if (positive.contains(sequence.action(i))) {
          ids.add(sequence.item(i));
        }
      }
    });
    var items = new Vocabulary(List.copyOf(ids));
    List<WantedItems> users = new ArrayList<>();
    store.forEach((user, sequence) -> users.add(WantedItems.of(user, items, sequence, positive)));
    users.removeIf(user -> user.rows().length == 0);
    return new LeaveOneOut(items, store.items(), users);
  }

  /** Every item that anyone wanted: what is ranked. */
  public Vocabulary items() {
    return items;
  }

  /** What rankers may be fitted on: everything but the targets. */
  public ItemSequences train() {
    return new ItemSequences() {
      @Override
      public Vocabulary vocabulary() {
        return items;
      }

      @Override
      public void forEach(Consumer<int[]> visitor) {
        users.forEach(user -> visitor.accept(trainPart(user)));
      }

      @Override
      public void forEachTimed(Timed visitor) {
        for (WantedItems user : users) {
          int[] rows = trainPart(user);
          visitor.accept(
              rows,
              Arrays.copyOf(user.times(), rows.length),
              Arrays.copyOf(user.actions(), rows.length));
        }
      }

      @Override
      public @Nullable Item item(int row) {
        return catalog.get(items.id(row));
      }
    };
  }

  private static int[] trainPart(WantedItems user) {
    int[] rows = user.rows();
    return rows.length < MIN_ITEMS ? rows : Arrays.copyOf(rows, rows.length - 2);
  }

  /** The size of the data: users, those with a target, items, events. */
  public Map<String, Long> data() {
    Map<String, Long> data = new LinkedHashMap<>();
    data.put("users", (long) users.size());
    data.put("evaluated", evaluated().count());
    data.put("items", (long) items.size());
    data.put("events", users.stream().mapToLong(user -> user.rows().length).sum());
    return data;
  }

  private Stream<WantedItems> evaluated() {
    return users.stream().filter(user -> user.rows().length >= MIN_ITEMS);
  }

  /**
   * Ranks every user's target among all items, on all cores; the result does not depend on their
   * number.
   *
   * @param progress gets the number of users done, now and then, from any thread
   * @throws IllegalArgumentException if no user has a target
   */
  public EvaluationReport.Ranker evaluate(
      Scorer scorer, Split split, Bootstrap bootstrap, LongConsumer progress) {
    return LeaveOneOutResults.rankers(List.of(rankAll(scorer, split, progress)), bootstrap)
        .getFirst();
  }

  /**
   * The report on several scorers, the first of which the others are compared with.
   *
   * @param floors those that need no training: what each model must be better than
   * @param negatives how many random items each target is ranked among; 0 for all items
   */
  public EvaluationReport report(
      List<? extends Scorer> models,
      List<? extends Scorer> floors,
      Split split,
      int negatives,
      Bootstrap bootstrap,
      LongConsumer progress) {
    List<LeaveOneOutResults.Ranks> results = new ArrayList<>();
    for (Scorer scorer : Stream.concat(models.stream(), floors.stream()).toList()) {
      results.add(
          negatives == 0
              ? rankAll(scorer, split, progress)
              : rankSampled(
                  scorer, split, new SampledNegatives(bootstrap.seed(), negatives), progress));
    }
    Map<String, Long> data = data();
    if (negatives > 0) {
      data.put("negatives", (long) negatives);
      data.put(EvaluationReport.FEWER_NEGATIVES, usersWithFewer(negatives));
    }
    long tied = targets().stream().filter(user -> user.tied(target(user, split))).count();
    data.put("tied", tied);
    EvaluationReport report =
        LeaveOneOutResults.report(
            split.name().toLowerCase(Locale.ROOT),
            data,
            results,
            models.size(),
            slices(split),
            bootstrap);
    return tied == 0
        ? report
        : report.withRemarks(
            List.of(
                String.format(
                    Locale.ROOT,
                    "%.1f %% of the targets have the time of another item of their user: which came"
                        + " first is drawn",
                    100.0 * tied / targets().size())));
  }

  /** Users to whom no more than so many items are left to draw. */
  private long usersWithFewer(int negatives) {
    return evaluated().filter(user -> items.size() - trainPart(user).length <= negatives).count();
  }

  /**
   * A mean over the users.
   *
   * @param error its standard error
   */
  public record Mean(double value, double error) {}

  /** NDCG@10 of the validation items, without anything around it: for a trainer's choice. */
  public Mean validationNdcg(Scorer scorer) {
    int[] ranks = rankAll(scorer, Split.VALIDATION, done -> {}).ranks();
    double[] gains =
        Arrays.stream(ranks).mapToDouble(rank -> RankingMetrics.ndcg(rank, 10)).toArray();
    double mean = Arrays.stream(gains).average().orElseThrow();
    double squares = Arrays.stream(gains).map(gain -> (gain - mean) * (gain - mean)).sum();
    return new Mean(mean, Math.sqrt(squares / gains.length / Math.max(1, gains.length - 1)));
  }

  /**
   * The same protocol for a share of the users, drawn by a hash of their place; all items stay.
   *
   * @param share above 0, up to 1
   */
  public LeaveOneOut sample(double share) {
    if (share >= 1) {
      return this;
    }
    List<WantedItems> some = new ArrayList<>();
    for (int u = 0; u < users.size(); u++) {
      if (UserSample.has(String.valueOf(u), share)) {
        some.add(users.get(u));
      }
    }
    return new LeaveOneOut(items, catalog, some);
  }

  /**
   * What became of one user's validation item.
   *
   * @param <T> what is made of it
   */
  public interface Validation<T> {

    /**
     * Looks at one user; from any thread.
     *
     * @param request of the history, with every item as a candidate: row 1 first
     * @param seen rows of the history, which are not ranked
     * @param target row of the item wanted next
     */
    T of(EncodedRequest request, int[] seen, int target);
  }

  /**
   * Visits the validation items of users, on all cores.
   *
   * @param most users visited at most, spread over all of them
   * @return (users,) in a fixed order
   */
  public <T> List<T> validation(Scorer scorer, int most, Validation<T> visitor) {
    List<WantedItems> targets = targets();
    var requests = new NextItemRequests(scorer, items, catalog, items.ids());
    int users = Math.min(most, targets.size());
    return IntStream.range(0, users)
        .parallel()
        .mapToObj(u -> {
          WantedItems user = targets.get((int) ((long) u * targets.size() / users));
          int length = target(user, Split.VALIDATION);
          return visitor.of(
              requests.of(user, length), Arrays.copyOf(user.rows(), length), user.rows()[length]);
        })
        .toList();
  }

  /**
   * Every user's validation item among random ones that the user has not had, as requests: the
   * first candidate is the item wanted.
   *
   * @param negatives random items per user
   */
  public List<EncodedRequest> validationRequests(Scorer scorer, int negatives, long seed) {
    var sampled = new SampledNegatives(seed, negatives);
    List<WantedItems> targets = targets();
    return IntStream.range(0, targets.size())
        .mapToObj(u -> {
          WantedItems user = targets.get(u);
          int length = target(user, Split.VALIDATION);
          return sampledRequest(
              scorer, user, length, sampled.draw(u, items.size(), trainPart(user)));
        })
        .toList();
  }

  private List<WantedItems> targets() {
    List<WantedItems> targets = evaluated().toList();
    if (targets.isEmpty()) {
      throw new IllegalArgumentException(
          "no user has %d items or more, and the last two of each are held out: a longer log is needed, or, for clicks on impressions, --protocol=time-split"
              .formatted(MIN_ITEMS));
    }
    return targets;
  }

  /** The place of a user's target, after the history. */
  private static int target(WantedItems user, Split split) {
    return user.rows().length - (split == Split.TEST ? 1 : 2);
  }

  private List<LeaveOneOutResults.UserSlice> slices(Split split) {
    boolean[] trained = new boolean[items.size() + 1];
    users.forEach(user -> Arrays.stream(trainPart(user)).forEach(row -> trained[row] = true));
    return targets().stream()
        .map(user -> {
          int target = target(user, split);
          return new LeaveOneOutResults.UserSlice(
              ClickRow.lengthClass(target), trained[user.rows()[target]] ? "known" : "new");
        })
        .toList();
  }

  private LeaveOneOutResults.Ranks rankAll(Scorer scorer, Split split, LongConsumer progress) {
    List<WantedItems> targets = targets();
    var requests = new NextItemRequests(scorer, items, catalog, items.ids());
    int[] ranks = new int[targets.size()];
    var coverage = new Coverage(items.size());
    var done = new AtomicLong();
    IntStream.range(0, ranks.length)
        .parallel()
        .forEach(u -> {
          WantedItems user = targets.get(u);
          int length = target(user, split);
          float[] scores = scorer.score(requests.of(user, length));
          ranks[u] = user.rank(scores, length);
          coverage.add(scores);
          progress.accept(done.incrementAndGet());
        });
    double[] shares = IntStream.range(0, CUTOFFS.length).mapToDouble(coverage::share).toArray();
    return new LeaveOneOutResults.Ranks(scorer.name(), ranks, shares);
  }

  private LeaveOneOutResults.Ranks rankSampled(
      Scorer scorer, Split split, SampledNegatives negatives, LongConsumer progress) {
    List<WantedItems> targets = targets();
    int[] ranks = new int[targets.size()];
    var done = new AtomicLong();
    IntStream.range(0, ranks.length)
        .parallel()
        .forEach(u -> {
          WantedItems user = targets.get(u);
          int length = target(user, split);
          int target = user.rows()[length];
          int[] drawn = negatives.draw(u, items.size(), trainPart(user));
          float[] scores = scorer.score(sampledRequest(scorer, user, length, drawn));
          ranks[u] = SampledNegatives.rank(scores, drawn, target);
          progress.accept(done.incrementAndGet());
        });
    return new LeaveOneOutResults.Ranks(scorer.name(), ranks, new double[0]);
  }

  /** The item behind the first {@code length}, then the drawn ones. */
  private EncodedRequest sampledRequest(Scorer scorer, WantedItems user, int length, int[] drawn) {
    List<String> ids = new ArrayList<>(drawn.length + 1);
    ids.add(items.id(user.rows()[length]));
    Arrays.stream(drawn).mapToObj(items::id).forEach(ids::add);
    return new NextItemRequests(scorer, items, catalog, ids).of(user, length);
  }
}
