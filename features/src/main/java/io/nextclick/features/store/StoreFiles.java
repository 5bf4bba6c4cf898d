// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.store;

import io.nextclick.features.file.DurableFile;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Names the files that lie beside a store. The first store of a directory has the plain names;
 * those of a second one begin with the store's name, so that two never share a file. The first
 * leaves its name in {@value #OWNER}.
 */
public final class StoreFiles {

  private static final String OWNER = "store-of-these-files";

  private final Path parent;
  private final String prefix;

  private StoreFiles(Path parent, String prefix) {
    this.parent = parent;
    this.prefix = prefix;
  }

  /**
   * Looks whose the plain names are, and takes them for this store if they are nobody's, or if the
   * store that had them is gone.
   *
   * @throws IOException if the store's parent directory cannot be made or written
   */
  public static StoreFiles of(Path store) throws IOException {
    Path whole = store.toAbsolutePath().normalize();
    Path parent = whole.getParent();
    if (parent == null) {
      throw new IOException("store=" + store + " is no directory of its own");
    }
    String name = whole.getFileName().toString();
    String owner = owner(parent.resolve(OWNER), name);
    if (owner.equals(name)) {
      return new StoreFiles(parent, "");
    }
    if (Files.isDirectory(parent.resolve(owner))) {
      return new StoreFiles(parent, name + "-");
    }
    DurableFile.write(parent.resolve(OWNER), name);
    return new StoreFiles(parent, "");
  }

  private static String owner(Path file, String name) throws IOException {
    Files.createDirectories(file.resolveSibling(""));
    try {
      Files.writeString(file, name, StandardOpenOption.CREATE_NEW);
      return name;
    } catch (FileAlreadyExistsException taken) {
      String owner = Files.readString(file).strip();
      return owner.isEmpty() ? name : owner; // a kill in the middle of writing it
    }
  }

  /** The file, or directory, of a name that every store has one of. */
  public Path resolve(String name) {
    return parent.resolve(prefix + name);
  }

  /**
   * The directory of a thing that may lie among the files: the parent itself for the first store.
   */
  public Path directory(String name) {
    return prefix.isEmpty() ? parent : resolve(name);
  }
}
