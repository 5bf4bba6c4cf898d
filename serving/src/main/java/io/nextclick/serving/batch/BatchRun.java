// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Ranks every row of an input into an {@link OutputDirectory}, in the order of the input.
 *
 * <p>The calling thread reads rows and writes lists; the others rank, each one user at a time. What
 * waits between them is bounded, so memory does not depend on the size of the input.
 */
public final class BatchRun {

  /** List entries of a task, about: enough to make handing it over cheap. */
  private static final int ENTRIES_PER_TASK = 2_048;

  /** Rows of a task at most. */
  private static final int ROWS_PER_TASK = 64;

  /** List entries that wait, about: work for the threads while a part is forced to the disk. */
  private static final long ENTRIES_WAITING = 1 << 18;

  private static final int TASKS_PER_THREAD = 2; // at least
  private static final int MAX_TASKS = 1_024;

  private final BatchScoring scoring;
  private final OutputDirectory directory;
  private final int threads;
  private final Consumer<BatchProgress> listener;

  private final ArrayDeque<Future<BatchTask.Done>> waiting = new ArrayDeque<>();
  private List<InputRow> rows = new ArrayList<>(ROWS_PER_TASK);
  private long entries;
  private long entriesWaiting;
  private long read;
  private @Nullable PartWriter part;
  private int nextPart;
  private final BatchProgress.Counter counter;

  /**
   * A run; call {@link #run} once.
   *
   * @param threads that rank
   * @param listener hears of progress after each task
   */
  public BatchRun(
      BatchScoring scoring,
      OutputDirectory directory,
      int threads,
      Consumer<BatchProgress> listener) {
    this.scoring = scoring;
    this.directory = directory;
    this.threads = threads;
    this.listener = listener;
    this.counter = new BatchProgress.Counter();
  }

  /**
   * Ranks what the directory's journal does not have yet, and finishes the output.
   *
   * @throws IOException if the input cannot be read or the output not be written; what was finished
   *     stays, and another run goes on there
   */
  public BatchManifest run(UserSource users) throws IOException, InterruptedException {
    List<BatchPart> before = directory.parts();
    nextPart = before.size();
    long skip = before.stream().mapToLong(BatchPart::rows).sum();
    ExecutorService pool =
        Executors.newFixedThreadPool(threads, Thread.ofPlatform().name("score-", 0).factory());
    try {
      users.forEach(row -> {
        if (read++ >= skip) {
          take(pool, row, users);
        }
      });
      submit(pool, true, users);
      while (!waiting.isEmpty()) {
        writeNext(users);
      }
      return directory.finish();
    } catch (Interrupted e) {
      throw e.cause;
    } finally {
      pool.shutdownNow();
      if (part != null) {
        part.close();
      }
    }
  }

  private void take(ExecutorService pool, InputRow row, UserSource users) throws IOException {
    rows.add(row);
    entries += scoring.entries(row);
    boolean endsPart = read % scoring.rowsPerPart() == 0;
    if (endsPart || rows.size() == ROWS_PER_TASK || entries >= ENTRIES_PER_TASK) {
      submit(pool, endsPart, users);
    }
  }

  private void submit(ExecutorService pool, boolean endsPart, UserSource users) throws IOException {
    if (rows.isEmpty()) {
      return;
    }
    waiting.add(pool.submit(new BatchTask(scoring, rows, entries, endsPart)));
    entriesWaiting += entries;
    entries = 0;
    rows = new ArrayList<>(ROWS_PER_TASK);
    while (isFull()) {
      writeNext(users);
    }
  }

  private boolean isFull() {
    boolean enough = waiting.size() > threads * TASKS_PER_THREAD;
    return (enough && entriesWaiting > ENTRIES_WAITING) || waiting.size() > MAX_TASKS;
  }

  private void writeNext(UserSource users) throws IOException {
    BatchTask.Done done = await(waiting.remove());
    entriesWaiting -= done.entries();
    PartWriter writer = part;
    if (writer == null) {
      writer = new PartWriter(directory, scoring.format(), nextPart++);
      part = writer;
    }
    writer.append(done);
    if (done.endsPart()) {
      writer.finish();
      part = null;
    }
    listener.accept(counter.add(done, users.done()));
  }

  private static BatchTask.Done await(Future<BatchTask.Done> task) throws IOException {
    try {
      return task.get();
    } catch (InterruptedException e) {
      throw new Interrupted(e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IOException(e.getCause()); // an Error, such as no memory: the run ends
    }
  }

  /** Carries an interruption through the source's visitor. */
  private static final class Interrupted extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final transient InterruptedException cause;

    Interrupted(InterruptedException cause) {
      super(cause);
      this.cause = cause;
    }
  }
}
