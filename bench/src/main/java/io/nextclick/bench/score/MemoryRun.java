// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.score;

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
import io.nextclick.model.part.EncoderConfig;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.model.part.EncoderWeights;
import io.nextclick.serving.cli.Nextclick;
import io.nextclick.serving.shop.ShopEvent;
import io.nextclick.serving.shop.ShopSettings;
import io.nextclick.serving.shop.SyntheticShop;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * {@code nextclick score} over a made-up shop, in a process of its own with a small heap: its last
 * line says how much memory it took.
 */
final class MemoryRun {

  private static final SourcePartition SOURCE = new SourcePartition("shop", 0);
  private static final int BATCH = 16_384;
  private static final int DIM = 16;
  private static final int HISTORY = 32;

  private final Path work;
  private final int users;
  private final String heap;

  MemoryRun(Path work, int users, String heap) {
    this.work = work;
    this.users = users;
    this.heap = heap;
  }

  /** The last line of the process. */
  String run() throws IOException, InterruptedException {
    ShopSettings usual = ShopSettings.DEFAULT;
    SyntheticShop shop =
        new SyntheticShop(
            new ShopSettings(
                usual.seed(), users, usual.items(), 1, usual.startMillis(), usual.days(), false));
    publish(fill(shop));
    return score();
  }

  private List<String> fill(SyntheticShop shop) throws IOException {
    List<String> items = new ArrayList<>();
    try (RocksDbSequenceStore store =
        RocksDbSequenceStore.open(
            work.resolve("store"), FoldSettings.DEFAULT.withMaxHistory(HISTORY))) {
      List<SourceRecord> batch = new ArrayList<>(BATCH);
      long offset = 0;
      for (Event event : (Iterable<Event>) shop.items()::iterator) {
        batch.add(record(offset++, event));
      }
      for (int user = 0; user < users; user++) {
        for (ShopEvent event : shop.user(user)) {
          batch.add(record(offset++, event.event()));
        }
        if (batch.size() >= BATCH || user == users - 1) {
          store.apply(new SourceBatch(SOURCE, "", -1, offset, List.copyOf(batch)));
          batch.clear();
        }
      }
      store.items().forEach(item -> items.add(item.id()));
    }
    return items;
  }

  private static SourceRecord record(long offset, Event event) {
    return new SourceRecord(offset, SourceRecord.UNKNOWN_TIME, event, new byte[0]);
  }

  private void publish(List<String> items) throws IOException {
    EncoderConfig config =
        EncoderConfig.builder(items.size(), Scoring.DOT)
            .width(DIM, 4 * DIM)
            .layers(1, 1)
            .history(HISTORY)
            .build();
    Label label =
        new Label("random", "v1", List.of(), new Calibration.Identity(), Map.of(), Map.of());
    new BundleWriter(work.resolve("models"))
        .publish(label, new Vocabulary(items), EncoderWeights.random(config, 1));
  }

  private String score() throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xmx" + heap);
    // The launcher starts this process and score with the same options.
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(option -> option.startsWith("-XX:+Use"))
        .forEach(command::add);
    command.addAll(
        List.of("--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"));
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), Nextclick.class.getName(), "score"));
    command.addAll(List.of("--model", work.resolve("models/random").toString()));
    command.addAll(List.of("--store", work.resolve("store").toString()));
    command.addAll(List.of("--out", work.resolve("out").toString(), "--limit", "10"));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException("nextclick score failed: " + output);
    }
    return "heap " + heap + ": " + output.strip();
  }
}
