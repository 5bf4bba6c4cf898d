// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.health;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nextclick.features.json.Json;
import io.nextclick.serving.state.DeadLetters;
import io.nextclick.serving.state.ServingStore;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /deadletters} on the admin port, as {@code nextclick deadletters} asks: {@code
 * ?by=reason} counts, {@code ?reason=LABEL&limit=N} lists, {@code ?place=TOPIC-PARTITION@OFFSET}
 * shows one with its text.
 */
public final class DeadLettersServlet extends HttpServlet {

  private static final long serialVersionUID = 1;
  private static final JsonMapper JSON = Json.mapper().build();
  private static final String FEW = "20";

  private final transient ServingStore store;

  public DeadLettersServlet(ServingStore store) {
    this.store = store;
  }

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Object answer;
    try {
      answer = answer(request);
    } catch (IllegalArgumentException e) {
      response.sendError(400, "by is reason, topic or partition; limit is a number");
      return;
    }
    if (answer == null) {
      response.sendError(404, "no record from there was refused, or it is not kept any more");
      return;
    }
    response.setContentType("application/json");
    response.setHeader("Cache-Control", "no-store");
    JSON.writeValue(response.getOutputStream(), answer);
  }

  private @Nullable Object answer(HttpServletRequest request) {
    DeadLetters letters = new DeadLetters(store.current());
    String place = request.getParameter("place");
    String by = request.getParameter("by");
    String limit = request.getParameter("limit");
    if (place != null) {
      return letters.find(place);
    }
    return by == null
        ? letters.list(
            request.getParameter("reason"), Integer.parseInt(limit == null ? FEW : limit))
        : letters.count(DeadLetters.By.valueOf(by.toUpperCase(Locale.ROOT)));
  }
}
