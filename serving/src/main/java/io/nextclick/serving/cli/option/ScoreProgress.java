// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.option;

import io.nextclick.serving.batch.BatchManifest;
import io.nextclick.serving.batch.BatchProgress;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What the terminal shows of batch scoring. */
public final class ScoreProgress implements Consumer<BatchProgress> {

  private static final long REPORT_NANOS = 1_000_000_000L;

  private final Supplier<PrintWriter> terminal;
  private long lastReport = System.nanoTime();
  private @Nullable BatchProgress last;

  /** On a terminal that is known when there is something to say. */
  public ScoreProgress(Supplier<PrintWriter> terminal) {
    this.terminal = terminal;
  }

  /** A line now and then. */
  @Override
  public void accept(BatchProgress progress) {
    last = progress;
    if (System.nanoTime() - lastReport < REPORT_NANOS) {
      return;
    }
    lastReport = System.nanoTime();
    PrintWriter err = terminal.get();
    err.println(progress.line());
    err.flush();
  }

  /**
   * The last words.
   *
   * @param read what was read of the log; empty for a store
   */
  public String sentence(BatchManifest manifest, Path out, String read) {
    BatchProgress progress = last;
    return String.format(
        Locale.ROOT,
        "Ranked %,d users into %d part files of %s; %,d rows rejected%s%s%s",
        manifest.users(),
        manifest.parts().size(),
        out,
        manifest.rejected(),
        progress == null
            ? "; it was all there before"
            : String.format(
                Locale.ROOT,
                "; this run: %,d users in %.1f s, %,.0f users/s, %,.0f scored pairs/s",
                progress.users(),
                progress.seconds(),
                progress.usersPerSecond(),
                progress.pairsPerSecond()),
        read.isEmpty() ? "" : "; from " + read,
        peakMemory());
  }

  /** The most memory that this process ever had, heap and native, where Linux says so. */
  private static String peakMemory() {
    try (var lines = Files.lines(Path.of("/proc/self/status"))) {
      return lines
          .filter(line -> line.startsWith("VmHWM:"))
          .map(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
          .map(mebibytes -> "; peak memory " + mebibytes + " MiB")
          .findFirst()
          .orElse("");
    } catch (IOException e) {
      return ""; // not Linux
    }
  }
}
