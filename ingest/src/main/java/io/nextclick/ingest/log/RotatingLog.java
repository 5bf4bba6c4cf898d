// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.log;

import com.github.luben.zstd.Zstd;
import io.nextclick.features.file.Disk;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A log that a service writes while it runs: lines in files of whole Zstandard frames, {@code
 * NAME-000000000001.jsonl.zst} and so on, rotated by size, the oldest removed first.
 *
 * <p>What {@link #append} was given is in the file when it returns, as one frame. The file that is
 * being written ends in {@code .open}; a killed process leaves at most one cut frame at its end,
 * which the next start cuts off before it gives the file its name.
 *
 * <p>Each frame ends with a hash of itself and of everything before it, each file begins with the
 * last hash of the file before and, unless its process was killed, ends with a count of its frames:
 * {@link ChainCheck} finds what was changed later. Not for several threads.
 */
public final class RotatingLog implements Closeable {

  private static final Logger LOG = LoggerFactory.getLogger(RotatingLog.class);
  private static final String SUFFIX = ".jsonl.zst";
  private static final String OPEN = ".open";

  private final Path directory;
  private final String name;
  private final Limits limits;
  private final byte[] header;
  private final FileChannel lock;
  private long number;
  private Path file;
  private FileChannel channel; // closed where a new file could not be begun
  private String hash = LogChain.NONE; // of everything written so far
  private long frames;
  private long lines;

  /**
   * How much is kept.
   *
   * @param fileBytes a file longer than this is ended and another begun
   * @param totalBytes all files together, not counting the one being written; at least one is kept
   */
  public record Limits(long fileBytes, long totalBytes) {}

  private RotatingLog(Path directory, String name, Limits limits, byte[] header, FileChannel lock)
      throws IOException {
    this.directory = directory;
    this.name = name;
    this.limits = limits;
    this.header = header.clone();
    this.lock = lock;
    List<Path> left = leftByAKill();
    hash = LogFrames.lastHash(list(directory, name));
    begin();
    // Only now: a file that is complete by its name has an end, or another one follows it.
    for (Path open : left) {
      complete(open);
    }
  }

  /** The files that have no end, without a cut frame; one without any frame is removed. */
  private List<Path> leftByAKill() throws IOException {
    List<Path> left = new ArrayList<>();
    for (Path path : list(directory, name)) {
      number = number(path);
      if (path.toString().endsWith(OPEN)) {
        cutAfterLastFrame(path);
        if (Files.size(path) > 0) {
          left.add(path);
        } else {
          Files.delete(path);
        }
      }
    }
    return left;
  }

  /**
   * Opens the log in a directory, which is made when missing, and begins a new file.
   *
   * @param header the lines that every file begins with, each with its line feed
   * @throws IOException if the directory cannot be written, or another process writes this log
   */
  public static RotatingLog open(Path directory, String name, Limits limits, byte[] header)
      throws IOException {
    Files.createDirectories(directory);
    FileChannel lock = LogFiles.lock(directory, name);
    try {
      return new RotatingLog(directory, name, limits, header, lock);
    } catch (IOException e) {
      lock.close();
      throw e;
    }
  }

  /** The files of a log, oldest first; the last one may still be written. */
  public static List<Path> list(Path directory, String name) throws IOException {
    Pattern ours =
        Pattern.compile(Pattern.quote(name) + "-\\d{12}" + Pattern.quote(SUFFIX) + "(\\.open)?");
    return LogFiles.list(directory, ours);
  }

  /**
   * Appends lines, each with its line feed, as one frame: all of them or, if this throws, none.
   *
   * @throws IOException if the disk is full or fails
   */
  public void append(byte[] lines) throws IOException {
    if (channel.isOpen() && channel.position() > limits.fileBytes) {
      end();
    }
    if (!channel.isOpen()) {
      begin();
    }
    write(lines);
  }

  /** Makes everything appended so far survive a loss of power. */
  public void sync() throws IOException {
    channel.force(false);
  }

  private void write(byte[] content) throws IOException {
    MessageDigest digest = LogChain.after(hash);
    digest.update(content);
    String next = LogChain.hash(digest);
    byte[] seal = LogChain.hash(next);
    byte[] sealed = Arrays.copyOf(content, content.length + seal.length);
    System.arraycopy(seal, 0, sealed, content.length, seal.length);
    ByteBuffer frame = ByteBuffer.wrap(Zstd.compress(sealed));
    long start = channel.position();
    try {
      while (frame.hasRemaining()) {
        channel.write(frame);
      }
    } catch (IOException e) {
      channel.truncate(start);
      throw e;
    }
    hash = next;
    frames++;
    for (byte b : content) {
      lines += b == '\n' ? 1 : 0;
    }
  }

  private void begin() throws IOException {
    file = directory.resolve("%s-%012d%s%s".formatted(name, number + 1, SUFFIX, OPEN));
    channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    number++;
    frames = 0;
    lines = -1; // the first one is the chain's
    byte[] first = LogChain.begin(number, hash);
    byte[] both = Arrays.copyOf(first, first.length + header.length);
    System.arraycopy(header, 0, both, first.length, header.length);
    try {
      write(both);
    } catch (IOException e) {
      number--;
      channel.close();
      Files.deleteIfExists(file);
      throw e;
    }
  }

  /** Without room for its end, a file keeps the name of one that has none. */
  private void end() throws IOException {
    boolean closed = writeEnd();
    channel.force(true);
    channel.close();
    if (closed) {
      complete(file);
      LOG.info("{} is complete, its last hash is {}", file.getFileName(), hash);
    }
    removeOldest();
  }

  private boolean writeEnd() {
    try {
      write(LogChain.end(frames, lines));
      return true;
    } catch (IOException e) {
      LOG.warn("{} cannot be closed: {}", file, e.toString());
      return false;
    }
  }

  private void complete(Path open) throws IOException {
    String done = open.getFileName().toString().replace(OPEN, "");
    Disk.rename(open, directory.resolve(done));
  }

  private void removeOldest() throws IOException {
    for (Path old : LogFiles.beyond(list(directory, name), limits.totalBytes)) {
      Files.deleteIfExists(old);
    }
  }

  /** A file is at most {@link Limits#fileBytes} and one frame long: it fits into memory. */
  private static void cutAfterLastFrame(Path file) throws IOException {
    int end = LogFrames.read(file).skipWhole();
    try (FileChannel cut = FileChannel.open(file, StandardOpenOption.WRITE)) {
      cut.truncate(end);
      cut.force(
          true); // also where it is whole: the next file, which names its hash, may outlive it
    }
  }

  /** Whether a file is being written, or was left by a kill, by its name. */
  public static boolean isOpen(Path file) {
    return file.toString().endsWith(OPEN);
  }

  /**
   * The whole frames of a file, each some lines, without the cut one that a file still being
   * written, or left by a kill, may end with. Reading a damaged frame fails with {@link
   * java.io.UncheckedIOException}.
   */
  public static LogFrames frames(Path file) throws IOException {
    return LogFrames.read(file);
  }

  private static long number(Path file) {
    String digits = file.getFileName().toString().replaceAll("^.*-(\\d{12})\\..*$", "$1");
    return Long.parseLong(digits);
  }

  /** Ends the file that is being written. */
  @Override
  public void close() throws IOException {
    try (lock) {
      if (channel.isOpen()) {
        end();
      }
    }
  }
}
