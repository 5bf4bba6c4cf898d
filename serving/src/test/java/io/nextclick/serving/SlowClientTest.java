// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SlowClientTest {

  @TempDir Path directory;

  /** Without the limit the request would stay open for as long as a byte comes now and then. */
  @Test
  void body_thatDrips_isDropped() throws Exception {
    try (RunningService service = RunningService.start(directory, "kafka: none");
        Socket socket = new Socket("127.0.0.1", service.port())) {
      socket.setSoTimeout(100);
      OutputStream out = socket.getOutputStream();
      out.write(
          "POST /v1/rank HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
              .getBytes(StandardCharsets.US_ASCII));
      String answer = "";
      for (int i = 0; i < 200 && answer.isEmpty(); i++) {
        out.write(' ');
        out.flush();
        try {
          byte[] bytes = new byte[4_096];
          int length = socket.getInputStream().read(bytes);
          answer = length < 0 ? "closed" : new String(bytes, 0, length, StandardCharsets.US_ASCII);
        } catch (java.net.SocketTimeoutException stillOpen) {
          continue;
        }
      }
      assertThat(answer).startsWith("HTTP/1.1 408").contains("application/problem+json");
      socket.setSoTimeout(10_000);
      assertThat(socket.getInputStream().read()).as("the connection ends").isNegative();
    }
  }

  /** At 512 bytes per second, half a second without a byte is too long for so few of them. */
  @Test
  void body_inTwoPartsWithAPause_isAnswered() throws Exception {
    byte[] body = "{\"user\":\"a\",\"candidates\":[\"x\"]}".getBytes(StandardCharsets.US_ASCII);
    String head =
        "POST /v1/rank HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            .formatted(body.length);
    try (RunningService service = RunningService.start(directory, "kafka: none");
        Socket socket = new Socket("127.0.0.1", service.port())) {
      OutputStream out = socket.getOutputStream();
      out.write(head.getBytes(StandardCharsets.US_ASCII));
      out.write(body, 0, 10);
      out.flush();
      Thread.sleep(500);
      out.write(body, 10, body.length - 10);
      out.flush();
      assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
          .isEqualTo("HTTP/1.1 200");
    }
  }
}
