// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.option;

import java.io.Console;
import java.io.PrintStream;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One line on the terminal that counts up; silent where nobody watches. Safe for any thread.
 *
 * <p>Closing it ends the line.
 */
public final class Progress implements AutoCloseable {

  private static final long EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private final PrintStream out;
  private final boolean visible;
  private final String what;
  private final AtomicLong nextNanos = new AtomicLong(System.nanoTime());
  private volatile boolean shown;

  private Progress(PrintStream out, boolean visible, String what) {
    this.out = out;
    this.visible = visible;
    this.what = what;
  }

  /** A line on standard error, if that is a terminal; {@code what} is a format of one number. */
  public static Progress onTerminal(String what) {
    // Null or not a terminal, by JDK, when the output is redirected.
    boolean terminal =
        Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent();
    return new Progress(System.err, terminal, what);
  }

  /** A line on standard error, if that is a terminal, of any text. */
  public static Progress onTerminal() {
    return onTerminal("");
  }

  public void at(long count) {
    if (visible) {
      show(String.format(Locale.ROOT, what, count));
    }
  }

  /** Shows a text in place of the one before, unless that is very young. */
  public void show(String text) {
    long now = System.nanoTime();
    long due = nextNanos.get();
    if (visible && now - due >= 0 && nextNanos.compareAndSet(due, now + EVERY_NANOS)) {
      shown = true;
      out.print("\r" + text + "\033[K");
      out.flush();
    }
  }

  @Override
  public void close() {
    if (shown) {
      out.print("\r\033[K");
      out.flush();
    }
  }
}
