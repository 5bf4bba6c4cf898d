// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.bundle;

import io.nextclick.features.file.FileHash;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Set;
import java.util.TreeSet;

/** Reads and writes a bundle's files: regular files only, no links, read once and no further. */
final class BundleFiles {

  private static final int MAX_FILES = 16;
  private static final int CHUNK = 1 << 20;

  /** What is written to a file. */
  interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  private BundleFiles() {}

  /** Refuses what is not a plain directory: a link could change under the reader. */
  static void requireDirectory(Path directory) {
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      throw new MalformedBundleException(
          directory,
          "",
          Files.isSymbolicLink(directory)
              ? "is a symbolic link; a bundle must be a plain directory"
              : "is no directory");
    }
  }

  /** Names in a directory, which must be exactly {@code expected}, and perhaps {@code others}. */
  static void requireExactly(Path directory, Set<String> expected, Set<String> others)
      throws IOException {
    Set<String> found = new TreeSet<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        String name = String.valueOf(entry.getFileName());
        if (others.contains(name)) {
          continue;
        }
        if (!expected.contains(name) || found.size() > MAX_FILES) {
          throw new MalformedBundleException(entry, "", "is not a file of this bundle");
        }
        found.add(name);
      }
    }
    for (String name : expected) {
      if (!found.contains(name)) {
        throw new MalformedBundleException(directory.resolve(name), "", "is missing");
      }
    }
  }

  /** A whole file of at most {@code maxBytes}. */
  static byte[] read(Path file, long maxBytes) throws IOException {
    long size = sizeOfRegular(file);
    if (size > maxBytes) {
      throw new MalformedBundleException(
          file, "size=" + size, "is larger than the " + maxBytes + " bytes that may be read");
    }
    byte[] bytes = new byte[Math.toIntExact(size)];
    try (InputStream in = Channels.newInputStream(open(file))) {
      int read = in.readNBytes(bytes, 0, bytes.length);
      if (read < bytes.length) {
        throw new MalformedBundleException(file, "offset=" + read, "is cut off");
      }
    }
    return bytes;
  }

  /** A file that must have the size and hash of {@code entry}. */
  static byte[] readHashed(Path file, Manifest.FileEntry entry, long maxBytes) throws IOException {
    requireSize(file, entry);
    byte[] bytes = read(file, maxBytes);
    requireHash(file, entry, sha256(bytes));
    return bytes;
  }

  /** Checks a file's size and hash without holding it in memory. */
  static void requireHashed(Path file, Manifest.FileEntry entry) throws IOException {
    requireSize(file, entry);
    MessageDigest digest = FileHash.digest();
    ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
    long read = 0;
    try (FileChannel channel = open(file)) {
      while (read <= entry.bytes() && channel.read(chunk) >= 0) {
        read += chunk.flip().remaining();
        digest.update(chunk);
        chunk.clear();
      }
    }
    requireHash(file, entry, FileHash.hex(digest));
  }

  private static void requireSize(Path file, Manifest.FileEntry entry) throws IOException {
    long size = sizeOfRegular(file);
    if (size != entry.bytes()) {
      throw new MalformedBundleException(
          file, "size=" + size, "should have " + entry.bytes() + " bytes");
    }
  }

  private static void requireHash(Path file, Manifest.FileEntry entry, String sha256) {
    if (!sha256.equals(entry.sha256())) {
      throw new MalformedBundleException(
          file, "sha256=" + sha256, "was changed: model.json says sha256=" + entry.sha256());
    }
  }

  private static long sizeOfRegular(Path file) throws IOException {
    BasicFileAttributes attributes =
        Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    if (!attributes.isRegularFile()) {
      String kind =
          attributes.isSymbolicLink()
              ? "a symbolic link"
              : attributes.isDirectory() ? "a directory" : "a pipe or device";
      throw new MalformedBundleException(file, "", "is " + kind + ", not a regular file");
    }
    return attributes.size();
  }

  private static FileChannel open(Path file) throws IOException {
    return FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
  }

  /** Writes a new file, forces it to the disk, and says what was written. */
  static Manifest.FileEntry write(Path file, Content content) throws IOException {
    MessageDigest digest = FileHash.digest();
    try (FileChannel channel =
            FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
        OutputStream out =
            new DigestOutputStream(
                new BufferedOutputStream(Channels.newOutputStream(channel), CHUNK), digest)) {
      content.writeTo(out);
      out.flush();
      channel.force(true);
      return new Manifest.FileEntry(channel.size(), FileHash.hex(digest));
    }
  }

  static String sha256(byte[] bytes) {
    return HexFormat.of().formatHex(FileHash.digest().digest(bytes));
  }
}
