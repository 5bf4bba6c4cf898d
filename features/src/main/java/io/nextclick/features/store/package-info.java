// SPDX-License-Identifier: Apache-2.0
/** The sequence store on RocksDB; nothing outside this package touches a native handle. */
@NullMarked
package io.nextclick.features.store;

import org.jspecify.annotations.NullMarked;
