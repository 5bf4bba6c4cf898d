// SPDX-License-Identifier: Apache-2.0
/** RocksDB and the sequence store on it; nothing outside this package touches a native handle. */
@NullMarked
package io.nextclick.features.store;

import org.jspecify.annotations.NullMarked;
