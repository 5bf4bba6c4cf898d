// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.part;

import io.nextclick.features.event.CandidateFields;
import io.nextclick.features.item.Item;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the parts of a model know of the items with a row.
 *
 * @param facts by the parts' types
 */
public record ItemTable(Map<Class<?>, Facts> facts) {

  /** What one part must know of the items with a row. */
  public interface Facts {

    /** Takes an item in. */
    void put(int row, Item item);

    /** Takes the numbers in that came with an item shown, the one at {@code place}. */
    default void shown(CandidateFields fields, int place) {}

    /** Bytes on the heap, about. */
    long bytes();

    /** Tells other facts from these. */
    int fingerprint();
  }

  /** Nothing is known. */
  public static final ItemTable NONE = new ItemTable(Map.of());

  /** To be filled, for rows 1 to {@code items}. */
  public static ItemTable of(Parts parts, int items) {
    Map<Class<?>, Facts> facts = new LinkedHashMap<>();
    for (ModelPart part : parts.all()) {
      Facts own = part.facts(items);
      if (own != null) {
        facts.put(part.getClass(), own);
      }
    }
    return new ItemTable(facts);
  }

  /** Takes an item in. */
  public void put(int row, Item item) {
    facts.values().forEach(own -> own.put(row, item));
  }

  /** Takes the numbers in that came with an item shown, the one at {@code place}. */
  public void shown(CandidateFields fields, int place) {
    facts.values().forEach(own -> own.shown(fields, place));
  }

  /** The facts of a part; null if it asked for none. */
  public @Nullable Facts of(ModelPart part) {
    return facts.get(part.getClass());
  }

  /** Bytes on the heap, about. */
  public long bytes() {
    return facts.values().stream().mapToLong(Facts::bytes).sum();
  }

  /** Tells other facts from these. */
  public int fingerprint() {
    return facts.values().stream().mapToInt(Facts::fingerprint).reduce(1, (a, b) -> 31 * a + b);
  }
}
