// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model;

/**
 * What a model reads of a request.
 *
 * @param maxHistory history entries, at most
 * @param attributeBuckets buckets of the attributes of items without a row; 0 reads none
 * @param contextBuckets buckets of user attributes and context; 0 reads none
 */
public record RequestShape(int maxHistory, int attributeBuckets, int contextBuckets) {}
