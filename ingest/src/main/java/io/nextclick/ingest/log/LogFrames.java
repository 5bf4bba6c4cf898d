// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.regex.Matcher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The frames of a file of a {@link RotatingLog}, one by one. */
public final class LogFrames implements Iterator<byte[]> {

  private static final Logger LOG = LoggerFactory.getLogger(LogFrames.class);

  private final Path file;
  private final byte[] bytes;
  private int from;

  private LogFrames(Path file, byte[] bytes) {
    this.file = file;
    this.bytes = bytes;
  }

  /** Reads a file, which fits into memory. */
  static LogFrames read(Path file) throws IOException {
    return new LogFrames(file, Files.readAllBytes(file));
  }

  @Override
  public boolean hasNext() {
    return size(from) > 0;
  }

  @Override
  public byte[] next() {
    int size = size(from);
    if (size == 0) {
      throw new NoSuchElementException();
    }
    try {
      byte[] lines = Zstd.decompressFrame(bytes, from);
      from += size;
      return lines;
    } catch (ZstdException e) {
      throw new UncheckedIOException(
          new IOException("%s: damaged at byte %d".formatted(file, from), e));
    }
  }

  /** Bytes that follow; of a frame that is cut, if {@link #hasNext} is false. */
  public int rest() {
    return bytes.length - from;
  }

  /** The length of the frame that begins at a place; 0 if none does, or it is cut. */
  private int size(int at) {
    try {
      return at >= bytes.length
          ? 0
          : (int) Zstd.findFrameCompressedSize(bytes, at, bytes.length - at);
    } catch (ZstdException cut) {
      return 0;
    }
  }

  /**
   * Where the last frame ends that is whole, and can be read: a loss of power may leave what looks
   * like a frame and holds none.
   */
  int skipWhole() {
    try {
      while (hasNext()) {
        next();
      }
    } catch (UncheckedIOException damaged) {
      LOG.warn("{}; cut off there", damaged.getMessage());
    }
    return from;
  }

  /**
   * The last hash of the newest file. Where it cannot be read there is none, the log goes on, and
   * {@link ChainCheck} will find it.
   */
  static String lastHash(List<Path> files) throws IOException {
    if (files.isEmpty()) {
      return LogChain.NONE;
    }
    Path newest = files.getLast();
    LogFrames frames = read(newest);
    if (!frames.hasNext()) { // left so by a kill
      return lastHash(files.subList(0, files.size() - 1));
    }
    try {
      byte[] first = frames.next();
      String begin = new String(first, 0, Math.min(first.length, 40), UTF_8);
      return LogChain.isOurs(begin) ? frames.hashAtTheEnd(first) : hashOfAll(newest);
    } catch (UncheckedIOException e) {
      LOG.warn("{}: the next file cannot be chained to it", e.getMessage());
      return LogChain.NONE;
    }
  }

  private String hashAtTheEnd(byte[] first) {
    byte[] last = first;
    for (int size = size(from); size > 0; size = size(from)) {
      if (size(from + size) == 0) {
        last = next(); // only this one is decompressed
      } else {
        from += size;
      }
    }
    Matcher hash = LogChain.asHash(new String(last, UTF_8).lines().reduce("", (a, b) -> b));
    return hash.matches() ? hash.group(1) : LogChain.NONE;
  }

  private static String hashOfAll(Path file) throws IOException {
    MessageDigest digest = LogChain.after(LogChain.NONE);
    read(file).forEachRemaining(digest::update);
    return LogChain.hash(digest);
  }
}
