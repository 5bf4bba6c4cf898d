// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.option;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * RocksDB, zstd, LZ4 and ONNX Runtime bring native libraries, which they unpack to {@code
 * java.io.tmpdir} and load from there.
 */
public final class NativeLibraries {

  private static final String REMEDY =
      "; start with -Djava.io.tmpdir=DIR (in NEXTCLICK_JAVA_OPTS, in an image JDK_JAVA_OPTIONS), a"
          + " directory that can be written and is not mounted noexec";

  private NativeLibraries() {}

  /** Says why a library does not load; an error of another kind is thrown on. */
  public static CommandFailed explain(LinkageError e) {
    Optional<String> temporary = temporaryDirectory();
    Throwable root = root(e);
    boolean library =
        temporary.isPresent()
            || root instanceof UnsatisfiedLinkError
            || root instanceof IOException
            || String.valueOf(e.getMessage()).contains("org.rocksdb");
    if (!library) {
      throw e;
    }
    String reason = temporary.orElseGet(() -> String.valueOf(root.getMessage()));
    return new CommandFailed("a native library does not load: " + reason + REMEDY, e);
  }

  /** The innermost cause. */
  public static Throwable root(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root;
  }

  /** Why no library can be unpacked to the temporary directory and loaded; empty if one can. */
  public static Optional<String> temporaryDirectory() {
    Path directory = Path.of(System.getProperty("java.io.tmpdir")).toAbsolutePath();
    if (!Files.isDirectory(directory)) {
      return Optional.of("there is no directory " + directory);
    }
    try {
      Files.delete(Files.createTempFile(directory, "nextclick", ".trial"));
    } catch (IOException e) {
      return Optional.of(directory + " cannot be written: " + e.getMessage());
    }
    return mountedNoexec(directory)
        ? Optional.of(directory + " is mounted noexec")
        : Optional.empty();
  }

  /** By the options of the mount that holds the directory; false where Linux does not tell. */
  private static boolean mountedNoexec(Path directory) {
    record Mount(Path point, List<String> options) {}
    try {
      Path real = directory.toRealPath();
      return Files.readAllLines(Path.of("/proc/self/mounts")).stream()
          .map(line -> line.split(" "))
          .filter(words -> words.length > 3)
          .map(words -> new Mount(Path.of(words[1]), List.of(words[3].split(","))))
          .filter(mount -> real.startsWith(mount.point()))
          .max(Comparator.comparingInt(mount -> mount.point().getNameCount()))
          .filter(mount -> mount.options().contains("noexec"))
          .isPresent();
    } catch (IOException | RuntimeException e) {
      return false;
    }
  }
}
