// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import io.nextclick.serving.admission.TurnedAway;
import io.nextclick.serving.admission.TurnedAway.Reason;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.io.EofException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;

/**
 * Counts what Jersey would log with six kilobytes of stack trace: a client that went away, or did
 * not read its answer in time.
 */
public final class GoneClients extends TurboFilter {

  private static final String RESPONDER = "org.glassfish.jersey.server.ServerRuntime";

  private final TurnedAway turnedAway;

  public GoneClients(TurnedAway turnedAway) {
    this.turnedAway = turnedAway;
  }

  @Override
  public FilterReply decide(
      @Nullable Marker marker,
      Logger logger,
      Level level,
      @Nullable String format,
      Object @Nullable [] parameters,
      @Nullable Throwable thrown) {
    if (thrown == null || !logger.getName().startsWith(RESPONDER) || !isGone(thrown)) {
      return FilterReply.NEUTRAL;
    }
    turnedAway.count(Reason.UNREAD_ANSWER);
    return FilterReply.DENY;
  }

  private static boolean isGone(Throwable thrown) {
    Throwable at = thrown;
    for (int depth = 0; at != null && depth < 16; depth++, at = at.getCause()) {
      if (at instanceof EofException || at instanceof TimeoutException) {
        return true;
      }
    }
    return false;
  }
}
