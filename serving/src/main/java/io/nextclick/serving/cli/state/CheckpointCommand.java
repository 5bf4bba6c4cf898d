// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.state;

import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.option.DiskNeed;
import io.nextclick.serving.cli.option.Preflight;
import io.nextclick.serving.cli.option.ServiceKey;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code checkpoint}: a copy of the state at one point in time. */
@Command(
    name = "checkpoint",
    mixinStandardHelpOptions = true,
    description = {
      "Copies the state at one point in time, with the hashes of its files: complete or absent.",
      "serve --from starts with it; score --store reads it."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  nextclick checkpoint --service http://127.0.0.1:8081",
      "  nextclick checkpoint backup/monday --store data/store",
      "The first asks a running service; for the second none may run."
    })
public final class CheckpointCommand implements Callable<Integer> {

  @Parameters(arity = "0..1", paramLabel = "DIR", description = "A new directory.")
  private @Nullable Path target;

  @Option(
      names = "--service",
      paramLabel = "URL",
      description = "A running service's admin address: it writes one below store.checkpoints.")
  private @Nullable URI service;

  @Mixin private StoreOptions store = new StoreOptions();
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws CommandFailed, InterruptedException {
    URI running = service;
    Path copy = target;
    if ((copy == null) == (running == null)) {
      throw new ParameterException(spec.commandLine(), "Give one of DIR and --service");
    }
    String written;
    try {
      written = running == null ? copy(String.valueOf(copy)) : ask(running);
    } catch (IOException e) {
      throw new CommandFailed(String.valueOf(e.getMessage()), e);
    }
    spec.commandLine().getOut().println("Wrote checkpoint " + written);
    spec.commandLine().getOut().flush();
    return 0;
  }

  private String copy(String directory) throws CommandFailed, IOException {
    Preflight.newDirectory(Path.of(directory));
    Preflight.store(store.directory());
    Path parent = Path.of(directory).toAbsolutePath().getParent();
    if (parent != null) {
      Files.createDirectories(parent);
      Preflight.space(Path.of(directory), DiskNeed.ofCheckpoint(store.directory(), parent));
    }
    try (RocksDbSequenceStore open = store.open()) {
      open.checkpoint(Path.of(directory));
    }
    return directory;
  }

  private static String why(String body) {
    String why = body.strip().replace('\n', ' ');
    return why.isEmpty() || why.startsWith("<") ? "see the service's log" : why;
  }

  private static String ask(URI service) throws CommandFailed, IOException, InterruptedException {
    Preflight.service(service);
    HttpRequest request =
        ServiceKey.on(HttpRequest.newBuilder(service.resolve("/tasks/checkpoint")))
            .POST(BodyPublishers.noBody())
            .build();
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
      if (answer.statusCode() != 200) {
        throw new CommandFailed(
            "%s answered %d: %s".formatted(request.uri(), answer.statusCode(), why(answer.body())));
      }
      return answer.body().strip();
    } catch (IOException e) {
      throw new CommandFailed(request.uri() + " does not answer: is the service running?", e);
    }
  }
}
