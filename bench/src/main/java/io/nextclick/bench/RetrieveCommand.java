// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench;

import io.nextclick.features.file.DurableFile;
import io.nextclick.features.json.Json;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.Preflight;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Times requests without candidates over a large catalogue beside a plain sort. */
@Command(
    name = "retrieve",
    mixinStandardHelpOptions = true,
    description = {
      "Times a request without candidates: the exact 20 best of a large catalogue, a dot model of"
          + " width 64.",
      "plain-sort: the same model scores every item, and all are sorted; its list must be the"
          + " same.",
      "memory: the item embeddings are read once, and nothing else: no exact search can be faster.",
      "Examples: ./nextclick bench retrieve --quick",
      "          ./nextclick bench retrieve --items 1000000 --json retrieve.json"
    })
final class RetrieveCommand implements Callable<Integer> {

  @Option(names = "--items", defaultValue = "1000000", description = "Default: ${DEFAULT-VALUE}.")
  private int items;

  @Option(names = "--quick", description = "Fewer rounds.")
  private boolean quick;

  @Option(names = "--json", paramLabel = "FILE", description = "Also writes the rows here.")
  private @Nullable Path json;

  /**
   * The report.
   *
   * @param equal rounds in which the searched list was the sorted one; all, or the command fails
   */
  record Report(int items, int threads, int equal, List<Row> rows) {}

  /** Median, fastest and slowest time of one way to the same list. */
  record Row(String system, double medianMillis, double minMillis, double maxMillis) {

    static Row of(String system, double[] millis) {
      double[] sorted = millis.clone();
      Arrays.sort(sorted);
      return new Row(system, sorted[sorted.length / 2], sorted[0], sorted[sorted.length - 1]);
    }
  }

  @Override
  public Integer call() throws IOException, CommandFailed {
    Preflight.output(json);
    int threads = Runtime.getRuntime().availableProcessors();
    int rounds = quick ? 7 : 31;
    System.out.printf("Describing %,d items ...%n", items);
    try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
      Report report = measure(new LargeCatalogue(items, executor, threads), rounds, threads);
      report.rows.forEach(RetrieveCommand::print);
      if (json != null) {
        write(report, json);
      }
      System.out.printf(
          "Measured %d rounds; the lists were equal in %d of %d%n", rounds, report.equal, rounds);
      return report.equal == rounds ? 0 : 1;
    }
  }

  private Report measure(LargeCatalogue catalogue, int rounds, int threads) {
    for (int warmUp = 0; warmUp < 3; warmUp++) {
      catalogue.searched(warmUp, false);
      catalogue.searched(warmUp, true);
      catalogue.sorted(warmUp);
      catalogue.readMemory();
    }
    double[][] millis = new double[4][rounds];
    int equal = 0;
    for (int round = 0; round < rounds; round++) {
      long start = System.nanoTime();
      List<String> searched = catalogue.searched(round, true);
      millis[0][round] = millisSince(start);
      start = System.nanoTime();
      List<String> alone = catalogue.searched(round, false);
      millis[1][round] = millisSince(start);
      start = System.nanoTime();
      List<String> sorted = catalogue.sorted(round);
      millis[2][round] = millisSince(start);
      start = System.nanoTime();
      catalogue.readMemory();
      millis[3][round] = millisSince(start);
      equal += searched.equals(sorted) && alone.equals(sorted) ? 1 : 0;
    }
    return new Report(
        items,
        threads,
        equal,
        List.of(
            Row.of("nextclick, " + threads + " threads", millis[0]),
            Row.of("nextclick, 1 thread", millis[1]),
            Row.of("plain-sort", millis[2]),
            Row.of("memory, " + threads + " threads", millis[3])));
  }

  private static double millisSince(long start) {
    return (System.nanoTime() - start) / 1e6;
  }

  private static void print(Row row) {
    System.out.printf(
        Locale.ROOT,
        "%-22s median %8.2f ms, %.2f to %.2f%n",
        row.system,
        row.medianMillis,
        row.minMillis,
        row.maxMillis);
  }

  private static void write(Report report, Path file) throws IOException {
    DurableFile.write(
        file, Json.mapper().build().writerWithDefaultPrettyPrinter().writeValueAsString(report));
  }
}
