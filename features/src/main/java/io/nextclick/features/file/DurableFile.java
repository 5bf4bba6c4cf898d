// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.file;

import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * A file that is whole under its name, or absent: written to a hidden file beside it, forced to the
 * disk, renamed, and the name forced as well. Not for several threads.
 */
public final class DurableFile implements Closeable {

  private static final String UNFINISHED = ".unfinished";
  private static final String OWNER_ONLY = "rw-------";

  private static final int BUFFER = 1 << 16;
  private static final long FORCE_EVERY = 4 << 20;

  private final Path target;
  private final Path aside;
  private final FileChannel channel;
  private final OutputStream raw;
  private final OutputStream out;
  private CompletableFuture<?> forcing = CompletableFuture.completedFuture(null);
  private boolean committed;

  private DurableFile(Path target, Path aside, FileChannel channel) {
    this.target = target;
    this.aside = aside;
    this.channel = channel;
    this.raw = new ForcedOutput();
    this.out = new BufferedOutputStream(raw, BUFFER);
  }

  /** Begins a file; one of that name goes at {@link #commit}. */
  public static DurableFile begin(Path target) throws IOException {
    Path aside = aside(target);
    return new DurableFile(
        target,
        aside,
        open(
            target,
            aside,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE));
  }

  /**
   * Begins a file that nobody else is writing.
   *
   * @throws IOException also if another process, or this one, has begun it
   */
  public static DurableFile beginAlone(Path target) throws IOException {
    Path aside = aside(target);
    FileChannel channel = open(target, aside, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (channel.tryLock() == null) {
        throw new IOException(target + ": another process is writing this file");
      }
      channel.truncate(0); // what a killed process may have left
      return new DurableFile(target, aside, channel);
    } catch (OverlappingFileLockException e) {
      channel.close();
      throw new IOException(target + ": is being written already, as another output", e);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /** Writes a whole text; a file of that name goes. */
  public static void write(Path target, String text) throws IOException {
    write(target, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Writes a whole file; one of that name goes. */
  public static void write(Path target, byte[] content) throws IOException {
    try (DurableFile file = begin(target)) {
      file.out().write(content);
      file.commit();
    }
  }

  /** Writes a file that only its owner may read, unless there is one of that name. */
  public static void createPrivate(Path target, String text) throws IOException {
    Path aside =
        target.resolveSibling(
            ".%s.%s%s".formatted(target.getFileName(), UUID.randomUUID(), UNFINISHED));
    FileChannel channel = openPrivate(target, aside, StandardOpenOption.CREATE_NEW);
    try (DurableFile file = new DurableFile(target, aside, channel)) {
      file.out().write(text.getBytes(StandardCharsets.UTF_8));
      file.commitAsNew();
    }
  }

  /** Writes a file that only its owner may read; one of that name goes. */
  public static void writePrivate(Path target, String text) throws IOException {
    Path aside = aside(target);
    FileChannel channel =
        openPrivate(target, aside, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING);
    try (DurableFile file = new DurableFile(target, aside, channel)) {
      file.out().write(text.getBytes(StandardCharsets.UTF_8));
      file.commit();
    }
  }

  /** Where {@link #begin} keeps what is not whole yet. */
  public static Path aside(Path target) {
    return target.resolveSibling("." + target.getFileName() + UNFINISHED);
  }

  private static FileChannel open(Path target, Path aside, OpenOption... options)
      throws IOException {
    return open(target, aside, Set.of(options), new FileAttribute<?>[0]);
  }

  private static FileChannel openPrivate(Path target, Path aside, OpenOption... how)
      throws IOException {
    FileAttribute<?> ownerOnly =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(OWNER_ONLY));
    Set<OpenOption> options = new HashSet<>(Set.of(how));
    options.add(StandardOpenOption.WRITE);
    return open(target, aside, options, ownerOnly);
  }

  /** A fault that concerns the target names it, and not the file beside it. */
  private static FileChannel open(
      Path target, Path aside, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    try {
      return FileChannel.open(aside, options, attributes);
    } catch (NoSuchFileException e) {
      throw cause(new NoSuchFileException(target.toString(), null, e.getReason()), e);
    } catch (AccessDeniedException e) {
      throw cause(new AccessDeniedException(target.toString(), null, e.getReason()), e);
    }
  }

  private static IOException cause(FileSystemException named, IOException cause) {
    named.initCause(cause);
    return named;
  }

  /**
   * Lets those alone read it who may read the file whose place it takes; its owner, if there is
   * none. To be called before anything is written.
   */
  public void restrictAccess() throws IOException {
    Set<PosixFilePermission> allowed =
        Files.exists(target)
            ? Files.getPosixFilePermissions(target)
            : PosixFilePermissions.fromString(OWNER_ONLY);
    Files.setPosixFilePermissions(aside, allowed);
  }

  /** Takes the bytes; closing it writes what it holds, and no more. */
  public OutputStream out() {
    return out;
  }

  /** Takes bytes without a buffer. */
  OutputStream raw() {
    return raw;
  }

  /** Bytes written so far. */
  long size() throws IOException {
    return channel.size();
  }

  /** Gives the file its name; after it, {@link #close} changes nothing. */
  public void commit() throws IOException {
    finish();
    Disk.rename(aside, target);
    committed = true;
    channel.close();
  }

  /** The same, unless there is a file of that name: that one stays. */
  private void commitAsNew() throws IOException {
    finish();
    try {
      Files.createLink(target, aside); // unlike a rename, it replaces nothing
    } catch (FileAlreadyExistsException e) {
      return;
    } catch (UnsupportedOperationException | FileSystemException e) {
      Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE); // a file system without links
    }
    Disk.force(Disk.directoryOf(target));
  }

  private void finish() throws IOException {
    out.flush();
    awaitForcing();
    channel.force(true);
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
      try {
        file.write(bytes, from, length);
      } catch (ClosedChannelException e) {
        throw e;
      } catch (IOException e) { // such as a full disk: it names no file
        throw cause(new FileSystemException(target.toString(), null, e.getMessage()), e);
      }
      waiting += length;
      if (waiting >= FORCE_EVERY && forcing.isDone()) {
        awaitForcing();
        waiting = 0;
        forcing = CompletableFuture.runAsync(DurableFile.this::force);
      }
    }
  }

  /** Removes what was written, unless it was committed. */
  @Override
  public void close() throws IOException {
    if (!committed) {
      try (channel) {
        Files.deleteIfExists(aside);
      }
    }
  }
}
