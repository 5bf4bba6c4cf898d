// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.shape;

/** What is noted of one item while the log is read. */
final class ItemShape {

  long met; // entries wanted or shown
  long wanted; // entries
  long attributes; // a bit per name
}
