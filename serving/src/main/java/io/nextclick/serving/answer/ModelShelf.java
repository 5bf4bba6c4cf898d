// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

import io.nextclick.model.Scorer;
import io.nextclick.model.bundle.Backend;
import io.nextclick.model.bundle.MalformedBundleException;
import io.nextclick.model.bundle.ModelBundle;
import io.nextclick.serving.api.RankedList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The models that answers name, opened when the first of them needs one. For one thread. */
final class ModelShelf implements AutoCloseable {

  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,63}");

  private final Path directory;
  private final Backend backend;
  private final List<String> actions;
  private final Map<String, Entry> entries = new HashMap<>();

  /**
   * A model, or why there is none.
   *
   * @param scorer null where there is none
   * @param why null where there is one
   */
  record Entry(@Nullable Scorer scorer, @Nullable String why) {}

  /**
   * @param directory with models as NAME/VERSION
   * @param actions of the store, which a model must have been trained on
   */
  ModelShelf(Path directory, Backend backend, List<String> actions) {
    this.directory = directory;
    this.backend = backend;
    this.actions = actions;
  }

  Entry get(RankedList.Model model) {
    return entries.computeIfAbsent(model.name() + "/" + model.version(), id -> open(model));
  }

  private Entry open(RankedList.Model model) {
    Path bundle = directory.resolve(model.name()).resolve(model.version());
    if (!NAME.matcher(model.name()).matches()
        || !NAME.matcher(model.version()).matches()
        || !Files.isDirectory(bundle)) {
      return new Entry(null, "there is no model " + bundle);
    }
    try {
      ModelBundle opened = ModelBundle.open(bundle);
      opened.requireActions(actions);
      return new Entry(opened.scorer(backend, null), null);
    } catch (IOException | MalformedBundleException | IllegalArgumentException e) {
      return new Entry(null, "the model %s cannot be opened: %s".formatted(bundle, e.getMessage()));
    }
  }

  @Override
  public void close() {
    for (Entry entry : entries.values()) {
      if (entry.scorer != null) {
        entry.scorer.close();
      }
    }
  }
}
