// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.importer;

import io.nextclick.features.event.Event;
import io.nextclick.ingest.table.Row;
import io.nextclick.ingest.table.Table;
import io.nextclick.ingest.table.TableForm;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The form of SASRec's data files: a user and an item per line, separated by white space, each
 * user's lines oldest first.
 *
 * <p>Every line is a click. The files have no times: line n gets {@link
 * ImportOutput#FIRST_TIME_MILLIS} plus n seconds, which keeps their order.
 */
public final class SasRecImporter implements Importer {

  @Override
  public void read(Path in, ImportOutput output) throws IOException {
    TableForm form = TableForm.separatedBy(TableForm.BLANKS, output.settings().encoding());
    Table.withoutHeader(ImportInput.onlyFile(in), form, output, row -> read(row, output));
  }

  private static void read(Row row, ImportOutput output) throws IOException {
    List<String> fields = row.fields();
    if (fields.size() != 2) {
      output.refuse(row, "not two fields, a user and an item");
      return;
    }
    output.write(
        row,
        Event.behaviour(
            "sasrec-" + row.line(),
            "click",
            fields.get(0),
            fields.get(1),
            output.madeUpTime(row.line())));
  }
}
