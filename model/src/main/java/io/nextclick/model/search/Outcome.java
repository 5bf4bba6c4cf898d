// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.search;

import org.jspecify.annotations.Nullable;

/**
 * What came of a trial: a score, or why there is none.
 *
 * @param costMicros to rank 500 candidates on one core
 * @param score null where it costs too much, or cannot be trained
 * @param refusal why it has no score; null if it has one
 */
public record Outcome(double costMicros, @Nullable Score score, @Nullable String refusal) {}
