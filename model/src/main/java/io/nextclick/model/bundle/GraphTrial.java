// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.bundle;

import io.nextclick.features.encode.Vocabulary;
import io.nextclick.model.RequestShape;
import io.nextclick.model.Scorer;
import io.nextclick.model.onnx.OnnxScorer;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Collections;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * Runs a graph of unknown origin in a process of its own, once, before it runs in ours: ONNX
 * Runtime 1.29 divides by zero in a stack of matrix products without rows, and its process dies.
 */
final class GraphTrial {

  private static final int MAX_SECONDS = 60;

  /** Exit status after an ordinary refusal: in our own process it will have its full reason. */
  private static final int REFUSED = 3;

  private GraphTrial() {}

  /**
   * Runs a graph on requests of every length. A graph that the runtime merely refuses passes: it
   * does no harm.
   *
   * @param path the graph's name, for messages
   * @throws MalformedBundleException if the runtime dies of it, or does not come to an end
   */
  static void require(Path path, byte[] graph, int items, RequestShape reads) throws IOException {
    Process trial = start(items, reads);
    try {
      feed(trial, graph);
      if (!trial.waitFor(MAX_SECONDS, TimeUnit.SECONDS)) {
        throw new MalformedBundleException(
            path, "", "a trial run took longer than " + MAX_SECONDS + " s");
      }
      int status = trial.exitValue();
      if (status != 0 && status != REFUSED) {
        throw new MalformedBundleException(
            path, "exit status " + status, "ONNX Runtime died of it in a trial run");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted during a trial run of " + path, e);
    } finally {
      trial.destroyForcibly();
    }
  }

  private static Process start(int items, RequestShape reads) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-Xmx" + (Runtime.getRuntime().maxMemory() >> 20) + "m",
            "-XX:ErrorFile=/dev/null",
            "-XX:-CreateCoredumpOnCrash",
            "-cp",
            System.getProperty("java.class.path"),
            GraphTrial.class.getName(),
            Integer.toString(items),
            Integer.toString(reads.maxHistory()),
            Integer.toString(reads.attributeBuckets()),
            Integer.toString(reads.contextBuckets()),
            Integer.toString(reads.fields().size()))
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private static void feed(Process trial, byte[] graph) {
    try (OutputStream in = trial.getOutputStream()) {
      in.write(graph);
    } catch (IOException e) {
      // It ended before it had read everything: its exit status says why.
      trial.destroy();
    }
  }

  /**
   * The process of its own: reads the graph from standard input.
   *
   * @param args items, history entries, attribute buckets, context buckets, numbers of candidates
   */
  public static void main(String[] args) throws IOException {
    int items = Integer.parseInt(args[0]);
    RequestShape reads =
        new RequestShape(
            Integer.parseInt(args[1]),
            Integer.parseInt(args[2]),
            Integer.parseInt(args[3]),
            Collections.nCopies(Integer.parseInt(args[4]), "field"));
    Vocabulary vocabulary =
        new Vocabulary(IntStream.rangeClosed(1, items).mapToObj(Integer::toString).toList());
    byte[] graph = System.in.readAllBytes();
    int status = 0;
    try (Scorer scorer = OnnxScorer.ofModel("trial", vocabulary, reads, graph, 1)) {
      GoldenRequests.of(scorer, reads, BundleWriter.GOLDEN_SEED);
    } catch (IllegalArgumentException | IllegalStateException e) {
      status = REFUSED;
    }
    System.exit(status);
  }
}
