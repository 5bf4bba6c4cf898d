// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.log;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A log that a service writes while it runs: lines in files of whole Zstandard frames, {@code
 * NAME-000000000001.jsonl.zst} and so on, rotated by size, the oldest removed first.
 *
 * <p>What {@link #append} was given is in the file when it returns, as one frame. The file that is
 * being written ends in {@code .open}; a killed process leaves at most one cut frame at its end,
 * which the next start cuts off before it gives the file its name. Not for several threads.
 */
public final class RotatingLog implements Closeable {

  private static final String SUFFIX = ".jsonl.zst";
  private static final String OPEN = ".open";

  private final Path directory;
  private final String name;
  private final Limits limits;
  private final byte[] header;
  private final FileChannel lock;
  private long number;
  private Path file;
  private FileChannel channel;

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
    for (Path left : list(directory, name)) {
      number = number(left);
      if (left.toString().endsWith(OPEN)) {
        cutAfterLastFrame(left);
        complete(left);
      }
    }
    begin();
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
    FileChannel lock =
        FileChannel.open(
            directory.resolve("." + name + ".lock"),
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE);
    try {
      if (lock.tryLock() == null) {
        throw new IOException(directory + ": another process writes the log " + name);
      }
      return new RotatingLog(directory, name, limits, header, lock);
    } catch (OverlappingFileLockException e) {
      lock.close();
      throw new IOException(directory + ": the log " + name + " is open already", e);
    } catch (IOException e) {
      lock.close();
      throw e;
    }
  }

  /** The files of a log, oldest first; the last one may still be written. */
  public static List<Path> list(Path directory, String name) throws IOException {
    Pattern ours =
        Pattern.compile(Pattern.quote(name) + "-\\d{12}" + Pattern.quote(SUFFIX) + "(\\.open)?");
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(path -> ours.matcher(path.getFileName().toString()).matches())
          .sorted()
          .toList();
    }
  }

  /**
   * Appends lines, each with its line feed, as one frame: all of them or, if this throws, none.
   *
   * @throws IOException if the disk is full or fails
   */
  public void append(byte[] lines) throws IOException {
    write(lines);
    if (channel.position() > limits.fileBytes) {
      end();
      begin();
    }
  }

  /** Makes everything appended so far survive a loss of power. */
  public void sync() throws IOException {
    channel.force(false);
  }

  private void write(byte[] lines) throws IOException {
    ByteBuffer frame = ByteBuffer.wrap(Zstd.compress(lines));
    long start = channel.position();
    try {
      while (frame.hasRemaining()) {
        channel.write(frame);
      }
    } catch (IOException e) {
      channel.truncate(start);
      throw e;
    }
  }

  private void begin() throws IOException {
    number++;
    file = directory.resolve("%s-%012d%s%s".formatted(name, number, SUFFIX, OPEN));
    channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    write(header);
  }

  private void end() throws IOException {
    channel.force(true);
    channel.close();
    complete(file);
    removeOldest();
  }

  private void complete(Path open) throws IOException {
    String done = open.getFileName().toString().replace(OPEN, "");
    Files.move(open, directory.resolve(done), StandardCopyOption.ATOMIC_MOVE);
  }

  private void removeOldest() throws IOException {
    List<Path> files = list(directory, name);
    long total = 0;
    for (int i = files.size() - 1; i >= 0; i--) {
      total += files.get(i).toFile().length(); // 0 where someone tidied up before us
      if (total > limits.totalBytes && i < files.size() - 1) {
        Files.deleteIfExists(files.get(i));
      }
    }
  }

  /** A file is at most {@link Limits#fileBytes} and one frame long: it fits into memory. */
  private static void cutAfterLastFrame(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    int end = wholeFrames(bytes);
    if (end < bytes.length) {
      try (FileChannel cut = FileChannel.open(file, StandardOpenOption.WRITE)) {
        cut.truncate(end);
        cut.force(true);
      }
    }
  }

  private static int wholeFrames(byte[] bytes) {
    int end = 0;
    for (int size = frame(bytes, 0); size > 0; size = frame(bytes, end)) {
      end += size;
    }
    return end;
  }

  /** The length of the frame that begins at {@code from}; 0 if none does, or it is cut. */
  private static int frame(byte[] bytes, int from) {
    try {
      return from == bytes.length
          ? 0
          : (int) Zstd.findFrameCompressedSize(bytes, from, bytes.length - from);
    } catch (ZstdException cut) {
      return 0;
    }
  }

  /**
   * The whole frames of a file, each some lines, without the cut one that a file still being
   * written, or left by a kill, may end with. Reading a damaged frame fails with {@link
   * UncheckedIOException}.
   */
  public static Iterator<byte[]> frames(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    return new Iterator<>() {
      private int from;

      @Override
      public boolean hasNext() {
        return frame(bytes, from) > 0;
      }

      @Override
      public byte[] next() {
        int size = frame(bytes, from);
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
    };
  }

  private static long number(Path file) {
    String digits = file.getFileName().toString().replaceAll("^.*-(\\d{12})\\..*$", "$1");
    return Long.parseLong(digits);
  }

  /** Ends the file that is being written. */
  @Override
  public void close() throws IOException {
    try (lock) {
      end();
    }
  }
}
