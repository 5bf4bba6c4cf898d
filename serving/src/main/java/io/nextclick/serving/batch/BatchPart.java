// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.nextclick.features.file.FileHash;
import java.util.Map;

/**
 * One finished part.
 *
 * @param part its number, from 0
 * @param rows rows of the input that it stands for
 * @param users users that were ranked
 * @param rejected rows that could not be
 * @param pairs pairs of user and item that were scored
 * @param files its files by name
 */
@JsonPropertyOrder({"part", "rows", "users", "rejected", "pairs", "files"})
public record BatchPart(
    int part, long rows, long users, long rejected, long pairs, Map<String, FileHash> files) {}
