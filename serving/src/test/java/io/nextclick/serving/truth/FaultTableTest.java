// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.truth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.nextclick.serving.truth.FaultGround.Told;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every kind of damage at one service that runs. Of each: only what must stop stops; {@code
 * /ready}, {@code /healthcheck}, the metrics and the log name it within 5 s; ranking goes on all
 * the while; it heals by itself, or by the one action that is named.
 */
@Timeout(120)
class FaultTableTest {

  private static final Duration NAMED = Duration.ofSeconds(5);
  private static final Duration HEALED = Duration.ofSeconds(30);
  private static final String NO_FAULT = "\"faults\":\\[\\]";
  private static final String ALL_WELL = "\"ingest\":\\{\"healthy\":true,\"message\":\"RUNNING\"";

  @TempDir private static Path directory;
  private static FaultGround ground;

  /** What of the events is not folded. */
  private enum Stops {
    NOTHING,
    ONE_PARTITION,
    /** One, and the others when RocksDB compacts what is damaged: then it writes no more at all. */
    ONE_PARTITION_OR_ALL,
    ALL_EVENTS
  }

  /** In this order: a log line that comes once a minute at most is asked of one row of a life. */
  private enum Fault {
    SLOW_CLIENTS(
        Stops.NOTHING,
        new Told(
            NO_FAULT,
            ALL_WELL,
            "nextclick_clients_turned_away_total\\{reason=\"slow-body\"} [1-9]",
            "Clients are turned away, [a-z-]+ at last")) {
      @Override
      void inflict() throws Exception {
        ground.openConnections(
            50, "POST /v1/rank HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n");
      }

      @Override
      void heal() throws Exception {
        ground.closeConnections();
      }
    },
    ALL_HANDLES(
        Stops.NOTHING,
        new Told(
            NO_FAULT,
            ALL_WELL,
            "nextclick_clients_turned_away_total\\{reason=\"(address|connections)\"} [1-9]",
            "The process may open " + FaultGround.FILES + " files: each port takes")) {
      @Override
      void inflict() throws Exception {
        ground.openConnections(FaultGround.FILES, "");
      }

      @Override
      void heal() throws Exception {
        ground.closeConnections();
      }
    },
    CLOCKS_APART(
        Stops.ALL_EVENTS,
        new Told(
            "no events are taken: Kafka refuses the time .*put the clocks right",
            "no events are taken: Kafka refuses the time .*put the clocks right",
            "nextclick_log_closed 1.0",
            "Kafka did not acknowledge: .*InvalidTimestamp")) {
      @Override
      void inflict() throws Exception {
        ground.clocksApart(true);
        assertThat(ground.event(0).statusCode()).isEqualTo(503);
      }

      @Override
      void heal() throws Exception {
        ground.clocksApart(false);
      }
    },
    GIANT_RECORD(
        Stops.NOTHING,
        new Told(
            NO_FAULT,
            "[1-9] of \\d+ records of the last 5 minutes refused",
            "nextclick_ingest_refused_records_total\\{reason=\"too-large\"} 1",
            "Refused 1 of \\d+ records \\(too-large 1\\)")) {
      @Override
      void inflict() throws Exception {
        ground.send(new byte[3 << 20], "none");
      }
    },
    FULL_DISK(
        Stops.ALL_EVENTS,
        new Told(
            "\"ingest\":\"PAUSED: .*make room",
            "reading pauses: .*make room",
            "nextclick_ingest_state\\{state=\"paused\"} 1.0",
            "PAUSED")) {
      @Override
      void inflict() throws Exception {
        assumeTrue(ground.hasASmallDisk(), "root may not mount a tmpfs here");
        ground.fillTheDisk();
      }

      @Override
      void heal() throws Exception {
        ground.makeRoom();
      }
    },
    DAMAGED_BLOCK(
        Stops.ONE_PARTITION_OR_ALL,
        new Told(
            "the stored state of nextclick-events-\\d",
            "the stored state of nextclick-events-\\d.*backfill",
            "nextclick_state_unreadable_partitions 1.0",
            "the stored state of nextclick-events-\\d")) {
      @Override
      void inflict() throws Exception {
        ground.restart(ground::damageABlock);
        ground.rankTheDamaged();
      }

      @Override
      void heal() throws Exception {
        ground.backfill();
      }
    },
    DAMAGED_SEGMENT(
        Stops.ONE_PARTITION,
        new Told(
            "nextclick-events-0 is stopped: .*cannot be read",
            "nextclick-events-0 is stopped: .*cannot be read",
            "nextclick_ingest_failed_partitions 1.0",
            "Stopped reading nextclick-events-0")) {
      @Override
      void inflict() throws Exception {
        ground.restart(ground::damageTheSegment);
      }

      @Override
      void heal() throws Exception {
        ground.skip();
      }
    },
    DAMAGED_FILES(
        Stops.NOTHING,
        new Told(
            NO_FAULT,
            "answers cannot be logged .*; clicks are not joined with answers",
            "nextclick_answers_dropped_total [1-9]",
            "Answers cannot be logged to .*; ranking goes on")) {
      @Override
      void inflict() throws Exception {
        ground.restart(ground::damageFiles);
      }

      @Override
      void heal() throws Exception {
        ground.moveDamagedFilesAway();
      }
    },
    BOMB(
        Stops.NOTHING,
        new Told(
            NO_FAULT,
            "[1-9] of \\d+ records of the last 5 minutes refused",
            "nextclick_ingest_refused_records_total\\{reason=\"too-large\"} [1-9]",
            "Refused \\d+ of \\d+ records \\(.*too-large")) {
      @Override
      void inflict() throws Exception {
        ground.send(new byte[70 << 20], "zstd");
      }
    };

