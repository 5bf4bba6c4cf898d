// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.cli.option;

import java.net.http.HttpRequest;

/**
 * The API key that commands show a running service: from the environment, since whoever lists the
 * processes of a machine reads their arguments.
 */
public final class ServiceKey {

  /** The variable's name. */
  public static final String VARIABLE = "NEXTCLICK_KEY";

  private ServiceKey() {}

  /** A request with the key, if there is one. */
  public static HttpRequest.Builder on(HttpRequest.Builder request) {
    String key = System.getenv(VARIABLE);
    return key == null || key.isBlank()
        ? request
        : request.header("Authorization", "Bearer " + key.strip());
  }
}
