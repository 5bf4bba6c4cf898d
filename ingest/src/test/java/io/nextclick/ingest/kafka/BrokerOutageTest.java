// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nextclick.broker.EmbeddedBroker;
import io.nextclick.ingest.kafka.IngestStatus.State;
import io.nextclick.ingest.kafka.client.EventPublisher;
import io.nextclick.ingest.kafka.client.KafkaSettings;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The broker is killed while events flow, and comes back. */
class BrokerOutageTest {

  private static final long SEED = 8;
  private static final long OUTAGE_NANOS = TimeUnit.SECONDS.toNanos(3);

  @TempDir private Path directory;

  @Test
  void brokerKilledAndStartedAgain_stateIsSaidAndNothingIsLost() throws Exception {
    String port = Integer.toString(freePort());
    ChildJvm broker = startBroker(port);
    try {
      KafkaSettings settings = TestBroker.fresh("127.0.0.1:" + port);
      EventPublisher.open(settings).close();
      try (Traffic traffic = new Traffic(settings, SEED, 100_000);
          RunningIngest running = RunningIngest.start(settings, directory.resolve("ingest"))) {
        traffic.start();
        await().atMost(RunningIngest.PATIENCE).until(() -> running.status().records() > 2_000);
        broker.kill();
        await()
            .atMost(RunningIngest.PATIENCE)
            .until(() -> running.status().state() == State.BROKER_AWAY);
        assertThat(running.status().reason()).contains(port);
        assertThat(cpuShareDuringOutage()).isLessThan(0.2);

        long before = running.status().records();
        broker = startBroker(port);
        await()
            .atMost(RunningIngest.PATIENCE)
            .until(() -> running.status().records() > before + 2_000);
        traffic.close();
        try (TopicLog log =
            new TopicLog(
                settings.bootstrapServers(), settings.eventsTopic(), settings.itemsTopic())) {
          LogOracle oracle = new LogOracle(log, RunningIngest.FOLD);
          running.awaitAllRead(oracle);
          assertThat(oracle.differences(running.store())).isEmpty();
          assertThat(log.count()).isGreaterThanOrEqualTo(traffic.acknowledged.size());
        }
      }
    } finally {
      broker.kill();
    }
  }

  private ChildJvm startBroker(String port) throws IOException {
    ChildJvm broker =
        ChildJvm.start(
            EmbeddedBroker.class, directory, directory.resolve("broker").toString(), port);
    assertThat(broker.readLine()).isEqualTo("127.0.0.1:" + port);
    return broker;
  }

  /** CPU time of the ingest thread per time that passed. */
  private static double cpuShareDuringOutage() throws InterruptedException {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long id =
        Arrays.stream(threads.dumpAllThreads(false, false))
            .filter(info -> info.getThreadName().equals("ingest"))
            .mapToLong(ThreadInfo::getThreadId)
            .findFirst()
            .orElseThrow();
    long cpu = threads.getThreadCpuTime(id);
    long start = System.nanoTime();
    TimeUnit.NANOSECONDS.sleep(OUTAGE_NANOS);
    return (threads.getThreadCpuTime(id) - cpu) / (double) (System.nanoTime() - start);
  }

  private static int freePort() throws IOException {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    }
  }
}
