// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.table;

import io.nextclick.ingest.log.Compression;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The lines of a text file, plain, gzip or Zstandard, ended by LF, CR LF or CR.
 *
 * <p>Bytes that are no text in the character set are never passed over: their line says so. Holds
 * one line at a time. Not for several threads.
 */
public final class TextLines implements Closeable {

  /**
   * One line.
   *
   * @param number its place in the file, from 1
   * @param text without its end; of a line that is too long, its beginning
   * @param fault why it cannot be read; null if it can
   */
  record Line(long number, String text, @Nullable String fault) {}

  private static final int BUFFER = 1 << 16;
  private static final int END = -1;
  private static final int MALFORMED = -2;

  private final Path file;
  private final Counting raw;
  private final long size;
  private final InputStream in;
  private final Charset charset;
  private final int maxChars;
  private final CharsetDecoder decoder;
  private final ByteBuffer bytes = ByteBuffer.allocate(BUFFER).limit(0);
  private final CharBuffer chars = CharBuffer.allocate(BUFFER).limit(0);
  private boolean malformed;
  private boolean sawMalformed;
  private boolean inputEnded;
  private boolean ended;
  private boolean afterReturn;
  private long number;

  private TextLines(Path file, Counting raw, InputStream in, Charset charset, int maxChars)
      throws IOException {
    this.file = file;
    this.raw = raw;
    this.size = Files.size(file);
    this.in = in;
    this.maxChars = maxChars;
    this.charset = charset;
    this.decoder =
        charset
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
  }

  /**
   * Opens a file.
   *
   * @param charset how its text is written; null for what its byte-order mark says, else UTF-8
   * @param maxChars the longest line
   * @throws IOException if it cannot be read, or is compressed otherwise than its name says
   */
  static TextLines open(Path file, @Nullable Charset charset, int maxChars) throws IOException {
    var raw = new Counting(Files.newInputStream(file));
    InputStream in = Beginning.openText(file, raw);
    try {
      return new TextLines(
          file, raw, in, charset == null ? Beginning.charset(in) : charset, maxChars);
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }

  /**
   * UTF-8 if the whole file is, else ISO-8859-1: for formats that were published in either.
   *
   * @throws IOException if it cannot be read
   */
  public static Charset utf8OrLatin1(Path file) throws IOException {
    try (TextLines lines = open(file, StandardCharsets.UTF_8, BUFFER)) {
      for (Line line = lines.next(); line != null; line = lines.next()) {
        if (lines.sawMalformed) {
          return StandardCharsets.ISO_8859_1;
        }
      }
    }
    return StandardCharsets.UTF_8;
  }

  /**
   * The next line; null at the end.
   *
   * @throws IOException if the file is cut off or damaged
   */
  @Nullable Line next() throws IOException {
    int c = read();
    if (afterReturn && c == '\n') {
      c = read();
    }
    afterReturn = false;
    if (c == END) {
      return null;
    }
    number++;
    var text = new StringBuilder();
    boolean unreadable = false;
    boolean cut = false;
    for (; c != END && c != '\n' && c != '\r'; c = read()) {
      unreadable |= c == MALFORMED;
      if (text.length() < maxChars) {
        text.append(c == MALFORMED ? '\ufffd' : (char) c);
      } else {
        cut = true;
      }
    }
    afterReturn = c == '\r';
    sawMalformed |= unreadable;
    int from = number == 1 && !text.isEmpty() && text.charAt(0) == '\ufeff' ? 1 : 0;
    return new Line(number, text.substring(from), fault(unreadable, cut));
  }

  private @Nullable String fault(boolean unreadable, boolean cut) {
    if (unreadable) {
      return "bytes that are not " + charset + "; --encoding names another character set";
    }
    return cut ? "longer than " + maxChars + " characters" : null;
  }

  /** The next character, {@link #END}, or {@link #MALFORMED} for bytes that are none. */
  private int read() throws IOException {
    while (!chars.hasRemaining()) {
      if (malformed) {
        malformed = false;
        return MALFORMED;
      }
      if (ended) {
        return END;
      }
      decode();
    }
    return chars.get();
  }

  private void decode() throws IOException {
    chars.clear();
    CoderResult result = decoder.decode(bytes, chars, inputEnded);
    if (result.isError()) {
      bytes.position(bytes.position() + result.length());
      malformed = true;
    } else if (result.isUnderflow() && inputEnded) {
      decoder.flush(chars);
      ended = true;
    } else if (result.isUnderflow()) {
      fill();
    }
    chars.flip();
  }

  private void fill() throws IOException {
    bytes.compact();
    try {
      int read = in.read(bytes.array(), bytes.position(), bytes.remaining());
      inputEnded = read < 0;
      bytes.position(bytes.position() + Math.max(0, read));
    } catch (IOException e) {
      throw new IOException(
          "%s: cut off or damaged at line %d: %s".formatted(file, number, e.getMessage()), e);
    }
    bytes.flip();
  }

  /** The part of the file that was read, from 0 to 1. */
  double done() {
    return (double) raw.bytes / Math.max(1, size);
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  /** Counts what is read of a file as it lies on disk. */
  private static final class Counting extends FilterInputStream {

    private long bytes;

    Counting(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int value = super.read();
      bytes += value < 0 ? 0 : 1;
      return value;
    }

    @Override
    public int read(byte[] buffer, int from, int length) throws IOException {
      int read = super.read(buffer, from, length);
      bytes += Math.max(0, read);
      return read;
    }
  }

  /** What the first bytes of a file say about it. */
  private static final class Beginning {

    static InputStream openText(Path file, InputStream raw) throws IOException {
      try {
        InputStream plain = Compression.of(file).decompress(new BufferedInputStream(raw, BUFFER));
        InputStream in = new BufferedInputStream(plain, BUFFER);
        String compressed = compression(peek(in));
        if (compressed != null) {
          throw new IOException("it holds " + compressed);
        }
        return in;
      } catch (IOException e) {
        raw.close();
        throw new IOException(file + ": not readable as its name says: " + e.getMessage(), e);
      }
    }

    private static byte[] peek(InputStream in) throws IOException {
      in.mark(4);
      byte[] first = in.readNBytes(4);
      in.reset();
      return first;
    }

    private static @Nullable String compression(byte[] first) {
      if (begins(first, 0x1f, 0x8b)) {
        return "gzip data; its name must end in .gz";
      }
      if (begins(first, 0x28, 0xb5, 0x2f, 0xfd)) {
        return "Zstandard data; its name must end in .zst";
      }
      return begins(first, 'P', 'K', 3, 4) ? "a zip archive; its name must end in .zip" : null;
    }

    static Charset charset(InputStream in) throws IOException {
      byte[] first = peek(in);
      return begins(first, 0xff, 0xfe) || begins(first, 0xfe, 0xff)
          ? StandardCharsets.UTF_16
          : StandardCharsets.UTF_8;
    }

    private static boolean begins(byte[] first, int... expected) {
      for (int i = 0; i < expected.length; i++) {
        if (i >= first.length || (first[i] & 0xff) != expected[i]) {
          return false;
        }
      }
      return true;
    }
  }
}
