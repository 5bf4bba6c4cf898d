// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.nextclick.features.json.Json;
import io.nextclick.model.bundle.Backend;
import io.nextclick.model.kernel.Kernels;
import io.nextclick.model.onnx.OnnxNative;
import io.nextclick.serving.cli.model.ShapedLog;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.RefusedOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code nextclick doctor}: what this machine has, and what Nextclick makes of it; or what an event
 * log looks like.
 */
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    description = {
      "Says which backend would score here and why, and tries out what the service needs: the"
          + " store, native libraries, ports, disk, memory, open files, the clock.",
      "With a LOG it looks at that instead: users, items, lengths, repeats, ties, pages, and what"
          + " makes figures wrong or a model useless, as train says at its start.",
      "Exit status 0 only if nothing FAILED; a port that is in use, and warnings about a log, are"
          + " told, not failed."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  nextclick doctor", "  nextclick doctor shop.jsonl.gz"})
final class DoctorCommand implements Callable<Integer> {

  private static final int[] PORTS = {8080, 8081, 9092};

  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "LOG",
      description = "An event log to look at, instead of the machine.")
  private @Nullable Path log;

  @Option(
      names = "--outcome",
      defaultValue = "click",
      paramLabel = "ACTION",
      description = "With LOG: what would be predicted; default ${DEFAULT-VALUE}.")
  private String outcome;

  @Option(
      names = "--store",
      paramLabel = "DIR",
      description = {
        "Reads this store, or checkpoint, whole and compares it with its digests; a store that a"
            + " service writes is compared by nextclick checkpoint."
      })
  private @Nullable Path store;

  @Option(names = "--json", description = "Prints one JSON object.")
  private boolean json;

  @Mixin private RefusedOptions refused = new RefusedOptions();

  @Override
  public Integer call() throws CommandFailed, IOException {
    if (log != null) {
      return look(log);
    }
    Map<String, Object> report = report();
    if (store != null) {
      report.put("store", Machine.store(store));
    }
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      print(report);
    } else {
      report.forEach((name, value) -> out.printf("%-14s %s%n", name, value));
    }
    out.flush();
    return report.values().stream().anyMatch(value -> value.toString().startsWith(Machine.FAILED))
        ? CommandLine.ExitCode.SOFTWARE
        : CommandLine.ExitCode.OK;
  }

  private int look(Path file) throws CommandFailed, IOException {
    if (store != null) {
      throw new CommandFailed("--store looks at the machine; leave it out to look at " + file);
    }
    PrintWriter err = spec.commandLine().getErr();
    try (ShapedLog shaped = ShapedLog.open(file, refused, err, outcome, event -> {})) {
      if (json) {
        print(shaped.report());
      } else {
        shaped.print(spec.commandLine().getOut());
      }
      return CommandLine.ExitCode.OK;
    } catch (UncheckedIOException e) {
      throw new CommandFailed(String.valueOf(e.getMessage()), e);
    }
  }

  private void print(Map<String, Object> report) throws JsonProcessingException {
    PrintWriter out = spec.commandLine().getOut();
    out.println(
        Json.mapper()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .build()
            .writeValueAsString(report));
    out.flush();
  }

  private static Map<String, Object> report() {
    Map<String, Object> report = new LinkedHashMap<>();
    Backend backend = Backend.AUTO.resolved();
    report.put("backend", backend.name().toLowerCase(Locale.ROOT));
    report.put("why", why(backend));
    report.put("kernel", Kernels.best().name());
    report.put("processor", processor());
    report.put("cores", Runtime.getRuntime().availableProcessors());
    report.put("java", Runtime.version() + ", " + System.getProperty("java.vendor"));
    report.put(
        "onnxruntime",
        OnnxNative.failure()
            .orElseGet(() ->
                OnnxNative.version() + ", providers " + String.join(", ", OnnxNative.providers())));
    report.put("driver", OnnxNative.driver().orElse("none"));
    report.put("cuda", OnnxNative.cudaFailure().orElse("works"));
    for (int port : PORTS) {
      report.put("port " + port, free(port) ? "free" : "in use by another process");
    }
    report.putAll(Machine.findings(Path.of("data")));
    return report;
  }

  private static String why(Backend backend) {
    return switch (backend) {
      case ONNX -> "a model ran on the GPU";
      case VECTOR -> "no GPU to use; the vector module is there";
      case SCALAR -> "no GPU to use, and " + Backend.VECTOR.failure().orElse("no vector module");
      case AUTO -> throw new IllegalStateException("auto stands for another");
    };
  }

  private static String processor() {
    String machine = System.getProperty("os.arch") + ", " + System.getProperty("os.name");
    try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .findFirst()
          .map(line -> line.substring(line.indexOf(':') + 1).strip() + ", " + machine)
          .orElse(machine);
    } catch (IOException e) {
      return machine;
    }
  }

  private static boolean free(int port) {
    try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return socket.isBound();
    } catch (IOException e) {
      return false;
    }
  }
}
