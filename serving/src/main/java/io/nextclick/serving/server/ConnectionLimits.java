// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.server;

import io.nextclick.serving.admission.TurnedAway;
import io.nextclick.serving.admission.TurnedAway.Reason;
import io.nextclick.serving.resources.ConnectionEnd;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.ssl.SslConnection;
import org.eclipse.jetty.server.AbstractConnector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.component.LifeCycle;
import org.jspecify.annotations.Nullable;

/**
 * Bounds what connections without a request cost: how many there are, in all and of one address,
 * and how long the headers of a request may take.
 *
 * <p>Jetty's NetworkConnectionLimit stops accepting instead, so that who holds all connections
 * locks everyone else out, and knows no addresses; for headers Jetty has an idle timeout only,
 * which a byte now and then puts off for ever.
 */
public final class ConnectionLimits implements Connection.Listener, HttpConfiguration.Customizer {

  private static final long LOOK_MILLIS = 500;

  /**
   * The bounds.
   *
   * @param connections of one connector
   * @param perAddress of them from one address; the loopback addresses, where proxies are, have no
   *     such bound
   * @param headers from the first byte of a request, or the opening of its connection, to the end
   *     of the headers
   */
  public record Bounds(int connections, int perAddress, Duration headers) {}

  private final Bounds bounds;
  private final TurnedAway turnedAway;
  private final Map<Connection, Waiting> open = new ConcurrentHashMap<>();
  private final Map<InetAddress, Integer> ofAddress = new ConcurrentHashMap<>();
  private final AtomicInteger count = new AtomicInteger();

  /** A connection, and since when it has been waiting for headers. */
  private static final class Waiting {
    private final @Nullable InetAddress address;
    private final AtomicInteger requests = new AtomicInteger(); // in HTTP/2 several at once
    private volatile boolean leaves; // with its next answer
    private volatile boolean idle; // nothing of the next request has come
    private volatile long bytesBefore;
    private volatile long sinceNanos = System.nanoTime();

    Waiting(@Nullable InetAddress address) {
      this.address = address;
    }
  }

  ConnectionLimits(Bounds bounds, TurnedAway turnedAway) {
    this.bounds = bounds;
    this.turnedAway = turnedAway;
  }

  /** Watches the connections of a connector: to be called before it starts. */
  void watch(AbstractConnector connector) {
    connector.addBean(this);
    // HTTP/2 has one of its own, made of that of HTTP/1.1 before.
    connector
        .getContainedBeans(HttpConfiguration.class)
        .forEach(configuration -> configuration.addCustomizer(this));
    connector.addEventListener(
        new LifeCycle.Listener() {
          @Override
          public void lifeCycleStarted(LifeCycle started) {
            lookLater(connector);
          }
        });
  }

  /** Connections now. */
  public int count() {
    return count.get();
  }

  @Override
  public void onOpened(Connection connection) {
    if (connection instanceof SslConnection) {
      return; // the one inside counts
    }
    InetAddress address = remote(connection);
    int same = address == null ? 0 : ofAddress.merge(address, 1, Integer::sum);
    open.put(connection, new Waiting(address));
    boolean full = count.incrementAndGet() > bounds.connections;
    if (same > bounds.perAddress) {
      close(connection, Reason.ADDRESS);
    } else if (full) {
      close(waitingLongest(connection), Reason.CONNECTIONS);
    }
  }

  @Override
  public void onClosed(Connection connection) {
    Waiting waiting = open.remove(connection);
    if (waiting != null) {
      count.decrementAndGet();
      if (waiting.address != null) {
        ofAddress.computeIfPresent(waiting.address, (a, n) -> n == 1 ? null : n - 1);
      }
    }
  }

  /** The headers of a request are complete. */
  @Override
  public Request customize(Request request, HttpFields.Mutable responseHeaders) {
    Connection connection = request.getConnectionMetaData().getConnection();
    Waiting waiting = open.get(connection);
    if (waiting != null) {
      waiting.requests.incrementAndGet();
      Request.addCompletionListener(
          request,
          failure -> {
            waiting.bytesBefore = connection.getBytesIn();
            waiting.sinceNanos = System.nanoTime();
            waiting.idle = true;
            waiting.requests.decrementAndGet();
          });
      if (waiting.leaves) {
        ConnectionEnd.ask(request, responseHeaders);
      }
    }
    return request;
  }

  /** Ends the connections that are open now, each with its next answer: none is lost. */
  void renew() {
    open.values().forEach(waiting -> waiting.leaves = true);
  }

  private void lookLater(AbstractConnector connector) {
    connector
        .getScheduler()
        .schedule(
            () -> {
              if (connector.isRunning()) {
                open.forEach(this::look);
                lookLater(connector);
              }
            },
            LOOK_MILLIS,
            TimeUnit.MILLISECONDS);
  }

  private void look(Connection connection, Waiting waiting) {
    if (waiting.requests.get() > 0) {
      return;
    }
    long waits = System.nanoTime() - waiting.sinceNanos;
    if (!waiting.idle) {
      if (waits > bounds.headers.toNanos()) {
        close(connection, Reason.SLOW_HEADERS);
      }
    } else if (connection instanceof HTTP2Connection) {
      // What comes may be a PING, which Jetty takes for life: without requests it is idle.
      if (waits > TimeUnit.MILLISECONDS.toNanos(connection.getEndPoint().getIdleTimeout())) {
        connection.close(); // with GOAWAY
      }
    } else if (connection.getBytesIn() != waiting.bytesBefore) {
      waiting.sinceNanos = System.nanoTime();
      waiting.idle = false;
    } // else as long as the connector's idle timeout lets it be
  }

  private Connection waitingLongest(Connection newest) {
    long now = System.nanoTime();
    return open.entrySet().stream()
        .filter(entry -> entry.getValue().requests.get() == 0)
        .max(Comparator.comparingLong(entry -> now - entry.getValue().sinceNanos))
        .map(Map.Entry::getKey)
        .orElse(newest);
  }

  private void close(Connection connection, Reason reason) {
    turnedAway.count(reason);
    connection.getEndPoint().close();
  }

  private static @Nullable InetAddress remote(Connection connection) {
    return connection.getEndPoint().getRemoteSocketAddress() instanceof InetSocketAddress remote
            && remote.getAddress() != null
            && !remote.getAddress().isLoopbackAddress()
        ? remote.getAddress()
        : null;
  }
}
