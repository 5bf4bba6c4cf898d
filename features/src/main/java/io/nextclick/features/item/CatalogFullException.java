// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.item;

/** The catalogue has no room for more; nothing was changed. */
public final class CatalogFullException extends RuntimeException {

  private static final long serialVersionUID = 1;

  CatalogFullException(String message) {
    super(message);
  }
}
