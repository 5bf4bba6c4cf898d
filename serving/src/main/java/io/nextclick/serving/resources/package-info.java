// SPDX-License-Identifier: Apache-2.0
/** HTTP resources: read, call one class, answer. */
@NullMarked
package io.nextclick.serving.resources;

import org.jspecify.annotations.NullMarked;
