// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.api;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.util.JsonParserDelegate;
import java.io.IOException;

/**
 * Ends at the first object or array that has more entries than any request may have, before the
 * rest of them becomes strings and maps. So names that collide in a hash table are too few to
 * matter.
 */
final class BoundedParser extends JsonParserDelegate {

  /** Names of one object, at most. */
  static final int MAX_NAMES = 64;

  private final int maxElements;

  /** An object or array with too many entries. */
  static final class TooManyException extends JsonProcessingException {
    private static final long serialVersionUID = 1;

    TooManyException(String message, JsonParser parser) {
      super(message, parser.currentLocation());
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
      return this; // an everyday case
    }
  }

  /**
   * @param maxElements elements of one array, at most
   */
  BoundedParser(JsonParser parser, int maxElements) {
    super(parser);
    this.maxElements = maxElements;
  }

  @Override
  public JsonToken nextToken() throws IOException {
    JsonToken token = super.nextToken();
    if (token == JsonToken.FIELD_NAME) {
      check("entries", MAX_NAMES);
    } else if (getParsingContext().inArray()) {
      check("items", maxElements);
    }
    return token;
  }

  private void check(String what, int max) throws TooManyException {
    if (getParsingContext().getCurrentIndex() >= max) {
      throw new TooManyException("has more than %d %s".formatted(max, what), this);
    }
  }
}
