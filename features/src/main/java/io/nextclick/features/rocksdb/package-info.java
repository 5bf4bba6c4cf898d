// SPDX-License-Identifier: Apache-2.0
/** RocksDB behind one class: its types, options and native handles are known here alone. */
@NullMarked
package io.nextclick.features.rocksdb;

import org.jspecify.annotations.NullMarked;
