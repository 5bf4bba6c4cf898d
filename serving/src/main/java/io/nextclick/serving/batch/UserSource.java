// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import java.io.IOException;

/** The users to be scored, in an order that is the same every time. */
public interface UserSource {

  /** Sees one row after another. */
  interface Visitor {
    void visit(InputRow row) throws IOException;
  }

  /** What the rows are, such as a file's hash: another identity means other rows. */
  String identity() throws IOException;

  /** Hands every row to {@code visitor}; holds one at a time. */
  void forEach(Visitor visitor) throws IOException;

  /** The part that has been handed out, from 0 to 1. */
  double done();
}
