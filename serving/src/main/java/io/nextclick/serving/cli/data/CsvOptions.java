// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.data;

import io.nextclick.ingest.importer.CsvColumns;
import io.nextclick.ingest.importer.CsvImporter;
import io.nextclick.ingest.importer.TimeColumn;
import io.nextclick.ingest.table.TableForm;
import io.nextclick.serving.cli.option.CommandFailed;
import java.nio.charset.Charset;
import java.time.ZoneId;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What {@code import csv} takes: how the table is written, and what its columns are. */
final class CsvOptions {

  private static final Map<String, String> SEPARATORS =
      Map.of(
          "comma", ",",
          "semicolon", ";",
          "tab", "\t",
          "\\t", "\t",
          "pipe", "|",
          "space", TableForm.BLANKS,
          "blank", TableForm.BLANKS);

  @Option(
      names = "--user-column",
      paramLabel = "NAME",
      defaultValue = "user",
      description = "csv: default ${DEFAULT-VALUE}.")
  private String user = "user";

  @Option(
      names = "--item-column",
      paramLabel = "NAME",
      defaultValue = "item",
      description = "csv: default ${DEFAULT-VALUE}.")
  private String item = "item";

  @Option(
      names = "--time-column",
      paramLabel = "NAME",
      description = "csv: without it, each row is a second after the row before, from 2000 on.")
  private @Nullable String time;

  @Option(
      names = "--time-unit",
      paramLabel = "UNIT",
      defaultValue = "iso",
      description = "csv: iso, seconds, millis, micros or nanos; default ${DEFAULT-VALUE}.")
  private TimeColumn.Unit timeUnit = TimeColumn.Unit.ISO;

  @Option(
      names = "--time-format",
      paramLabel = "PATTERN",
      description = {
        "csv: how times are written; of several, the first that fits.",
        "As 'M/d/yyyy h:mm:ss a' or 'yyyy-MM-dd HH:mm:ss'.",
        "Letters: java.time.format.DateTimeFormatter, in English."
      })
  private List<String> timeFormats = List.of();

  @Option(
      names = "--time-zone",
      paramLabel = "ZONE",
      description =
          "csv: of times that name none, such as Europe/Berlin; UTC with --time-format. "
              + "Of an hour that comes twice, the first is taken.")
  private @Nullable ZoneId zone;

  @Option(
      names = "--action-column",
      paramLabel = "NAME",
      description = "csv: without it, --action holds for all rows.")
  private @Nullable String actionColumn;

  @Option(
      names = "--action",
      paramLabel = "ACTION",
      defaultValue = "click",
      description = "csv: default ${DEFAULT-VALUE}.")
  private String action = "click";

  @Option(
      names = "--map",
      paramLabel = "VALUE=ACTION",
      split = ",",
      description = "csv: what the action column holds, such as view=impression,buy=purchase.")
  private Map<String, String> actions = new TreeMap<>();

  @Option(
      names = "--request-column",
      paramLabel = "NAME",
      description = "csv: ties clicks to their impression.")
  private @Nullable String request;

  @Option(
      names = "--shown-column",
      paramLabel = "NAME",
      description =
          "csv: a list of items shown, each with -1 if it was chosen and -0 if not, such as"
              + " 'i1-0 i2-1': an impression of all, and the --action for each chosen.")
  private @Nullable String shown;

  @Option(
      names = "--field-column",
      paramLabel = "NAME",
      description = {
        "csv: a number of the item, such as the score of a retrieval stage, under the name of its"
            + " column, less a 'field.' that it begins with.",
        "With --shown-column, one for each item, with blanks between them; null for none.",
        "May be given several times, 16 at most; an empty cell is no number."
      })
  private List<String> fields = List.of();

  @Option(
      names = "--context-column",
      paramLabel = "NAME",
      description = "csv: may be given several times.")
  private List<String> context = List.of();

  @Option(
      names = "--separator",
      paramLabel = "CHARS",
      description =
          "csv: comma, semicolon, tab, pipe, space or the characters themselves; by default"
              + " that of the first four with which the header has all columns.")
  private @Nullable String separator;

  @Option(
      names = "--quote",
      paramLabel = "CHAR",
      description =
          "csv: what stands around fields that hold separators, or none; by default \", and"
              + " none with tabs and spaces, where quotation marks are part of the field.")
  private @Nullable String quote;

  @Option(
      names = "--multiline",
      description = "csv: a field in quotation marks may hold line breaks; else a line is a row.")
  private boolean multiline;

  @Option(names = "--no-header", description = "csv: the first line is a row; needs --columns.")
  private boolean noHeader;

  @Option(
      names = "--columns",
      paramLabel = "NAME",
      split = ",",
      description = "csv: names of all columns in order, with --no-header.")
  private @Nullable List<String> columns;

  /**
   * The importer.
   *
   * @param encoding of the text; null for what its byte-order mark says, else UTF-8
   * @throws CommandFailed if options contradict each other
   */
  CsvImporter importer(@Nullable Charset encoding) throws CommandFailed {
    if (noHeader != (columns != null)) {
      throw new CommandFailed("--no-header and --columns=user,item,... need each other");
    }
    if (timeFormats.isEmpty() && timeUnit != TimeColumn.Unit.ISO && zone != null) {
      throw new CommandFailed("--time-zone has no meaning with --time-unit=" + timeUnit);
    }
    return new CsvImporter(form(encoding), columns, taken(), times(), action, actions);
  }

  private CsvColumns taken() throws CommandFailed {
    try {
      return new CsvColumns(user, item, time, actionColumn, request, shown, fields, context);
    } catch (IllegalArgumentException e) {
      throw new CommandFailed("--field-column: " + e.getMessage(), e);
    }
  }

  private TimeColumn times() throws CommandFailed {
    try {
      return timeFormats.isEmpty()
          ? TimeColumn.of(timeUnit, zone)
          : TimeColumn.of(timeFormats, zone);
    } catch (IllegalArgumentException e) {
      throw new CommandFailed("--time-format: " + e.getMessage(), e);
    }
  }

  private @Nullable TableForm form(@Nullable Charset encoding) throws CommandFailed {
    if (separator == null && quote == null && !multiline) {
      return null;
    }
    String between = separator == null ? "," : separator;
    between = SEPARATORS.getOrDefault(between.toLowerCase(Locale.ROOT), between);
    if (between.isEmpty()) {
      throw new CommandFailed("--separator is empty; it is such as comma, tab or ;");
    }
    Character mark = TableForm.quoteWith(between);
    if (quote != null) {
      if (!quote.equals("none") && quote.length() != 1) {
        throw new CommandFailed("--quote=" + quote + " is neither a character nor none");
      }
      mark = quote.equals("none") ? null : Character.valueOf(quote.charAt(0));
    }
    return new TableForm(between, mark, multiline, encoding);
  }
}
