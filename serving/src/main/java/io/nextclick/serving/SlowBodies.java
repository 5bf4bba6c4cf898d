// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Server;
import org.jspecify.annotations.Nullable;

/**
 * Cuts off bodies that arrive slower than {@code minRequestDataPerSecond}, with 408.
 *
 * <p>In place of Jetty's own check, which counts the service's time too: it asks before each read,
 * and so before the one that finds the end. A pause of 150 ms, such as a collection of garbage,
 * then answers 408 to a body of 78 bytes that has been there all along. Here only a read that finds
 * nothing asks. Jetty's MinimumDataRateHandler allows for no pause at all.
 */
final class SlowBodies implements HttpConfiguration.Customizer {

  /** A body in two packets may have a pause between them, whatever the rate. */
  static final Duration GRACE = Duration.ofSeconds(2);

  private final long bytesPerSecond;

  private SlowBodies(long bytesPerSecond) {
    this.bytesPerSecond = bytesPerSecond;
  }

  /** Takes over the rates of all connectors: to be called before the server starts. */
  @SuppressWarnings("removal") // Dropwizard's settings set it
  static void cutOff(Server server) {
    for (var factory : server.getContainedBeans(HttpConfiguration.ConnectionFactory.class)) {
      HttpConfiguration configuration = factory.getHttpConfiguration();
      long rate = configuration.getMinRequestDataRate();
      if (rate > 0) {
        configuration.setMinRequestDataRate(0);
        configuration.addCustomizer(new SlowBodies(rate));
      }
    }
  }

  @Override
  public Request customize(Request request, HttpFields.Mutable responseHeaders) {
    return new Timed(request, bytesPerSecond);
  }

  private static final class Timed extends Request.Wrapper {
    private final long bytesPerSecond;
    private long arrived;
    private long firstNanos;

    Timed(Request request, long bytesPerSecond) {
      super(request);
      this.bytesPerSecond = bytesPerSecond;
    }

    @Override
    public Content.@Nullable Chunk read() {
      Content.Chunk chunk = super.read();
      if (chunk == null) {
        return arrived > 0 && arrived < due() ? tooSlow() : null; // before: the idle timeout
      }
      if (arrived == 0) {
        firstNanos = System.nanoTime();
      }
      arrived += chunk.remaining();
      return chunk;
    }

    private long due() {
      long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - firstNanos);
      return bytesPerSecond * (millis - GRACE.toMillis()) / 1_000;
    }

    private Content.Chunk tooSlow() {
      String reason = "the body arrived at less than %d bytes per second".formatted(bytesPerSecond);
      return Content.Chunk.from(
          new HttpException.RuntimeException(HttpStatus.REQUEST_TIMEOUT_408, reason), true);
    }
  }
}
