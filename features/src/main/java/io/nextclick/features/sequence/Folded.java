// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.sequence;

/**
 * One step of the fold.
 *
 * @param sequence the state after it; the very state before it unless the verdict is {@link
 *     Verdict#APPLIED}
 */
public record Folded(UserSequence sequence, Verdict verdict) {}
