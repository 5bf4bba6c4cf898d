// SPDX-License-Identifier: Apache-2.0
/** What is measured, in seconds and bytes; all of it in one registry. */
@NullMarked
package io.nextclick.serving.metrics;

import org.jspecify.annotations.NullMarked;
