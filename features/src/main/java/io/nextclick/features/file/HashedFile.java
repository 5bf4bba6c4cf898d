// SPDX-License-Identifier: Apache-2.0
package io.nextclick.features.file;

import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;

/** A {@link DurableFile} whose size and hash are known when it is whole. */
public final class HashedFile implements Closeable {

  private static final int BUFFER = 1 << 16;

  private final DurableFile file;
  private final MessageDigest digest = FileHash.digest();
  private final OutputStream out;

  private HashedFile(DurableFile file) {
    this.file = file;
    this.out = new BufferedOutputStream(new DigestOutputStream(file.raw(), digest), BUFFER);
  }

  /** Begins a file; one of that name goes at {@link #commit}. */
  public static HashedFile begin(Path target) throws IOException {
    return new HashedFile(DurableFile.begin(target));
  }

  /** Takes the bytes; closing it writes what it holds, and no more. */
  public OutputStream out() {
    return out;
  }

  /** Gives the file its name; after it, {@link #close} changes nothing. */
  public FileHash commit() throws IOException {
    out.flush();
    FileHash hash = new FileHash(file.size(), FileHash.hex(digest));
    file.commit();
    return hash;
  }

  /** Removes what was written, unless it was committed. */
  @Override
  public void close() throws IOException {
    file.close();
  }
}
