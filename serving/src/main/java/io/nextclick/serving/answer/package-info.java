// SPDX-License-Identifier: Apache-2.0
/** What was answered: logged, joined with the clicks that followed, and scored again as a proof. */
@NullMarked
package io.nextclick.serving.answer;

import org.jspecify.annotations.NullMarked;
