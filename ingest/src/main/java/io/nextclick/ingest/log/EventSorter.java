// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.log;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Takes the lines of a log in any order and gives them back by {@link Key}, lines of one key in the
 * order in which they came.
 *
 * <p>At most {@value #MEMORY_BYTES} bytes of lines are held; more go to files in the given folder,
 * compressed, which are gone when this is closed or the process dies. Not for several threads.
 */
public final class EventSorter implements Closeable {

  private static final long MEMORY_BYTES = 32 << 20;
  private static final int LINE_OVERHEAD_BYTES = 96; // of the entry, its key and its array
  private static final int MAX_RUNS = 64; // files open at once
  private static final int BUFFER_BYTES = 1 << 16;

  /**
   * Where a line belongs: by time, then by user, then as drawn.
   *
   * @param timeMillis epoch milliseconds
   * @param user stands for the user, such as a hash
   * @param tie orders one user's lines of one time, such as a hash with a seed
   * @param row the same for lines that came of one row
   */
  public record Key(long timeMillis, long user, long tie, long row) implements Comparable<Key> {

    private static final Comparator<Key> ORDER =
        Comparator.comparingLong(Key::timeMillis)
            .thenComparingLong(Key::user)
            .thenComparingLong(Key::tie)
            .thenComparingLong(Key::row);

    @Override
    public int compareTo(Key other) {
      return ORDER.compare(this, other);
    }
  }

  /** Takes one line. */
  @FunctionalInterface
  public interface Sink {
    void accept(Key key, byte[] line) throws IOException;
  }

  private record Entry(Key key, byte[] line) {}

  private final Path folder;
  private final long memoryBytes;
  private final int maxRuns;
  private final List<Entry> held = new ArrayList<>();
  private final List<Run> runs = new ArrayList<>();
  private long heldBytes;

  /**
   * Begins.
   *
   * @param folder where files go if the lines outgrow the memory
   */
  public EventSorter(Path folder) {
    this(folder, MEMORY_BYTES, MAX_RUNS);
  }

  EventSorter(Path folder, long memoryBytes, int maxRuns) {
    this.folder = folder;
    this.memoryBytes = memoryBytes;
    this.maxRuns = maxRuns;
  }

  /** Takes a line, without its line break. */
  public void add(Key key, byte[] line) throws IOException {
    held.add(new Entry(key, line));
    heldBytes += line.length + LINE_OVERHEAD_BYTES;
    if (heldBytes >= memoryBytes) {
      spill();
    }
  }

  /** Hands out all lines in order; to be called once. */
  public void drain(Sink sink) throws IOException {
    if (runs.isEmpty()) {
      held.sort(Comparator.comparing(Entry::key)); // stable
      for (Entry entry : held) {
        sink.accept(entry.key(), entry.line());
      }
      return;
    }
    spill();
    merge(sink);
  }

  private void spill() throws IOException {
    held.sort(Comparator.comparing(Entry::key)); // stable
    if (runs.size() == maxRuns) {
      Run merged = new Run(folder);
      try {
        merge(merged::write);
      } catch (IOException e) {
        merged.close();
        throw e;
      }
      close();
      runs.add(merged); // before the run to come, as its lines came before
    }
    Run run = new Run(folder);
    runs.add(run);
    for (Entry entry : held) {
      run.write(entry.key(), entry.line());
    }
    held.clear();
    heldBytes = 0;
  }

  private void merge(Sink sink) throws IOException {
    record Cursor(Run run, int place, Entry entry) {}

    var next =
        new PriorityQueue<Cursor>(
            Comparator.comparing((Cursor c) -> c.entry().key()).thenComparingInt(Cursor::place));
    for (int place = 0; place < runs.size(); place++) {
      Run run = runs.get(place);
      run.rewind();
      Entry entry = run.read();
      if (entry != null) {
        next.add(new Cursor(run, place, entry));
      }
    }
    for (Cursor first = next.poll(); first != null; first = next.poll()) {
      sink.accept(first.entry().key(), first.entry().line());
      Entry entry = first.run().read();
      if (entry != null) {
        next.add(new Cursor(first.run(), first.place(), entry));
      }
    }
  }

  /** Removes the files. */
  @Override
  public void close() throws IOException {
    IOException failure = null;
    for (Run run : runs) {
      try {
        run.close();
      } catch (IOException e) {
        failure = e;
      }
    }
    runs.clear();
    if (failure != null) {
      throw failure;
    }
  }

  /** Lines in order, in a file that has no name any more: its room is free when it is closed. */
  private static final class Run implements Closeable {

    private final FileChannel channel;
    private final DataOutputStream out;
    private @Nullable DataInputStream in;
    private long lines;

    Run(Path folder) throws IOException {
      channel =
          FileChannel.open(
              folder.resolve(".sort-" + ProcessHandle.current().pid() + "-" + System.nanoTime()),
              StandardOpenOption.CREATE_NEW,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.DELETE_ON_CLOSE); // on Unix the name goes at once
      try {
        out =
            new DataOutputStream(
                new BufferedOutputStream(
                    Compression.ZSTD.compress(new LeftOpen(Channels.newOutputStream(channel))),
                    BUFFER_BYTES));
      } catch (IOException e) {
        channel.close();
        throw e;
      }
    }

    void write(Key key, byte[] line) throws IOException {
      out.writeLong(key.timeMillis());
      out.writeLong(key.user());
      out.writeLong(key.tie());
      out.writeLong(key.row());
      out.writeInt(line.length);
      out.write(line);
      lines++;
    }

    void rewind() throws IOException {
      out.close();
      channel.position(0);
      in =
          new DataInputStream(
              new BufferedInputStream(
                  Compression.ZSTD.decompress(Channels.newInputStream(channel)), BUFFER_BYTES));
    }

    @Nullable Entry read() throws IOException {
      if (in == null || lines == 0) {
        return null;
      }
      lines--;
      var key = new Key(in.readLong(), in.readLong(), in.readLong(), in.readLong());
      byte[] line = new byte[in.readInt()];
      in.readFully(line);
      return new Entry(key, line);
    }

    @Override
    public void close() throws IOException {
      try (channel) {
        if (in == null) {
          out.close();
        } else {
          in.close();
        }
      }
    }
  }
}
