// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.serve;

import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.event.Event;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.features.sequence.SourceBatch;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.features.sequence.SourceRecord;
import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.model.bundle.BundleWriter;
import io.nextclick.model.bundle.BundleWriter.Label;
import io.nextclick.model.calibrate.Calibration;
import io.nextclick.model.decoder.DecoderConfig;
import io.nextclick.model.decoder.DecoderWeights;
import io.nextclick.model.decoder.PageWeights;
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.model.search.ScoringCost;
import io.nextclick.model.train.Recipe;
import io.nextclick.model.train.decoder.DecoderSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What all systems serve: a store of users with full histories, and a model with random weights in
 * each scoring mode (as fast as a trained one of its shape).
 *
 * @param directory holds {@code store} and {@code models}
 * @param users in the store
 */
record Shop(Path directory, int users) {

  static final int ITEMS = 4_000;
  static final int HISTORY = 200;
  static final int LIMIT = 20;

  /** Presets whose models have the transition graph behind them, as a search begins with them. */
  static final List<String> RECIPES = List.of("next-item", "clicks");

  /** The model of {@code attend} with a decoder, which is asked for pages. */
  static final String SLATE = "slate";

  /** Items on a page. */
  static final int PLACES = 10;

  private static final String VERSION = "v1";
  private static final long SEED = 20_261_123;

  /** Makes store and models below an empty directory. */
  static Shop make(Path directory, int users) throws IOException {
    Shop shop = new Shop(directory, users);
    shop.fillStore();
    for (Scoring scoring : Scoring.values()) {
      shop.publish(scoring);
    }
    for (String recipe : RECIPES) {
      shop.publish(recipe);
    }
    shop.publishSlate();
    return shop;
  }

  Path store() {
    return directory.resolve("store");
  }

  Path models() {
    return directory.resolve("models");
  }

  /** {@code NAME/VERSION} of the model in a scoring mode. */
  static String model(Scoring scoring) {
    return scoring.name().toLowerCase(Locale.ROOT) + "/" + VERSION;
  }

  /** {@code NAME/VERSION} of the model of a recipe. */
  static String model(String recipe) {
    return recipe + "/" + VERSION;
  }

  private void publish(String recipe) throws IOException {
    publish(
        recipe,
        FoldSettings.DEFAULT.actions(),
        ScoringCost.weights(Recipe.preset(recipe).with(Map.of("graph", "on")), ITEMS));
  }

  private void publish(Scoring scoring) throws IOException {
    publish(
        scoring.name().toLowerCase(Locale.ROOT),
        List.of(),
        EncoderWeights.random(config(scoring), SEED));
  }

  private static EncoderConfig config(Scoring scoring) {
    return EncoderConfig.builder(ITEMS, scoring)
        .width(64, 256)
        .layers(2, 2)
        .history(HISTORY)
        .build();
  }

  private void publishSlate() throws IOException {
    EncoderConfig config = config(Scoring.ATTEND);
    DecoderConfig shape = DecoderSettings.DEFAULT.config(ITEMS, config.dim());
    var weights =
        new PageWeights(
            DecoderWeights.random(shape, SEED),
            EncoderWeights.random(PageWeights.encoder(config), SEED + 1));
    publish(
        SLATE,
        List.of(),
        EncoderWeights.random(config, SEED),
        new BundleWriter.Decoder(weights, new Calibration.Platt(1, 0)));
  }

  private void publish(String name, List<String> actions, EncoderWeights weights)
      throws IOException {
    publish(name, actions, weights, null);
  }

  private void publish(
      String name,
      List<String> actions,
      EncoderWeights weights,
      BundleWriter.@Nullable Decoder decoder)
      throws IOException {
    Vocabulary vocabulary =
        new Vocabulary(IntStream.rangeClosed(1, ITEMS).mapToObj(i -> "i" + i).toList());
    Label label =
        new Label(
            name,
            VERSION,
            actions,
            decoder == null ? new Calibration.Identity() : new Calibration.Platt(1, 0),
            Map.of("random weights", "seed " + SEED),
            Map.of());
    new BundleWriter(models()).publish(label, vocabulary, weights, decoder, Map.of());
  }

  private void fillStore() throws IOException {
    SplittableRandom random = new SplittableRandom(SEED);
    SourcePartition partition = new SourcePartition("bench", 0);
    long offset = 0;
    try (RocksDbSequenceStore store = RocksDbSequenceStore.open(store(), FoldSettings.DEFAULT)) {
      for (int user = 0; user < users; user++) {
        List<SourceRecord> records = new ArrayList<>(HISTORY);
        for (int t = 0; t < HISTORY; t++) {
          Event click =
              Event.behaviour(
                  "e" + offset, "click", user(user), item(random), 1_700_000_000_000L + offset);
          records.add(new SourceRecord(offset++, SourceRecord.UNKNOWN_TIME, click, new byte[0]));
        }
        store.apply(new SourceBatch(partition, "", -1, offset, records));
      }
    }
  }

  /**
   * One HTTP request per user, each with its own candidates, in the order of the users' ranks.
   *
   * @param headers further ones, each with its line's end
   * @param page whether a page is asked for, not a list
   */
  byte[][] requests(int candidates, String headers, boolean page) {
    String wanted =
        page
            ? "\"slate\":{\"method\":\"decoder\",\"size\":%d}".formatted(PLACES)
            : "\"limit\":%d".formatted(LIMIT);
    byte[][] requests = new byte[users][];
    for (int user = 0; user < users; user++) {
      SplittableRandom random = new SplittableRandom(SEED + user);
      String items =
          IntStream.generate(() -> random.nextInt(ITEMS) + 1)
              .distinct()
              .limit(candidates)
              .mapToObj(i -> "\"i" + i + "\"")
              .collect(Collectors.joining(","));
      String body = "{\"user\":\"%s\",%s,\"candidates\":[%s]}".formatted(user(user), wanted, items);
      requests[user] = request(body, headers).getBytes(StandardCharsets.US_ASCII);
    }
    return requests;
  }

  private static String request(String body, String headers) {
    return "POST /v1/rank HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n%s"
        .formatted(body.length(), headers, body);
  }

  private static String user(int rank) {
    return "u" + rank;
  }

  private static String item(SplittableRandom random) {
    return "i" + (random.nextInt(ITEMS) + 1);
  }
}
