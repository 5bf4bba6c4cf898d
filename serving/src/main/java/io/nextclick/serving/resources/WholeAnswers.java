// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.resources;

import io.nextclick.serving.admission.MemoryBudget;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the parts of an answer until it is whole, within the budget of memory. Then the last write
 * waits for the client without a thread; else a client that does not read would hold one.
 *
 * <p>Jetty's BufferedResponseHandler does so outside the heap and without a bound over all
 * requests.
 */
public final class WholeAnswers extends Handler.Wrapper {

  private static final String LINES = "application/x-ndjson";

  private final String connector;
  private final MemoryBudget memory;

  /**
   * @param connector the one whose answers are kept: tasks on the other one tell as they go
   */
  public WholeAnswers(String connector, MemoryBudget memory) {
    this.connector = connector;
    this.memory = memory;
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    if (!connector.equals(request.getConnectionMetaData().getConnector().getName())) {
      return super.handle(request, response, callback);
    }
    Kept kept = new Kept(request, response);
    Request.addCompletionListener(request, failure -> kept.share.close());
    return super.handle(request, kept, callback);
  }

  private final class Kept extends Response.Wrapper {

    private final MemoryBudget.Share share = memory.open();
    private byte[] bytes = new byte[0];
    private int length;
    private boolean through; // there is no room: parts go out as they come

    Kept(Request request, Response response) {
      super(request, response);
    }

    @Override
    public void write(boolean last, @Nullable ByteBuffer part, Callback callback) {
      if (through || (last && length == 0) || isStream()) {
        super.write(last, part, callback);
      } else if (keep(part)) {
        if (last) {
          super.write(true, ByteBuffer.wrap(bytes, 0, length), callback);
        } else {
          callback.succeeded();
        }
      } else {
        through = true;
        super.write(
            false,
            ByteBuffer.wrap(bytes, 0, length),
            Callback.from(() -> super.write(last, part, callback), callback::failed));
      }
    }

    /** Lines that are read while they are written have no bound together. */
    private boolean isStream() {
      through = LINES.equals(getHeaders().get(HttpHeader.CONTENT_TYPE));
      return through;
    }

    private boolean keep(@Nullable ByteBuffer part) {
      int added = part == null ? 0 : part.remaining();
      if (length + added > bytes.length) {
        int capacity = Math.max(2 * bytes.length, length + added);
        if (!share.hold(capacity)) {
          return false;
        }
        bytes = Arrays.copyOf(bytes, capacity);
      }
      if (part != null) {
        part.get(bytes, length, added);
      }
      length += added;
      return true;
    }
  }
}
