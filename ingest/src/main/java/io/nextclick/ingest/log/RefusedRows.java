// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Counts the rows that a command reads, and keeps what there is to tell of those that it refused:
 * the first {@value #SHOWN} with their places, and the reasons with their counts.
 *
 * <p>Every row is either {@link #taken} or {@link #refuse refused}. Before a command gives its
 * output its name, {@link #check} fails when no row was read, when every row of a file was refused,
 * or when more were refused than allowed. Memory is bounded, whatever is refused. Not for several
 * threads.
 */
public final class RefusedRows implements Closeable {

  /** The share of rows that may be refused where the user names none: 1 %. */
  public static final double DEFAULT_LIMIT = 0.01;

  /** Refused rows that are shown. */
  public static final int SHOWN = 3;

  /** Reasons told apart. */
  public static final int MAX_REASONS = 50;

  /** The reason that takes what goes beyond {@link #MAX_REASONS}. */
  public static final String OTHER_REASONS = "other reasons";

  private static final int MAX_SOURCES = 1_000;
  private static final String OTHER_SOURCES = "other files";
  private static final int MAX_REASON_CHARS = 300;
  private static final int MAX_SHOWN_CHARS = 100;
  private static final int REASONS_LISTED = 10;

  private static final class Count {
    private long taken;
    private long refused;
  }

  private final double limit;
  private final @Nullable RejectsFile file;
  private final Map<String, Count> sources = new LinkedHashMap<>();
  private final Map<String, Long> reasons = new LinkedHashMap<>();
  private final List<String> shown = new ArrayList<>();
  private @Nullable String first;
  private @Nullable String lastSource;
  private Count last = new Count();

  /**
   * Counts only.
   *
   * @param limit the share of rows that may be refused, 0 to 1
   */
  public RefusedRows(double limit) {
    this(limit, null);
  }

  private RefusedRows(double limit, @Nullable RejectsFile file) {
    if (!(limit >= 0 && limit <= 1)) {
      throw new IllegalArgumentException(
          "the share of rows that may be refused is from 0 to 1, not " + limit);
    }
    this.limit = limit;
    this.file = file;
  }

  /**
   * Counts, and writes each refused row to {@code rejects}, a line of JSON each: {@code
   * {"source":"a.csv","line":7,"reason":"..","row":".."}}. The file gets its name when this is
   * closed, also after a failure.
   *
   * @param limit the share of rows that may be refused, 0 to 1
   * @throws IllegalArgumentException if the name does not end in .jsonl, .jsonl.gz or .jsonl.zst
   * @throws IOException if the file cannot be written
   */
  public static RefusedRows writingTo(Path rejects, double limit) throws IOException {
    return new RefusedRows(limit, new RejectsFile(rejects));
  }

  /**
   * Notes a good row.
   *
   * @param source the name of its file
   */
  public void taken(String source) {
    count(source).taken++;
  }

  /**
   * Notes a row that is left out.
   *
   * @param source the name of its file
   * @param line where it begins, from 1
   * @param reason what was wrong; the same words for the same fault, because they are counted
   * @param row the row as it was read
   * @throws IOException if it cannot be written to the file of refused rows
   */
  public void refuse(String source, long line, String reason, String row) throws IOException {
    count(source).refused++;
    String words = cut(reason, MAX_REASON_CHARS);
    boolean known = reasons.containsKey(words) || reasons.size() < MAX_REASONS;
    reasons.merge(known ? words : OTHER_REASONS, 1L, Long::sum);
    if (shown.size() < SHOWN) {
      String place = source + ":" + line + ": " + words;
      if (first == null) {
        first = place;
      }
      shown.add(row.isEmpty() ? place : place + " | " + cut(printable(row), MAX_SHOWN_CHARS));
    }
    if (file != null) {
      file.write(source, line, words, row);
    }
  }

  /** As above, of bytes that may not be text: what is no UTF-8 shows as U+FFFD. */
  public void refuse(String source, long line, String reason, byte[] row) throws IOException {
    boolean needed = file != null || shown.size() < SHOWN;
    refuse(source, line, reason, needed ? new String(row, StandardCharsets.UTF_8) : "");
  }

  private Count count(String source) {
    if (!source.equals(lastSource)) {
      boolean known = sources.containsKey(source) || sources.size() < MAX_SOURCES;
      last = sources.computeIfAbsent(known ? source : OTHER_SOURCES, name -> new Count());
      lastSource = source;
    }
    return last;
  }

  /** Good rows. */
  public long rowsTaken() {
    return sources.values().stream().mapToLong(count -> count.taken).sum();
  }

  /** Rows left out. */
  public long rowsRefused() {
    return sources.values().stream().mapToLong(count -> count.refused).sum();
  }

  /** Reason to rows, in the order of their first rows. */
  public Map<String, Long> reasons() {
    return Collections.unmodifiableMap(reasons);
  }

  /** The first rows that were left out, each as {@code source:line: reason | row}. */
  public List<String> shown() {
    return Collections.unmodifiableList(shown);
  }

  /**
   * Whether the command may go on to name its output.
   *
   * @param input what was read, for the message
   * @throws TooManyRefusedException if nothing was read, if all rows of a file were refused, or if
   *     more were refused than allowed
   */
  public void check(String input) throws TooManyRefusedException {
    long refused = rowsRefused();
    long all = rowsTaken() + refused;
    if (all == 0) {
      throw new TooManyRefusedException(
          input + ": nothing was read: it holds no rows; name the right file");
    }
    for (Map.Entry<String, Count> source : sources.entrySet()) {
      Count count = source.getValue();
      if (count.taken == 0 && count.refused > 0) {
        throw new TooManyRefusedException(
            String.format(
                Locale.ROOT,
                "%s: all %,d rows of %s were refused, first %s; it is of another form than was"
                    + " expected%s",
                input,
                count.refused,
                source.getKey(),
                first,
                file == null ? "" : "; the refused rows are in " + file));
      }
    }
    if (refused > limit * all) {
      throw new TooManyRefusedException(
          String.format(
              Locale.ROOT,
              "%s: %,d of %,d rows were refused (%s, at most %s may be), first %s; mend them%s, or"
                  + " allow more with --max-refused",
              input,
              refused,
              all,
              percent((double) refused / all),
              percent(limit),
              first,
              file == null ? " (--rejects=FILE collects them)" : " (they are in " + file + ")"));
    }
  }

  /** What was refused, for a person; nothing if nothing was. */
  public List<String> lines() {
    long refused = rowsRefused();
    if (refused == 0) {
      return List.of();
    }
    long all = rowsTaken() + refused;
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "Refused %,d of %,d rows (%s):",
            refused,
            all,
            percent((double) refused / all)));
    reasons.entrySet().stream()
        .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
        .limit(REASONS_LISTED)
        .map(e -> String.format(Locale.ROOT, "  %,12d  %s", e.getValue(), e.getKey()))
        .forEach(lines::add);
    if (reasons.size() > REASONS_LISTED) {
      lines.add("                and " + (reasons.size() - REASONS_LISTED) + " reasons more");
    }
    lines.add(refused > SHOWN ? "The first of them:" : "They are:");
    shown.forEach(row -> lines.add("  " + row));
    if (file != null) {
      lines.add("The refused rows are in " + file);
    }
    return lines;
  }

  private static String percent(double share) {
    return share > 0 && share < 0.0001
        ? "under 0.01 %"
        : String.format(Locale.ROOT, "%.4g %%", share * 100).replaceAll("\\.?0+ %", " %");
  }

  private static String cut(String text, int chars) {
    return text.length() <= chars ? text : text.substring(0, chars) + "…";
  }

  private static String printable(String row) {
    String beginning = row.length() > MAX_SHOWN_CHARS ? row.substring(0, MAX_SHOWN_CHARS + 1) : row;
    return beginning.replace('\t', ' ').replaceAll("\\p{Cntrl}", "?");
  }

  /** Gives the file of refused rows its name. */
  @Override
  public void close() throws IOException {
    if (file != null) {
      file.close();
    }
  }
}
