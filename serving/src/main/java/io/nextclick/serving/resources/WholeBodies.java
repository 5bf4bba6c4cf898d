// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.resources;

import io.nextclick.serving.admission.AdmissionGate;
import io.nextclick.serving.admission.MemoryBudget;
import io.nextclick.serving.admission.TurnedAway;
import io.nextclick.serving.admission.TurnedAway.Reason;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.EagerContentHandler.ContentLoader;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * Reads the body of a request before a thread is given to it, within the budget of memory. So a
 * slow client holds the bytes that it has sent, and no thread.
 *
 * <p>Jetty's own loader keeps the network's buffers, one for each chunk: a body of one-byte chunks
 * would hold a thousand times its size. Its EagerContentHandler lets bodies pass that are announced
 * by nothing but the stream that is still open, as HTTP/2 allows.
 */
public final class WholeBodies extends Handler.Wrapper {

  private static final int FIRST_BYTES = 4 << 10;

  /**
   * So many times the longest body are read and forgotten before a longer one is answered: a
   * connection that is closed while its client still sends is reset, and the answer is lost.
   */
  private static final int FORGOTTEN = 4;

  private static final ProblemResponse NO_MEMORY =
      ProblemResponse.retryAfter(
          AdmissionGate.RETRY_AFTER_SECONDS,
          "The bodies of other requests take all the memory that there is for them; try again"
              + " later, or send this one in parts");
  private static final ProblemResponse TOO_SLOW =
      ProblemResponse.of(
          HttpStatus.REQUEST_TIMEOUT_408, ProblemMapper.detail(HttpStatus.REQUEST_TIMEOUT_408));

  private final int maxBytes;
  private final MemoryBudget memory;
  private final TurnedAway turnedAway;
  private final ProblemResponse tooLong;

  /**
   * @param maxBytes of one body
   * @param turnedAway counts the clients that were too slow
   */
  public WholeBodies(int maxBytes, MemoryBudget memory, TurnedAway turnedAway) {
    this.maxBytes = maxBytes;
    this.memory = memory;
    this.turnedAway = turnedAway;
    this.tooLong = ProblemResponse.of(413, BodyReader.tooLong(maxBytes));
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    Handler next = getHandler();
    if (next == null || !mayHaveBody(request)) {
      return super.handle(request, response, callback);
    }
    new Loader(next, request, response, callback).load();
    return true;
  }

  private static boolean mayHaveBody(Request request) {
    return request.getConnectionMetaData().getHttpVersion() == HttpVersion.HTTP_2
        ? request.getLength() != 0
        : request.getLength() > 0 || request.getHeaders().contains(HttpHeader.TRANSFER_ENCODING);
  }

  private final class Loader extends ContentLoader {

    private final MemoryBudget.Share share = memory.open();
    private byte[] bytes = new byte[0];
    private long length;
    private @Nullable ProblemResponse refusal;

    Loader(Handler handler, Request request, Response response, Callback callback) {
      super(handler, request, response, callback);
    }

    @Override
    protected void load() {
      Request.addCompletionListener(getRequest(), failure -> share.close());
      long announced = getRequest().getLength();
      if (announced > maxBytes) {
        refuse(tooLong);
        if (getRequest().getHeaders().contains(HttpHeader.EXPECT)) {
          answer(); // the client waits for it, and has sent nothing
          return;
        }
      } else if (announced > 0 && !memory.hasRoomFor(announced)) {
        refuseForMemory();
      }
      read();
    }

    /** Runs on a thread that may block: at first the request's, then one that Jetty takes. */
    private void read() {
      while (true) {
        Content.Chunk chunk = getRequest().read();
        if (chunk == null) {
          getRequest().demand(this::read);
          return;
        }
        if (Content.Chunk.isFailure(chunk)) {
          fail(chunk.getFailure());
          return;
        }
        take(chunk.getByteBuffer());
        chunk.release();
        if (chunk.isLast() || length > (long) FORGOTTEN * maxBytes) {
          answer();
          return;
        }
      }
    }

    /** Keeps what came; of a body that is refused, nothing. */
    private void take(ByteBuffer chunk) {
      int added = chunk.remaining();
      if (refusal == null && length + added > maxBytes) {
        refuse(tooLong);
      }
      if (refusal == null && length + added > bytes.length) {
        int capacity = (int) Math.min(maxBytes, Math.max(FIRST_BYTES, 2L * (length + added)));
        if (share.hold(capacity)) {
          bytes = Arrays.copyOf(bytes, capacity);
        } else {
          refuseForMemory();
        }
      }
      if (refusal == null) {
        chunk.get(bytes, (int) length, added);
      }
      length += added;
    }

    private void refuse(ProblemResponse why) {
      refusal = why;
      bytes = new byte[0];
      share.close();
    }

    private void refuseForMemory() {
      refuse(NO_MEMORY);
      memory.countRefused();
    }

    private void answer() {
      if (refusal == null && !share.parse(length)) {
        refuseForMemory();
      }
      if (refusal != null) {
        refusal.write(getRequest(), getResponse(), getCallback());
      } else {
        handle(
            new Loaded(getRequest(), ByteBuffer.wrap(bytes, 0, (int) length)),
            getResponse(),
            getCallback());
      }
    }

    private void fail(Throwable failure) {
      int status =
          switch (failure) {
            case TimeoutException idle -> HttpStatus.REQUEST_TIMEOUT_408;
            case HttpException http -> http.getCode();
            default -> HttpStatus.BAD_REQUEST_400;
          };
      if (status == HttpStatus.REQUEST_TIMEOUT_408) {
        turnedAway.count(Reason.SLOW_BODY);
        TOO_SLOW.write(getRequest(), getResponse(), getCallback());
      } else {
        ProblemResponse.of(status, ProblemMapper.unread(failure))
            .write(getRequest(), getResponse(), getCallback());
      }
    }
  }

  /** The request with its body at hand. */
  private static final class Loaded extends Request.Wrapper {

    private Content.Chunk next;

    Loaded(Request request, ByteBuffer body) {
      super(request);
      this.next = Content.Chunk.from(body, true);
    }

    @Override
    public Content.Chunk read() {
      Content.Chunk chunk = next;
      next = Content.Chunk.EOF;
      return chunk;
    }

    @Override
    public void demand(Runnable available) {
      available.run();
    }
  }
}
