// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.access;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What a caller may do. None includes another. */
public enum Role {
  /** Ask for ranked lists. */
  RANK,
  /** Send events of users. */
  WRITE_EVENTS,
  /** Read what is stored of a user. */
  READ_USERS,
  /** Have a user forgotten. */
  ERASE,
  /** Describe items. */
  CATALOGUE,
  /** Choose which models serve. */
  MODELS,
  /** Tasks and metrics of the admin port. */
  ADMIN;

  /** As it is written, such as {@code write-events}. */
  @JsonValue
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * The role of a label.
   *
   * @throws IllegalArgumentException if there is none
   */
  @JsonCreator
  public static Role of(String label) {
    for (Role role : values()) {
      if (role.label().equals(label)) {
        return role;
      }
    }
    throw new IllegalArgumentException("there is no role " + label + "; there are " + all());
  }

  @Override
  public String toString() {
    return label();
  }

  /** All labels, to be listed. */
  public static String all() {
    return Arrays.stream(values()).map(Role::label).collect(Collectors.joining(", "));
  }
}
