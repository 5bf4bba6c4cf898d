// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.features.event.Event;
import io.nextclick.features.file.FileHash;
import io.nextclick.ingest.log.EventLogWriter;
import io.nextclick.serving.cli.CommandRun;
import io.nextclick.serving.shop.ShopSettings;
import io.nextclick.serving.shop.SyntheticShop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Map;
import java.util.TreeMap;

/** A model with random weights and the log of a synthetic shop, in a folder. */
final class ScoreFixture {

  final Path folder;
  final Path log;
  final Path model;

  ScoreFixture(Path folder, int users) throws IOException {
    this.folder = folder;
    this.log = folder.resolve("shop.jsonl.zst");
    this.model = folder.resolve("models/tiny");
    try (EventLogWriter writer = EventLogWriter.open(log)) {
      Iterator<Event> events =
          new SyntheticShop(ShopSettings.DEFAULT.withUsers(users)).events().iterator();
      while (events.hasNext()) {
        writer.write(events.next());
      }
      writer.commit();
    }
    CommandRun made =
        CommandRun.of(
            "models",
            "new",
            folder.resolve("models").toString(),
            "--name",
            "tiny",
            "--model-version",
            "v1",
            "--item-count",
            "300",
            "--dim",
            "8",
            "--layers",
            "1",
            "--heads",
            "1",
            "--scoring",
            "dot",
            "--max-history",
            "20");
    assertThat(made.status()).as(made.output()).isZero();
  }

  /** Runs {@code score} over the log. */
  CommandRun score(Path out, String... more) {
    return CommandRun.of(arguments(out, more));
  }

  String[] arguments(Path out, String... more) {
    String[] fixed = {
      "score", "--model", model.toString(), "--events", log.toString(), "--out", out.toString()
    };
    String[] all = java.util.Arrays.copyOf(fixed, fixed.length + more.length);
    System.arraycopy(more, 0, all, fixed.length, more.length);
    return all;
  }

  /** Every file of an output with its hash, but the lock. */
  static Map<String, String> hashes(Path out) throws IOException {
    Map<String, String> hashes = new TreeMap<>();
    try (var files = Files.list(out)) {
      for (Path file : files.toList()) {
        String name = String.valueOf(file.getFileName());
        if (!name.equals(".lock")) {
          hashes.put(name, Files.isDirectory(file) ? "directory" : FileHash.of(file).sha256());
        }
      }
    }
    return hashes;
  }
}
