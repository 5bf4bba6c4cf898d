// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.hpack.HpackDecoder;
import org.jspecify.annotations.Nullable;

/** A client of HTTP/2 that sends whatever frames it is told to. */
final class RawHttp2 implements AutoCloseable {

  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int PING = 6;
  static final int GOAWAY = 7;
  static final int WINDOW_UPDATE = 8;

  static final int END_STREAM = 1;
  static final int END_HEADERS = 4;

  static final int REFUSED_STREAM = 7;
  static final int ENHANCE_YOUR_CALM = 11;

  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private final SSLSocket socket;
  private final DataInputStream in;
  private OutputStream out;
  private final HpackDecoder hpack = new HpackDecoder(16 << 10, System::nanoTime);

  /** A frame that came. */
  record Frame(int type, int flags, int stream, byte[] payload) {

    /** Of RST_STREAM, or of GOAWAY: why. */
    int error() {
      return ByteBuffer.wrap(payload).getInt(type == GOAWAY ? 4 : 0);
    }
  }

  RawHttp2(SSLContext context, int port, byte... settings) throws IOException {
    socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", port);
    socket.setSoTimeout(10_000);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {"h2"});
    socket.setSSLParameters(parameters);
    socket.startHandshake();
    assertThat(socket.getApplicationProtocol()).isEqualTo("h2");
    in = new DataInputStream(socket.getInputStream());
    out = socket.getOutputStream();
    out.write(PREFACE);
    send(SETTINGS, 0, 0, settings);
  }

  /** One setting of a SETTINGS frame. */
  static byte[] setting(int id, int value) {
    return ByteBuffer.allocate(6).putShort((short) id).putInt(value).array();
  }

  /** The headers of a request, with what is added to them as it stands. */
  static byte[] request(String method, String path, byte... more) {
    byte[] name = path.getBytes(StandardCharsets.US_ASCII);
    return ByteBuffer.allocate(7 + name.length + more.length)
        .put((byte) (method.equals("GET") ? 0x82 : 0x83))
        .put((byte) 0x87) // :scheme https
        .put(new byte[] {0x01, 0x01, 'a'}) // :authority
        .put((byte) 0x04) // :path
        .put((byte) name.length)
        .put(name)
        .put(more)
        .array();
  }

  /** Sends several frames at once. */
  void together(Frames frames) throws IOException {
    OutputStream network = out;
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    out = all;
    frames.send();
    out = network;
    out.write(all.toByteArray());
  }

  interface Frames {
    void send() throws IOException;
  }

  /** Gets a path. */
  void get(int stream, String path) throws IOException {
    send(HEADERS, END_STREAM | END_HEADERS, stream, request("GET", path));
  }

  /** Begins to post to a path, and leaves the body open. */
  void post(int stream, String path) throws IOException {
    send(HEADERS, END_HEADERS, stream, request("POST", path));
  }

  void send(int type, int flags, int stream, byte... payload) throws IOException {
    ByteBuffer frame =
        ByteBuffer.allocate(9 + payload.length)
            .putInt((payload.length << 8) | type)
            .put((byte) flags)
            .putInt(stream)
            .put(payload);
    out.write(frame.array());
    out.flush();
  }

  /** The next frame; null when the server has ended the connection. */
  @Nullable Frame read() throws IOException {
    try {
      int head = in.readInt();
      int flags = in.readUnsignedByte();
      int stream = in.readInt();
      byte[] payload = new byte[head >>> 8];
      in.readFully(payload);
      return new Frame(head & 0xff, flags, stream, payload);
    } catch (EOFException | SocketException | SSLException e) {
      return null;
    }
  }

  /** The next frame of a type; null when the server has ended the connection before. */
  @Nullable Frame await(int type) throws IOException {
    Frame frame = read();
    while (frame != null && frame.type != type) {
      if (frame.type == HEADERS) {
        status(frame); // keeps the table of headers
      }
      frame = read();
    }
    return frame;
  }

  /** The next frame of one of two types, which must come. */
  Frame awaitAny(int type, int other) throws IOException {
    Frame frame = read();
    while (frame != null && frame.type != type && frame.type != other) {
      frame = read();
    }
    if (frame == null) {
      throw new EOFException("the server has ended the connection");
    }
    return frame;
  }

  /** The status of the next answer; -1 when there is none. */
  int status() throws Exception {
    Frame frame = await(HEADERS);
    return frame == null ? -1 : status(frame);
  }

  int status(Frame headers) throws IOException {
    try {
      return ((MetaData.Response) hpack.decode(ByteBuffer.wrap(headers.payload))).getStatus();
    } catch (Exception e) {
      throw new IOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
