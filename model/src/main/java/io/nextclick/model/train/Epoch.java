// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model.train;

/**
 * One pass over all examples.
 *
 * @param number from 1
 * @param nextItem mean loss on next items, nats; 0 without any
 * @param click mean loss on impressions, nats; 0 without any
 * @param metric on the validation part, more is better
 */
public record Epoch(int number, double nextItem, double click, double metric) {}
