// SPDX-License-Identifier: Apache-2.0
/** Keys that sign models, and keys that are trusted: Ed25519 of the JDK, in PEM files. */
@NullMarked
package io.nextclick.model.sign;

import org.jspecify.annotations.NullMarked;
