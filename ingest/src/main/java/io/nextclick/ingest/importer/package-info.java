// SPDX-License-Identifier: Apache-2.0
/** From public data sets and CSV files to event logs, one row at a time. */
@NullMarked
package io.nextclick.ingest.importer;

import org.jspecify.annotations.NullMarked;
