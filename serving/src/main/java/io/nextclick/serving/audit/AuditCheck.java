// SPDX-License-Identifier: Apache-2.0
package io.nextclick.serving.audit;

import io.nextclick.ingest.log.Findings;
import io.nextclick.serving.audit.AuditLine.Chained;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Follows the chain of an audit log from its first line to its last, and compares both ends with
 * the head. It finds whatever was changed, removed, added or moved. Who writes every hash anew,
 * from the change to the end, and the head, is found only by a hash that was kept elsewhere.
 */
public final class AuditCheck extends Findings {

  private static final int ATTEMPTS = 3;

  private final @Nullable String known;
  private boolean knownFound;
  private boolean headFound;
  private long files;
  private long lines;
  private long first;
  private long last; // the number of the line before
  private String hash = AuditLine.NONE; // of it

  private AuditCheck(@Nullable String known) {
    this.known = known;
  }

  /**
   * Checks a log, which may be written meanwhile.
   *
   * @param known a hash that must be one of its lines'; null for none
   * @throws IOException if it cannot be read, or there is none
   */
  public static AuditCheck of(Path directory, @Nullable String known) throws IOException {
    for (int attempt = 1; true; attempt++) {
      AuditHead head = AuditHead.read(directory);
      try {
        AuditCheck check = new AuditCheck(known);
        check.read(directory, head);
        if (check.isWhole()
            || attempt == ATTEMPTS
            || Objects.equals(head, AuditHead.read(directory))) {
          return check;
        } // else the rotation may have removed a file meanwhile
      } catch (NoSuchFileException e) {
        if (attempt == ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  private void read(Path directory, @Nullable AuditHead head) throws IOException {
    List<Path> all = AuditNames.list(directory);
    if (all.isEmpty() && head == null) {
      throw new IOException(
          directory
              + ": is no audit log: it has no audit-....jsonl; a service writes one where"
              + " audit.directory says");
    }
    for (Path file : all) {
      read(file, head, file.equals(all.getLast()));
    }
    if (first > 1) {
      note("begins at line %,d: the rotation has taken those before".formatted(first));
    }
    compare(head);
    if (known != null && !knownFound) {
      fault(
          "the hash %s is no line's: the log was rewritten, or the file of that line is gone"
              .formatted(known));
    }
  }

  private void read(Path file, @Nullable AuditHead head, boolean newest) throws IOException {
    files++;
    String name = file.getFileName().toString();
    long here = 0;
    try (AuditLines read = new AuditLines(file)) {
      for (AuditLines.Line line = read.next(); line != null; line = read.next()) {
        here++;
        take("%s line %,d".formatted(name, here), line, head);
        if (here == 1 && line.chained() != null) {
          requireName(file, line.chained().number());
        }
      }
      if (read.rest() > 0 && newest) {
        note(
            "%s: its last line is not whole: it is being written, or its service was killed"
                .formatted(name));
      } else if (read.rest() > 0) {
        fault("%s: %,d bytes after its last line".formatted(name, read.rest()));
      } else if (here == 0 && !newest) {
        fault(name + ": is empty");
      }
    }
  }

  private void requireName(Path file, long number) {
    if (AuditNames.firstLine(file) != number) {
      fault(
          "%s: begins with line %,d, which is not the one of its name"
              .formatted(file.getFileName(), number));
    }
  }

  private void take(String where, AuditLines.Line line, @Nullable AuditHead head) {
    knownFound |= line.hash().equals(known);
    Chained chained = line.chained();
    if (chained == null) {
      fault(where + ": is no line of this log: it was changed, or put in");
      return;
    }
    long number = chained.number();
    if (lines == 0 && head != null && number > head.first()) {
      fault(
          "%s: lines %,d to %,d before it are missing".formatted(where, head.first(), number - 1));
    } else if (lines > 0 && number > last + 1) {
      fault("%s: lines %,d to %,d before it are missing".formatted(where, last + 1, number - 1));
    } else if (lines > 0 && number <= last) {
      fault("%s: line %,d comes again, or out of its order".formatted(where, number));
      return; // so that the ones after it are compared with the one before it
    } else if (!chained.prev().equals(hash) && (lines > 0 || number == 1)) {
      fault(
          "%s: line %,d does not follow from the one before: that one was changed"
              .formatted(where, number));
    }
    first = lines == 0 ? number : first;
    lines++;
    last = number;
    hash = line.hash();
    tell(where, chained);
    if (head != null && number == head.last()) {
      headFound = true;
      if (!line.hash().equals(head.hash())) {
        fault("%s: line %,d is not the one that the head knows".formatted(where, number));
      }
    }
  }

  private void tell(String where, Chained chained) {
    AuditLine.Event event = chained.event();
    if (event != null) {
      String told = "%s: %s".formatted(where, event.sentence(chained.count()));
      if (event.isHarmless()) {
        note(told);
      } else {
        fault(told);
      }
    }
  }

  private void compare(@Nullable AuditHead head) {
    if (head == null) {
      fault("head: is missing, or no head: nobody can tell whether lines at the end were cut off");
    } else if (head.last() > last) {
      fault(
          "lines %,d to %,d at the end are missing: the head knows them"
              .formatted(last + 1, head.last()));
    } else if (!headFound && head.last() > 0) {
      fault("line %,d, which the head knows, is missing".formatted(head.last()));
    }
  }

  /** Files read. */
  public long files() {
    return files;
  }

  /** Lines that follow each other. */
  public long lines() {
    return lines;
  }

  /** The number of the last line; 0 if there is none. */
  public long last() {
    return last;
  }

  /** Its hash: who keeps it can tell later whether anything up to it was changed. */
  public String hash() {
    return hash;
  }
}
