// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.item;

import java.util.List;
import java.util.Map;

/**
 * One item of the catalogue.
 *
 * @param id the item's id
 * @param attributes name to one or more values
 * @param available whether it may be ranked
 * @param timeMillis event time of the newest {@code item} event
 */
public record Item(
    String id, Map<String, List<String>> attributes, boolean available, long timeMillis) {

  public Item {
    attributes = Map.copyOf(attributes);
  }
}
