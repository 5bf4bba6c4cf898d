// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.data;

import io.nextclick.features.event.PlausibleTimes;
import io.nextclick.ingest.importer.ImportSettings;
import io.nextclick.ingest.importer.ImportSummary;
import io.nextclick.ingest.importer.Importer;
import io.nextclick.ingest.importer.JsonImporter;
import io.nextclick.ingest.importer.KuaiRandImporter;
import io.nextclick.ingest.importer.MovieLensImporter;
import io.nextclick.ingest.importer.SasRecImporter;
import io.nextclick.ingest.log.RefusedRows;
import io.nextclick.ingest.log.TooManyRefusedException;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.DiskNeed;
import io.nextclick.serving.cli.option.MappingOptions;
import io.nextclick.serving.cli.option.Preflight;
import io.nextclick.serving.cli.option.Progress;
import io.nextclick.serving.cli.option.RefusedOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code nextclick import}: from a public data set or a CSV file to an event log. */
@Command(
    name = "import",
    mixinStandardHelpOptions = true,
    description = {
      "Turns a data set into an event log (.jsonl, .jsonl.gz, .jsonl.zst), in time order.",
      "Rows that cannot be read are counted, shown and left out; one bad field costs one row."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  nextclick import sasrec ml-1m.txt.gz ml1m.jsonl.gz",
      "  nextclick import movielens ml-latest-small/ movies.jsonl.gz",
      "  nextclick import kuairand kuairand-pure/ kuairand.jsonl.zst",
      "  nextclick import csv clicks.csv clicks.jsonl --user-column=uid \\",
      "      --item-column=sku \\",
      "      --time-column=ts --time-unit=seconds --action-column=what \\",
      "      --map=view=impression",
      "  nextclick import csv log.tsv log.jsonl --separator=tab --no-header \\",
      "      --columns=user,time,item --time-column=time \\",
      "      --time-format='dd.MM.yyyy HH:mm' \\",
      "      --time-zone=Europe/Berlin --rejects=rejects.jsonl",
      "  nextclick import csv pages.csv pages.jsonl --shown-column=shown \\",
      "      --field-column=retrieval --field-column=price",
      "  nextclick import json records.jsonl log.jsonl --mapping=mapping.yml"
    })
public final class ImportCommand implements Callable<Integer> {

