// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.serve;

import io.nextclick.bench.serve.HttpConnection.Answer;
import java.io.IOException;
import java.util.concurrent.ConcurrentLinkedDeque;

/** Idle connections to one service: the one used last is used next, as it is warm. */
final class Connections implements AutoCloseable {

  private final int port;
  private final ConcurrentLinkedDeque<HttpConnection> idle = new ConcurrentLinkedDeque<>();

  Connections(int port) {
    this.port = port;
  }

  /** Sends a request over an idle connection, or over a new one when all are busy. */
  Answer exchange(byte[] request) throws IOException {
    HttpConnection pooled = idle.pollFirst();
    HttpConnection connection = pooled == null ? new HttpConnection(port) : pooled;
    boolean reusable = false;
    try {
      Answer answer = connection.exchange(request);
      reusable = answer.reusable();
      return answer;
    } finally {
      if (reusable) {
        idle.offerFirst(connection);
      } else {
        connection.close();
      }
    }
  }

  @Override
  public void close() {
    idle.forEach(HttpConnection::close);
    idle.clear();
  }
}
