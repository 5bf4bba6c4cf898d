// SPDX-License-Identifier: Apache-2.0
/** Commands that train, evaluate, list and apply models. */
@NullMarked
package io.nextclick.serving.cli.model;

import org.jspecify.annotations.NullMarked;
