// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.state;

import io.nextclick.features.store.StoreFiles;
import java.io.IOException;
import java.nio.file.Path;

/** Where the files lie that belong to a store; each store has its own. */
public final class DataLayout {

  private static final String POINTER = "serving-store.json";

  private final StoreFiles files;

  private DataLayout(StoreFiles files) {
    this.files = files;
  }

  /**
   * The files of a store, which may lie elsewhere by their settings.
   *
   * @throws IOException if nothing can be kept beside the store
   */
  public static DataLayout of(Path store) throws IOException {
    return new DataLayout(StoreFiles.of(store));
  }

  /** Where a store's reading of the log keeps its marks while it is built beside another one. */
  public static Path ingestOfNew(Path store) {
    return store.resolveSibling(store.getFileName() + "-ingest");
  }

  /** The name of what says which store serves; stores of one directory may share it. */
  public static Path sharedPointer(Path store) {
    return store.resolveSibling(POINTER);
  }

  /** The same of a store that shares it with none. */
  public static Path ownPointer(Path store) {
    return store.resolveSibling(store.getFileName() + "-" + POINTER);
  }

  public Path ingest() {
    return files.directory("ingest");
  }

  public Path checkpoints() {
    return files.resolve("checkpoints");
  }

  /** What calls routed. */
  public Path routing() {
    return files.resolve("routing.json");
  }

  /** Answers that wait for their clicks. */
  public Path impressions() {
    return files.resolve("impressions");
  }

  /** The key that users are named with. */
  public Path userKey() {
    return files.resolve("user.key");
  }

  /** The API keys' hashes. */
  public Path keys() {
    return files.resolve("keys.json");
  }

  public Path answers() {
    return files.resolve("answers");
  }

  /** Who did what. */
  public Path audit() {
    return files.resolve("audit");
  }
}
