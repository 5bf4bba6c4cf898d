// SPDX-License-Identifier: Apache-2.0
package io.nextclick.ingest.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.util.regex.Matcher;
import org.jspecify.annotations.Nullable;

/**
 * Follows the hashes of a {@link RotatingLog} while its lines are read, file by file: {@link
 * #begin}, every line, {@link #end}; at last {@link #finish}.
 *
 * <p>It finds whatever was changed, removed, added or moved behind a hash that still stands. Who
 * writes every hash anew, from the change to the end of the log, is found only by a hash that was
 * kept elsewhere.
 */
public final class ChainCheck extends Findings {

  private final @Nullable String known;
  private final boolean whole;
  private boolean knownFound;
  private long files;
  private long unchained;
  private long frames;
  private boolean chainedBefore;
  private @Nullable String last; // hash of what was read so far

  // Of the file that is being read.
  private String name = "";
  private boolean open;
  private boolean chained;
  private boolean ended;
  private boolean any;
  private long number;
  private long framesHere;
  private long linesHere;
  private long linesInFrame;
  private boolean unsealed; // lines since the last hash
  private MessageDigest digest = LogChain.after(LogChain.NONE);

  private @Nullable String unclosed; // the file before has no end

  /**
   * @param whole whether the newest file is among those to come: one of them, given alone, may have
   *     been left by a kill, and then the next one knows where it ends
   * @param known a hash that must come; null for none
   */
  public ChainCheck(boolean whole, @Nullable String known) {
    this.whole = whole;
    this.known = known;
  }

  /**
   * Begins a file.
   *
   * @param isOpen whether its name says that it is being written
   */
  public void begin(String file, boolean isOpen) {
    files++;
    name = file;
    open = isOpen;
    chained = false;
    ended = false;
    any = false;
    framesHere = 0;
    linesHere = 0;
    linesInFrame = 0;
    unsealed = false;
    digest = LogChain.after(LogChain.NONE);
  }

  /**
   * Takes a line.
   *
   * @return whether it belongs to the chain, and is none of the log's
   */
  public boolean take(String line) {
    boolean first = !any;
    any = true;
    Matcher begin = first ? LogChain.asBegin(line) : null;
    if (begin != null && begin.matches()) {
      chained = true;
      follow(Long.parseLong(begin.group(1)), begin.group(2));
    } else if (LogChain.isOurs(line)) {
      takeOurs(line);
      return true;
    } else {
      linesHere++;
      linesInFrame++;
    }
    add(line);
    return chained && first;
  }

  private void add(String line) {
    digest.update(line.getBytes(UTF_8));
    digest.update((byte) '\n');
    unsealed = true;
  }

  private void takeOurs(String line) {
    Matcher hash = LogChain.asHash(line);
    if (!chained) {
      fault(name + ": has hashes, but does not begin with one: its beginning was cut off");
      chained = true;
    }
    if (hash.matches()) {
      seal(hash.group(1));
      return;
    }
    Matcher end = LogChain.asEnd(line);
    if (end.matches() && !ended) {
      ended = true;
      if (Long.parseLong(end.group(1)) != framesHere || Long.parseLong(end.group(2)) != linesHere) {
        fault(
            "%s: closed after %s frames and %s lines, has %d and %d"
                .formatted(name, end.group(1), end.group(2), framesHere, linesHere));
      }
    } else {
      fault("%s: after line %d, a line of the chain that is none".formatted(name, linesHere));
    }
    add(line);
  }

  /** At the end of a frame. What follows is checked against the hash as it stands here. */
  private void seal(String stated) {
    framesHere++;
    frames++;
    if (!LogChain.hash(digest).equals(stated)) {
      fault(
          "%s: frame %d (lines %d to %d) is not what was written after the frame before it"
              .formatted(name, framesHere, linesHere - linesInFrame + 1, linesHere));
    }
    if (ended && linesInFrame > 0) {
      fault("%s: %d lines after its end".formatted(name, linesInFrame));
    }
    linesInFrame = 0;
    unsealed = false;
    last = stated;
    knownFound |= stated.equals(known);
    digest = LogChain.after(stated);
  }

  private void follow(long file, String after) {
    if (last == null) {
      number = file;
      if (!after.equals(LogChain.NONE)) {
        note("begins with %s; what was before is not here".formatted(name));
      }
    } else if (!last.equals(after)) {
      fault(
          file > number + 1
              ? "%s: files %d to %d before it are missing".formatted(name, number + 1, file - 1)
              : "%s: does not follow what stands before it: its end was cut off, or it is another"
                  .formatted(name));
    } else if (unclosed != null) {
      note(unclosed + ": not closed, and goes on in the next: its service was killed");
    }
    unclosed = null;
    number = file;
    digest = LogChain.after(after);
  }

  /** Says that the file that is being read is of a format that has hashes. */
  public void requireHashes() {
    if (!chained) {
      fault(name + ": has no hashes, which its format requires");
    }
  }

  /**
   * Ends a file.
   *
   * @param rest bytes after its last whole frame
   */
  public void end(long rest) {
    if (rest > 0 && !open) {
      fault("%s: %d bytes after its last whole frame".formatted(name, rest));
    }
    if (!any) {
      return; // of an earlier version, killed before its first frame was whole
    }
    if (!chained) {
      if (chainedBefore) {
        fault(name + ": has no hashes, though a file before it has");
      }
      unchained++;
      last = LogChain.hash(digest);
      return;
    }
    chainedBefore = true;
    if (unsealed) {
      fault("%s: its last lines, after %d, have no hash".formatted(name, linesHere - linesInFrame));
    } else if (!ended) {
      unclosed = name;
    }
  }

  /** Ends the log. */
  public void finish() {
    if (unclosed != null && (open || !whole)) {
      note(
          unclosed
              + ": not closed: it is being written, or its service was killed; what may have"
              + " come after its last frame is not known");
    } else if (unclosed != null) {
      fault(unclosed + ": its end was cut off: the file is complete by its name");
    }
    unclosed = null;
    if (known != null && !knownFound) {
      fault(
          "the hash %s is not in it: it was rewritten, or the file of that hash is gone"
              .formatted(known));
    }
  }

  /** Files read. */
  public long files() {
    return files;
  }

  /** Files of older formats among them, which have no hashes. */
  public long unchained() {
    return unchained;
  }

  /** Frames with a hash. */
  public long frames() {
    return frames;
  }

  /** The hash at the end: who keeps it can tell later whether anything before it was changed. */
  public @Nullable String last() {
    return last;
  }
}
