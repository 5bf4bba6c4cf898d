// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.serve;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A service in a JVM of its own, on its own cores, with the launcher's options. */
final class ServiceProcess implements AutoCloseable {

  private static final Pattern READY = Pattern.compile("serves on http://localhost:(\\d+)/");
  private static final long START_SECONDS = 120;
  private static final long STOP_SECONDS = 15;

  private final Process process;
  private final int port;

  private ServiceProcess(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /**
   * Starts a service and returns when it answers.
   *
   * @param log gets what it prints
   * @param main its main class
   * @throws IOException if it ends before; the message holds what it printed
   */
  static ServiceProcess start(
      Cores cores, Path log, List<String> jvmOptions, Class<?> main, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(cores.serviceCommand());
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("@" + home().resolve("deploy/jvm.options"));
    command.addAll(jvmOptions);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    try {
      return new ServiceProcess(process, awaitPort(process, log));
    } catch (IOException | InterruptedException e) {
      process.destroyForcibly();
      throw e;
    }
  }

  /** The root of the checkout, which the launcher names. */
  static Path home() {
    return Path.of(System.getProperty("nextclick.home", "."));
  }

  private static int awaitPort(Process process, Path log) throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    while (System.nanoTime() < end) {
      boolean ended = process.waitFor(50, TimeUnit.MILLISECONDS);
      try (BufferedReader lines = Files.newBufferedReader(log)) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          Matcher ready = READY.matcher(line);
          if (ready.find()) {
            return Integer.parseInt(ready.group(1));
          }
        }
      }
      if (ended) {
        break;
      }
    }
    throw new IOException("the service did not start; it printed: " + Files.readString(log));
  }

  int port() {
    return port;
  }

  /** Starts or ends a recording of CPU time, one sample per 2 ms of it. */
  void record(boolean start, Path recording) throws IOException, InterruptedException {
    jcmd(
        start
            ? new String[] {
              "JFR.start",
              "name=bench",
              "jdk.CPUTimeSample#enabled=true",
              "jdk.CPUTimeSample#throttle=2ms"
            }
            : new String[] {"JFR.stop", "name=bench", "filename=" + recording});
  }

  private void jcmd(String... words) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString());
    command.add(String.valueOf(process.pid()));
    command.addAll(List.of(words));
    Process jcmd = new ProcessBuilder(command).redirectErrorStream(true).start();
    String printed = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (jcmd.waitFor() != 0) {
      throw new IOException(command + " failed: " + printed);
    }
  }

  /** Ends it as an operator would, and by force when it does not end. */
  @Override
  public void close() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
  }
}
