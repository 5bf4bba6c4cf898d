// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TwoStoresTest {

  @TempDir private Path directory;

  @Test
  void twoServices_withStoresInOneDirectory_shareNoFile() throws Exception {
    String rank = "{\"user\":\"ann\",\"candidates\":[\"a\"]}";
    try (NextclickServer first = NextclickServer.start(configuration("store"));
        NextclickServer second = NextclickServer.start(configuration("other"))) {
      assertThat(RunningService.of(first).post("/v1/rank", rank).statusCode()).isEqualTo(200);
      assertThat(RunningService.of(second).post("/v1/rank", rank).statusCode()).isEqualTo(200);
    }
    try (var files = Files.list(directory)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .contains(
              "impressions",
              "answers",
              "user.key",
              "other-impressions",
              "other-answers",
              "other-user.key");
    }
  }

  private Path configuration(String store) throws Exception {
    Path file = directory.resolve(store + ".yml");
    return Files.writeString(
        file,
        """
        store: {path: "%s"}
        kafka: none
        server:
          applicationConnectors: [{type: http, bindHost: 127.0.0.1, port: 0}]
          adminConnectors: [{type: http, port: 0}]
        """
            .formatted(directory.resolve(store)));
  }
}
