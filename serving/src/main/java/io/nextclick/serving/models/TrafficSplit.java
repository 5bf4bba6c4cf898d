// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.models;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Assigns users to arms by hash: the same user gets the same arm on every machine, after every
 * restart.
 *
 * <p>The hash is salted with the names of the arms, not with their weights: another experiment
 * splits the users anew, and a change of weights moves only the users that it must.
 */
final class TrafficSplit {

  private TrafficSplit() {}

  /** The index of a user's arm; the arms in order own adjoining parts of the unit interval. */
  static int arm(String user, List<Arm> arms) {
    if (arms.size() == 1) {
      return 0;
    }
    String salt = arms.stream().map(arm -> arm.model().id()).collect(Collectors.joining(" "));
    long total = arms.stream().mapToLong(Arm::weight).sum();
    double place = unit(salt + "\0" + user) * total;
    for (int i = 0; i < arms.size() - 1; i++) {
      place -= arms.get(i).weight();
      if (place < 0) {
        return i;
      }
    }
    return arms.size() - 1;
  }

  /** FNV-1a, finished as in MurmurHash3: a number from 0 up to 1, without it. */
  private static double unit(String text) {
    long hash = 0xcbf29ce484222325L;
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
    }
    hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
    hash = (hash ^ (hash >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return ((hash ^ (hash >>> 33)) >>> 11) * 0x1p-53;
  }
}
