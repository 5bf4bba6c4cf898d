// SPDX-License-Identifier: Apache-2.0
package io.nextclick.model;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/**
 * What a model reads of a request.
 *
 * @param maxHistory history entries, at most
 * @param attributeBuckets buckets of the attributes of items without a row; 0 reads none
 * @param contextBuckets buckets of user attributes and context; 0 reads none
 * @param fields names of the numbers that it reads of candidates, in order
 */
public record RequestShape(
    int maxHistory,
    int attributeBuckets,
    int contextBuckets,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> fields) {

  public RequestShape {
    fields = List.copyOf(fields);
  }

  /** One that reads no numbers of candidates. */
  public RequestShape(int maxHistory, int attributeBuckets, int contextBuckets) {
    this(maxHistory, attributeBuckets, contextBuckets, List.of());
  }
}
