// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.truth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.nextclick.broker.EmbeddedBroker;
import java.io.IOException;
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
 * Several services share the partitions of one topic, while they come and go: each answers for what
 * is its own, says what is not, and serves nobody who was erased at another.
 *
 * <p>{@code -Dnextclick.services=3 -Dnextclick.rebalances=30} for a long run.
 */
class SharedPartitionsTest {

  private static final long SEED = 20261201;
  private static final int SERVICES = Integer.getInteger("nextclick.services", 2);
  private static final int REBALANCES = Integer.getInteger("nextclick.rebalances", 0);
  private static final Duration SOON = Duration.ofSeconds(120);

  @TempDir private Path directory;

  private final Random random = new Random(SEED);
  private final List<ServiceProcess> services = new ArrayList<>();

  @Test
  void services_thatComeAndGo_answerForTheirOwnPartitionsAlone() throws Exception {
    try (EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("broker"), 0)) {
      for (int i = 0; i < SERVICES; i++) {
        services.add(
            new ServiceProcess(
                directory.resolve("service-" + i),
                "{servers: \"%s\"}".formatted(broker.bootstrapServers())));
      }
      try (Sender sender = new Sender(broker.bootstrapServers(), "nextclick-events", SEED, 10);
          TruthClient client = new TruthClient(sender, services, SEED)) {
        ServiceProcess first = services.get(0);
        ServiceProcess second = services.get(1);
        first.start();
        await().atMost(SOON).until(() -> owned(first) == 6);
        sender.start();
        client.start();
        await().atMost(SOON).until(() -> sender.users().size() == 40);

        second.start();
        await().atMost(SOON).until(() -> owned(first) == 3 && owned(second) == 3);
        await().atMost(SOON).until(() -> client.notOwned() > 0);

        // Erased where its events are read now; the other one has a copy from before.
        erase(ownedBy(second, sender), second, client, sender);
        second.stop();
        await().atMost(SOON).until(() -> owned(first) == 6);
        second.start();
        await().atMost(SOON).until(() -> owned(first) == 3 && owned(second) == 3);
        for (int i = 0; i < REBALANCES; i++) {
          change(client, sender);
        }
        sender.finish();
        System.out.println(client.figures());
        assertThat(client.lies()).isEmpty();
      } finally {
        for (ServiceProcess service : services) {
          service.close();
        }
      }
    }
  }

  /** One starts, stops or is killed, and now and then a user is erased. */
  private void change(TruthClient client, Sender sender) throws Exception {
    ServiceProcess one = services.get(random.nextInt(services.size()));
    long running = services.stream().filter(ServiceProcess::isRunning).count();
    if (!one.isRunning()) {
      one.start();
    } else if (running > 1 && random.nextBoolean()) {
      one.stop();
    } else if (running > 1) {
      one.kill();
    }
    TimeUnit.MILLISECONDS.sleep(random.nextInt(4_000));
    if (random.nextInt(3) == 0) {
      await().atMost(SOON).until(() -> services.stream().mapToInt(this::owned).sum() == 6);
      ServiceProcess owner =
          services.stream().filter(service -> owned(service) > 0).findAny().orElseThrow();
      erase(ownedBy(owner, sender), owner, client, sender);
    }
    assertThat(client.lies()).as(client.figures()).isEmpty();
    System.out.println(client.figures());
  }

  private static void erase(String user, ServiceProcess owner, TruthClient client, Sender sender)
      throws Exception {
    sender.retire(user);
    client.erasing(user); // it may take effect before its answer is here
    HttpResponse<String> response = owner.user("DELETE", user, "?wait=true");
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    client.erased(user);
  }

  /** A user with a history whose events a service reads. */
  private static String ownedBy(ServiceProcess service, Sender sender) throws Exception {
    for (String user : sender.users()) {
      JsonNode history = ServiceProcess.json(service.rank(user)).path("history");
      if (history.path("events").asInt() > 0 && !history.path("ageMillis").isNull()) {
        return user;
      }
    }
    throw new AssertionError("no user is owned");
  }

  /** Partitions of the events topic that a service reads, and is current with. */
  private int owned(ServiceProcess service) {
    try {
      JsonNode ready = ServiceProcess.json(service.admin("/ready"));
      return ready.path("partitions").path("current").asInt();
    } catch (IOException e) {
      return 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 0;
    }
  }
}
