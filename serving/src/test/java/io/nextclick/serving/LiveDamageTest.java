// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nextclick.serving.cli.CommandRun;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is damaged on the disk of a real service stops alone, and is named. */
@Timeout(180)
class LiveDamageTest {

  private static final int USERS = 800;

  @TempDir private Path directory;

  private int round;

  @Test
  void damagedBlock_itsUsersGetTheListForAll_theOthersTheirOwn_andABackfillMendsIt()
      throws Exception {
    try (RunningService service = start()) {
      await().atMost(Duration.ofSeconds(60)).until(() -> postAll(service) == 200);
    }
    damageABlock(directory.resolve("store"));

    try (RunningService service = start()) {
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> service.admin("/ready").statusCode() == 200);
      TreeSet<Integer> damaged = rankAll(service);
      assertThat(damaged).hasSizeBetween(1, USERS / 4);

      HttpResponse<String> health = service.admin("/healthcheck");
      assertThat(health.statusCode()).isEqualTo(500);
      assertThat(health.body()).contains("the stored state of nextclick-events-", "backfill");
      HttpResponse<String> ready = service.admin("/ready");
      assertThat(ready.statusCode()).isEqualTo(200);
      assertThat(ready.body()).contains("\"faults\":[\"the stored state of nextclick-events-");
      assertThat(service.admin("/metrics").body())
          .containsPattern("nextclick_state_unreadable_partitions 1.0");

      HttpResponse<String> user = service.get("/v1/users/u" + damaged.first());
      assertThat(user.statusCode()).isEqualTo(503);
      assertThat(user.headers().firstValue("Retry-After")).isPresent();
      assertThat(user.body()).contains("damaged", "/healthcheck");

      assertThat(post(service, damaged.first())).isEqualTo(503);
      assertThat(service.admin("/ready").body()).contains("is stopped", "nextclick backfill");

      CommandRun copy =
          CommandRun.of("checkpoint", "--service=http://127.0.0.1:" + service.adminPort());
      assertThat(copy.status()).as("no copy is made of what is damaged").isEqualTo(1);
      assertThat(copy.output()).contains("block checksum mismatch");

      CommandRun mended =
          CommandRun.of(
              "backfill",
              "--store=" + directory.resolve("mended"),
              "--service=http://127.0.0.1:" + service.adminPort());
      assertThat(mended.status()).as(mended.output()).isZero();
      assertThat(rankAll(service)).isEmpty();
      await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(
              () -> assertThat(service.admin("/healthcheck").body()).doesNotContain("false"));
    }
    CommandRun doctor = CommandRun.of("doctor", "--store=" + directory.resolve("store"));
    assertThat(doctor.status()).isEqualTo(1);
    assertThat(doctor.output()).containsPattern("store +FAILED: .*cannot be read whole");
    CommandRun sound = CommandRun.of("doctor", "--store=" + directory.resolve("mended"));
    assertThat(sound.output()).contains("is whole: 800 users in 2 partitions");
  }

  /** The users whose state was not read. */
  private static TreeSet<Integer> rankAll(RunningService service) throws Exception {
    TreeSet<Integer> damaged = new TreeSet<>();
    for (int u = 0; u < USERS; u++) {
      HttpResponse<String> answer = rank(service, u);
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      if (answer.body().contains("\"fallback\":\"state-damaged\"")) {
        damaged.add(u);
        assertThat(answer.body())
            .contains("\"name\":\"popularity\"")
            .contains("\"ageMillis\":null,\"ageUnknown\":\"state-damaged\"");
      } else {
        assertThat(answer.body()).containsPattern("\"events\":[12],");
      }
    }
    return damaged;
  }

  private static HttpResponse<String> rank(RunningService service, int user) throws Exception {
    return service.post(
        "/v1/rank", "{\"user\":\"u%d\",\"candidates\":[\"i1\",\"i2\"]}".formatted(user));
  }

  private int postAll(RunningService service) throws Exception {
    return send(service, IntStream.range(0, USERS));
  }

  private int post(RunningService service, int user) throws Exception {
    return send(service, IntStream.of(user));
  }

  private int send(RunningService service, IntStream users) throws Exception {
    round += USERS;
    String lines =
        users
            .mapToObj(u ->
                "{\"id\":\"e%d\",\"action\":\"click\",\"user\":\"u%d\",\"item\":\"i%d\",\"time\":%d}"
                    .formatted(u + round, u, u % 50, 1_767_225_600_000L + u * 1_000L))
            .collect(Collectors.joining("\n"));
    HttpResponse<String> answer =
        service.send(
            "POST",
            "/v1/events?wait=true",
            BodyPublishers.ofString(lines),
            "Content-Type",
            "application/x-ndjson");
    assertThat(answer.statusCode()).as(answer.body()).isNotEqualTo(400);
    return answer.statusCode();
  }

  /** One bit, in the middle of the file that holds the sequences. */
  private static void damageABlock(Path store) throws IOException {
    Path largest;
    try (var files = Files.list(store)) {
      largest =
          files
              .filter(file -> file.toString().endsWith(".sst"))
              .max(Comparator.comparingLong(file -> file.toFile().length()))
              .orElseThrow();
    }
    byte[] bytes = Files.readAllBytes(largest);
    bytes[bytes.length / 4] ^= 4; // of the first of two partitions
    Files.write(largest, bytes);
  }

  private RunningService start() throws Exception {
    String yaml =
        """
        kafka: {servers: embedded, port: %d, directory: "%s", partitions: 2}
        answers: {sample: 1}
        """
            .formatted(LiveAnswersTest.freePort(), directory.resolve("log"));
    return RunningService.start(directory, yaml);
  }
}
