// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.pass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.RequestColumns;
import io.nextclick.features.encode.Visits;
import io.nextclick.features.item.Item;
import io.nextclick.model.encoder.ReferenceEncoder;
import io.nextclick.model.kernel.TrainingKernels;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderConfig.Activation;
import io.nextclick.model.part.EncoderConfig.Anchor;
import io.nextclick.model.part.EncoderConfig.Norm;
import io.nextclick.model.part.EncoderConfig.Positions;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.part.ItemTable;
import io.nextclick.model.part.ModelPart;
import io.nextclick.model.part.RandomParts;
import io.nextclick.model.weights.Gradient;
import io.nextclick.model.weights.PackedBatch;
import io.nextclick.model.weights.PackedBatch.Shown;
import io.nextclick.model.weights.Parameters;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The derivatives against differences on either side, of the naive encoder in double precision. */
class GradientTest {

  private static final int ITEMS = 9;
  private static final int ACTIONS = 4;
  private static final int ATTRIBUTES = 6;
  private static final int GAPS = 12;
  private static final int CONTEXT = 7;
  private static final int CASES = 18;
  private static final int PLACES = 2;
  private static final float STEP = 1e-5f;

  /** Of what goes into the items' vectors, whose floats are too coarse for a smaller one. */
  private static final float STEP_OF_ITEMS = 1e-3f;

  private static final double CLICK_WEIGHT = 1.7;

  private final SplittableRandom random = new SplittableRandom(20261123);
  private double smoothing;

  /** A user as the batch and as requests have it. */
  private record User(int[] items, byte[] actions, long[] times, List<Impression> shown) {}

  /** {@code returns}: whether it is shown an hour after the newest entry that it sees. */
  private record Impression(int item, int sees, boolean returns, int label, float weight) {}

  @ParameterizedTest
  @ValueSource(strings = {"scalar", "vector"})
  void run_anyConfiguration_derivativesAreDifferences(String kernel) {
    TrainingKernels kernels =
        kernel.equals("scalar") ? TrainingKernels.scalar() : TrainingKernels.best();
    for (int i = 0; i < CASES; i++) {
      smoothing = i % 4 == 0 ? 0.3 : 0;
      check(config(i), kernels);
    }
  }

  private EncoderConfig config(int i) {
    int heads = pick(1, 2, 3);
    Scoring scoring = i % 2 == 0 ? Scoring.DOT : Scoring.ATTEND;
    return EncoderConfig.builder(ITEMS, scoring)
        .width(heads * (i < 3 ? 16 : pick(4, 5)), pick(4, 17))
        .layers(1 + random.nextInt(2), heads)
        .history(40)
        .activation(Activation.values()[random.nextInt(3)])
        .norm(Norm.values()[i % 3], random.nextBoolean())
        .positions(Positions.values()[random.nextInt(2)], Anchor.START)
        .scaleEmbedding(random.nextBoolean())
        .parts(
            RandomParts.of(random, scoring, ACTIONS, ATTRIBUTES, CONTEXT)
                .trained() // MixFitTest has the others
                .all()
                .toArray(ModelPart[]::new))
        .build();
  }

  private void check(EncoderConfig config, TrainingKernels kernels) {
    Parameters parameters = Parameters.initial(config.tensors(), 0.5, random.nextLong());
    for (var entry : parameters.sizes().entrySet()) {
      float[] x = parameters.get(entry.getKey());
      for (int i = 0; i < entry.getValue(); i++) {
        x[i] += (float) (0.2 * random.nextGaussian()); // biases and norms too
      }
    }
    ItemTable table = items(config);
    List<User> users = new ArrayList<>();
    for (int u = 0; u < 3; u++) {
      users.add(user(u == 0 ? 14 : 1 + random.nextInt(5)));
    }
    var shared = SharedWeights.of(kernels, config, parameters, table);
    shared.renew();
    shared.items().transpose();
    boolean dot = config.scoring() == Scoring.DOT;
    var next =
        dot
            ? new FullSoftmax(
                kernels, shared.items(), config.dim(), smoothing, parameters.get("item.bias"))
            : null;
    var gradient = new Gradient(parameters);
    var loss =
        new EncoderPass(kernels, shared, next)
            .run(batch(users, config), CLICK_WEIGHT, new Dropout(kernels, 0, 1), gradient);
    shared.items().finish(gradient);
    checkReader(kernels, shared, batch(users, config));

    double expected = loss(shared, users, config, dot);
    assertThat(loss.nextItem() + CLICK_WEIGHT * loss.click())
        .as("loss of %s", config)
        .isCloseTo(expected, within(1e-4 * (1 + expected)));
    for (var entry : parameters.sizes().entrySet()) {
      checkTensor(entry.getKey(), entry.getValue(), expected, shared, gradient, users, config, dot);
    }
  }

