// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.truth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clients that open connections take no files from the broker and the store of a real process. */
@Timeout(180)
class FewFilesTest {

  private static final int FILES = 800;

  @TempDir private Path directory;

  @Test
  void connectionsBeyondTheFiles_areTurnedAway_andTheLogGoesOn() throws Exception {
    String kafka =
        "{servers: embedded, port: %d, directory: \"%s\"}"
            .formatted(ServiceProcess.freePort(), directory.resolve("log"));
    List<Socket> idle = new ArrayList<>();
    try (ServiceProcess service = new ServiceProcess(directory, kafka)) {
      service.startWithFiles(FILES);
      await()
          .atMost(Duration.ofSeconds(90))
          .ignoreExceptions()
          .until(() -> post(service, 0) == 200);
      for (int i = 0; i < FILES; i++) {
        idle.add(new Socket(InetAddress.getLoopbackAddress(), service.port()));
      }
      for (int i = 1; i < 40; i++) {
        assertThat(post(service, i)).isEqualTo(200);
        HttpResponse<String> answer = service.rank("u" + i);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.body()).contains("\"events\":1,");
      }
      assertThat(service.admin("/ready").body()).contains("\"faults\":[]", "RUNNING");
      assertThat(service.printed())
          .contains("The process may open " + FILES + " files", "ulimit -n")
          .doesNotContain("ERROR");
    } finally {
      for (Socket socket : idle) {
        socket.close();
      }
    }
  }

  private static int post(ServiceProcess service, int i) throws Exception {
    String event =
        "{\"id\":\"e%d\",\"action\":\"click\",\"user\":\"u%d\",\"item\":\"i\",\"time\":%d}"
            .formatted(i, i, 1_767_225_600_000L + i);
    return service.event(event).statusCode();
  }
}
