// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.server;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.http2.HTTP2Stream;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Server;
import org.jspecify.annotations.Nullable;

/**
 * Cuts off bodies, with 408, that do not begin in time, arrive slower than {@code
 * minRequestDataPerSecond}, or take too long in all.
 *
 * <p>In place of Jetty's own check, which counts the service's time too: it asks before each read,
 * and so before the one that finds the end. A pause of 150 ms, such as a collection of garbage,
 * then answers 408 to a body of 78 bytes that has been there all along. Here only a read that finds
 * nothing asks. Jetty's MinimumDataRateHandler allows for no pause at all.
 */
public final class SlowBodies implements HttpConfiguration.Customizer {

  /** A body in two packets may have a pause between them, whatever the rate. */
  static final Duration GRACE = Duration.ofSeconds(2);

  /**
   * How long a body may take.
   *
   * @param first from the end of the headers to the first byte
   * @param whole from the end of the headers to the last byte
   */
  public record Times(Duration first, Duration whole) {}

  private final long bytesPerSecond;
  private final Times times;

  private SlowBodies(long bytesPerSecond, Times times) {
    this.bytesPerSecond = bytesPerSecond;
    this.times = times;
  }

  /** Takes over the rates of all connectors: to be called before the server starts. */
  @SuppressWarnings("removal") // Dropwizard's settings set it
  static void cutOff(Server server, Times times) {
    for (HttpConfiguration configuration : server.getContainedBeans(HttpConfiguration.class)) {
      long rate = configuration.getMinRequestDataRate();
      if (rate > 0) {
        configuration.setMinRequestDataRate(0);
        configuration.addCustomizer(new SlowBodies(rate, times));
      }
    }
  }

  @Override
  public Request customize(Request request, HttpFields.Mutable responseHeaders) {
    return new Timed(request);
  }

  private final class Timed extends Request.Wrapper {

    private final long startNanos = System.nanoTime();
    private long firstNanos;
    private long arrived;
    private long idleMillis = -1; // what the connection's was before it was shortened

    Timed(Request request) {
      super(request);
    }

    @Override
    public Content.@Nullable Chunk read() {
      Content.Chunk chunk = super.read();
      if (chunk == null) {
        return millisLeft() < 0 ? ended(tooSlow()) : null;
      }
      if (arrived == 0) {
        firstNanos = System.nanoTime();
      }
      arrived += chunk.remaining();
      return chunk.isLast() || Content.Chunk.isFailure(chunk) ? ended(chunk) : chunk;
    }

    /** Nobody reads while nothing comes: the idle timeout wakes the reader up. */
    @Override
    public void demand(Runnable available) {
      if (idleMillis < 0) {
        idleMillis = idleTimeout();
      }
      setIdleTimeout(Math.max(1, Math.min(idleMillis, millisLeft() + 1)));
      super.demand(available);
    }

    private Content.Chunk ended(Content.Chunk last) {
      if (idleMillis >= 0) {
        setIdleTimeout(idleMillis);
        idleMillis = -1;
      }
      return last;
    }

    private long idleTimeout() {
      HTTP2Stream stream = stream();
      return stream == null
          ? getConnectionMetaData().getConnection().getEndPoint().getIdleTimeout()
          : stream.getIdleTimeout();
    }

    /** Of the connection if it has one request at a time, else of this request's stream alone. */
    private void setIdleTimeout(long millis) {
      HTTP2Stream stream = stream();
      if (stream != null) {
        stream.setIdleTimeout(millis);
      } else if (!(getConnectionMetaData().getConnection() instanceof HTTP2Connection)) {
        getConnectionMetaData().getConnection().getEndPoint().setIdleTimeout(millis);
      }
    }

    /** Null in HTTP/1.1, and when the client has reset it. */
    private @Nullable HTTP2Stream stream() {
      return getConnectionMetaData().getConnection() instanceof HTTP2Connection http2
          ? http2.getSession().getStream(Integer.parseInt(getId()))
          : null;
    }

    /** Until the next byte is overdue. */
    private long millisLeft() {
      long whole = times.whole.toMillis() - millisSince(startNanos);
      long next =
          arrived == 0
              ? times.first.toMillis() - millisSince(startNanos)
              : GRACE.toMillis() + 1_000 * arrived / bytesPerSecond - millisSince(firstNanos);
      return Math.min(whole, next);
    }

    private static long millisSince(long nanos) {
      return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
    }

    private Content.Chunk tooSlow() {
      String reason =
          "the body began late or arrived at less than %d bytes per second"
              .formatted(bytesPerSecond);
      return Content.Chunk.from(
          new HttpException.RuntimeException(HttpStatus.REQUEST_TIMEOUT_408, reason), true);
    }
  }
}
