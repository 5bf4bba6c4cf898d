// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.truth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.nextclick.broker.EmbeddedBroker;
import io.nextclick.serving.cli.CommandRun;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The disk of the service loses its power again and again, under load: what was not forced is gone,
 * and is read again from the log. {@code -Dnextclick.power=20} cuts it so often; it needs root and
 * a loop device, so that none is cut without being asked for.
 */
class PowerLossTest {

  private static final long SEED = 20261130;
  private static final int CUTS = Integer.getInteger("nextclick.power", 0);
  private static final Duration SOON = Duration.ofSeconds(120);

  @TempDir private Path directory;

  @Test
  void powerLost_again_andAgain_nothingIsLostOrDoubled() throws Exception {
    assumeTrue(CUTS > 0, "-Dnextclick.power=20 cuts the power so often");
    assumeTrue(LoopDisk.isPossible(), "no root, or no loop device");
    Random random = new Random(SEED);
    try (EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("broker"), 0);
        LoopDisk disk = new LoopDisk(directory)) {
      Path store = disk.path().resolve("store");
      String kafka = "{servers: \"%s\"}".formatted(broker.bootstrapServers());
      try (ServiceProcess service =
              new ServiceProcess(
                  directory.resolve("service"), store, kafka, "answers: {sample: 1}");
          Sender sender = new Sender(broker.bootstrapServers(), "nextclick-events", SEED, 10);
          TruthClient client = new TruthClient(sender, List.of(service), SEED)) {
        service.start();
        sender.start();
        client.start();
        awaitAge(client);
        for (int cut = 0; cut < CUTS; cut++) {
          TimeUnit.MILLISECONDS.sleep(500 + random.nextInt(cut % 3 == 0 ? 8_000 : 1_500));
          disk.cutPower();
          TimeUnit.MILLISECONDS.sleep(
              random.nextInt(cut % 2 == 0 ? 1 : 400)); // it meets the faults
          service.kill();
          disk.unmount();
          disk.mount();
          service.start();
          awaitAge(client);
          assertThat(client.lies()).as("after cut %d: %s", cut + 1, client.figures()).isEmpty();
          System.out.printf("cut %d: %s%n", cut + 1, client.figures());
        }
        sender.finish();
        KilledServiceTest.nothingIsLostOrDoubled(service, sender);
        assertThat(client.lies()).isEmpty();
        Path log = directory.resolve("topics.jsonl.zst");
        CommandRun export =
            CommandRun.of("export", log.toString(), "--kafka", broker.bootstrapServers());
        assertThat(export.status()).as(export.output()).isZero();
        client.close();
        service.stop();
        assertThat(FoldCheck.differences(log, store)).isEmpty();
      }
    }
  }

  private static void awaitAge(TruthClient client) {
    long before = client.aged();
    await().atMost(SOON).pollInterval(Duration.ofMillis(20)).until(() -> client.aged() > before);
  }
}