  /** Somebody else's loss of the logits, which is the same one, has the same derivatives. */
  private static void checkReader(
      TrainingKernels kernels, SharedWeights shared, PackedBatch batch) {
    var none = new Dropout(kernels, 0, 1);
    var own = new Gradient(shared.parameters());
    new EncoderPass(kernels, shared, null).run(batch, 1, none, own);
    var read = new Gradient(shared.parameters());
    new EncoderPass(kernels, shared, null)
        .run(
            batch,
            none,
            read,
            (encoded, dStates, dLogits) -> {
              for (int c = 0; c < dLogits.length; c++) {
                double p = 1 / (1 + Math.exp(-encoded.logits()[c]));
                dLogits[c] = (float) (batch.shown().weights()[c] * (p - batch.shown().labels()[c]));
              }
              return 0;
            });
    for (String name : shared.parameters().sizes().keySet()) {
      assertThat(read.get(name)).as(name).containsExactly(own.get(name), within(1e-6f));
    }
  }

  private void checkTensor(
      String name,
      int size,
      double loss,
      SharedWeights shared,
      Gradient gradient,
      List<User> users,
      EncoderConfig config,
      boolean dot) {
    float[] x = shared.parameters().get(name);
    boolean ofItems = name.startsWith("numeric.") || name.startsWith("attribute.");
    float step = ofItems ? STEP_OF_ITEMS : STEP;
    double scale = 0;
    for (int i = 0; i < size; i++) {
      scale = Math.max(scale, Math.abs(gradient.get(name)[i]));
    }
    for (int p = 0; p < PLACES; p++) {
      int place = random.nextInt(size);
      float kept = x[place];
      x[place] = kept + step;
      float above = x[place];
      double right = (loss(shared, users, config, dot) - loss) / ((double) above - kept);
      x[place] = kept - step;
      double left = (loss - loss(shared, users, config, dot)) / ((double) kept - x[place]);
      x[place] = kept;
      // Where a ReLU bends within the step, the two sides differ and the derivative is either's.
      double tolerance = 2e-3 * scale + 2e-4;
      assertThat((double) gradient.get(name)[place])
          .as("%s[%d] of %s", name, place, config)
          .isBetween(Math.min(left, right) - tolerance, Math.max(left, right) + tolerance);
    }
  }

  private ItemTable items(EncoderConfig config) {
    ItemTable table = ItemTable.of(config.parts(), ITEMS);
    for (int row = 1; row <= ITEMS; row++) {
      List<String> tags = new ArrayList<>();
      for (int i = random.nextInt(4); i > 0; i--) {
        tags.add("t" + random.nextInt(20));
      }
      Map<String, List<String>> attributes =
          row % 4 == 0
              ? Map.of("tag", tags, "kind", List.of("k"))
              : Map.of("tag", tags, "price", List.of(random.nextInt(100) + ".5"));
      long since = 1_700_000_000_000L - random.nextLong(1L << random.nextInt(20, 34));
      table.put(row, new Item("i" + row, attributes, true, since));
    }
    return table;
  }

  private User user(int length) {
    int[] items = new int[length];
    byte[] actions = new byte[length];
    long[] times = new long[length];
    long time = 1_700_000_000_000L;
    for (int t = 0; t < length; t++) {
      items[t] = 1 + random.nextInt(ITEMS);
      actions[t] = (byte) random.nextInt(ACTIONS);
      time += random.nextLong(1L << random.nextInt(1, 26)); // up to 18 hours
      times[t] = time;
    }
    List<Impression> shown = new ArrayList<>();
    boolean[] returns = new boolean[length + 1];
    for (int t = 1; t <= length; t++) {
      boolean pause = t == length || Visits.begin(times[t - 1], times[t]);
      returns[t] = pause && random.nextBoolean();
    }
    int count = random.nextInt(16);
    for (int i = 0; i < count; i++) {
      int sees = 1 + random.nextInt(length);
      shown.add(
          new Impression(
              1 + random.nextInt(ITEMS), sees, returns[sees], random.nextInt(2), pick(1, 2)));
    }
    return new User(items, actions, times, shown);
  }

