// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.data;

import io.nextclick.features.sequence.TieOrder;

/** Some of the users, the same ones each time; a larger share has all of a smaller one. */
public final class UserSample {

  private static final double UNIT = 0x1p-53;

  private UserSample() {}

  /**
   * Whether a user is among them.
   *
   * @param share of all users, 0 to 1
   */
  public static boolean has(String user, double share) {
    return (TieOrder.of("sample", user) >>> 11) * UNIT < share;
  }
}
