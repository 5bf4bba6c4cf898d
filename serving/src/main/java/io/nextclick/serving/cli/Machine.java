// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli;

import com.github.luben.zstd.Zstd;
import com.sun.management.OperatingSystemMXBean;
import com.sun.management.UnixOperatingSystemMXBean;
import io.nextclick.features.store.RocksDbSequenceStore;
import io.nextclick.features.store.StoreTrial;
import io.nextclick.serving.cli.option.NativeLibraries;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What the service needs of a machine, tried out. A finding that begins with FAILED must change.
 */
final class Machine {

  static final String FAILED = "FAILED: ";

  /** Of open files: what RocksDB, Kafka's log and a few hundred connections take. */
  private static final long FILES = 4_096;

  private static final long FREE_BYTES = 1L << 30;

  private Machine() {}

  /** All findings, by what was looked at. */
  static Map<String, Object> findings(Path data) {
    Map<String, Object> findings = new LinkedHashMap<>();
    findings.put(
        "temporary",
        NativeLibraries.temporaryDirectory()
            .map(reason -> FAILED + reason)
            .orElse(System.getProperty("java.io.tmpdir") + " can be written, libraries load"));
    findings.put("rocksdb", rocksdb());
    findings.put("zstd", zstd());
    findings.put("data", data(data));
    findings.put("memory", memory());
    findings.put("open files", files());
    findings.put("clock", clock(Instant.now()));
    return findings;
  }

  private static String rocksdb() {
    try {
      return StoreTrial.run() + ", opened, written and read";
    } catch (IOException | RuntimeException | LinkageError e) {
      return FAILED + NativeLibraries.root(e).getMessage();
    }
  }

  /** Whether a store is what was written. */
  static String store(Path directory) {
    if (!Files.isRegularFile(directory.resolve("CURRENT"))) {
      return FAILED + directory + " is no store";
    }
    try (RocksDbSequenceStore store = RocksDbSequenceStore.openReadOnly(directory)) {
      return String.format(
          Locale.ROOT,
          "%s is whole: %,d users in %,d partitions, their digests right",
          directory,
          store.verifyDigests(),
          store.partitions().size());
    } catch (IOException | RuntimeException e) {
      return FAILED + e.getMessage();
    }
  }

  private static String zstd() {
    byte[] text = "nextclick".getBytes(StandardCharsets.UTF_8);
    try {
      return Zstd.decompress(Zstd.compress(text), text.length).length == text.length
          ? "works"
          : FAILED + "gives back other bytes";
    } catch (RuntimeException | LinkageError e) {
      return FAILED + NativeLibraries.root(e).getMessage();
    }
  }

  private static String data(Path directory) {
    Path absolute = directory.toAbsolutePath();
    Path there = absolute;
    while (!Files.exists(there) && there.getParent() != null) {
      there = there.getParent();
    }
    if (!Files.isWritable(there)) {
      return FAILED + there + " cannot be written; name others in the configuration";
    }
    try {
      long free = Files.getFileStore(there).getUsableSpace();
      String text = "%s can be written, %s free".formatted(there, megabytes(free));
      return free < FREE_BYTES ? FAILED + text + ": too little for a store" : text;
    } catch (IOException e) {
      return FAILED + there + ": " + e.getMessage();
    }
  }

  private static String memory() {
    if (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system) {
      return "%s of the machine or container, %s of them free; the heap takes up to %s"
          .formatted(
              megabytes(system.getTotalMemorySize()),
              megabytes(system.getFreeMemorySize()),
              megabytes(Runtime.getRuntime().maxMemory()));
    }
    return "the heap takes up to " + megabytes(Runtime.getRuntime().maxMemory());
  }

  private static String files() {
    if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system) {
      long most = system.getMaxFileDescriptorCount();
      String text = String.format(Locale.ROOT, "up to %,d", most);
      return most < FILES ? FAILED + text + ": too few; raise ulimit -n to " + FILES : text;
    }
    return "unknown";
  }

  /** A clock before the program was built is wrong for certain. */
  private static String clock(Instant now) {
    String text = now.truncatedTo(ChronoUnit.SECONDS) + ", zone " + ZoneId.systemDefault();
    try {
      Path program =
          Path.of(Machine.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      return Files.getLastModifiedTime(program).toInstant().isAfter(now)
          ? FAILED + text + ": before this program was built; set it"
          : text;
    } catch (IOException | URISyntaxException | RuntimeException e) {
      return text;
    }
  }

  static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%,d MB", bytes >> 20);
  }
}
