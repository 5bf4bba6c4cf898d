// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.state;

import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.Preflight;
import io.nextclick.serving.cli.option.ServiceKey;
import io.nextclick.serving.resources.BackfillTask;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code backfill}: a running service builds a new store and serves from it. */
@Command(
    name = "backfill",
    mixinStandardHelpOptions = true,
    description = {
      "A running service builds a new store beside the one that serves, from the log in Kafka, and"
          + " serves from it as soon as it has caught up.",
      "Requests go on. What the log does not hold any more is folded into the new store first, from"
          + " an export: nextclick replay --to store."
    },
    footerHeading = "%nOne that was interrupted goes on where it was.%n%nExamples:%n",
    footer = {
      "  nextclick backfill --service http://127.0.0.1:8081 --store data/longer \\",
      "      --history 1000",
      "  nextclick replay topics.jsonl.zst --to store --store data/longer \\",
      "      --history 1000"
    })
public final class BackfillCommand implements Callable<Integer> {

  private static final String ENDED =
      "the service ended before the backfill did; the same call goes on where it was";

  @Option(
      names = "--service",
      paramLabel = "URL",
      defaultValue = "http://127.0.0.1:8081",
      description = {"The service's admin address.", "Default, with --yes: ${DEFAULT-VALUE}."})
  private URI service = URI.create("");

  @Option(
      names = "--store",
      paramLabel = "DIR",
      required = true,
      description = "The new store, on the service's machine.")
  private Path store = Path.of("");

  @Option(
      names = "--history",
      paramLabel = "N",
      description = "Actions kept per user. Default: as many as the store keeps that serves now.")
  private @Nullable Integer history;

  @Option(
      names = "--impressions",
      paramLabel = "N",
      description =
          "Impressions kept beside them; 0: both share the room of --history. Default: as many as"
              + " the store keeps that serves now; 256 where they share one there.")
  private @Nullable Integer impressions;

  @Option(
      names = "--accept-loss",
      description =
          "Goes without events that the old store has folded and Kafka does not hold any more.")
  private boolean acceptLoss;

  @Option(
      names = "--yes",
      description = "Takes the service on this machine, whichever it is, without asking.")
  private boolean yes;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws CommandFailed, InterruptedException {
    if (!yes && !spec.commandLine().getParseResult().hasMatchedOption("--service")) {
      throw new CommandFailed(
          "the service at %s would serve from %s: name the service, with --service, or say --yes"
              .formatted(service, store));
    }
    Preflight.service(service);
    String query = "/tasks/backfill?store=" + encoded(store.toAbsolutePath().toString());
    query += history == null ? "" : "&history=" + history;
    query += impressions == null ? "" : "&impressions=" + impressions;
    query += acceptLoss ? "&accept-loss=true" : "";
    URI task = service.resolve(query);
    HttpRequest request =
        ServiceKey.on(HttpRequest.newBuilder(task)).POST(BodyPublishers.noBody()).build();
    String last = "";
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<Stream<String>> answer = client.send(request, BodyHandlers.ofLines());
      List<String> lines = answer.body().peek(this::show).toList();
      if (answer.statusCode() != 200) {
        throw new CommandFailed(
            "%s answered %d: see the service's log".formatted(task, answer.statusCode()));
      }
      last = lines.isEmpty() ? "" : lines.getLast();
    } catch (UncheckedIOException e) {
      throw new CommandFailed(ENDED, e);
    } catch (IOException e) {
      throw new CommandFailed(task + " does not answer: is the service running?", e);
    }
    if (!last.startsWith(BackfillTask.SERVES)) {
      throw new CommandFailed(
          last.startsWith(BackfillTask.FAILED)
              ? last.substring(BackfillTask.FAILED.length())
              : ENDED);
    }
    return 0;
  }

  private void show(String line) {
    boolean failed = line.startsWith(BackfillTask.FAILED);
    PrintWriter out =
        failed ? new PrintWriter(PrintWriter.nullWriter()) : spec.commandLine().getOut();
    out.println(line);
    out.flush();
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
