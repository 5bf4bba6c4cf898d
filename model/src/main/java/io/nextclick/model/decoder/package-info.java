// SPDX-License-Identifier: Apache-2.0
/** The Transformer's other half: how likely a click is at a place of a page, after those before. */
@NullMarked
package io.nextclick.model.decoder;

import org.jspecify.annotations.NullMarked;
