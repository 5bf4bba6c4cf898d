// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.importer;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.features.event.PlausibleTimes;
import io.nextclick.ingest.log.RefusedRows;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Small inputs and the logs that they must become, line by line. */
abstract class AbstractImporterTest {

  static final Instant NOW = Instant.parse("2026-11-30T00:00:00Z");

  @TempDir Path folder;
  Path out = Path.of("");

  @BeforeEach
  void nameOutput() {
    out = folder.resolve("out.jsonl");
  }

  /** Runs an import whatever is refused, short of all. */
  final ImportSummary run(Importer importer, Path in) throws IOException {
    return run(importer, in, settings(1), 1);
  }

  final ImportSummary run(Importer importer, Path in, ImportSettings settings, double maxRefused)
      throws IOException {
    try (var rows = new RefusedRows(maxRefused)) {
      return importer.run(in, out, settings, rows, written -> {});
    }
  }

  static ImportSettings settings(long seed) {
    return settings(seed, null);
  }

  static ImportSettings settings(long seed, @Nullable Charset encoding) {
    return new ImportSettings(PlausibleTimes.asOf(NOW), encoding, seed);
  }

  final void assertLog(String expected) throws IOException {
    assertThat(Files.readString(out)).isEqualTo(expected);
  }

  final Path file(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  static byte[] gzip(String content) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(bytes)) {
      gzip.write(content.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }
}