  private static PackedBatch batch(List<User> users, EncoderConfig config) {
    int tokens = users.stream().mapToInt(user -> user.items.length).sum();
    List<Impression> shown = users.stream().flatMap(user -> user.shown.stream()).toList();
    int[] start = new int[users.size() + 1];
    int[] items = new int[tokens];
    byte[] actions = new byte[tokens];
    int[] gaps = new int[tokens];
    int[] visits = new int[tokens];
    int[] positions = new int[tokens];
    int[] targets = new int[tokens];
    int[] sequence = new int[shown.size()];
    int at = 0;
    int impression = 0;
    for (int u = 0; u < users.size(); u++) {
      User user = users.get(u);
      for (int t = 0; t < user.items.length; t++) {
        items[at] = user.items[t];
        actions[at] = user.actions[t];
        gaps[at] = RequestColumns.gap(user.times, t);
        visits[at] = Visits.of(user.times)[t];
        positions[at] = t;
        targets[at++] = t + 1 < user.items.length ? user.items[t + 1] : 0;
      }
      start[u + 1] = at;
      for (int i = 0; i < user.shown.size(); i++) {
        sequence[impression++] = u;
      }
    }
    float[] labels = new float[shown.size()];
    float[] weights = new float[shown.size()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = shown.get(i).label;
      weights[i] = shown.get(i).weight;
    }
    int[][] context = new int[shown.size()][];
    int buckets = config.reads().contextBuckets();
    Arrays.fill(context, RequestColumns.context(Map.of(), Map.of("surface", "home"), buckets));
    return new PackedBatch(
        start,
        items,
        new boolean[tokens + shown.size()],
        actions,
        gaps,
        visits,
        positions,
        targets,
        users.stream().map(GradientTest::own).toArray(int[][]::new),
        new Shown(
            shown.stream().mapToInt(Impression::item).toArray(),
            sequence,
            shown.stream().mapToInt(Impression::sees).toArray(),
            labels,
            weights,
            context,
            repeats(users),
            visits(users),
            newest(users),
            previous(users),
            hours(users),
            Shown.of(shown.size()).place(),
            shown.stream().map(GradientTest::fields).toArray(float[][]::new)));
  }

  /** The numbers that an item is shown with; some items have only one, some none at all. */
  private static float[] fields(Impression shown) {
    float price = shown.item % 3 == 0 ? Float.NaN : 0.37f * shown.item - 4;
    float retrieval = 0.1f * ((7 * shown.sees + shown.item) % 11) - 0.6f;
    return shown.item % 5 == 0 ? new float[0] : new float[] {price, retrieval};
  }

  /** The one acted on before the newest, of another item. */
  private static int[] previous(List<User> users) {
    return users.stream()
        .flatMapToInt(user -> user.shown.stream().mapToInt(shown -> previous(user, shown)))
        .toArray();
  }

  private static int previous(User user, Impression shown) {
    int newest = newest(user, shown);
    int[] visits = Visits.of(user.times);
    for (int t = newest - 1; t >= 0; t--) {
      boolean other = user.items[t] != user.items[newest];
      if (other && visits[t] == visits[newest] && user.actions[t] != 0) {
        return t;
      }
    }
    return -1;
  }

  private static int[] hours(List<User> users) {
    return users.stream()
        .flatMapToInt(
            user -> user.shown.stream().mapToInt(shown -> (int) (time(user, shown) / 3_600_000)))
        .toArray();
  }

  private static long time(User user, Impression shown) {
    return user.times[shown.sees - 1] + (shown.returns ? 3_600_000 : 60_000);
  }

  /** The entry acted on last in the visit that an impression is in; -1 for none. */
  private static int[] newest(List<User> users) {
    return users.stream()
        .flatMapToInt(user -> user.shown.stream().mapToInt(shown -> newest(user, shown)))
        .toArray();
  }

  private static int newest(User user, Impression shown) {
    int[] visits = Visits.of(user.times);
    for (int t = shown.sees - 1; t >= 0 && !shown.returns; t--) {
      if (visits[t] == visits[shown.sees - 1] && user.actions[t] != 0) {
        return t;
      }
    }
    return -1;
  }

