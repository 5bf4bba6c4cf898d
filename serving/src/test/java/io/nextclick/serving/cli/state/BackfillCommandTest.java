// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.nextclick.serving.cli.CommandRun;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BackfillCommandTest {

  @Test
  void backfill_serviceThatIsKilled_saysThatTheSameCallGoesOn() throws Exception {
    try (ServerSocket service = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual().start(() -> answerHalf(service));

      CommandRun run =
          CommandRun.of(
              "backfill", "--service=http://127.0.0.1:" + service.getLocalPort(), "--store=x");

      assertThat(run.status()).isEqualTo(1);
      assertThat(run.output())
          .contains("RUNNING; 7 records folded", "the same call goes on where it was")
          .doesNotContain("\tat ");
    }
  }

  @Test
  void backfill_serviceThatNobodyNamed_isLeftAlone() {
    CommandRun run = CommandRun.of("backfill", "--store=x");
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.output()).contains("127.0.0.1:8081", "--service", "--yes");
  }

  private static void answerHalf(ServerSocket service) {
    try (Socket client = service.accept();
        OutputStream out = client.getOutputStream()) {
      String line = "RUNNING; 7 records folded\n";
      out.write(
          ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                  + Integer.toHexString(line.length())
                  + "\r\n"
                  + line
                  + "\r\n")
              .getBytes(StandardCharsets.US_ASCII));
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
