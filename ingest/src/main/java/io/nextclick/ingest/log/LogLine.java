// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.log;

import io.nextclick.features.event.Decoded;

/**
 * One line of an event log.
 *
 * @param number its place in the file, from 1
 * @param value its bytes without the line break; of a line that is too long, the first {@link
 *     EventLogReader#MAX_LINE_BYTES}
 * @param decoded the event, or why it is none
 */
public record LogLine(long number, byte[] value, Decoded decoded) {}
