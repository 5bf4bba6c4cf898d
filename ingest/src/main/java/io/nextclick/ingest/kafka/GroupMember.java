// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.kafka;

import io.nextclick.features.file.DurableFile;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.UUID;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who this store is in its consumer group, kept in a file beside it, over the death of the process.
 *
 * <p>With the same name, a process that was killed gets its partitions back at once; under a new
 * one it would wait until the group has given the dead member up. Whether others had a share tells
 * the next process if it may read the state before the group has answered: what others folded,
 * erasures among it, is not in this store.
 */
final class GroupMember {

  static final String FILE = "group-member";

  private static final Logger LOG = LoggerFactory.getLogger(GroupMember.class);
  private static final Pattern NAME = Pattern.compile("nextclick-[0-9a-f]{16}");
  private static final int MAX_BYTES = 4096;

  private final Path file;
  private final String name;
  private boolean shared;

  private GroupMember(Path file, String name, boolean shared) {
    this.file = file;
    this.name = name;
    this.shared = shared;
  }

  /**
   * Reads the file, or makes it; one that is damaged counts as that of a group of several.
   *
   * @throws IOException if the directory cannot be used
   */
  static GroupMember in(Path directory) throws IOException {
    Path file = Files.createDirectories(directory).resolve(FILE);
    boolean exists = Files.exists(file);
    Properties stored = exists ? read(file) : new Properties();
    String name = stored.getProperty("name", "");
    if (NAME.matcher(name).matches()) {
      return new GroupMember(file, name, !"false".equals(stored.getProperty("shared")));
    }
    String made = "nextclick-" + UUID.randomUUID().toString().replace("-", "").substring(0, 16);
    GroupMember member = new GroupMember(file, made, exists);
    member.write();
    return member;
  }

  /** Whether the store of a directory was one of several when it was last read into. */
  static boolean wasShared(Path directory) {
    Path file = directory.resolve(FILE);
    try {
      return Files.exists(file) && !"false".equals(read(file).getProperty("shared"));
    } catch (IOException e) {
      return true;
    }
  }

  private static Properties read(Path file) throws IOException {
    Properties stored = new Properties();
    if (Files.size(file) <= MAX_BYTES) {
      try {
        stored.load(new StringReader(Files.readString(file, StandardCharsets.ISO_8859_1)));
      } catch (IllegalArgumentException e) {
        LOG.warn("{} is damaged: {}", file, e.toString());
      }
    }
    return stored;
  }

  /** The name that the group knows this store by. */
  String name() {
    return name;
  }

  /** Notes whether others have a share of the partitions. */
  void share(boolean with) {
    if (shared != with) {
      shared = with;
      try {
        write();
      } catch (IOException e) {
        LOG.warn("Cannot note in {} that shared={}: {}", file, with, e.toString());
      }
    }
  }

  /** Forced to the disk: after a loss of power, a store that others shared must still say so. */
  private void write() throws IOException {
    DurableFile.write(file, "name=%s%nshared=%s%n".formatted(name, shared));
  }
}
