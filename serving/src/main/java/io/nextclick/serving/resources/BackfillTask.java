// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.resources;

import io.dropwizard.servlets.tasks.Task;
import io.nextclick.serving.backfill.Backfill;
import io.nextclick.serving.backfill.WantedRooms;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code POST /tasks/backfill?store=DIR&history=N&impressions=N&accept-loss=true} on the admin
 * port: builds a store and lets it serve. Answers with a line of progress each second; the last one
 * begins with {@value #SERVES} or {@value #FAILED}.
 */
public final class BackfillTask extends Task {

  private static final Logger LOG = LoggerFactory.getLogger(BackfillTask.class);

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
      WantedRooms rooms =
          new WantedRooms(number(parameters, "history"), number(parameters, "impressions"));
      boolean acceptLoss = "true".equals(first(parameters, "accept-loss"));
      backfill.run(Path.of(store), rooms, acceptLoss, line -> say(output, line));
    } catch (IOException | IllegalArgumentException e) {
      fail(output, String.valueOf(e.getMessage()), e);
    } catch (RuntimeException e) {
      fail(output, e.toString(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      say(output, FAILED + "the service is stopping");
    }
  }

  private static @Nullable Integer number(Map<String, List<String>> parameters, String name) {
    String value = first(parameters, name);
    try {
      return value == null ? null : Integer.valueOf(value);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "%s=%s is no number: how many entries are kept per user".formatted(name, value), e);
    }
  }

  private static void fail(PrintWriter output, String why, Exception e) {
    LOG.error("The backfill failed", e);
    say(output, FAILED + why.replace('\n', ' ')); // the caller looks at the last line
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
