// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import io.nextclick.ingest.log.Compression;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * CSV (RFC 4180, UTF-8) with a header line; {@code candidates} are separated by {@code |}. Columns
 * of other names are passed over.
 */
final class CsvTable implements UserFile.Table {

  private static final int MAX_RECORD_CHARS = 64 << 20;

  @Override
  public void read(Path file, UserFile.Fields fields, UserFile.Progress progress)
      throws IOException {
    try (SeekableByteChannel channel = Files.newByteChannel(file);
        InputStream raw = new BufferedInputStream(Channels.newInputStream(channel), 1 << 16);
        InputStream in = Compression.of(file).decompress(raw);
        CsvReader<CsvRecord> reader =
            CsvReader.builder()
                .maxBufferSize(MAX_RECORD_CHARS)
                .extraFieldStrategy(FieldMismatchStrategy.IGNORE)
                .missingFieldStrategy(FieldMismatchStrategy.IGNORE)
                .detectBomHeader(true)
                .ofCsvRecord(in, StandardCharsets.UTF_8)) {
      var records = reader.iterator();
      if (!records.hasNext()) {
        throw new IOException(file + ": empty, not even a header line");
      }
      List<String> names = records.next().getFields();
      if (!names.contains("user") && !names.contains("item")) {
        throw new IOException(file + ": its header has neither user nor item, but " + names);
      }
      while (records.hasNext()) {
        CsvRecord record = records.next();
        fields.accept(record.getStartingLineNumber(), row(names, record));
        progress.at((double) channel.position() / Math.max(1, channel.size()));
      }
    } catch (CsvParseException | UncheckedIOException e) {
      throw new IOException("%s: not readable as CSV: %s".formatted(file, e.getMessage()), e);
    }
  }

  private static UserFile.Row row(List<String> names, CsvRecord record) {
    String candidates = field(names, record, "candidates");
    return new UserFile.Row(
        field(names, record, "user"),
        field(names, record, "item"),
        candidates == null || candidates.isEmpty()
            ? null
            : Arrays.asList(candidates.split("\\|", -1)),
        null);
  }

  private static @Nullable String field(List<String> names, CsvRecord record, String name) {
    int at = names.indexOf(name);
    return at < 0 || at >= record.getFieldCount() ? null : record.getField(at);
  }
}
