// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.item;

/**
 * An item with what the fold needs to know of its newest event.
 *
 * @param item the item
 * @param eventIdHash hash of the id of the event that set it
 */
public record StoredItem(Item item, long eventIdHash) {}
