// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.admission;

/**
 * Bytes that the bodies of all requests in flight may take, with what is parsed of them, and their
 * answers until they are read. Who finds no room is refused before memory is spent.
 *
 * <p>A quarter is kept for small requests, so that large ones cannot lock them out. A large one
 * that is alone is let in whatever its size: else a small heap would never serve it.
 */
public final class MemoryBudget {

  /** Bytes of body up to which a request is small. */
  static final int SMALL_BODY = 64 << 10;

  /**
   * Bytes that a byte of body takes at most until it is answered: its copies on the way, and what
   * is parsed of it. Measured with bodies of one-letter names and values.
   */
  private static final int PER_BODY_BYTE = 16;

  private final long max;
  private long small;
  private long large;
  private long refused;

  /**
   * @param max bytes, over all requests
   */
  public MemoryBudget(long max) {
    this.max = max;
  }

  /** A quarter of the heap. */
  public static long ofHeap() {
    return Runtime.getRuntime().maxMemory() / 4;
  }

  /** Room for one request, none at first. */
  public Share open() {
    return new Share();
  }

  /** What one request has taken. Not for several threads at once. */
  public final class Share implements AutoCloseable {

    private long bytes;
    private boolean isLarge;

    private Share() {}

    /** Takes room for {@code length} bytes of body as they are; false if there is none. */
    public boolean hold(long length) {
      return resize(length, length > SMALL_BODY);
    }

    /** Takes room for parsing {@code length} bytes of body too; false if there is none. */
    public boolean parse(long length) {
      return resize(length * PER_BODY_BYTE, length > SMALL_BODY);
    }

    private boolean resize(long wanted, boolean wantedLarge) {
      synchronized (MemoryBudget.this) {
        give(isLarge, -bytes);
        if (!fits(wanted, wantedLarge)) {
          give(isLarge, bytes);
          return false;
        }
        give(wantedLarge, wanted);
        bytes = wanted;
        isLarge = wantedLarge;
        return true;
      }
    }

    /** Gives all of it back. */
    @Override
    public void close() {
      synchronized (MemoryBudget.this) {
        give(isLarge, -bytes);
        bytes = 0;
      }
    }
  }

  /** Whether a body of so many bytes could be parsed now. */
  public synchronized boolean hasRoomFor(long length) {
    return fits(length * PER_BODY_BYTE, length > SMALL_BODY);
  }

  /** Counts a request that was refused for want of room. */
  public synchronized void countRefused() {
    refused++;
  }

  private boolean fits(long bytes, boolean isLarge) {
    return isLarge
        ? large == 0 || large + bytes <= max - max / 4
        : small + bytes <= Math.max(max / 4, max - large);
  }

  private void give(boolean toLarge, long bytes) {
    if (toLarge) {
      large += bytes;
    } else {
      small += bytes;
    }
  }

  /** Bytes in all. */
  public long max() {
    return max;
  }

  /** Bytes taken now. */
  public synchronized long used() {
    return small + large;
  }

  /** Requests refused so far. */
  public synchronized long refused() {
    return refused;
  }
}
