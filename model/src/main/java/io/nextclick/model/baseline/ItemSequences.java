// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.baseline;

import io.nextclick.features.encode.Vocabulary;
import io.nextclick.features.item.Item;
import io.nextclick.features.item.ItemCatalog;
import io.nextclick.features.sequence.SequenceStore;
import io.nextclick.features.sequence.UserSequence;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The items that each user wanted, oldest first: what the baselines are fitted on. */
public interface ItemSequences {

  /** The items that occur, and perhaps more. */
  Vocabulary vocabulary();

  /** Hands out one (length,) array of vocabulary rows per user; may be called again. */
  void forEach(Consumer<int[]> visitor);

  /**
   * Takes a user's items in, with the time of each, epoch milliseconds, and what was done with it;
   * without either where they are not known.
   */
  interface Timed {
    void accept(int[] rows, long[] times, byte[] actions);
  }

  /** The same with times and actions; may be called again. */
  default void forEachTimed(Timed visitor) {
    forEach(rows -> visitor.accept(rows, NO_TIMES, NO_ACTIONS));
  }

  /** Of a user whose times are not known. */
  long[] NO_TIMES = {};

  /** Of a user whose actions are not known. */
  byte[] NO_ACTIONS = {};

  /** What the log says of the item of a row; null where it says nothing. */
  default @Nullable Item item(int row) {
    return null;
  }

  /** Sequences in memory. */
  static ItemSequences of(Vocabulary vocabulary, Iterable<int[]> sequences) {
    return new ItemSequences() {
      @Override
      public Vocabulary vocabulary() {
        return vocabulary;
      }

      @Override
      public void forEach(Consumer<int[]> visitor) {
        sequences.forEach(visitor);
      }
    };
  }

  /**
   * The positive actions in a store, read user by user. Several on one item in a row, such as click
   * and purchase, count once. The vocabulary is every item of the catalogue and of the sequences,
   * ordered by id.
   */
  static ItemSequences of(SequenceStore store, PositiveActions positive) {
    TreeSet<String> ids = new TreeSet<>();
    store.items().forEach((Item item) -> ids.add(item.id()));
    store.forEach((user, sequence) -> {
      for (int i = 0; i < sequence.length(); i++) {
        ids.add(sequence.item(i));
      }
    });
    return of(
        new Vocabulary(List.copyOf(ids)),
        visitor -> store.forEach((user, sequence) -> visitor.accept(sequence)),
        positive,
        store.items());
  }

  /**
   * The positive actions of sequences in memory. Several on one item in a row count once. The
   * vocabulary is every item of the sequences, ordered by id.
   */
  static ItemSequences of(Collection<UserSequence> sequences, PositiveActions positive) {
    TreeSet<String> ids = new TreeSet<>();
    for (UserSequence sequence : sequences) {
      for (int i = 0; i < sequence.length(); i++) {
        ids.add(sequence.item(i));
      }
    }
    return of(new Vocabulary(List.copyOf(ids)), sequences, positive, null);
  }

  /**
   * The same with a vocabulary of its own; what that does not have is passed over.
   *
   * @param catalog what the log says of items; null where nobody asks
   */
  static ItemSequences of(
      Vocabulary vocabulary,
      Collection<UserSequence> sequences,
      PositiveActions positive,
      @Nullable ItemCatalog catalog) {
    return of(vocabulary, sequences::forEach, positive, catalog);
  }

  /**
   * The positive actions of users.
   *
   * @param users hands each of them to a visitor, whenever it is asked
   */
  private static ItemSequences of(
      Vocabulary vocabulary,
      Consumer<Consumer<UserSequence>> users,
      PositiveActions positive,
      @Nullable ItemCatalog catalog) {
    return new ItemSequences() {
      @Override
      public Vocabulary vocabulary() {
        return vocabulary;
      }

      @Override
      public void forEach(Consumer<int[]> visitor) {
        forEachTimed((rows, times, actions) -> visitor.accept(rows));
      }

      @Override
      public void forEachTimed(Timed visitor) {
        users.accept(sequence -> visit(vocabulary, sequence, positive, visitor));
      }

      @Override
      public @Nullable Item item(int row) {
        return catalog == null ? null : catalog.get(vocabulary.id(row));
      }
    };
  }

  private static void visit(
      Vocabulary vocabulary, UserSequence sequence, PositiveActions positive, Timed visitor) {
    int[] rows = new int[sequence.length()];
    long[] times = new long[rows.length];
    byte[] actions = new byte[rows.length];
    int length = 0;
    for (int i = 0; i < sequence.length(); i++) {
      if (positive.contains(sequence.action(i))) {
        int row = vocabulary.row(sequence.item(i));
        // An item that came in after the vocabulary was made is not known here.
        if (row != Vocabulary.UNKNOWN && (length == 0 || rows[length - 1] != row)) {
          times[length] = sequence.timeMillis(i);
          actions[length] = (byte) sequence.action(i);
          rows[length++] = row;
        }
      }
    }
    visitor.accept(
        Arrays.copyOf(rows, length), Arrays.copyOf(times, length), Arrays.copyOf(actions, length));
  }
}
