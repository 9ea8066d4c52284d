package io.batchmount.core.fuse;

import io.batchmount.core.Errno;
import io.batchmount.core.FileSystem;
import io.batchmount.core.FsException;
import io.batchmount.core.XattrMode;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Requests about extended attributes. */
final class XattrRequests {
  private static final String USER_NAMESPACE = "user.";
  private static final int XATTR_CREATE = 1; // linux/xattr.h
  private static final int XATTR_REPLACE = 2;

  private final FileSystem fileSystem;
  private final NodeTable nodes;

  XattrRequests(FileSystem fileSystem, NodeTable nodes) {
    this.fileSystem = fileSystem;
    this.nodes = nodes;
  }

  void get(FuseMessage message) throws FsException {
    int room = message.u32(0);
    String name = message.namesAt(8).text();
    checkNamespace(name);
    Node node = nodes.get(message.nodeId());
    answer(message, room, nodes.atPath(node, path -> fileSystem.getXattr(path, name)));
  }

  void set(FuseMessage message) throws FsException {
    int size = message.u32(0);
    int flags = message.u32(4);
    String name = message.namesAt(8).text();
    byte[] value = message.rest(size);
    checkNamespace(name);
    XattrMode mode =
        switch (flags) {
          case 0 -> XattrMode.ANY;
          case XATTR_CREATE -> XattrMode.CREATE;
          case XATTR_REPLACE -> XattrMode.REPLACE;
          default -> throw new FsException(Errno.EINVAL, name + ": contradicting flags");
        };
    nodes.atPath(
        nodes.get(message.nodeId()),
        path -> {
          fileSystem.setXattr(path, name, value, mode);
          return path;
        });
  }

  void list(FuseMessage message) throws FsException {
    int room = message.u32(0);
    Node node = nodes.get(message.nodeId());
    ByteArrayOutputStream names = new ByteArrayOutputStream();
    for (String name : nodes.atPath(node, fileSystem::listXattrs)) {
      names.writeBytes(name.getBytes(StandardCharsets.UTF_8));
      names.write(0);
    }
    answer(message, room, names.toByteArray());
  }

  void remove(FuseMessage message) throws FsException {
    String name = message.namesAt(0).text();
    checkNamespace(name);
    nodes.atPath(
        nodes.get(message.nodeId()),
        path -> {
          fileSystem.removeXattr(path, name);
          return path;
        });
  }

  /** With no room given the caller asks for the size. */
  private static void answer(FuseMessage message, int room, byte[] value) throws FsException {
    if (room == 0) {
      message.putInt(value.length);
      message.putInt(0);
    } else if (value.length > room) {
      throw new FsException(Errno.ERANGE, "the attribute is longer than the room for it");
    } else {
      message.putBytes(value);
    }
  }

  /** Others (security, system) are asked for by the kernel and ls all the time: answered here. */
  private static void checkNamespace(String name) throws FsException {
    if (!name.startsWith(USER_NAMESPACE)) {
      throw new FsException(Errno.ENOTSUP, name + ": only attributes user.* can be kept");
    }
  }
}
