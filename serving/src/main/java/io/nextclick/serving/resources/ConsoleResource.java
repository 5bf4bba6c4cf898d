// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.resources;

import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The console page, which needs nothing from elsewhere, and the description of the interface. */
@Path("/")
public final class ConsoleResource {

  private static final String ACCESS = "data-access=\"keys\"";

  private final byte[] page;
  private final byte[] script = read("console.js");
  private final byte[] style = read("console.css");
  private final byte[] openApi = read("openapi.json");

  /**
   * @param open whether the page warns that nobody is asked for a key
   */
  public ConsoleResource(boolean open) {
    String html = new String(read("console.html"), StandardCharsets.UTF_8);
    page =
        (open ? html.replace(ACCESS, "data-access=\"open\"") : html)
            .getBytes(StandardCharsets.UTF_8);
  }

  @GET
  @Produces("text/html; charset=utf-8")
  public Response page() {
    return answer(page);
  }

  @GET
  @Path("console.js")
  @Produces("text/javascript; charset=utf-8")
  public Response script() {
    return answer(script);
  }

  @GET
  @Path("console.css")
  @Produces("text/css; charset=utf-8")
  public Response style() {
    return answer(style);
  }

  @GET
  @Path("openapi.json")
  @Produces("application/json")
  public Response openApi() {
    return answer(openApi);
  }

  private static Response answer(byte[] file) {
    return Response.ok(file).header("Cache-Control", "no-cache").build();
  }

  /** Once: the jar is unpacked under a lock, in which a rush of requests would queue. */
  private static byte[] read(String name) {
    try (InputStream in = ConsoleResource.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("missing in the jar: " + name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
