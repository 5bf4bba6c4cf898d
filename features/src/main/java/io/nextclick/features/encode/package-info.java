// SPDX-License-Identifier: Apache-2.0
/** From stored sequences and ids to the integers that a model reads. */
@NullMarked
package io.nextclick.features.encode;

import org.jspecify.annotations.NullMarked;
