// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** A file that is whole under its name, or absent: written beside it, forced to disk, renamed. */
public final class DurableFile implements Closeable {

  /** What the names of unfinished files end in. */
  static final String UNFINISHED = ".unfinished";

  private static final int BUFFER = 1 << 16;
  private static final long FORCE_EVERY = 4 << 20;

  private final Path target;
  private final Path aside;
  private final FileChannel channel;
  private final MessageDigest digest = FileHash.digest();
  private final OutputStream out;
  private CompletableFuture<?> forcing = CompletableFuture.completedFuture(null);

  /** Writes a whole text; a file of that name goes. */
  public static void write(Path target, String text) throws IOException {
    try (DurableFile file = new DurableFile(target)) {
      file.out().write(text.getBytes(StandardCharsets.UTF_8));
      file.commit();
    }
  }

  DurableFile(Path target) throws IOException {
    this.target = target;
    this.aside = target.resolveSibling(target.getFileName() + UNFINISHED);
    this.channel =
        FileChannel.open(
            aside,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
    this.out = new BufferedOutputStream(new DigestOutputStream(new ForcedOutput(), digest), BUFFER);
  }

  /** Takes the bytes; callers do not close it. */
  OutputStream out() {
    return out;
  }

  /** Gives the file its name; after it, {@link #close} changes nothing. */
  FileHash commit() throws IOException {
    out.flush();
    awaitForcing();
    channel.force(true);
    FileHash hash = new FileHash(channel.size(), FileHash.hex(digest));
    channel.close();
    Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE);
    forceDirectory(target.toAbsolutePath().resolveSibling(""));
    return hash;
  }

  /** A fault is told to the call that meets it, and to no later one. */
  private void awaitForcing() throws IOException {
    try {
      forcing.join();
    } catch (CompletionException e) {
      throw new IOException(target + ": could not be forced to the disk", e.getCause());
    }
  }

  private void force() {
    try {
      channel.force(false);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Forces what was written so far while more is written: at the end, little is left to wait for.
   */
  private final class ForcedOutput extends OutputStream {

    private final OutputStream file = Channels.newOutputStream(channel);
    private long waiting;

    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      file.write(bytes, from, length);
      waiting += length;
      if (waiting >= FORCE_EVERY && forcing.isDone()) {
        awaitForcing();
        waiting = 0;
        forcing = CompletableFuture.runAsync(DurableFile.this::force);
      }
    }
  }

  /** A name is on disk only when its directory is. */
  static void forceDirectory(Path directory) throws IOException {
    try (FileChannel folder = FileChannel.open(directory, StandardOpenOption.READ)) {
      folder.force(true);
    }
  }

  /** Removes what was written, unless it was committed. */
  @Override
  public void close() throws IOException {
    if (channel.isOpen()) {
      channel.close();
      Files.deleteIfExists(aside);
    }
  }
}
