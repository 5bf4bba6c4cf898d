// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import com.fasterxml.jackson.databind.node.TextNode;
import io.dropwizard.logging.common.AbstractAppenderFactory;
import io.dropwizard.logging.common.ConsoleAppenderFactory;
import io.dropwizard.logging.common.DefaultLoggingFactory;
import io.dropwizard.logging.common.LoggingFactory;
import io.dropwizard.logging.json.EventJsonLayoutBaseFactory;
import java.util.List;
import java.util.Map;

/**
 * The log as it is without a configuration; as one JSON object per line, from the first line on.
 */
public final class ServiceLogging {

  private static final String VARIABLE = "NEXTCLICK_LOG";
  private static final String JSON = "json";

  private ServiceLogging() {}

  /** Says what we do, and of the libraries only what went wrong. */
  public static DefaultLoggingFactory quiet() {
    DefaultLoggingFactory logging = new DefaultLoggingFactory();
    logging.setLevel(Level.WARN.toString());
    logging.setLoggers(Map.of("io.nextclick", new TextNode(Level.INFO.toString())));
    ConsoleAppenderFactory<ILoggingEvent> console = new ConsoleAppenderFactory<>();
    console.setLayout(
        isJsonByEnvironment() ? new EventJsonLayoutBaseFactory() : new TextLayoutFactory());
    logging.setAppenders(List.of(console));
    return logging;
  }

  /** Whether the environment asks for JSON. */
  public static boolean isJsonByEnvironment() {
    return JSON.equals(System.getenv(VARIABLE));
  }

  /** Whether a configuration asks for JSON. */
  public static boolean isJson(LoggingFactory factory) {
    return factory instanceof DefaultLoggingFactory logging
        && logging.getAppenders().stream()
            .anyMatch(appender ->
                appender instanceof AbstractAppenderFactory<?> known
                    && known.getLayout() instanceof EventJsonLayoutBaseFactory);
  }
}
