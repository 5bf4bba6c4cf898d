// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

import io.nextclick.features.file.DurableFile;
import io.nextclick.model.weights.Parameters;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;

/**
 * A run's state in one file, which is there as a whole or not at all: written aside, forced to the
 * disk, renamed.
 *
 * <pre>
 *  magic, identity                       whose it is: settings, data, kernel
 *  step, batch, sums, epochs             where it stands
 *  weights, means, squares, averages     (size) floats of every tensor, in the order of the file
 *  whether there is a best; its weights
 *  CRC-32C of all of it
 * </pre>
 */
final class Checkpoint {

  private static final int MAGIC = 0x4e435431; // NCT1

  /** How long a run may lose, unless told otherwise. */
  static final long EVERY_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final Path file;
  private final String identity;
  private final long everyNanos;
  private long savedNanos = System.nanoTime();

  /**
   * @param identity tells this run from those with other settings or data
   * @param everyNanos the least time between two, within an epoch
   */
  Checkpoint(Path file, String identity, long everyNanos) {
    this.file = file;
    this.identity = identity;
    this.everyNanos = everyNanos;
  }

  /** Whether it is time to save. */
  boolean due() {
    return System.nanoTime() - savedNanos >= everyNanos;
  }

  void save(Parameters parameters, Optimizer optimizer, Parameters average, TrainingState state)
      throws IOException {
    try (DurableFile whole = DurableFile.begin(file)) {
      OutputStream plain = whole.out();
      var checked = new CheckedOutputStream(plain, new CRC32C());
      var out = new DataOutputStream(checked);
      write(out, parameters, optimizer, average, state);
      out.flush();
      new DataOutputStream(plain).writeLong(checked.getChecksum().getValue());
      whole.commit();
    }
    savedNanos = System.nanoTime();
  }

  private void write(
      DataOutputStream out,
      Parameters parameters,
      Optimizer optimizer,
      Parameters average,
      TrainingState state)
      throws IOException {
    out.writeInt(MAGIC);
    out.writeUTF(identity);
    out.writeLong(optimizer.step());
    out.writeInt(state.batch);
    out.writeDouble(state.nextItem);
    out.writeDouble(state.click);
    out.writeLong(state.targets);
    out.writeDouble(state.shown);
    out.writeInt(state.history.size());
    for (Epoch epoch : state.history) {
      out.writeDouble(epoch.nextItem());
      out.writeDouble(epoch.click());
      out.writeDouble(epoch.metric());
    }
    for (Map.Entry<String, Integer> tensor : parameters.sizes().entrySet()) {
      write(out, parameters.get(tensor.getKey()), tensor.getValue());
      write(out, optimizer.moments(tensor.getKey()).mean(), tensor.getValue());
      write(out, optimizer.moments(tensor.getKey()).square(), tensor.getValue());
      write(out, average.get(tensor.getKey()), tensor.getValue());
    }
    out.writeBoolean(!state.best.isEmpty());
    for (float[] best : state.best.values()) {
      write(out, best, best.length);
    }
  }

  private static void write(DataOutputStream out, float[] x, int length) throws IOException {
    for (int i = 0; i < length; i++) {
      out.writeFloat(x[i]);
    }
  }

  /**
   * Takes the state over, if there is one.
   *
   * @throws IOException if the file is damaged, or another run's
   */
  void restore(Parameters parameters, Optimizer optimizer, Parameters average, TrainingState state)
      throws IOException {
    if (!Files.exists(file)) {
      return;
    }
    require(checksum(), "it is damaged");
    try (var in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
      require(in.readInt() == MAGIC, "it is no checkpoint of this version");
      require(in.readUTF().equals(identity), "it is of other settings, data or program");
      optimizer.resume(in.readLong());
      state.batch = in.readInt();
      state.nextItem = in.readDouble();
      state.click = in.readDouble();
      state.targets = in.readLong();
      state.shown = in.readDouble();
      int epochs = in.readInt();
      for (int e = 1; e <= epochs; e++) {
        state.history.add(new Epoch(e, in.readDouble(), in.readDouble(), in.readDouble()));
      }
      for (Map.Entry<String, Integer> tensor : parameters.sizes().entrySet()) {
        read(in, parameters.get(tensor.getKey()), tensor.getValue());
        read(in, optimizer.moments(tensor.getKey()).mean(), tensor.getValue());
        read(in, optimizer.moments(tensor.getKey()).square(), tensor.getValue());
        read(in, average.get(tensor.getKey()), tensor.getValue());
      }
      if (in.readBoolean()) {
        for (Map.Entry<String, Integer> tensor : parameters.sizes().entrySet()) {
          float[] best = new float[tensor.getValue()];
          read(in, best, best.length);
          state.best.put(tensor.getKey(), best);
        }
      }
    }
  }

  private static void read(DataInputStream in, float[] x, int length) throws IOException {
    for (int i = 0; i < length; i++) {
      x[i] = in.readFloat();
    }
  }

  /** Whether the sum at the end is that of all before it. */
  private boolean checksum() throws IOException {
    long size = Files.size(file) - Long.BYTES;
    if (size < 0) {
      return false;
    }
    try (var checked =
            new CheckedInputStream(
                new BufferedInputStream(Files.newInputStream(file), 1 << 16), new CRC32C());
        var in = new DataInputStream(checked)) {
      in.skipNBytes(size);
      long expected = checked.getChecksum().getValue();
      return in.readLong() == expected;
    }
  }

  private void require(boolean condition, String otherwise) throws IOException {
    if (!condition) {
      throw new IOException(
          "cannot go on from " + file + ": " + otherwise + "; remove it to start anew");
    }
  }
}
