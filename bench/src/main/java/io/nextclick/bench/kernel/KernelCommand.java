// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.kernel;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.nextclick.bench.kernel.KernelBenchmark.Engine;
import io.nextclick.features.file.DurableFile;
import io.nextclick.features.json.Json;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.part.EncoderConfig.Scoring;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.Preflight;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Times the encoder beside ONNX Runtime, in one JVM and one run, engine after engine per row. */
@Command(
    name = "kernel",
    mixinStandardHelpOptions = true,
    description = {
      "Times the vector kernel beside ONNX Runtime on the CPU, one thread each.",
      "encode: a history read once. rank: a history read and its candidates scored.",
      "against onnx-reuse: ONNX Runtime reading the history once per request; onnx-full: once per"
          + " candidate.",
      "Then what the recipes that train's search begins with take for 500 candidates, with their"
          + " parts, beside the 3 ms that --max-cost allows.",
      "Examples: ./nextclick bench kernel --quick",
      "          ./nextclick bench kernel --json kernel.json"
    })
public final class KernelCommand implements Callable<Integer> {

  // Full sequences are timed on this many candidates, and scaled: their cost is linear.
  private static final int FULL_CANDIDATES = 20;

  @Option(names = "--quick", description = "Fewer and shorter rows: under a minute.")
  private boolean quick;

  @Option(names = "--json", paramLabel = "FILE", description = "Also writes the rows here.")
  private @Nullable Path json;

  /** The report. */
  record Report(String kernel, double peakGflops, List<Row> rows, List<RecipeRow> recipes) {}

  /** One comparison. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Row(
      String work,
      String shape,
      @Nullable Integer candidates,
      String scoring,
      String against,
      double vectorMicros,
      double onnxMicros,
      double ratio,
      double gflops) {}

  @Override
  public Integer call() throws RunnerException, IOException, CommandFailed {
    Preflight.output(json);
    double peak = FmaPeak.flops() / time(FmaPeak.class, "chains", options -> options) / 1e3;
    System.out.printf(
        Locale.ROOT,
        "%s, 1 thread, fused multiply-add peak %.0f GFLOP/s%n%n",
        Kernels.best().name(),
        peak);
    System.out.println(
        "work    shape        candidates scoring against       vector us     onnx us  ratio "
            + " GFLOP/s  of peak");
    warmUp();
    List<Row> rows = new ArrayList<>();
    for (KernelShape shape : KernelShape.ALL) {
      rows.add(printed(encode(shape), peak));
    }
    for (KernelShape shape : quick ? List.of(KernelShape.ALL.get(1)) : KernelShape.ALL) {
      for (Scoring scoring : Scoring.values()) {
        for (int candidates : new int[] {100, 500, 2_000}) {
          for (Row row : rank(shape, scoring, candidates)) {
            rows.add(printed(row, peak));
          }
        }
      }
    }
    List<RecipeRow> recipes = RecipeRow.measure();
    if (json != null) {
      write(new Report(Kernels.best().name(), peak, rows, recipes), json);
    }
    System.out.printf(
        "%nMeasured %d rows%s%n",
        rows.size() + recipes.size(), json == null ? "" : "; wrote " + json);
    return 0;
  }

  /** Lets the JIT compile every path before the first row, whose warm-up alone is too short. */
  private void warmUp() throws RunnerException {
    for (int round = 0; round < 3; round++) {
      for (Scoring scoring : Scoring.values()) {
        for (KernelShape shape : KernelShape.ALL.subList(0, 2)) {
          time(KernelBenchmark.class, "rank", parameters(shape, scoring, 100, Engine.VECTOR));
        }
      }
    }
  }

  private static Parameters parameters(
      KernelShape shape, Scoring scoring, int candidates, Engine engine) {
    return options ->
        options
            .param("shape", shape.toString())
            .param("scoring", scoring.name())
            .param("candidates", String.valueOf(candidates))
            .param("engine", engine.name());
  }

  private Row encode(KernelShape shape) throws RunnerException {
    Scoring scoring = Scoring.ATTEND;
    double[] micros = alternate("encode", shape, scoring, 1, Engine.VECTOR, Engine.ONNX);
    return row(
        "encode", shape, null, scoring, "onnx", micros[0], micros[1], shape.encodeFlops(scoring));
  }

  private List<Row> rank(KernelShape shape, Scoring scoring, int candidates)
      throws RunnerException {
    double flops = shape.encodeFlops(scoring) + shape.scoreFlops(scoring, candidates);
    double[] micros = alternate("rank", shape, scoring, candidates, Engine.VECTOR, Engine.ONNX);
    double full =
        alternate("rank", shape, scoring, FULL_CANDIDATES, Engine.ONNX_FULL)[0]
            * candidates
            / FULL_CANDIDATES;
    return List.of(
        row("rank", shape, candidates, scoring, "onnx-reuse", micros[0], micros[1], flops),
        row("rank", shape, candidates, scoring, "onnx-full", micros[0], full, flops));
  }

  private static Row row(
      String work,
      KernelShape shape,
      @Nullable Integer candidates,
      Scoring scoring,
      String against,
      double vectorMicros,
      double onnxMicros,
      double flops) {
    return new Row(
        work,
        shape.toString(),
        candidates,
        scoring.name().toLowerCase(Locale.ROOT),
        against,
        vectorMicros,
        onnxMicros,
        onnxMicros / vectorMicros,
        flops / vectorMicros / 1e3);
  }

  /** Times engines in turn, several rounds, and gives each one's median. */
  private double[] alternate(
      String method, KernelShape shape, Scoring scoring, int candidates, Engine... engines)
      throws RunnerException {
    int rounds = quick ? 2 : 3;
    double[][] micros = new double[engines.length][rounds];
    for (int round = 0; round < rounds; round++) {
      for (int e = 0; e < engines.length; e++) {
        micros[e][round] =
            time(KernelBenchmark.class, method, parameters(shape, scoring, candidates, engines[e]));
      }
    }
    return Arrays.stream(micros).mapToDouble(KernelCommand::median).toArray();
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  private interface Parameters {
    ChainedOptionsBuilder set(ChainedOptionsBuilder options);
  }

  /** Microseconds per call. No forks: all engines share one JVM, as they would in production. */
  private double time(Class<?> benchmark, String method, Parameters parameters)
      throws RunnerException {
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include(benchmark.getName() + "\\." + method + "$")
            .forks(0)
            .threads(1)
            .warmupIterations(quick ? 1 : 2)
            .warmupTime(TimeValue.milliseconds(250))
            .measurementIterations(quick ? 2 : 3)
            .measurementTime(TimeValue.milliseconds(quick ? 100 : 200))
            .shouldFailOnError(true)
            .verbosity(VerboseMode.SILENT);
    return new Runner(parameters.set(options).build()).runSingle().getPrimaryResult().getScore();
  }

  private static Row printed(Row row, double peak) {
    System.out.printf(
        Locale.ROOT,
        "%-7s %-12s %10s %-7s %-11s %11.1f %11.1f %6.2f %8.1f %7.0f%%%n",
        row.work(),
        row.shape(),
        row.candidates() == null ? "-" : row.candidates(),
        row.scoring(),
        row.against(),
        row.vectorMicros(),
        row.onnxMicros(),
        row.ratio(),
        row.gflops(),
        100 * row.gflops() / peak);
    return row;
  }

  private static void write(Report report, Path file) throws IOException {
    DurableFile.write(
        file, Json.mapper().build().writerWithDefaultPrettyPrinter().writeValueAsString(report));
  }
}
