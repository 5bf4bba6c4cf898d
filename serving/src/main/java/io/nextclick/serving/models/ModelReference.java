// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.models;

import io.nextclick.model.bundle.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which model shall serve: {@code NAME/VERSION} for that version, or {@code NAME} for the newest
 * one, whenever it appears.
 *
 * @param version null for the newest
 */
public record ModelReference(String name, @Nullable String version) {

  private static final Pattern TEXT =
      Pattern.compile("(%1$s)(?:/(%1$s))?".formatted(Manifest.NAME.pattern()));

  /**
   * Reads {@code NAME} or {@code NAME/VERSION}.
   *
   * @throws IllegalArgumentException if it is neither
   */
  public static ModelReference of(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "not NAME or NAME/VERSION of lower-case letters, digits and . _ -: " + text);
    }
    return new ModelReference(matcher.group(1), matcher.group(2));
  }

  @Override
  public String toString() {
    return version == null ? name : name + "/" + version;
  }
}