  private static int[] visits(List<User> users) {
    return users.stream()
        .flatMapToInt(user ->
            user.shown.stream()
                .mapToInt(shown -> Visits.of(user.times)[shown.sees - 1] + (shown.returns ? 1 : 0)))
        .toArray();
  }

  /** How often the history that an impression sees has its item, not only shown. */
  private static int[] repeats(List<User> users) {
    return users.stream()
        .flatMapToInt(user -> user.shown.stream().mapToInt(shown -> repeats(user, shown)))
        .toArray();
  }

  private static int repeats(User user, Impression shown) {
    int count = 0;
    for (int t = 0; t < shown.sees; t++) {
      count += user.items[t] == shown.item && user.actions[t] != 0 ? 1 : 0;
    }
    return count;
  }

  /** Half of a user's items are no negatives of hers. */
  private static int[] own(User user) {
    return Arrays.stream(user.items).filter(item -> item % 2 == 0).distinct().sorted().toArray();
  }

  private double loss(SharedWeights shared, List<User> users, EncoderConfig config, boolean dot) {
    var reference = new ReferenceEncoder(shared.baked());
    double sum = 0;
    for (User user : users) {
      Map<Integer, List<float[]>> fields = new LinkedHashMap<>();
      Map<Integer, List<Integer>> asked = new LinkedHashMap<>();
      Map<Integer, Boolean> returns = new LinkedHashMap<>();
      for (Impression impression : user.shown) {
        returns.put(impression.sees, impression.returns);
        asked.computeIfAbsent(impression.sees, s -> new ArrayList<>()).add(impression.item);
        float[] known = fields(impression);
        fields
            .computeIfAbsent(impression.sees, s -> new ArrayList<>())
            .add(known.length == 0 ? new float[] {Float.NaN, Float.NaN} : known);
      }
      Map<Integer, double[]> scores = new LinkedHashMap<>();
      asked.forEach((sees, items) -> {
        long time = user.times[sees - 1] + (returns.get(sees) ? 3_600_000 : 60_000);
        EncodedRequest request =
            request(
                user,
                sees,
                items,
                Map.of("surface", "home"),
                fields.get(sees).toArray(float[][]::new));
        scores.put(sees, reference.score(request.at(time)));
      });
      Map<Integer, Integer> next = new LinkedHashMap<>();
      for (Impression impression : user.shown) {
        int place = next.merge(impression.sees, 1, Integer::sum) - 1;
        double s = scores.get(impression.sees)[place];
        sum += CLICK_WEIGHT * impression.weight * (Math.log1p(Math.exp(s)) - impression.label * s);
      }
      sum += dot ? nextItem(reference.withoutRequests(), user) : 0;
    }
    return sum;
  }

  private double nextItem(ReferenceEncoder reference, User user) {
    List<Integer> all = new ArrayList<>();
    for (int item = 1; item <= ITEMS; item++) {
      all.add(item);
    }
    int[] own = own(user);
    double sum = 0;
    for (int t = 0; t + 1 < user.items.length; t++) {
      double[] scores =
          reference.score(request(user, t + 1, all, Map.of(), EncodedRequest.NO_FIELDS));
      int target = user.items[t + 1];
      double total = 0;
      double ofAll = 0;
      int left = 0;
      for (int item : all) {
        if (item == target || Arrays.binarySearch(own, item) < 0) {
          total += Math.exp(scores[item - 1]);
          ofAll += scores[item - 1];
          left++;
        }
      }
      double wanted = (1 - smoothing) * scores[target - 1] + smoothing * ofAll / left;
      sum += Math.log(total) - wanted;
    }
    return sum;
  }

  private static EncodedRequest request(
      User user, int sees, List<Integer> items, Map<String, String> context, float[][] fields) {
    return new EncodedRequest(
        Arrays.copyOf(user.items, sees),
        Arrays.copyOf(user.actions, sees),
        Arrays.copyOf(user.times, sees),
        items.stream().mapToInt(Integer::intValue).toArray(),
        Collections.nCopies(items.size(), ""),
        Map.of(),
        context,
        user.times[sees - 1],
        EncodedRequest.UnknownItems.NONE,
        fields,
        null);
  }

  private int pick(int... values) {
    return values[random.nextInt(values.length)];
  }
}
