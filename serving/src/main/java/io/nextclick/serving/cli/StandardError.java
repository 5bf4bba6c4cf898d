// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;

/**
 * The standard error stream, where {@code deploy/exec-quiet.sh} put a filter before it for what the
 * JVM prints of itself: what Java code prints goes past that filter.
 */
public final class StandardError {

  /** The number of the descriptor that leads past the filter. */
  private static final String PROPERTY = "nextclick.stderr";

  private StandardError() {}

  /** To be called before anything else is printed; does nothing where there is no filter. */
  public static void pastFilter() {
    Integer number = Integer.getInteger(PROPERTY);
    if (number == null) {
      return;
    }
    try {
      // The JDK has no other way to an inherited descriptor; deploy/jvm.options opens java.io.
      var constructor = FileDescriptor.class.getDeclaredConstructor(int.class);
      constructor.setAccessible(true);
      var stream = new FileOutputStream(constructor.newInstance(number));
      String encoding = System.getProperty("stderr.encoding", Charset.defaultCharset().name());
      System.setErr(new PrintStream(stream, true, Charset.forName(encoding)));
    } catch (ReflectiveOperationException | RuntimeException e) {
      // Through the filter, then.
    }
  }
}
