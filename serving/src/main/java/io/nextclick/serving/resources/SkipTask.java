// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.resources;

import io.dropwizard.servlets.tasks.Task;
import io.nextclick.features.sequence.SourcePartition;
import io.nextclick.serving.state.LiveLog;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;

/**
 * {@code POST /tasks/skip?partition=TOPIC-N&from=A&to=B} on the admin port: lets offsets of a
 * partition go that is stopped since they cannot be read. Answers with a line that begins with
 * {@code Skipped} or {@code Failed:}.
 */
public final class SkipTask extends Task {

  private final LiveLog log;

  public SkipTask(LiveLog log) {
    super("skip");
    this.log = log;
  }

  @Override
  public void execute(Map<String, List<String>> parameters, PrintWriter output) {
    try {
      SourcePartition partition = partition(one(parameters, "partition"));
      long from = offset(parameters, "from");
      long to = offset(parameters, "to");
      log.skip(partition, from, to);
      output.printf("Skipped offsets %d to %d of %s: each is quarantined%n", from, to, partition);
    } catch (IOException | IllegalArgumentException e) {
      output.println("Failed: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      output.println("Failed: the service is stopping");
    }
  }

  private static SourcePartition partition(String name) {
    int dash = name.lastIndexOf('-');
    try {
      return new SourcePartition(
          name.substring(0, Math.max(0, dash)), Integer.parseInt(name.substring(dash + 1)));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("partition=TOPIC-N is needed, as /ready names it", e);
    }
  }

  private static long offset(Map<String, List<String>> parameters, String name) {
    try {
      return Long.parseLong(one(parameters, name));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(name + "=OFFSET is needed, a whole number", e);
    }
  }

  private static String one(Map<String, List<String>> parameters, String name) {
    List<String> values = parameters.getOrDefault(name, List.of());
    return values.isEmpty() ? "" : values.getFirst();
  }
}
