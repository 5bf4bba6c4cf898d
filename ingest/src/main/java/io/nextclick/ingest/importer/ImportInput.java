// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.importer;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.ProviderNotFoundException;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What an import reads: a file, a folder, or a zip archive, which is read in place as a folder. */
final class ImportInput implements Closeable {

  private final Path path;
  private final @Nullable FileSystem archive;

  private ImportInput(Path path, @Nullable FileSystem archive) {
    this.path = path;
    this.archive = archive;
  }

  /**
   * Opens a file, a folder or an archive.
   *
   * @throws IOException if there is none, or if it is an archive that cannot be read
   */
  static ImportInput open(Path in) throws IOException {
    String name = String.valueOf(in.getFileName());
    if (!Files.exists(in)) {
      throw new NoSuchFileException(in + ": no such file or folder");
    }
    if (name.matches(".*\\.(tar|tgz|tar\\.\\w+|rar|7z|xlsx?)")) {
      throw new IOException(
          in
              + (name.matches(".*\\.xlsx?")
                  ? ": an Excel workbook; save it as CSV, and import that"
                  : ": an archive that is not read in place; unpack it, and name the folder"));
    }
    if (!name.endsWith(".zip") || Files.isDirectory(in)) {
      return new ImportInput(in, null);
    }
    try {
      FileSystem archive = FileSystems.newFileSystem(in);
      return new ImportInput(onlyFolder(archive.getPath("/")), archive);
    } catch (IOException | ProviderNotFoundException e) {
      throw new IOException(
          "%s: no readable zip archive (%s); fetch it again, or unpack it and name the folder"
              .formatted(in, e.getMessage()),
          e);
    }
  }

  /** The file or folder. */
  Path path() {
    return path;
  }

  /** The folder that an archive consists of, else the archive's root. */
  private static Path onlyFolder(Path root) throws IOException {
    List<Path> entries = entries(root);
    return entries.size() == 1 && Files.isDirectory(entries.getFirst())
        ? onlyFolder(entries.getFirst())
        : root;
  }

  /**
   * The one file of an archive or folder, or the file itself.
   *
   * @throws IOException if there are several, or none
   */
  static Path onlyFile(Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      return path;
    }
    List<Path> entries = entries(path);
    if (entries.size() == 1 && Files.isRegularFile(entries.getFirst())) {
      return entries.getFirst();
    }
    throw new IOException(
        "%s: a folder of %d entries, not a file; name the file to import%s"
            .formatted(
                path,
                entries.size(),
                path.getFileSystem().equals(FileSystems.getDefault()) ? "" : ", unpacked"));
  }

  private static List<Path> entries(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .filter(entry -> !String.valueOf(entry.getFileName()).matches("(\\.|__MACOSX).*"))
          .sorted()
          .limit(1_000)
          .toList();
    }
  }

  @Override
  public void close() throws IOException {
    if (archive != null) {
      archive.close();
    }
  }
}
