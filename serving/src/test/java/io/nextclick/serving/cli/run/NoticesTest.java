// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class NoticesTest {

  private final Logger logger = (Logger) LoggerFactory.getLogger("io.nextclick.serving");
  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();

  @BeforeEach
  void listen() {
    logger.setLevel(Level.INFO);
    logged.start();
    logger.addAppender(logged);
  }

  @AfterEach
  void leave() {
    logger.detachAppender(logged);
    logger.setLevel(null);
    Thread.setDefaultUncaughtExceptionHandler(null);
  }

  @Test
  void logUncaught_errorThatEndsAThread_isLoggedWithItsTrace() throws Exception {
    Notices.logUncaught();

    Thread.ofPlatform().name("worker").start(() -> failing()).join();

    assertThat(logged.list).hasSize(1);
    ILoggingEvent event = logged.list.getFirst();
    assertThat(event.getLevel()).isEqualTo(Level.ERROR);
    assertThat(event.getFormattedMessage()).contains("worker");
    assertThat(event.getThrowableProxy().getMessage()).isEqualTo("broken");
  }

  @Test
  void info_jsonLog_isAnEntryOfTheLog() {
    new Notices(true).info("serves");

    assertThat(logged.list).extracting(ILoggingEvent::getFormattedMessage).contains("serves");
  }

  private static void failing() {
    throw new IllegalStateException("broken");
  }
}
