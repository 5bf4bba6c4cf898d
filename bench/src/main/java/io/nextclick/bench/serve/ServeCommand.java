// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.serve;

import io.nextclick.bench.serve.Measurement.Goodput;
import io.nextclick.bench.serve.Measurement.Result;
import io.nextclick.features.file.DurableFile;
import io.nextclick.features.json.Json;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.Preflight;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code nextclick bench serve}: the service over HTTP under open-loop load, beside plain ways. */
@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    description = {
      "Loads the service over HTTP: Poisson arrivals whatever the answers, latency from the time at"
          + " which a request should have been sent, Zipf users, a history of 200 events each.",
      "Beside it, the plain ways to serve the same model: a bare Dropwizard resource with ONNX"
          + " Runtime in process, reading the history once per candidate (plain-full) and once per"
          + " request (plain-reuse).",
      "scoring dot and attend: a plain model in both ways to score; next-item and clicks: those"
          + " presets' models with their parts and the transition graph; slate: pages of 10 by a"
          + " decoder on top of attend.",
      "cache hot: every history is encoded already; cold: none. rate: half of what the system can"
          + " do; p50, p99 and p99.9 are at that rate.",
      "Examples: ./nextclick bench serve --quick",
      "          ./nextclick bench serve --json serve.json"
    })
public final class ServeCommand implements Callable<Integer> {

  private static final int[] OVERLOADS = {2, 5, 10};
  private static final long SEED = 20_261_123;

  @Option(
      names = "--quick",
      description =
          "500 candidates, attend and the recipes only, shorter runs: about three minutes.")
  private boolean quick;

  @Option(
      names = "--keys",
      description =
          "The service asks for an API key, and the clients have one: for what that costs, run it"
              + " with and without, in turns.")
  private boolean keys;

  @Option(names = "--json", paramLabel = "FILE", description = "Also writes the figures here.")
  private @Nullable Path json;

  /** The report. */
  record Report(List<Row> rows, Map<String, Double> goodput) {}

  /** One system with one kind of request. */
  record Row(
      String system,
      int candidates,
      String scoring,
      String cache,
      double rate,
      double p50Millis,
      double p99Millis,
      double maxRateP99Under10ms) {}

  private final List<Row> rows = new ArrayList<>();
  private final Map<String, Double> goodput = new LinkedHashMap<>();
  private int voidRuns;
  private final Map<String, double[]> expected = new LinkedHashMap<>();

  @Override
  public Integer call() throws IOException, InterruptedException, CommandFailed {
    Preflight.output(json);
    Effort effort = quick ? Effort.QUICK : Effort.FULL;
    Cores cores = Cores.split();
    System.out.println(cores);
    try (Bench bench =
        keys ? Bench.makeWithKeys(effort.users(), cores) : Bench.make(effort.users(), cores)) {
      cores.pinThisProcess();
      System.out.printf(
          "%nsystem       candidates scoring   cache     rate/s   p50 ms   p99 ms p99.9 ms"
              + "  max/s with p99 < 10 ms%n");
      for (Scoring scoring : quick ? List.of(Scoring.ATTEND) : List.of(Scoring.values())) {
        for (Variant variant : Variant.values()) {
          measure(bench, variant, name(scoring), effort);
        }
      }
      for (String recipe : Shop.RECIPES) {
        for (Variant variant : quick ? List.of(Variant.COLD) : List.of(Variant.HOT, Variant.COLD)) {
          measure(bench, variant, recipe, effort);
        }
      }
      for (Variant variant : quick ? List.of(Variant.COLD) : List.of(Variant.HOT, Variant.COLD)) {
        measure(bench, variant, Shop.SLATE, effort);
      }
      printSlate();
      overload(bench, effort);
    }
    if (json != null) {
      write(new Report(rows, goodput), json);
    }
    System.out.printf(
        "%nMeasured %d rows and %d overloads%s%s%n",
        rows.size(),
        goodput.size(),
        voidRuns == 0 ? "" : "; void: " + voidRuns,
        json == null ? "" : "; wrote " + json);
    return voidRuns == 0 ? 0 : 1;
  }

  private static String name(Scoring scoring) {
    return scoring.name().toLowerCase(Locale.ROOT);
  }

