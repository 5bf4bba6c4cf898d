// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.serve;

import io.nextclick.model.part.EncoderConfig.Scoring;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code nextclick bench start}: from the start of the process to the first ranked list. */
@Command(
    name = "start",
    mixinStandardHelpOptions = true,
    description = {
      "Starts the service by the launcher, on a store and a model that are there, and asks for a"
          + " list of 500 candidates until the model ranks it: with the AOT cache, and without.",
      "Example: ./nextclick bench start"
    })
public final class StartCommand implements Callable<Integer> {

  private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(60);

  @Option(names = "--starts", defaultValue = "5", description = "Of each. Default: 5.")
  private int starts;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Path launcher = ServiceProcess.home().resolve("nextclick");
    System.out.printf("%d cores%n", Runtime.getRuntime().availableProcessors());
    try (Bench bench = Bench.make(Effort.QUICK.users(), Cores.SHARED)) {
      // The launcher records the cache when there is none.
      await(new ProcessBuilder(launcher.toString(), "serve", "--help"));
      for (String option : new String[] {"-XX:AOTMode=auto", "-XX:AOTMode=off"}) {
        double[] seconds = new double[starts];
        for (int i = 0; i < starts; i++) {
          seconds[i] = start(bench, launcher, option);
        }
        Arrays.sort(seconds);
        System.out.printf(
            Locale.ROOT,
            "%s  %.2f s from the start of the process to the first ranked list (%.2f to %.2f)%n",
            option.endsWith("off") ? "without AOT cache" : "with AOT cache   ",
            seconds[starts / 2],
            seconds[0],
            seconds[starts - 1]);
      }
    }
    System.out.printf("Measured %d starts%n", 2 * starts);
    return 0;
  }

  private static void await(ProcessBuilder command) throws IOException, InterruptedException {
    command.environment().remove("NEXTCLICK_BUILD"); // "never" records no AOT cache
    Process process = command.redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    if (process.waitFor() != 0) {
      throw new IOException(command.command() + " failed");
    }
  }

  private static double start(Bench bench, Path launcher, String option)
      throws IOException, InterruptedException {
    int port = freePort();
    Path config = bench.configure(Variant.HOT, Shop.model(Scoring.ATTEND), port);
    byte[] request = bench.requests(500)[0];
    ProcessBuilder command =
        new ProcessBuilder(launcher.toString(), "serve", "--config", config.toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD);
    command.environment().put("NEXTCLICK_BUILD", "never");
    command.environment().put("NEXTCLICK_JAVA_OPTS", option);
    long start = System.nanoTime();
    Process process = command.start();
    try {
      while (!answers(port, request)) {
        if (process.waitFor(2, TimeUnit.MILLISECONDS)
            || System.nanoTime() - start > LONGEST_NANOS) {
          throw new IOException("the service did not start; try " + command.command());
        }
      }
      return (System.nanoTime() - start) / 1e9;
    } finally {
      process.destroy();
      process.waitFor();
    }
  }

  private static boolean answers(int port, byte[] request) {
    try (HttpConnection connection = new HttpConnection(port)) {
      HttpConnection.Answer answer = connection.exchange(request);
      return answer.status() == 200 && !answer.fallback();
    } catch (IOException e) {
      return false; // nobody listens yet
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