  enum Format {
    SASREC,
    MOVIELENS,
    KUAIRAND,
    CSV,
    JSON
  }

  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "FORMAT",
      description = {
        "sasrec: a user and an item per line, oldest first; all are clicks.",
        "movielens: ratings and movies of any release; 4 and more is a click.",
        "kuairand: impressions and what came of them, features, history.",
        "csv: a table with commas, tabs or others; its columns are named by the options.",
        "json: records in lines or an array; --mapping says where the parts are."
      })
  private Format format;

  @Parameters(
      index = "1",
      paramLabel = "IN",
      description = "The file, folder or zip archive to read; files may be .gz or .zst.")
  private Path in;

  @Parameters(index = "2", paramLabel = "OUT", description = "The event log to write.")
  private Path out;

  @Option(
      names = "--encoding",
      paramLabel = "NAME",
      description = {
        "How the text is written, such as ISO-8859-1, windows-1252 or UTF-16LE; by default what"
            + " the byte-order mark says, else UTF-8.",
        "Of movielens, .dat is UTF-8 if all of it is, else ISO-8859-1.",
        "Lines that are not written so are refused."
      })
  private @Nullable Charset encoding;

  @Option(
      names = "--earliest",
      paramLabel = "TIME",
      description = "Rows before it are refused: a day or a time with Z; default 1990-01-01.")
  private @Nullable String earliest;

  @Option(
      names = "--latest",
      paramLabel = "TIME",
      description = "Rows after it are refused; default a day from now.")
  private @Nullable String latest;

  @Option(
      names = "--seed",
      defaultValue = "" + ImportSettings.DEFAULT_SEED,
      description =
          "Rows of one user at one time are put in an order drawn with it, because the"
              + " order of a file says nothing. Default ${DEFAULT-VALUE}.")
  private long seed;

  @Mixin private RefusedOptions refused = new RefusedOptions();
  @Mixin private MappingOptions mapping = new MappingOptions();

  @Mixin(name = "csv")
  private CsvOptions csv = new CsvOptions();

  @Override
  public Integer call() throws CommandFailed {
    Preflight.outputLog(out);
    if (!Files.isDirectory(in) || format == Format.CSV || format == Format.SASREC) {
      Preflight.input(in, "give the file or folder of a data set");
    }
    Importer importer = importer();
    requireSpace();
    var settings = new ImportSettings(times(), encoding, seed);
    ImportSummary summary;
    try (RefusedRows rows = refused.open(in, out);
        var progress = Progress.onTerminal("imported %,d events")) {
      summary = run(importer, settings, rows, progress);
    } catch (IOException e) {
      throw new CommandFailed("--rejects: " + e.getMessage(), e);
    }
    var printer = spec.commandLine().getOut();
    summary.lines().forEach(printer::println);
    printer.println("Wrote " + out);
    printer.flush();
    return 0;
  }

  private void requireSpace() throws CommandFailed {
    try {
      Preflight.space(out, DiskNeed.ofImport(in, out));
    } catch (IOException | UncheckedIOException e) {
      throw new CommandFailed(in + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private ImportSummary run(
      Importer importer, ImportSettings settings, RefusedRows rows, Progress progress)
      throws CommandFailed {
    try {
      if (Files.exists(in) && Files.exists(out) && Files.isSameFile(in, out)) {
        throw new CommandFailed(out + " is the input; name another output");
      }
      return importer.run(in, out, settings, rows, progress::at);
    } catch (TooManyRefusedException e) {
      var err = spec.commandLine().getErr();
      rows.lines().forEach(err::println);
      throw new CommandFailed(e.getMessage() + "; " + out + " is as it was", e);
    } catch (AccessDeniedException e) {
      throw new CommandFailed(e.getFile() + ": may not be read; " + out + " is as it was", e);
    } catch (IOException | IllegalArgumentException e) {
      throw new CommandFailed(e.getMessage() + "; " + out + " is as it was", e);
    }
  }

  private PlausibleTimes times() throws CommandFailed {
    PlausibleTimes times = PlausibleTimes.asOf(Instant.now());
    try {
      return new PlausibleTimes(
          earliest == null ? times.earliest() : time("--earliest", earliest),
          latest == null ? times.latest() : time("--latest", latest));
    } catch (IllegalArgumentException e) {
      throw new CommandFailed(String.valueOf(e.getMessage()), e);
    }
  }

  private static Instant time(String option, String text) throws CommandFailed {
    try {
      return PlausibleTimes.bound(text);
    } catch (IllegalArgumentException e) {
      throw new CommandFailed(option + "=" + e.getMessage(), e);
    }
  }

  private Importer importer() throws CommandFailed {
    if (format != Format.CSV) {
      refuseOptionsOfCsv();
    }
    if (format != Format.JSON && mapping.isGiven()) {
      throw new CommandFailed("--mapping is for json");
    }
    if (format == Format.JSON && encoding != null) {
      throw new CommandFailed("--encoding: JSON is always UTF-8; convert the file first");
    }
    return switch (format) {
      case SASREC -> new SasRecImporter();
      case MOVIELENS -> new MovieLensImporter();
      case KUAIRAND -> new KuaiRandImporter();
      case CSV -> csv.importer(encoding);
      case JSON -> new JsonImporter(mapping.read());
    };
  }

  /** An option that changes nothing must not look as if it did. */
  private void refuseOptionsOfCsv() throws CommandFailed {
    for (OptionSpec option : Objects.requireNonNull(spec.mixins().get("csv")).options()) {
      if (spec.commandLine().getParseResult().hasMatchedOption(option.longestName())) {
        throw new CommandFailed(
            option.longestName()
                + " is for csv; "
                + format.toString().toLowerCase(Locale.ROOT)
                + " has columns of its own");
      }
    }
  }
}
