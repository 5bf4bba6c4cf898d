// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.importer;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import io.nextclick.ingest.log.Compression;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Opens the tables that importers read: plain, gzip or Zstandard; CSV, or lines to be split. */
final class Tables {

  private static final int MAX_RECORD_CHARS = 1 << 20;

  private Tables() {}

  /** Takes one row. */
  @FunctionalInterface
  interface RowReader {
    void accept(Row row) throws IOException;
  }

  /** Reads a CSV file (RFC 4180, UTF-8) with a header line. */
  static void csv(Path file, char separator, HeaderReader header) throws IOException {
    try (InputStream in = open(file);
        CsvReader<CsvRecord> reader =
            CsvReader.builder()
                .fieldSeparator(separator)
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
      RowReader rows = header.accept(new Columns(file, names));
      String name = String.valueOf(file.getFileName());
      while (records.hasNext()) {
        CsvRecord record = records.next();
        rows.accept(new Row(name, record.getStartingLineNumber(), record.getFields()));
      }
    } catch (CsvParseException | UncheckedIOException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new IOException(
          "%s: not readable as CSV: %s (%s)".formatted(file, e.getMessage(), cause.getMessage()),
          e);
    }
  }

  /** Turns the header of a CSV file into a reader of its rows. */
  @FunctionalInterface
  interface HeaderReader {
    RowReader accept(Columns columns) throws IOException;
  }

  /** Reads a file line by line and splits each by a regular expression. */
  static void lines(Path file, Charset charset, String separator, RowReader rows)
      throws IOException {
    String name = String.valueOf(file.getFileName());
    try (BufferedReader reader = new BufferedReader(new InputStreamReader(open(file), charset))) {
      long number = 1;
      String line = readLine(file, number, reader);
      while (line != null) {
        rows.accept(new Row(name, number, Arrays.asList(line.split(separator, -1))));
        line = readLine(file, ++number, reader);
      }
    }
  }

  private static @Nullable String readLine(Path file, long number, Reader reader)
      throws IOException {
    try {
      return readLine(reader);
    } catch (IOException e) {
      throw new IOException(
          "%s: cut off or damaged at line %d: %s".formatted(file, number, e.getMessage()), e);
    }
  }

  /** One line without its end, null at the end; of a line that is too long, its beginning. */
  private static @Nullable String readLine(Reader reader) throws IOException {
    var line = new StringBuilder();
    int c = reader.read();
    if (c < 0) {
      return null;
    }
    for (; c >= 0 && c != '\n'; c = reader.read()) {
      if (line.length() < MAX_RECORD_CHARS) {
        line.append((char) c);
      }
    }
    int end = line.length();
    return end > 0 && line.charAt(end - 1) == '\r' ? line.substring(0, end - 1) : line.toString();
  }

  private static InputStream open(Path file) throws IOException {
    InputStream raw = Files.newInputStream(file);
    try {
      return Compression.of(file).decompress(new BufferedInputStream(raw, 1 << 16));
    } catch (IOException e) {
      raw.close();
      throw new IOException(file + ": not readable as its name says: " + e.getMessage(), e);
    }
  }
}
