// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.serve;

import java.io.File;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Which cores the service gets, and which the generator: half each, so that neither takes time from
 * the other. Without {@code taskset}, or with one core, both share all of them.
 *
 * @param service list of cores as {@code taskset} reads it; empty when nothing is pinned
 * @param generator likewise
 */
record Cores(String service, String generator) {

  /** Nothing is pinned. */
  static final Cores SHARED = new Cores("", "");

  /** Splits the cores of this machine. */
  static Cores split() {
    int cores = Runtime.getRuntime().availableProcessors();
    if (cores < 2 || !hasTaskset()) {
      return SHARED;
    }
    int half = cores / 2;
    return new Cores("0-" + (half - 1), half + "-" + (cores - 1));
  }

  /** All cores for everybody. */
  static Cores shared() {
    return SHARED;
  }

  private static boolean hasTaskset() {
    String path = System.getenv().getOrDefault("PATH", "");
    return Arrays.stream(path.split(Pattern.quote(File.pathSeparator)))
        .anyMatch(directory -> new File(directory, "taskset").canExecute());
  }

  boolean pinned() {
    return !service.isEmpty();
  }

  /** The words before a command that put it on the service's cores. */
  List<String> serviceCommand() {
    return pinned() ? List.of("taskset", "--cpu-list", service) : List.of();
  }

  /** Puts all threads of this process, and those that they start, on the generator's cores. */
  void pinThisProcess() throws IOException, InterruptedException {
    if (!pinned()) {
      return;
    }
    String pid = String.valueOf(ProcessHandle.current().pid());
    Process taskset =
        new ProcessBuilder("taskset", "--all-tasks", "--cpu-list", "--pid", generator, pid)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (taskset.waitFor() != 0) {
      throw new IOException("taskset could not pin this process to cores " + generator);
    }
  }

  @Override
  public String toString() {
    return pinned()
        ? "service on cores " + service + ", generator on cores " + generator
        : "service and generator share all cores: the figures are lower than pinned ones";
  }
}
