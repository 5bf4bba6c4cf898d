// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.resources;

import io.dropwizard.servlets.tasks.Task;
import io.nextclick.serving.core.Backfill;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /tasks/backfill?store=DIR&history=N} on the admin port: builds a store and lets it
 * serve. Answers with a line of progress each second; the last one begins with {@value #SERVES} or
 * {@value #FAILED}.
 */
public final class BackfillTask extends Task {

  /** The last line, if the new store serves. */
  public static final String SERVES = "Serving from ";

  /** The last line, if it does not. */
  public static final String FAILED = "Failed: ";

  private final Backfill backfill;

  public BackfillTask(Backfill backfill) {
    super("backfill");
    this.backfill = backfill;
  }

  @Override
  public void execute(Map<String, List<String>> parameters, PrintWriter output) {
    try {
      String store = first(parameters, "store");
      if (store == null || store.isBlank()) {
        throw new IllegalArgumentException("store=DIR is missing: where the new store shall be");
      }
      String history = first(parameters, "history");
      Integer maxHistory = history == null ? null : Integer.valueOf(history);
      backfill.run(Path.of(store), maxHistory, line -> say(output, line));
    } catch (IOException | IllegalArgumentException e) {
      say(output, FAILED + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      say(output, FAILED + "the service is stopping");
    }
  }

  private static @Nullable String first(Map<String, List<String>> parameters, String name) {
    List<String> values = parameters.getOrDefault(name, List.of());
    return values.isEmpty() ? null : values.getFirst();
  }

  private static void say(PrintWriter output, String line) {
    output.println(line);
    output.flush();
  }
}
