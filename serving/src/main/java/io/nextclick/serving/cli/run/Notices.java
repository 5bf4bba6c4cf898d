// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.run;

import ch.qos.logback.classic.LoggerContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the service says of itself: lines for people, or entries of the log where that is JSON, so
 * that whoever reads the log meets nothing else.
 */
final class Notices {

  private static final Logger LOG = LoggerFactory.getLogger("io.nextclick.serving");

  private final boolean json;

  /**
   * @param json whether the log is JSON
   */
  Notices(boolean json) {
    this.json = json;
  }

  /** Lets the log have what ends a thread; the JVM would print it as text. */
  static void logUncaught() {
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, e) -> LOG.error("Thread {} ended with an error", thread.getName(), e));
  }

  void info(String message) {
    if (json) {
      LOG.info(message);
    } else {
      System.out.println(message);
    }
  }

  /** The last notice: returns when it is written. */
  void last(String message) {
    info(message);
    flush();
  }

  /** The last notice, of what went wrong: returns when it is written. */
  void failed(String message, Throwable e) {
    if (json) {
      LOG.error(message, e);
    } else {
      System.err.println(message + ": " + e);
    }
    flush();
  }

  /** The log is written by a thread of its own. */
  private static void flush() {
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      context.stop();
    }
  }
}
