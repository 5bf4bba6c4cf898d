// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nextclick.features.sequence.FoldSettings;
import io.nextclick.ingest.kafka.client.EventPublisher;
import io.nextclick.ingest.kafka.client.KafkaSettings;
import io.nextclick.model.data.Impressions;
import io.nextclick.model.evaluate.RankingMetrics;
import io.nextclick.model.train.Recipe;
import io.nextclick.model.train.TrainedModel;
import io.nextclick.model.train.Training;
import io.nextclick.serving.NextclickServer;
import io.nextclick.serving.cli.model.TrainingDays;
import io.nextclick.serving.cli.model.TrainingProgress;
import io.nextclick.serving.cli.model.TrainingRun;
import io.nextclick.serving.cli.option.CommandFailed;
import io.nextclick.serving.cli.run.DemoShop.HeldOut;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code nextclick demo}: a made-up shop, a real Kafka broker, a real store, real answers. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = {
      "Shows all of it on this machine: a made-up shop, Kafka, a store, a trained model, ranked"
          + " lists.",
      "Writes the shop's events to an embedded Kafka broker, puts them in order in RocksDB, trains"
          + " a Transformer on them, fits the other rankers, serves on port 8080, and prints"
          + " requests to try. Needs no network."
    })
public final class DemoCommand implements Callable<Integer> {

  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final String MODEL = "transformer";
  private static final String JSON_HEADER = "-H 'content-type: application/json'";

