// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.bundle;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** The directory of all models: {@code models/NAME/VERSION/}. */
public final class ModelDirectory {

  /** More than this is a mistake in the path rather than a list of models. */
  private static final int MAX_ENTRIES = 10_000;

  private ModelDirectory() {}

  /** The bundles below {@code models}, ordered by name and version; nothing of them is checked. */
  public static List<Path> bundles(Path models) throws IOException {
    List<Path> bundles = new ArrayList<>();
    for (Path name : directories(models)) {
      bundles.addAll(directories(name));
    }
    return bundles;
  }

  /**
   * The version of a model that was made last, by the time of its {@code model.json}; of equally
   * old ones the last by name. Empty if there is none.
   */
  public static Optional<Path> newest(Path model) throws IOException {
    return newestFirst(model).stream().findFirst();
  }

  /** All versions of a model, the one that {@link #newest} finds first. */
  public static List<Path> newestFirst(Path model) throws IOException {
    record Version(FileTime made, Path directory) {}
    List<Version> versions = new ArrayList<>();
    for (Path version : directories(model)) {
      Path manifest = version.resolve(Manifest.FILE);
      if (Files.isRegularFile(manifest, LinkOption.NOFOLLOW_LINKS)) {
        versions.add(new Version(Files.getLastModifiedTime(manifest), version));
      }
    }
    versions.sort(Comparator.comparing(Version::made).thenComparing(Version::directory).reversed());
    return versions.stream().map(Version::directory).toList();
  }

  private static List<Path> directories(Path parent) throws IOException {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(parent)) {
      for (Path entry : entries) {
        boolean named = Manifest.NAME.matcher(String.valueOf(entry.getFileName())).matches();
        if (named && Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
          found.add(entry);
        }
        if (found.size() > MAX_ENTRIES) {
          throw new IOException(parent + " has more than " + MAX_ENTRIES + " directories");
        }
      }
    }
    Collections.sort(found);
    return found;
  }
}
