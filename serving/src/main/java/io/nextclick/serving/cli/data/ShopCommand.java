// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.data;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nextclick.features.event.Event;
import io.nextclick.features.event.EventJson;
import io.nextclick.features.json.Json;
import io.nextclick.ingest.log.EventLogWriter;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.DiskNeed;
import io.nextclick.serving.cli.option.Preflight;
import io.nextclick.serving.cli.option.Progress;
import io.nextclick.serving.shop.ShopEvent;
import io.nextclick.serving.shop.ShopSettings;
import io.nextclick.serving.shop.SyntheticShop;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code nextclick shop}: an event log to try things with, and the truth about it. */
@Command(
    name = "shop",
    mixinStandardHelpOptions = true,
    description = {
      "Writes the event log of a made-up shop: items, users whose tastes drift, pages, clicks.",
      "The same options give the same bytes."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  nextclick shop shop.jsonl.gz",
      "  nextclick shop shop.jsonl.gz --users=20000 --truth=truth.jsonl.gz",
      "  nextclick shop pages.jsonl.gz --list-effects --truth=pages-truth.jsonl.gz",
      "  nextclick evaluate --protocol=time-split --events=shop.jsonl.gz \\",
      "      --train-until=2026-10-21 \\",
      "      --test-from=2026-10-26 --predictions=truth=truth.jsonl.gz"
    })
public final class ShopCommand implements Callable<Integer> {

  private static final JsonMapper JSON = Json.mapper().build();

  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "OUT", description = "The event log to write.")
  private Path out;

  @Option(
      names = "--truth",
      paramLabel = "FILE",
      description = "Writes the true click probability of everything shown, for evaluate.")
  private @Nullable Path truth;

  @Option(names = "--users", defaultValue = "2000", description = "Default: ${DEFAULT-VALUE}.")
  private int users;

  @Option(names = "--items", defaultValue = "600", description = "Default: ${DEFAULT-VALUE}.")
  private int items;

  @Option(
      names = "--sessions",
      defaultValue = "8",
      description = "Visits per user, on average. Default: ${DEFAULT-VALUE}.")
  private int sessions;

  @Option(
      names = "--list-effects",
      description = {
        "What stands before an item on its page changes how likely a click is: less with each item"
            + " of its category, more after one of the category that goes with it. --truth knows."
      })
  private boolean listEffects;

  @Option(names = "--seed", defaultValue = "42", description = "Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Override
  public Integer call() throws CommandFailed {
    Preflight.outputLog(out);
    Preflight.outputLog(truth);
    Preflight.space(out, DiskNeed.ofShop(users, out, truth));
    ShopSettings usual = ShopSettings.DEFAULT;
    try (var progress = Progress.onTerminal("wrote %,d events")) {
      var shop =
          new SyntheticShop(
              new ShopSettings(
                  seed, users, items, sessions, usual.startMillis(), usual.days(), listEffects));
      long events = write(shop, progress);
      spec.commandLine().getOut().printf("Wrote %,d events to %s%n", events, out);
      spec.commandLine().getOut().flush();
      return 0;
    } catch (IOException | IllegalArgumentException e) {
      throw new CommandFailed(String.valueOf(e.getMessage()), e);
    }
  }

  private long write(SyntheticShop shop, Progress progress) throws IOException {
    try (EventLogWriter log = EventLogWriter.open(out);
        EventLogWriter probabilities = truth == null ? null : EventLogWriter.open(truth)) {
      for (Event event : (Iterable<Event>) shop.items()::iterator) {
        log.write(EventJson.encode(event));
      }
      for (int number = 0; number < users; number++) {
        for (ShopEvent event : shop.user(number)) {
          log.write(EventJson.encode(event.event()));
          if (probabilities != null && event.clickProbabilities().length > 0) {
            probabilities.write(line(event));
          }
        }
        progress.at(log.lines());
      }
      log.commit();
      if (probabilities != null) {
        probabilities.commit();
      }
      return log.lines();
    }
  }

  private static byte[] line(ShopEvent event) throws IOException {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("user", event.event().key());
    line.put("request", event.event().request());
    line.put("items", event.event().items());
    line.put("probabilities", event.clickProbabilities());
    return JSON.writeValueAsBytes(line);
  }
}
