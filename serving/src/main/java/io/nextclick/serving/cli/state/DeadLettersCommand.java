// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.state;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nextclick.features.json.Json;
import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.Preflight;
import io.nextclick.serving.cli.option.ServiceKey;
import io.nextclick.serving.state.DeadLetters;
import io.nextclick.serving.state.DeadLetters.By;
import io.nextclick.serving.state.DeadLetters.Letter;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** {@code nextclick deadletters}: the records that were refused, and why. */
@Command(
    name = "deadletters",
    mixinStandardHelpOptions = true,
    description = {
      "Shows the records that the service refused, and why: how many, which, and one with its"
          + " text.",
      "They are asked from a running service, or read from a store."
          + " The newest 100,000 of each partition are kept; the dead-letter topic has copies."
    },
    synopsisSubcommandLabel = "COMMAND",
    footerHeading = "%nExamples:%n",
    footer = {
      "  nextclick deadletters count --by=reason",
      "  nextclick deadletters list --reason=bad-time --limit=50",
      "  nextclick deadletters show nextclick-events-2@17",
      "  nextclick deadletters list --service=http://127.0.0.1:8081",
      "  nextclick deadletters count --store=data/store"
    })
public final class DeadLettersCommand {

  private static final JsonMapper JSON = Json.mapper().build();
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  @Option(
      names = "--service",
      paramLabel = "URL",
      scope = ScopeType.INHERIT,
      defaultValue = "http://127.0.0.1:8081",
      description = {"A running service's admin address.", "Default: ${DEFAULT-VALUE}."})
  private URI service = URI.create("");

  @Option(
      names = "--store",
      paramLabel = "DIR",
      scope = ScopeType.INHERIT,
      description = "Reads this store, or checkpoint, instead.")
  private @Nullable Path store;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Command(
      mixinStandardHelpOptions = true,
      description = "Counts the refused records that are kept.")
  int count(
      @Option(
              names = "--by",
              paramLabel = "WHAT",
              defaultValue = "reason",
              description = "reason, topic or partition. Default: ${DEFAULT-VALUE}.")
          By by)
      throws CommandFailed, InterruptedException {
    String query = "by=" + by.name().toLowerCase(Locale.ROOT);
    TypeReference<TreeMap<String, Long>> type = new TypeReference<>() {};
    Map<String, Long> counts = ask(query, type, letters -> new TreeMap<>(letters.count(by)));
    counts.forEach((what, number) -> say("%,10d  %s", number, what));
    say("%,10d  in all", counts.values().stream().mapToLong(Long::longValue).sum());
    return 0;
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Lists the newest refused records, the newest last, without their text.")
  int list(
      @Option(
              names = "--reason",
              paramLabel = "REASON",
              description = "Only those refused for it, such as bad-time; count names them.")
          @Nullable String reason,
      @Option(
              names = "--limit",
              paramLabel = "N",
              defaultValue = "20",
              description = "At most so many, up to 10,000. Default: ${DEFAULT-VALUE}.")
          int limit)
      throws CommandFailed, InterruptedException {
    if (limit < 1 || limit > DeadLetters.MAX_LISTED) {
      throw new CommandFailed("--limit=" + limit + ": 1 to 10,000");
    }
    String query = "limit=" + limit + (reason == null ? "" : "&reason=" + encoded(reason));
    List<Letter> found =
        ask(query, new TypeReference<>() {}, letters -> letters.list(reason, limit));
    for (Letter letter : found) {
      String time = letter.time() == null ? "-" : letter.time();
      say("%-24s  %-32s  %-14s  %s", time, letter.place(), letter.reason(), letter.detail());
    }
    say("%,d listed; deadletters show PLACE shows one with its text", found.size());
    return 0;
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Shows one refused record, with its text; that may hold a user's data.")
  int show(
      @Parameters(paramLabel = "PLACE", description = "TOPIC-PARTITION@OFFSET, as list prints it.")
          String place)
      throws CommandFailed, InterruptedException {
    Letter letter =
        ask(
            "place=" + encoded(place),
            new TypeReference<>() {},
            letters -> {
              Letter found = letters.find(place);
              if (found == null) {
                throw new IllegalArgumentException(nothing(place));
              }
              return found;
            });
    say("place   %s", letter.place());
    say("time    %s", letter.time() == null ? "unknown" : letter.time());
    say("reason  %s: %s", letter.reason(), letter.detail());
    say("length  %,d bytes, SHA-256 %s", letter.length(), letter.sha256());
    say("%s", String.valueOf(letter.text()));
    return 0;
  }

  private static String nothing(String place) {
    return place + ": no record from there was refused, or it is not kept any more";
  }

  private <T> T ask(String query, TypeReference<T> type, Function<DeadLetters, T> read)
      throws CommandFailed, InterruptedException {
    Path directory = store;
    if (directory == null) {
      return askService(query, type);
    }
    Preflight.store(directory);
    try (RocksDbSequenceStore open = RocksDbSequenceStore.openReadOnly(directory)) {
      return read.apply(new DeadLetters(open));
    } catch (IOException | IllegalArgumentException e) {
      throw new CommandFailed(String.valueOf(e.getMessage()), e);
    }
  }

  private <T> T askService(String query, TypeReference<T> type)
      throws CommandFailed, InterruptedException {
    Preflight.service(service);
    URI asked = service.resolve("/deadletters?" + query);
    try (HttpClient client = HttpClient.newBuilder().connectTimeout(TIMEOUT).build()) {
      HttpRequest request = ServiceKey.on(HttpRequest.newBuilder(asked)).timeout(TIMEOUT).build();
      HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
      if (answer.statusCode() != 200) {
        throw new CommandFailed(
            answer.statusCode() == 404 && query.startsWith("place=")
                ? nothing(
                    URLDecoder.decode(query.substring("place=".length()), StandardCharsets.UTF_8))
                : "%s answered %d: is it a service's admin address?"
                    .formatted(asked, answer.statusCode()));
      }
      return JSON.readValue(answer.body(), type);
    } catch (IOException e) {
      throw new CommandFailed(
          asked + " does not answer: is the service running? Or name a store, with --store", e);
    }
  }

  private void say(String format, Object... values) {
    PrintWriter out = spec.commandLine().getOut();
    out.printf(Locale.ROOT, format + "%n", values);
    out.flush();
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
