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
    }
  }
}
