// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.answer;

/**
 * A click.
 *
 * @param user who clicked; not empty
 * @param request that showed the item
 * @param timeMillis when the user clicked
 * @param seenMillis when the log took it in
 */
record Click(String user, String request, String item, long timeMillis, long seenMillis) {}
