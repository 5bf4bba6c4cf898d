// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli;

import io.nextclick.ingest.importer.CsvImporter;
import io.nextclick.ingest.importer.CsvImporter.TimeUnit;
import io.nextclick.ingest.importer.ImportSummary;
import io.nextclick.ingest.importer.Importer;
import io.nextclick.ingest.importer.KuaiRandImporter;
import io.nextclick.ingest.importer.MovieLensImporter;
import io.nextclick.ingest.importer.SasRecImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code nextclick import}: from a public data set or a CSV file to an event log. */
@Command(
    name = "import",
    mixinStandardHelpOptions = true,
    description = {
      "Turns a data set into an event log: .jsonl, .jsonl.gz or .jsonl.zst.",
      "Rows that cannot be read are counted and left out."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  nextclick import sasrec ml-1m.txt.gz ml1m.jsonl.gz",
      "  nextclick import movielens ml-latest-small/ movies.jsonl.gz",
      "  nextclick import kuairand kuairand-pure/ kuairand.jsonl.zst",
      "  nextclick import csv clicks.csv clicks.jsonl --user-column=uid --item-column=sku \\",
      "      --time-column=ts --time-unit=seconds"
    })
final class ImportCommand implements Callable<Integer> {

  enum Format {
    SASREC,
    MOVIELENS,
    KUAIRAND,
    CSV
  }

  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "FORMAT",
      description = {
        "sasrec: a user and an item per line, oldest first; all are clicks",
        "movielens: ratings and movies, .csv or .dat; 4 and more is a click",
        "kuairand: impressions and what came of them, features, history",
        "csv: the columns that the options below name"
      })
  private Format format;

  @Parameters(index = "1", paramLabel = "IN", description = "The file or folder to read.")
  private Path in;

  @Parameters(index = "2", paramLabel = "OUT", description = "The event log to write.")
  private Path out;

  @Option(
      names = "--user-column",
      defaultValue = "user",
      description = "csv: default ${DEFAULT-VALUE}.")
  private String user;

  @Option(
      names = "--item-column",
      defaultValue = "item",
      description = "csv: default ${DEFAULT-VALUE}.")
  private String item;

  @Option(
      names = "--time-column",
      description = "csv: without it, each row is a second after the row before.")
  private @Nullable String time;

  @Option(
      names = "--time-unit",
      defaultValue = "iso",
      description = "csv: ${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}.")
  private TimeUnit timeUnit;

  @Option(names = "--action-column", description = "csv: without it, --action holds for all rows.")
  private @Nullable String actionColumn;

  @Option(
      names = "--action",
      defaultValue = "click",
      description = "csv: default ${DEFAULT-VALUE}.")
  private String action;

  @Option(names = "--request-column", description = "csv: ties clicks to their impression.")
  private @Nullable String request;

  @Option(names = "--context-column", description = "csv: may be given several times.")
  private List<String> context = List.of();

  @Option(names = "--separator", defaultValue = ",", description = "csv: default ${DEFAULT-VALUE}")
  private char separator;

  @Override
  public Integer call() throws CommandFailed {
    if (!Files.exists(in)) {
      throw new CommandFailed(in + ": no such file or folder");
    }
    ImportSummary summary;
    try (var progress = Progress.onTerminal("imported %,d events")) {
      summary = importer().run(in, out, progress::at);
    } catch (NoSuchFileException e) {
      throw new CommandFailed(out + ": its folder does not exist; make it first", e);
    } catch (IOException | IllegalArgumentException e) {
      throw new CommandFailed(e.getMessage() + "; nothing was written", e);
    }
    var printer = spec.commandLine().getOut();
    summary.lines().forEach(printer::println);
    printer.println("Wrote " + out);
    printer.flush();
    return 0;
  }

  private Importer importer() {
    return switch (format) {
      case SASREC -> new SasRecImporter();
      case MOVIELENS -> new MovieLensImporter();
      case KUAIRAND -> new KuaiRandImporter();
      case CSV ->
          new CsvImporter(
              separator, user, item, time, timeUnit, actionColumn, action, request, context);
    };
  }
}
