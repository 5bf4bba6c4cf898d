// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.rank;

/** A field of a request holds what this service does not know. No stack trace. */
public final class InvalidRequestException extends RuntimeException {

  private static final long serialVersionUID = 1;

  private final String field;
  private final String fault;

  /**
   * @param field the JSON path
   * @param fault what is wrong with it, without its value
   */
  InvalidRequestException(String field, String fault) {
    super(field + " " + fault, null, false, false);
    this.field = field;
    this.fault = fault;
  }

  /** The JSON path. */
  public String field() {
    return field;
  }

  /** What is wrong with it. */
  public String fault() {
    return fault;
  }
}
