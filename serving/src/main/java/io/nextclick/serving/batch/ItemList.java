// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.batch;

import io.nextclick.features.event.CandidateFields;
import io.nextclick.serving.api.CandidateList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Collects the items of a file. */
final class ItemList implements UserTable.Fields {

  private final Path file;
  private final List<String> items = new ArrayList<>();
  private final CandidateFields.Builder fields = new CandidateFields.Builder();

  ItemList(Path file) {
    this.file = file;
  }

  @Override
  public void accept(long line, UserTable.Cells row) throws IOException {
    String item = row.item();
    String fault = RowCheck.fault("item", item);
    if (fault != null || item == null) {
      throw new IOException("%s: row %d: %s".formatted(file, line, fault));
    }
    if (items.size() == RowCheck.MAX_CANDIDATES) {
      throw new IOException(file + ": has more than " + RowCheck.MAX_CANDIDATES + " items");
    }
    CandidateFields numbers = row.fields() == null ? CandidateFields.NONE : row.fields();
    for (String name : numbers.names()) {
      if (!fields.put(name, items.size(), numbers.get(name, 0))) {
        throw new IOException(
            "%s: row %d: fields has a name that makes more than %d of all items together"
                .formatted(file, line, CandidateFields.MAX_NAMES));
      }
    }
    items.add(item);
  }

  @Override
  public void refuse(long line, String reason) throws IOException {
    throw new IOException("%s: row %d: %s".formatted(file, line, reason));
  }

  CandidateList list() {
    return new CandidateList(items, fields.build(items.size()));
  }
}
