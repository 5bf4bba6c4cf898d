// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.api;

/**
 * Ends a request with a {@link Problem}; carries no stack trace, because it is an everyday case.
 */
public final class ProblemException extends RuntimeException {

  private static final long serialVersionUID = 1;

  private final transient Problem problem;
  private final int retryAfterSeconds;

  private ProblemException(Problem problem, int retryAfterSeconds) {
    super(problem.detail(), null, false, false);
    this.problem = problem;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  public ProblemException(Problem problem) {
    this(problem, 0);
  }

  /** The service cannot answer now; the client may try again after {@code seconds}. */
  public static ProblemException retryAfter(int seconds, String detail) {
    return new ProblemException(Problem.of(503, detail), seconds);
  }

  /** One field of the request is at fault. */
  public static ProblemException field(String field, String message) {
    return new ProblemException(Problem.ofField(field, message));
  }

  public Problem problem() {
    return problem;
  }

  /** Seconds for the Retry-After header, or 0 for none. */
  public int retryAfterSeconds() {
    return retryAfterSeconds;
  }
}
