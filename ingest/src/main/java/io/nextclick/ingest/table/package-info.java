// SPDX-License-Identifier: Apache-2.0
/** Tables of text, strictly read: every row is handed out or refused with its line. */
@NullMarked
package io.nextclick.ingest.table;

import org.jspecify.annotations.NullMarked;
