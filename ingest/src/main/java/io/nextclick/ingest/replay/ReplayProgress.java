// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.replay;

/**
 * How far a replay has come.
 *
 * @param lines lines of the log that are done, those of earlier runs included
 * @param skipped lines that an earlier run had done
 * @param refused lines of this run that are no events
 * @param bytesRead bytes of the file taken in, as they lie on disk
 * @param size size of the file on disk in bytes
 * @param seconds since this run began
 */
public record ReplayProgress(
    long lines, long skipped, long refused, long bytesRead, long size, double seconds) {

  /** Lines of this run per second. */
  public double linesPerSecond() {
    return seconds > 0 ? (lines - skipped) / seconds : 0;
  }
}
