// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import io.dropwizard.logging.common.AbstractAppenderFactory;
import io.dropwizard.logging.common.DefaultLoggingFactory;
import io.dropwizard.logging.common.LoggingFactory;
import io.dropwizard.logging.json.EventJsonLayoutBaseFactory;

/** A log of one JSON object per line, from the first line on. */
final class JsonLogging {

  private static final String VARIABLE = "NEXTCLICK_LOG";
  private static final String JSON = "json";

  private JsonLogging() {}

  /** Whether the environment asks for it. */
  static boolean ofEnvironment() {
    return JSON.equals(System.getenv(VARIABLE));
  }

  /** Whether a configuration asks for it. */
  static boolean of(LoggingFactory factory) {
    return factory instanceof DefaultLoggingFactory logging
        && logging.getAppenders().stream()
            .anyMatch(appender ->
                appender instanceof AbstractAppenderFactory<?> known
                    && known.getLayout() instanceof EventJsonLayoutBaseFactory);
  }
}
