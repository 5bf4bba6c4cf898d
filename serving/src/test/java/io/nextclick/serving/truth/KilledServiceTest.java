// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.truth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.nextclick.broker.EmbeddedBroker;
import io.nextclick.serving.cli.CommandRun;
import io.nextclick.serving.truth.Sender.Acknowledged;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The service is killed again and again, while a client that knows what was acknowledged checks the
 * age of every answer.
 *
 * <p>{@code -Dnextclick.kills=200} shares so many kills between the two brokers; one in four then
 * leaves the service dead for longer than the group's session, one in five kills it again while it
 * starts.
 */
class KilledServiceTest {

  private static final long SEED = 20261130;
  private static final int KILLS = Integer.getInteger("nextclick.kills", 2);
  private static final int SLOW = 4;
  private static final boolean CAMPAIGN = KILLS > SLOW;
  private static final Duration SOON = Duration.ofSeconds(120);

  /** Of the few kills none is slower than the session: who waits for its end does not come far. */
  private static final int SESSION_MILLIS = CAMPAIGN ? 10_000 : 600_000;

  @TempDir private Path directory;

  private final Random random = new Random(SEED);
  private final List<Long> restarts = new ArrayList<>();

  @Test
  void killed_withAClusterThatGoesOn_saysNoAgeYoungerThanTheTruth() throws Exception {
    try (EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("broker"), 0)) {
      live(
          "{servers: \"%s\", client: {session.timeout.ms: %d}}"
              .formatted(broker.bootstrapServers(), SESSION_MILLIS),
          broker.bootstrapServers());
    }
  }

  @Test
  void killed_withTheBrokerInside_saysNoAgeYoungerThanTheTruth() throws Exception {
    int port = ServiceProcess.freePort();
    live(
        "{servers: embedded, port: %d, directory: \"%s\", client: {session.timeout.ms: %d}}"
            .formatted(port, directory.resolve("kafka"), SESSION_MILLIS),
        "127.0.0.1:" + port);
  }

  private void live(String kafka, String bootstrapServers) throws Exception {
    System.out.printf("seed=%d, kills=%d%n", SEED, KILLS / 2);
    try (ServiceProcess service = new ServiceProcess(directory.resolve("service"), kafka);
        Sender sender = new Sender(bootstrapServers, "nextclick-events", SEED, 10);
        TruthClient client = new TruthClient(sender, List.of(service), SEED)) {
      service.start();
      sender.start();
      client.start();
      awaitAge(service, client);
      for (int kill = 0; kill < KILLS / 2; kill++) {
        TimeUnit.MILLISECONDS.sleep(random.nextInt(kill % 3 == 0 ? 3_000 : 300));
        service.kill();
        if (CAMPAIGN && kill % SLOW == SLOW - 1) {
          TimeUnit.SECONDS.sleep(11); // longer than the session
        } else {
          TimeUnit.MILLISECONDS.sleep(random.nextInt(1_000));
        }
        service.start();
        if (CAMPAIGN && kill % 5 == 4) {
          TimeUnit.MILLISECONDS.sleep(random.nextInt(5_000)); // while it starts
          service.kill();
          service.start();
        }
        awaitAge(service, client); // each life comes to the end of the log
        assertThat(client.lies()).as("after kill %d: %s", kill + 1, client.figures()).isEmpty();
        if (CAMPAIGN) {
          System.out.printf("kill %d: %s%n", kill + 1, client.figures());
        }
      }
      sender.finish();
      nothingIsLostOrDoubled(service, sender);
      System.out.printf(
          "%s; from a start to the first age: longest %d ms, mean %.0f ms%n",
          client.figures(),
          restarts.stream().mapToLong(Long::longValue).max().orElse(0),
          restarts.stream().mapToLong(Long::longValue).average().orElse(0));
      assertThat(client.lies()).isEmpty();
      Path log = directory.resolve("topics.jsonl.zst");
      CommandRun export = CommandRun.of("export", log.toString(), "--kafka", bootstrapServers);
      assertThat(export.status()).as(export.output()).isZero();
      client.close();
      service.stop();
      assertThat(FoldCheck.differences(log, directory.resolve("service").resolve("store")))
          .isEmpty();
    }
  }

  private void awaitAge(ServiceProcess service, TruthClient client) {
    long start = System.nanoTime();
    long before = client.aged();
    await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> client.aged() > before || !service.isRunning());
    assertThat(service.isRunning()).isTrue();
    restarts.add(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
  }

  static void nothingIsLostOrDoubled(ServiceProcess service, Sender sender) {
    await()
        .atMost(SOON)
        .untilAsserted(() -> {
          for (String user : sender.users()) {
            HttpResponse<String> response = service.user("GET", user, "");
            assertThat(response.statusCode()).isEqualTo(200);
            List<String> items = new ArrayList<>();
            for (JsonNode entry : ServiceProcess.json(response).path("entries")) {
              items.add(entry.path("item").asText());
            }
            assertThat(items)
                .as(user)
                .doesNotHaveDuplicates()
                .containsAll(sender.of(user).stream().map(Acknowledged::item).toList());
          }
        });
  }
}
