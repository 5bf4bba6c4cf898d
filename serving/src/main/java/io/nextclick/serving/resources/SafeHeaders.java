// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.resources;

import java.util.List;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.PreEncodedHttpField;

/**
 * What every answer tells a browser: no scripts but ours, no frames, no guessed types, no referrer.
 */
public final class SafeHeaders {

  private static final List<HttpField> ALL =
      List.of(
          new PreEncodedHttpField("X-Content-Type-Options", "nosniff"),
          new PreEncodedHttpField("X-Frame-Options", "DENY"),
          new PreEncodedHttpField("Referrer-Policy", "no-referrer"),
          new PreEncodedHttpField("Cross-Origin-Resource-Policy", "same-origin"),
          new PreEncodedHttpField(
              "Content-Security-Policy",
              "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
                  + " img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"));

  private SafeHeaders() {}

  /** Adds those that are not there yet. */
  public static void put(HttpFields.Mutable headers) {
    for (HttpField field : ALL) {
      if (!headers.contains(field.getName())) {
        headers.add(field);
      }
    }
  }
}
