// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.shape;

/** What is noted of one request: the items that it showed, and those that had the outcome. */
final class PageShape {

  final LongSet shown = new LongSet();
  final LongSet clicked = new LongSet();

  int size() {
    return shown.size() + clicked.size();
  }
}
