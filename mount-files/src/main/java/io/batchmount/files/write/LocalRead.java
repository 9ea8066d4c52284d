package io.batchmount.files.write;

import io.batchmount.core.FsException;
import io.batchmount.core.journal.Extent;
import io.batchmount.core.journal.ExtentSet;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/**
 * What an open file could answer of a read by itself.
 *
 * @param local whether this mount knows the file's size; else the service has to be asked for all
 * @param length bytes from the offset to the end of the read or of the file
 * @param missing parts that the service has, ascending
 * @param version version that the file was of
 * @param stored where the file lay
 */
record LocalRead(boolean local, int length, List<Extent> missing, Version version, String stored) {

  static LocalRead of(
      ByteBuffer window,
      long offset,
      long size,
      Version version,
      String stored,
      boolean local,
      Optional<Buffer> flushing,
      Optional<Buffer> active)
      throws FsException {
    if (!local) {
      return new LocalRead(false, 0, List.of(), version, stored);
    }
    int length = (int) Math.max(0, Math.min(window.remaining(), size - offset));
    if (length == 0) {
      return new LocalRead(true, 0, List.of(), version, stored);
    }
    ExtentSet wanted = new ExtentSet();
    wanted.add(offset, offset + length);
    for (Optional<Buffer> buffer : List.of(flushing, active)) {
      if (buffer.isPresent()) {
        for (Extent part : buffer.get().entry().dirty().intersect(offset, offset + length)) {
          ByteBuffer piece = slice(window, offset, part);
          while (piece.hasRemaining()
              && buffer.get().entry().read(piece, part.to() - piece.remaining()) > 0) {
            // a read may be short
          }
          wanted.remove(part.from(), part.to());
        }
      }
    }
    // behind what the service has lies a hole
    for (Extent hole : wanted.intersect(Math.max(offset, version.visible()), Long.MAX_VALUE)) {
      ByteBuffer piece = slice(window, offset, hole);
      piece.put(new byte[piece.remaining()]);
      wanted.remove(hole.from(), hole.to());
    }
    return new LocalRead(true, length, wanted.extents(), version, stored);
  }

  static ByteBuffer slice(ByteBuffer window, long offset, Extent part) {
    return window.slice(
        window.position() + Math.toIntExact(part.from() - offset), Math.toIntExact(part.length()));
  }
}
