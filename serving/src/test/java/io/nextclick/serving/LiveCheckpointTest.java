// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.nextclick.serving.cli.CommandRun;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Copies of the state of a running service: on a schedule, on a call, scored, started from. */
@Timeout(300)
class LiveCheckpointTest {

  private static final int USERS = 20;
  private static final int KEEP = 2;

  @TempDir private Path directory;

  @Test
  void checkpoints_ofARunningService_areWholeFewAndUsable() throws Exception {
    RandomModel.publish(directory.resolve("models"), "v1", 50, 1);
    Path checkpoints = directory.resolve("checkpoints");
    String yaml =
        """
        kafka: {servers: embedded, port: 0, directory: "%s"}
        """
            .formatted(directory.resolve("kafka"));
    Path copy;
    JsonNode live;
    try (RunningService service = start(yaml, "checkpointEvery: 200ms, keepCheckpoints: " + KEEP)) {
      await().atMost(60, SECONDS).until(() -> post(service, 0) == 200);
      for (int round = 1; round < 10; round++) {
        assertThat(post(service, round)).isEqualTo(200);
      }
      await().atMost(60, SECONDS).until(() -> written(checkpoints).size() >= KEEP);

      CommandRun asked =
          CommandRun.of("checkpoint", "--service", "http://127.0.0.1:" + service.adminPort());
      assertThat(asked.status()).as(asked.output()).isZero();
      copy = directory.resolve("copy");
      // The schedule goes on and will remove it.
      Files.move(Path.of(asked.output().strip().replace("Wrote checkpoint ", "")), copy);
      live = user(service);
      assertThat(written(checkpoints).size()).isLessThanOrEqualTo(KEEP);

      CommandRun scored =
          CommandRun.of(
              "score",
              "--model=" + directory.resolve("models/shop/v1"),
              "--store=" + copy,
              "--limit=5",
              "--out=" + directory.resolve("lists"));
      assertThat(scored.status()).as(scored.output()).isZero();
      assertThat(Files.readAllLines(directory.resolve("lists/part-00000.jsonl")))
          .hasSize(USERS * 5);
      assertThat(user(service)).isEqualTo(live);
    }
    Path config =
        RunningService.configuration(
            Files.createDirectory(directory.resolve("restored")), "kafka: none");
    try (RunningService restored = RunningService.of(NextclickServer.start(config, copy))) {
      assertThat(user(restored)).isEqualTo(live);
    }
  }

  private RunningService start(String yaml, String store) throws Exception {
    return RunningService.start(directory, yaml, store);
  }

  private static int post(RunningService service, int round) throws Exception {
    String events =
        IntStream.range(0, USERS)
            .mapToObj(u ->
                "{\"id\":\"e%d-%d\",\"action\":\"click\",\"user\":\"u%d\",\"item\":\"i%d\",\"time\":%d}"
                    .formatted(
                        u, round, u, 1 + (u + round) % 50, 1_767_225_600_000L + 1_000L * round))
            .collect(Collectors.joining("\n"));
    return service
        .send(
            "POST",
            "/v1/events?wait=true",
            BodyPublishers.ofString(events),
            "Content-Type",
            "application/x-ndjson")
        .statusCode();
  }

  /** The stored sequence of a user. */
  private static JsonNode user(RunningService service) throws Exception {
    JsonNode events = RunningService.json(service.get("/v1/users/u7")).get("entries");
    assertThat(events).as("events of u7").hasSize(10);
    return events;
  }

  private static List<Path> written(Path checkpoints) throws IOException {
    if (!Files.exists(checkpoints)) {
      return List.of();
    }
    try (Stream<Path> list = Files.list(checkpoints)) {
      return list.filter(file -> file.getFileName().toString().matches("checkpoint-[0-9TZ.]+"))
          .toList();
    }
  }
}
