// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.option;

import io.nextclick.ingest.log.EventLogWriter;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Looks at what a command will read and write before its work begins, so that a name that cannot
 * work is told after a moment and not after hours. Every check says what to do.
 */
public final class Preflight {

  private static final Set<PosixFilePermission> WRITES =
      EnumSet.of(
          PosixFilePermission.OWNER_WRITE,
          PosixFilePermission.GROUP_WRITE,
          PosixFilePermission.OTHERS_WRITE);

  /** Tells what a disk has free; a test has a full one. */
  public interface Disk {
    long free(Path there) throws IOException;
  }

  public static final Disk REAL = there -> Files.getFileStore(there).getUsableSpace();

  private static volatile Disk disk = REAL;

  private Preflight() {}

  /** Looks at another disk from now on. */
  public static void use(Disk other) {
    disk = other;
  }

  /** An event log that will be read: among its first lines is at least one event. */
  public static void log(Path file) throws CommandFailed {
    log(file, false);
  }

  /** An event log, or a log of topics, that will be read. */
  public static void anyLog(Path file) throws CommandFailed {
    log(file, true);
  }

  private static void log(Path file, boolean topicsToo) throws CommandFailed {
    input(file, "nextclick import makes event logs");
    if (!Files.isRegularFile(file)) {
      throw new CommandFailed(file + ": is no file that can be read twice; copy it to one");
    }
    try {
      String fault = LogKind.fault(file, topicsToo);
      if (fault != null) {
        throw new CommandFailed(file + ": " + fault);
      }
    } catch (IOException e) {
      throw new CommandFailed(Faults.sentence(e), e);
    }
  }

  /**
   * A file that will be read: it is there, is a file, and holds something.
   *
   * @param remedy what to do if there is none
   */
  public static void input(Path file, String remedy) throws CommandFailed {
    if (Files.isDirectory(file)) {
      throw new CommandFailed(file + ": is a directory; name a file");
    }
    if (!Files.exists(file)) {
      throw new CommandFailed(file + ": no such file; " + remedy);
    }
    if (!Files.isReadable(file)) {
      throw new CommandFailed(file + ": may not be read; change its permissions");
    }
    try {
      if (Files.isRegularFile(file) && Files.size(file) == 0) { // a pipe has no size
        throw new CommandFailed(file + ": is empty; " + remedy);
      }
    } catch (IOException e) {
      throw new CommandFailed(file + ": cannot be read: " + e.getMessage() + "; " + remedy, e);
    }
  }

  /**
   * A directory that will be read.
   *
   * @param remedy what to do if there is none
   */
  public static void inputDirectory(Path directory, String remedy) throws CommandFailed {
    if (!Files.exists(directory)) {
      throw new CommandFailed(directory + ": no such directory; " + remedy);
    }
    if (!Files.isDirectory(directory)) {
      throw new CommandFailed(directory + ": is no directory; " + remedy);
    }
  }

  /** A store, or a checkpoint of one, that will be read. */
  public static void store(Path directory) throws CommandFailed {
    inputDirectory(directory, "nextclick checkpoint makes a copy of a store");
    if (!Files.exists(directory.resolve("CURRENT"))) {
      throw new CommandFailed(
          directory + ": is no store, nor a checkpoint; nextclick checkpoint makes a copy of one");
    }
  }

  /** The address of a running service. */
  public static void service(URI address) throws CommandFailed {
    if (!Set.of("http", "https").contains(String.valueOf(address.getScheme()))
        || address.getHost() == null) {
      throw new CommandFailed(
          "--service=%s is no address; give its admin port, such as http://127.0.0.1:8081"
              .formatted(address));
    }
  }

  /** A directory that will be made, and must not be there. */
  public static void newDirectory(Path directory) throws CommandFailed {
    if (Files.exists(directory)) {
      throw new CommandFailed(directory + ": is there already; give another name");
    }
    outputDirectory(directory);
  }

  /** An event log, or a log of topics, that will be written; null for none. */
  public static void outputLog(@Nullable Path file) throws CommandFailed {
    if (file == null) {
      return;
    }
    try {
      EventLogWriter.requireName(file);
    } catch (IllegalArgumentException e) {
      throw new CommandFailed(String.valueOf(e.getMessage()), e);
    }
    output(file);
  }

  /** A file that will be written, in a folder that is there; null for none. */
  public static void output(@Nullable Path file) throws CommandFailed {
    if (file == null) {
      return;
    }
    if (Files.isDirectory(file)) {
      throw new CommandFailed(file + ": is a directory; name a file in it");
    }
    if (Files.exists(file) && readOnly(file)) {
      throw new CommandFailed(file + ": is read-only; remove it, or give another name");
    }
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null || !Files.exists(folder)) {
      throw new CommandFailed(file + ": its folder does not exist; make it first");
    }
    requireWritable(file, folder);
  }

  /** A directory that will be written to, and be made if it is missing. */
  public static void outputDirectory(Path directory) throws CommandFailed {
    Path there = directory.toAbsolutePath().normalize();
    while (there.getParent() != null && !Files.exists(there)) {
      there = there.getParent();
    }
    requireWritable(directory, there);
  }

  /** The only sure way to know whether a file can be made: by making one. */
  private static void requireWritable(Path target, Path folder) throws CommandFailed {
    if (!Files.isDirectory(folder)) {
      throw new CommandFailed(
          "%s: cannot be written: %s is no directory; give another name".formatted(target, folder));
    }
    try {
      Files.delete(Files.createTempFile(folder, ".nextclick-", ".probe"));
    } catch (IOException e) {
      throw new CommandFailed(
          "%s: cannot be written: %s takes no files; change its permissions, or give another name"
              .formatted(target, folder),
          e);
    }
  }

  /**
   * Room for what will be written.
   *
   * @param target a file or directory, which need not exist
   * @param bytes about what it will take
   */
  public static void space(Path target, long bytes) throws CommandFailed {
    Path there = target.toAbsolutePath().normalize();
    while (there.getParent() != null && !Files.exists(there)) {
      there = there.getParent();
    }
    long free;
    try {
      free = disk.free(there);
    } catch (IOException e) {
      return; // a file system that does not tell
    }
    if (free < bytes) {
      throw new CommandFailed(
          "%s: needs about %,d MB, and %,d MB are free on its disk; free some, or give another place"
              .formatted(target, (bytes + (1 << 20) - 1) >> 20, free >> 20));
    }
  }

  /** Also for root, who may write to what is read-only: nobody is meant to. */
  private static boolean readOnly(Path file) {
    try {
      var view = Files.getFileAttributeView(file, PosixFileAttributeView.class);
      return !Files.isWritable(file)
          || (view != null
              && view.readAttributes().permissions().stream().noneMatch(WRITES::contains));
    } catch (IOException e) {
      return true;
    }
  }
}
