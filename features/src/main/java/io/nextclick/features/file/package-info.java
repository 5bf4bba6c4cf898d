// SPDX-License-Identifier: Apache-2.0
/** Files that are whole under their names, or absent; nothing else gives a file its name. */
@NullMarked
package io.nextclick.features.file;

import org.jspecify.annotations.NullMarked;
