// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.table;

import java.nio.charset.Charset;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How the rows of a text file are written: a row is a line, fields are divided by a separator, and
 * a field may stand in quotation marks, doubled where they are part of it (RFC 4180).
 *
 * @param separator between fields; {@link #BLANKS} for any white space
 * @param quote the quotation mark; null if there is none, so that it is a character as any other
 * @param multiline whether a field in quotation marks may hold line breaks
 * @param encoding null for what the byte-order mark says, else UTF-8
 */
public record TableForm(
    String separator, @Nullable Character quote, boolean multiline, @Nullable Charset encoding) {

  /** The separator that is any white space. */
  public static final String BLANKS = " ";

  /** A quotation mark that its line does not close. */
  static final String UNCLOSED = "a quotation mark is opened and not closed on its line";

  /** What follows a closed field is no separator. */
  static final String AFTER_QUOTE = "text follows a closing quotation mark";

  private static final Pattern WHITE_SPACE = Pattern.compile("\\s+");

  /** Fields divided by {@code separator}, with the quotation mark that is usual with it. */
  public static TableForm separatedBy(String separator, @Nullable Charset encoding) {
    return new TableForm(separator, quoteWith(separator), false, encoding);
  }

  /** The quotation mark that is usual with a separator: none with a tab, white space or "::". */
  public static @Nullable Character quoteWith(String separator) {
    boolean plain = separator.equals("\t") || separator.equals(BLANKS) || separator.length() > 1;
    return plain ? null : Character.valueOf('"');
  }

  /**
   * Splits a row.
   *
   * @param fields gets the fields, without their quotation marks
   * @return what is wrong with the row; null if nothing is
   */
  public @Nullable String split(String row, List<String> fields) {
    if (separator.equals(BLANKS)) {
      fields.addAll(Arrays.asList(WHITE_SPACE.split(row.strip())));
      return null;
    }
    int at = 0;
    while (true) {
      int end;
      if (quote != null && at < row.length() && row.charAt(at) == quote) {
        var field = new StringBuilder();
        end = closing(row, at, quote, field);
        if (end < 0) {
          return UNCLOSED;
        }
        if (end < row.length() && !row.startsWith(separator, end)) {
          return AFTER_QUOTE;
        }
        fields.add(field.toString());
      } else {
        int next = row.indexOf(separator, at);
        end = next < 0 ? row.length() : next;
        fields.add(row.substring(at, end));
      }
      if (end == row.length()) {
        return null;
      }
      at = end + separator.length();
    }
  }

  /** Reads a field in quotation marks; gives the place after it, -1 if it is not closed. */
  private static int closing(String row, int opening, char quote, StringBuilder field) {
    int from = opening + 1;
    while (true) {
      int end = row.indexOf(quote, from);
      if (end < 0) {
        return -1;
      }
      field.append(row, from, end);
      if (end + 1 == row.length() || row.charAt(end + 1) != quote) {
        return end + 1;
      }
      field.append(quote);
      from = end + 2;
    }
  }
}