    private final Stops stops;
    private final Told told;

    Fault(Stops stops, Told told) {
      this.stops = stops;
      this.told = told;
    }

    abstract void inflict() throws Exception;

    /** The one action that the message names; nothing where it heals by itself. */
    void heal() throws Exception {}
  }

  @BeforeAll
  static void start() throws Exception {
    ground = new FaultGround(directory);
    ground.start();
  }

  @AfterAll
  static void stop() throws Exception {
    ground.close();
  }

  @ParameterizedTest
  @EnumSource
  void fault(Fault fault) throws Exception {
    await().atMost(HEALED).untilAsserted(() -> assertThatAllIsWell());
    try (RankingWatch ranking = ground.watchRanking()) {
      fault.inflict();
      try {
        await().atMost(NAMED).untilAsserted(() -> ground.assertThatItIsTold(fault.told));
        assertThat(isFolded(0)).as("events of who is hurt").isEqualTo(fault.stops == Stops.NOTHING);
        boolean others = isFolded(1);
        if (fault.stops != Stops.ONE_PARTITION_OR_ALL) {
          assertThat(others).as("events of others").isEqualTo(fault.stops != Stops.ALL_EVENTS);
        }
      } finally {
        fault.heal();
      }
      await().atMost(HEALED).untilAsserted(() -> assertThatAllIsWell());
      assertThat(ranking.ranked()).isPositive();
      assertThat(ranking.failures()).isEmpty();
    }
  }

  private static boolean isFolded(int user) throws Exception {
    return ground.event(user).statusCode() == 200;
  }

  private static void assertThatAllIsWell() throws Exception {
    assertThat(ground.event(0).statusCode()).isEqualTo(200);
    assertThat(ground.event(1).statusCode()).isEqualTo(200);
    HttpResponse<String> health = ground.admin("/healthcheck");
    assertThat(health.statusCode()).as(health.body()).isEqualTo(200);
    HttpResponse<String> ready = ground.admin("/ready");
    assertThat(ready.statusCode()).as(ready.body()).isEqualTo(200);
    assertThat(ready.body()).contains("\"faults\":[]", "RUNNING");
  }
}
