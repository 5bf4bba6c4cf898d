// SPDX-License-Identifier: Apache-2.0
/** Training of a decoder on the pages that a log has, on top of an encoder that stays as it is. */
@NullMarked
package io.nextclick.model.train.decoder;

import org.jspecify.annotations.NullMarked;
