// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.encoder;

import io.nextclick.features.encode.EncodedRequest;
import io.nextclick.features.encode.EncodedRequest.HistoryKey;
import io.nextclick.features.encode.EncodedRequest.UnknownItems;
import io.nextclick.features.encode.Vocabulary;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderConfig.Activation;
import io.nextclick.model.part.EncoderConfig.Anchor;
import io.nextclick.model.part.EncoderConfig.Norm;
import io.nextclick.model.part.EncoderConfig.Positions;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.part.Parts;
import io.nextclick.model.part.RandomParts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** Seeded random models and requests that cover every switch of the configuration. */
public final class EncoderCases {

  public static final int ITEMS = 60;
  public static final int MAX_HISTORY = 40;

  private final SplittableRandom random;

  public EncoderCases(long seed) {
    this.random = new SplittableRandom(seed);
  }

  public static Vocabulary vocabulary() {
    List<String> ids = new ArrayList<>();
    for (int i = 1; i <= ITEMS; i++) {
      ids.add("i" + i);
    }
    return new Vocabulary(ids);
  }

  public EncoderConfig config() {
    int heads = pick(1, 2, 3, 4);
    Scoring scoring = pick(Scoring.values());
    EncoderConfig config =
        new EncoderConfig(
            ITEMS,
            heads * pick(4, 5, 8, 16, 20),
            1 + random.nextInt(6),
            heads,
            pick(4, 16, 33, 96),
            MAX_HISTORY,
            pick(Activation.values()),
            pick(Norm.values()),
            pick(Positions.values()),
            pick(Anchor.values()),
            random.nextBoolean(),
            random.nextBoolean(),
            1e-6f,
            random.nextBoolean(),
            scoring,
            Parts.NONE);
    return config.fitted(ITEMS, parts(scoring));
  }

  private Parts parts(Scoring scoring) {
    return RandomParts.of(random, scoring, 10, 17, 23);
  }

  /** A configuration whose histories can be extended. */
  public EncoderConfig appendableConfig() {
    EncoderConfig config = config();
    while (config.scoring() != Scoring.ATTEND || config.anchor() != Anchor.START) {
      config = config();
    }
    return config;
  }

  /** The request with the oldest {@code length} events of its history. */
  public static EncodedRequest oldest(EncodedRequest request, int length, HistoryKey key) {
    return new EncodedRequest(
        Arrays.copyOf(request.historyItems(), length),
        Arrays.copyOf(request.historyActions(), length),
        Arrays.copyOf(request.historyTimes(), length),
        request.candidates(),
        request.candidateIds(),
        request.userAttributes(),
        request.context(),
        request.timeMillis(),
        request.unknown(),
        request.fields(),
        key);
  }

  public EncodedRequest request(int length, int candidates) {
    int[] items = new int[length];
    byte[] actions = new byte[length];
    long[] times = new long[length];
    int[][] attributes = new int[length][];
    long time = 1_700_000_000_000L;
    for (int t = 0; t < length; t++) {
      items[t] = random.nextInt(ITEMS + 1);
      actions[t] = (byte) random.nextInt(10);
      time += random.nextLong(1L << random.nextInt(1, 34));
      times[t] = time;
      attributes[t] = attributes();
    }
    int[] rows = new int[candidates];
    List<String> ids = new ArrayList<>();
    int[][] ofCandidates = new int[candidates][];
    for (int c = 0; c < candidates; c++) {
      rows[c] = random.nextInt(ITEMS + 1);
      ids.add("i" + rows[c]);
      ofCandidates[c] = attributes();
    }
    return new EncodedRequest(
        items,
        actions,
        times,
        rows,
        ids,
        Map.of("country", List.of("de"), "plan", List.of("free", "old")),
        Map.of("surface", "home"),
        time + random.nextLong(1L << random.nextInt(1, 34)),
        new UnknownItems(attributes, ofCandidates),
        fields(candidates),
        null);
  }

  /** The request with other candidates of its own list, in the given order. */
  public static EncodedRequest select(EncodedRequest request, int... places) {
    int[] rows = new int[places.length];
    List<String> ids = new ArrayList<>();
    int[][] attributes = new int[places.length][];
    boolean numbers = request.fields().length > 0;
    float[][] fields = numbers ? new float[places.length][] : EncodedRequest.NO_FIELDS;
    for (int c = 0; c < places.length; c++) {
      rows[c] = request.candidates()[places[c]];
      ids.add(request.candidateIds().get(places[c]));
      attributes[c] = request.unknown().ofCandidate(places[c]);
      if (numbers) {
        fields[c] = request.fields()[places[c]];
      }
    }
    return new EncodedRequest(
        request.historyItems(),
        request.historyActions(),
        request.historyTimes(),
        rows,
        ids,
        request.userAttributes(),
        request.context(),
        request.timeMillis(),
        new UnknownItems(request.unknown().history(), attributes),
        fields,
        request.historyKey());
  }

  /** Two numbers of each candidate, some of which are not there; or none of any. */
  private float[][] fields(int candidates) {
    float[][] fields = random.nextInt(4) == 0 ? EncodedRequest.NO_FIELDS : new float[candidates][];
    for (int c = 0; c < fields.length; c++) {
      fields[c] = new float[] {field(), field()};
    }
    return fields;
  }

  private float field() {
    return random.nextInt(4) == 0 ? Float.NaN : 20 * random.nextFloat() - 10;
  }

  private int[] attributes() {
    int[] buckets = new int[random.nextInt(4)];
    for (int i = 0; i < buckets.length; i++) {
      buckets[i] = random.nextInt(17);
    }
    return buckets;
  }

  private int pick(int... values) {
    return values[random.nextInt(values.length)];
  }

  private <T> T pick(T[] values) {
    return values[random.nextInt(values.length)];
  }
}