  @Option(
      names = "--check",
      description = "Make the requests, print what came back, stop; 0 only if every step worked.")
  private boolean check;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      defaultValue = "8080",
      description = "For HTTP. Default: ${DEFAULT-VALUE}; with --check another one if it is taken.")
  private int port;

  @Option(
      names = "--seed",
      paramLabel = "SEED",
      defaultValue = "42",
      description = "Of the shop. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--directory",
      paramLabel = "DIR",
      description = "New or empty, for all files. Default: a temporary one.")
  private @Nullable Path directory;

  @Option(names = "--keep", description = "Keep the files of a temporary directory.")
  private boolean keep;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws Exception {
    DemoDirectory files = DemoDirectory.of(directory);
    int free = DemoDirectory.freePort(port);
    if (free != port && !check) {
      throw new CommandFailed("port " + port + " is taken; use --port");
    }
    int brokerPort = DemoDirectory.freePort(19092);
    say("Files are in %s", files.path());
    DemoShop shop = new DemoShop(seed);
    train(shop, files.models());
    Path config =
        files.configure(free, DemoDirectory.freePort(free + 1), brokerPort, MODEL + "/v1");
    NextclickServer server = ServerStart.startClosed(config);
    AutoCloseable all =
        () -> {
          server.close();
          if (files.temporary() && !keep) {
            files.delete();
          }
        };
    if (!check) {
      StopOnSignal.install(all, new Notices(false));
    }
    boolean done = false;
    try (DemoClient client = new DemoClient(server, free)) {
      load(shop, client, brokerPort);
      server.open(); // the first list that anybody sees is one of the model
      evaluate(shop, client);
      tryOut(shop, client, free);
      done = true;
    } finally {
      if (check || !done) {
        all.close();
      }
    }
    if (check) {
      say("Every step worked.");
    } else {
      say("Ctrl-C stops it%s.", files.temporary() && !keep ? " and removes the files" : "");
      server.join();
    }
    return 0;
  }

  private void train(DemoShop shop, Path models) throws CommandFailed, IOException {
    // Two epochs of six have most of what all have, and the demo waits for them.
    Recipe recipe = Recipe.preset("clicks").with(Map.of("epochs", "2"));
    var days = TrainingDays.of(shop.events(), ZoneOffset.UTC);
    try (var run = TrainingRun.open(models.resolve(MODEL), true)) {
      var progress = new TrainingProgress(spec.commandLine().getOut(), recipe, "clicks", models);
      int threads = Runtime.getRuntime().availableProcessors();
      TrainedModel trained =
          new Training(recipe, seed, threads, null, progress)
              .clicks(
                  shop.events().iterator(),
                  FoldSettings.DEFAULT,
                  Impressions.CLICK,
                  days.split(null, null));
      Path bundle = run.publish(trained, recipe, Map.of("events", "the demo's shop"));
      progress.finished(trained, bundle);
    }
  }

  private void load(DemoShop shop, DemoClient client, int brokerPort)
      throws CommandFailed, InterruptedException {
    long start = System.nanoTime();
    int sent;
    try (EventPublisher publisher = connect(KafkaSettings.of("127.0.0.1:" + brokerPort))) {
      say("Kafka is up after %.1f s", seconds(start));
      start = System.nanoTime();
      sent = shop.publish(publisher);
    }
    say(
        "Published %,d events of %,d users and %,d items to Kafka in %.1f s",
        sent, shop.users(), shop.items(), seconds(start));
    await("all events folded", () -> client.folded() >= sent);
    say(
        "Folded all of them into RocksDB %.1f s after the first was sent: %,.0f events/s",
        seconds(start), sent / seconds(start));
    // At least so many: somebody may be sending events of their own already.
    await("the rankers fitted", () -> client.fitted() >= sent);
    say("Fitted popularity and Markov to %,d events", sent);
  }

  private static EventPublisher connect(KafkaSettings settings)
      throws CommandFailed, InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        return EventPublisher.open(settings);
      } catch (IOException e) {
        if (System.nanoTime() - end > 0) {
          throw new CommandFailed("the embedded broker did not come up: " + e.getMessage(), e);
        }
        Thread.sleep(200);
      }
    }
  }

  /**
   * How well each ranker orders the pages that it has not seen; the oracle is the best possible.
   */
  private void evaluate(DemoShop shop, DemoClient client) throws CommandFailed {
    List<HeldOut> pages = shop.heldOut();
    int rows = pages.stream().mapToInt(page -> page.items().size()).sum();
    say(
        "%nOrder of %d pages that were held out (AUC within the page; 0.5 is chance; the oracle"
            + " knows the shop's own click probabilities: nobody can be better)",
        pages.size());
    for (String ranker : List.of("popularity", "markov", MODEL, "oracle")) {
      int[] page = new int[rows];
      double[] scores = new double[rows];
      boolean[] clicked = new boolean[rows];
      int row = 0;
      for (int p = 0; p < pages.size(); p++) {
        HeldOut held = pages.get(p);
        List<String> order =
            ranker.equals("oracle") ? List.of() : client.order(held.user(), held.items(), ranker);
        for (int i = 0; i < held.items().size(); i++) {
          page[row] = p;
          scores[row] = order.isEmpty() ? held.oracle()[i] : -order.indexOf(held.items().get(i));
          clicked[row++] = held.clicked()[i];
        }
      }
      say("  %-11s %.3f", ranker, RankingMetrics.gauc(page, scores, clicked));
    }
  }

  /** The three requests to paste; with --check, what they answer. */
  private void tryOut(DemoShop shop, DemoClient client, int serving) throws Exception {
    String user = shop.longestUser();
    ObjectNode rank = DemoClient.rankBody(user).put("limit", 5);
    JsonNode before = client.rank(rank);
    String clicked = DemoClient.items(client.rank(rank.deepCopy().put("limit", 40))).getLast();
    String event =
        "{\"id\":\"demo-1\",\"action\":\"click\",\"user\":\"%s\",\"item\":\"%s\",\"time\":%d}"
            .formatted(user, clicked, Math.max(System.currentTimeMillis(), shop.endMillis()));
    String url = "http://localhost:" + serving;
    String ask = "curl -s %s/v1/rank %s -d '%s'".formatted(url, JSON_HEADER, rank);
    String tell = "curl -s '%s/v1/events?wait=true' %s -d '%s'".formatted(url, JSON_HEADER, event);
    say("%nTry it: rank, click, and see the list change%n  %s%n  %s%n  %s", ask, tell, ask);
    say("Console: %s/?user=%s%n", url, user);
    if (check) {
      say("%s%n  %s", ask, before);
      say("%s%n  %s", tell, client.post("/v1/events?wait=true", event, 200));
      JsonNode after = client.rank(rank);
      say("%s%n  %s", ask, after);
      if (DemoClient.items(after).equals(DemoClient.items(before))) {
        throw new CommandFailed("the click did not change the list");
      }
      say("GET /v1/items/%s%n  %s", clicked, client.get("/v1/items/" + clicked));
      say("GET /ready%n  %s", client.ready());
      client.get("/v1/users/" + user);
      client.get("/openapi.json");
      client.text("/");
    }
  }

  private interface Condition {
    boolean holds() throws CommandFailed;
  }

  private static void await(String what, Condition condition)
      throws CommandFailed, InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() - end > 0) {
        throw new CommandFailed("gave up after " + PATIENCE.toSeconds() + " s: " + what);
      }
      Thread.sleep(50);
    }
  }

  private static double seconds(long startNanos) {
    return (System.nanoTime() - startNanos) / 1e9;
  }

  private void say(String format, Object... values) {
    PrintWriter out = spec.commandLine().getOut();
    out.printf(format + "%n", values);
    out.flush();
  }
}