  /**
   * Measures a system.
   *
   * @param model a way to score, or a recipe
   */
  private void measure(Bench bench, Variant variant, String model, Effort effort)
      throws IOException, InterruptedException {
    try (ServiceProcess service = bench.start(variant, Shop.model(model))) {
      for (int candidates : quick ? new int[] {500} : new int[] {500, 100}) {
        boolean page = model.equals(Shop.SLATE);
        try (Load load =
            page ? bench.pages(service, candidates, SEED) : bench.load(service, candidates, SEED)) {
          if (page) {
            requirePage(load);
          } else if (candidates == 500) {
            requireSameAnswers(variant, model, load);
          }
          load.visit(variant.hot() ? effort.users() : 1);
          Measurement measurement = new Measurement(load, effort);
          measurement.warmUp();
          try {
            print(variant, candidates, model, measurement.measure());
          } catch (VoidRunException e) {
            report(e, "%s, %d candidates, %s".formatted(variant, candidates, model));
          }
        }
      }
    }
  }

  /** Systems that disagree are not worth comparing. */
  private void requireSameAnswers(Variant variant, String model, Load load) throws IOException {
    double[] found = load.scores(0);
    double[] first = expected.computeIfAbsent(model, unknown -> found);
    for (int i = 0; i < Shop.LIMIT; i++) {
      if (!(Math.abs(found[i] - first[i]) <= 1e-4)) {
        throw new IOException(
            "%s gives place %d the score %s, another system %s"
                .formatted(variant.system(), i + 1, found[i], first[i]));
      }
    }
  }

  /** What is measured is a decoder's page, and not what takes its place. */
  private static void requirePage(Load load) throws IOException {
    int places = load.placed(0);
    if (places != Shop.PLACES) {
      throw new IOException(
          "a page has %d items with a probability at their place, not %d"
              .formatted(places, Shop.PLACES));
    }
  }

  /** What a page costs beside the list that it is made from. */
  private void printSlate() {
    for (Row page : rows) {
      for (Row list : rows) {
        if (page.scoring.equals(Shop.SLATE)
            && list.scoring.equals(name(Scoring.ATTEND))
            && list.system.equals(page.system)
            && list.candidates == page.candidates
            && list.cache.equals(page.cache)) {
          System.out.printf(
              Locale.ROOT,
              "A page of %d out of %d, %s: %.2f times what the list takes, by the rates%n",
              Shop.PLACES,
              page.candidates,
              page.cache,
              list.rate / page.rate);
        }
      }
    }
  }

  private void print(Variant variant, int candidates, String model, Result result) {
    LoadResult half = result.atHalf();
    Row row =
        new Row(
            variant.system(),
            candidates,
            model,
            variant.hot() ? "hot" : "cold",
            half.rate(),
            half.p50Millis(),
            half.p99Millis(),
            result.maxRate());
    rows.add(row);
    System.out.printf(
        Locale.ROOT,
        "%-12s %10d %-9s %-5s %10.1f %8.2f %8.2f %8.2f %10.0f%n",
        row.system(),
        row.candidates(),
        row.scoring(),
        row.cache(),
        row.rate(),
        row.p50Millis(),
        row.p99Millis(),
        half.p999Millis(),
        row.maxRateP99Under10ms());
  }

  /** What could not be measured is left out; the rest still is. */
  private void report(VoidRunException e, String what) {
    System.out.println(what + ": " + e.getMessage());
    voidRuns++;
  }

  private void overload(Bench bench, Effort effort) throws IOException, InterruptedException {
    double refusals;
    try (ServiceProcess refusing = bench.startRefusing();
        Load load = bench.load(refusing, 500, SEED)) {
      refusals = new Measurement(load, effort).throughput();
    }
    try (ServiceProcess service = bench.start(Variant.HOT, Scoring.ATTEND)) {
      try (Load load = bench.load(service, 500, SEED)) {
        load.visit(effort.users());
        Measurement measurement = new Measurement(load, effort);
        measurement.warmUp();
        try {
          print(measurement.goodput(refusals, OVERLOADS));
        } catch (VoidRunException e) {
          report(e, "overload");
        }
      }
    }
  }

  private void print(Goodput measured) {
    System.out.printf(
        Locale.ROOT,
        "%nOverload, 500 candidates, attend, hot: at most %.0f lists/s; Jetty alone can read and"
            + " refuse %.0f requests/s%n"
            + "times  offered/s   good/s  refused/s  failed  goodput %%  physical cap %%%n",
        measured.peak(),
        measured.refusals());
    measured
        .at()
        .forEach((times, result) -> {
          goodput.put(String.valueOf(times), measured.percent(times));
          System.out.printf(
              Locale.ROOT,
              "%5d %10.0f %8.0f %10.0f %7d %10.1f %15.1f%n",
              times,
              result.sent(),
              result.good(),
              result.refused(),
              result.failed(),
              measured.percent(times),
              measured.cap(times));
        });
  }

  private static void write(Report report, Path file) throws IOException {
    DurableFile.write(
        file, Json.mapper().build().writerWithDefaultPrettyPrinter().writeValueAsString(report));
  }
}
