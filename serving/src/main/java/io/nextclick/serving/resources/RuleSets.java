// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.resources;

import io.nextclick.features.event.FieldNames;
import io.nextclick.serving.access.WatchedFile;
import io.nextclick.serving.api.PageRule;
import io.nextclick.serving.api.ProblemException;
import io.nextclick.serving.api.RankRequest;
import io.nextclick.serving.api.SlateRequest;
import io.nextclick.serving.api.StrictJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Rules of pages that requests name: a file of sets, read again when it has changed. One that
 * cannot be read leaves what was read before. For any thread.
 */
public final class RuleSets {

  /** No sets. */
  public static final RuleSets NONE = new RuleSets(null);

  private static final int MAX_BYTES = 1 << 20;
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final StrictJson<Content> JSON = new StrictJson<>(Content.class);

  /**
   * The file.
   *
   * @param sets by name
   */
  private record Content(Map<String, List<PageRule>> sets) {}

  private final @Nullable WatchedFile<Map<String, List<PageRule>>> file;
  private final AtomicLong looked = new AtomicLong(System.nanoTime());

  private RuleSets(@Nullable WatchedFile<Map<String, List<PageRule>>> file) {
    this.file = file;
  }

  /**
   * Of a file.
   *
   * @throws IOException if it cannot be read, or is not sound; the message says where
   */
  public static RuleSets of(Path path) throws IOException {
    return new RuleSets(new WatchedFile<>(path, () -> read(path)));
  }

  private static Map<String, List<PageRule>> read(Path path) throws IOException {
    if (Files.size(path) > MAX_BYTES) {
      throw new IOException("%s has more than %d bytes".formatted(path, MAX_BYTES));
    }
    try {
      @Nullable Map<String, List<PageRule>> sets = JSON.read(Files.readAllBytes(path)).sets;
      if (sets == null) {
        throw new IOException(path + ": sets is missing");
      }
      Map<String, List<PageRule>> named = new TreeMap<>();
      sets.forEach((name, rules) -> named.put(name, PageRule.ofSet(name, rules)));
      return named;
    } catch (ProblemException e) {
      throw new IOException(path + ": " + e.getMessage(), e);
    }
  }

  /**
   * A request with the rules of the sets that it names, before its own.
   *
   * @throws ProblemException 400 if there is no such set, or it has too many rules then
   */
  public RankRequest resolved(RankRequest request) {
    SlateRequest slate = request.slate();
    if (slate == null || slate.ruleSets() == null) {
      return request;
    }
    Map<String, List<PageRule>> sets = sets();
    List<PageRule> rules = new ArrayList<>();
    for (int i = 0; i < slate.ruleSets().size(); i++) {
      String name = slate.ruleSets().get(i);
      List<PageRule> set = sets.get(name);
      if (set == null) {
        throw ProblemException.field(
            "slate.ruleSets[" + i + "]",
            sets.isEmpty()
                ? "is no set of rules: this service has none, see ranking.rules"
                : "is none of the sets of rules of this service: "
                    + String.join(", ", sets.keySet())
                    + FieldNames.suggestion(name, List.copyOf(sets.keySet())));
      }
      rules.addAll(set);
    }
    return request.with(slate.withRules(rules));
  }

  private Map<String, List<PageRule>> sets() {
    if (file == null) {
      return Map.of();
    }
    long before = looked.get();
    long now = System.nanoTime();
    if (now - before > LOOK_NANOS && looked.compareAndSet(before, now)) {
      file.look();
    }
    return file.content();
  }
}
