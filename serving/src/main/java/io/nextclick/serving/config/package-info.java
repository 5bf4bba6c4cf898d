// SPDX-License-Identifier: Apache-2.0
/** The settings, and what is wrong with a file of them. */
@NullMarked
package io.nextclick.serving.config;

import org.jspecify.annotations.NullMarked;
