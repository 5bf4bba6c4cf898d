// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.data;

import io.nextclick.features.event.Decoded;
import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import io.nextclick.features.event.PlausibleTimes;
import io.nextclick.features.event.RejectedEvent;
import io.nextclick.features.mapping.EventMapping;
import io.nextclick.ingest.log.RecordFile;
import io.nextclick.ingest.log.RefusedRows;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.MappingOptions;
import io.nextclick.serving.cli.option.Preflight;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code map --try}: shows which event comes of each line of a file, or why none does. */
@Command(
    name = "map",
    mixinStandardHelpOptions = true,
    description = {
      "Shows which event comes of each record of a file, or why none does; writes nothing.",
      "Records are lines of JSON, or the elements of an array. docs/mapping.md has mappings."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  nextclick map --try records.jsonl --mapping mapping.yml",
      "  nextclick import json records.jsonl events.jsonl --mapping mapping.yml"
    })
public final class MapCommand implements Callable<Integer> {

  @Option(
      names = "--try",
      required = true,
      paramLabel = "FILE",
      description = "The records: .jsonl or .json, also .gz or .zst.")
  private Path file = Path.of("");

  @Option(
      names = "--show",
      paramLabel = "N",
      defaultValue = "10",
      description = "Records that are shown; all are counted. Default: ${DEFAULT-VALUE}.")
  private int show;

  @Mixin private MappingOptions options = new MappingOptions();
  @Spec private CommandSpec spec = CommandSpec.create();

  private final Map<String, Long> actions = new TreeMap<>();
  private final Map<String, Long> refusals = new TreeMap<>();

  @Override
  public Integer call() throws CommandFailed {
    Preflight.input(file, "name a file of records");
    EventMapping mapping = options.read();
    PrintWriter out = spec.commandLine().getOut();
    long[] records = new long[1];
    try {
      RecordFile.read(
          file,
          mapping,
          PlausibleTimes.DEFAULT,
          (line, value, decoded) -> {
            if (records[0]++ < show) {
              show(out, line, decoded);
            }
            count(decoded);
          });
    } catch (IOException e) {
      throw new CommandFailed(String.valueOf(e.getMessage()), e);
    }
    return summary(out, records[0], mapping);
  }

  private static void show(PrintWriter out, long line, Decoded decoded) {
    out.printf(
        "%6d  %s%n",
        line,
        switch (decoded) {
          case Event event -> new String(EventJson.encode(event), StandardCharsets.UTF_8);
          case RejectedEvent(var reason, var detail) -> reason.label() + ": " + detail;
        });
  }

  private void count(Decoded decoded) {
    switch (decoded) {
      case Event event -> actions.merge(event.action(), 1L, Long::sum);
      case RejectedEvent(var reason, var detail) -> {
        // Without places, which differ from record to record.
        String fault = reason.label() + ": " + detail.replaceAll(" at character \\d+", "");
        boolean known = refusals.containsKey(fault) || refusals.size() < RefusedRows.MAX_REASONS;
        refusals.merge(known ? fault : RefusedRows.OTHER_REASONS, 1L, Long::sum);
      }
    }
  }

  private int summary(PrintWriter out, long records, @Nullable EventMapping mapping)
      throws CommandFailed {
    long events = actions.values().stream().mapToLong(Long::longValue).sum();
    out.printf("%n%,d records of %s: %,d events %s%n", records, file, events, actions);
    if (events < records) {
      out.printf("%,d are none:%n", records - events);
      refusals.entrySet().stream()
          .sorted(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder()))
          .limit(10)
          .forEach(reason -> out.printf("  %,d  %s%n", reason.getValue(), reason.getKey()));
    }
    out.flush();
    if (events == 0) {
      throw new CommandFailed(
          records == 0
              ? file + " holds no records"
              : "%s: no record is an event%s"
                  .formatted(
                      file, mapping == null ? "; --mapping=FILE says where the parts stand" : ""));
    }
    return events < records ? 1 : 0;
  }
}
