// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.models;

/**
 * A model and its part of the users.
 *
 * @param weight of all arms' weights together
 */
public record Arm(LoadedModel model, int weight) {}
