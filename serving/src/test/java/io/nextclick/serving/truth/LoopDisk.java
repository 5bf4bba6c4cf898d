// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.truth;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * An ext4 file system in a file, whose power can be cut: what was not forced to the disk by then is
 * gone, as the kernel's {@code EXT4_IOC_SHUTDOWN} without a flush of the journal leaves it. Needs
 * root.
 */
final class LoopDisk implements AutoCloseable {

  private static final long EXT4_IOC_SHUTDOWN = 0x8004587dL;
  private static final int NO_LOG_FLUSH = 2;
  private static final long BYTES = 512L << 20;

  private final Path image;
  private final Path mount;

  LoopDisk(Path directory) throws IOException, InterruptedException {
    image = directory.resolve("disk.img");
    mount = Files.createDirectories(directory.resolve("disk"));
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(BYTES);
    }
    run("mkfs.ext4", "-q", "-F", image.toString());
    mount();
  }

  /** Whether such a disk can be had here. */
  static boolean isPossible() {
    return "root".equals(System.getProperty("user.name")) && Files.exists(Path.of("/dev/loop0"));
  }

  Path path() {
    return mount;
  }

  void mount() throws IOException, InterruptedException {
    // Commits seldom by itself: what nobody forced stays in memory, and is lost.
    run("mount", "-o", "loop,commit=60", image.toString(), mount.toString());
  }

  void unmount() throws IOException, InterruptedException {
    run("umount", mount.toString());
  }

  /** From here on every call fails; nothing more reaches the disk. */
  @SuppressWarnings("restricted") // the JDK has no call for it
  void cutPower() {
    Linker linker = Linker.nativeLinker();
    MethodHandle open =
        linker.downcallHandle(
            linker.defaultLookup().find("open").orElseThrow(),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
            Linker.Option.firstVariadicArg(2));
    MethodHandle ioctl =
        linker.downcallHandle(
            linker.defaultLookup().find("ioctl").orElseThrow(),
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_LONG,
                ValueLayout.ADDRESS),
            Linker.Option.firstVariadicArg(2));
    MethodHandle close =
        linker.downcallHandle(
            linker.defaultLookup().find("close").orElseThrow(),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    try (Arena arena = Arena.ofConfined()) {
      int file = (int) open.invokeExact(arena.allocateFrom(mount.toString()), 0);
      MemorySegment how = arena.allocateFrom(ValueLayout.JAVA_INT, NO_LOG_FLUSH);
      int result = (int) ioctl.invokeExact(file, EXT4_IOC_SHUTDOWN, how);
      int closed = (int) close.invokeExact(file);
      if (file < 0 || result != 0 || closed != 0) {
        throw new IllegalStateException("the power cannot be cut: " + file + ", " + result);
      }
    } catch (RuntimeException e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static void run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(String.join(" ", command) + ": " + said);
    }
  }

  @Override
  public void close() throws IOException, InterruptedException {
    unmount();
    Files.deleteIfExists(image);
  }
}
