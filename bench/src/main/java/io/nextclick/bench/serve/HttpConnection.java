// SPDX-License-Identifier: Apache-2.0
package io.nextclick.bench.serve;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A kept-alive HTTP/1.1 connection that sends requests made beforehand and reads whole answers.
 *
 * <p>A client library spends more of a core on a request than a service spends refusing one: the
 * generator would lag long before ten times the service's capacity. So this reads only what a load
 * test needs: the status, and a body of a stated length.
 */
final class HttpConnection implements AutoCloseable {

  private static final int TIMEOUT_MILLIS = 10_000;
  private static final Pattern LENGTH = Pattern.compile("\ncontent-length: *(\\d{1,8})\r");
  private static final byte[] FALLBACK = "\"fallback\":\"".getBytes(StandardCharsets.UTF_8);

  private final Socket socket = new Socket();
  private final InputStream input;
  private byte[] buffer = new byte[16 << 10];
  private int filled;

  HttpConnection(int port) throws IOException {
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(TIMEOUT_MILLIS);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), TIMEOUT_MILLIS);
    input = socket.getInputStream();
  }

  /**
   * What came back.
   *
   * @param status of the answer
   * @param fallback whether the answer says that another than the first model ranked
   * @param reusable whether the connection may be used again
   */
  record Answer(int status, boolean fallback, boolean reusable) {}

  /** Sends a request and reads its answer. */
  Answer exchange(byte[] request) throws IOException {
    socket.getOutputStream().write(request);
    filled = 0;
    int end = readHead();
    String head = new String(buffer, 0, end, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
    int total = end + bodyLength(head);
    if (total > buffer.length) {
      buffer = Arrays.copyOf(buffer, total);
    }
    while (filled < total) {
      fill();
    }
    int status = Integer.parseInt(head.substring(9, 12));
    return new Answer(status, contains(end, FALLBACK), !head.contains("\nconnection: close"));
  }

  /** The body of the last answer. */
  String body() {
    int end = headEnd(0);
    return new String(buffer, end, filled - end, StandardCharsets.UTF_8);
  }

  private int readHead() throws IOException {
    int end = -1;
    while (end < 0) {
      int seen = Math.max(0, filled - 3);
      fill();
      end = headEnd(seen);
    }
    return end;
  }

  /** Where the body begins; -1 when the head is not complete. */
  private int headEnd(int from) {
    for (int i = from; i + 3 < filled; i++) {
      if (buffer[i] == '\r'
          && buffer[i + 1] == '\n'
          && buffer[i + 2] == '\r'
          && buffer[i + 3] == '\n') {
        return i + 4;
      }
    }
    return -1;
  }

  private void fill() throws IOException {
    if (filled == buffer.length) {
      throw new SocketException("the head of the answer is longer than " + buffer.length);
    }
    int read = input.read(buffer, filled, buffer.length - filled);
    if (read < 0) {
      throw new EOFException("the service closed the connection");
    }
    filled += read;
  }

  private static int bodyLength(String head) throws IOException {
    Matcher length = LENGTH.matcher(head);
    if (!length.find()) {
      throw new SocketException("the answer has no content-length");
    }
    return Integer.parseInt(length.group(1));
  }

  private boolean contains(int from, byte[] text) {
    for (int i = from; i + text.length <= filled; i++) {
      if (Arrays.equals(buffer, i, i + text.length, text, 0, text.length)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      // It is of no more use either way.
    }
  }
}
