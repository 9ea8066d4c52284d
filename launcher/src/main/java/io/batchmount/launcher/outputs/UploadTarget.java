package io.batchmount.launcher.outputs;

import java.util.Optional;

/**
 * A container or share that takes files. Each call is one step without repeats; errors are what the
 * client of the service throws. Thread-safe.
 */
interface UploadTarget {
  /** Address without query, for people. */
  String display();

  /** What two names share that mean one file. */
  default String place(String name) {
    return name;
  }

  /** What is wrong with a name here, or nothing. */
  Optional<String> problemOf(String name);

  /** Stores a whole file in one step. */
  void put(String name, FileSlice content, FileFacts facts);

  /**
   * Makes ready for blocks; not called when an upload is taken up.
   *
   * @param upload tells this upload from others of the same name; short, alphanumeric
   * @param length of the file
   */
  void begin(String name, String upload, long length, FileFacts facts);

  /**
   * Stores one block, not visible yet.
   *
   * @param index from 0
   */
  void putBlock(String name, String upload, int index, FileSlice block);

  /** Makes the blocks the file, atomically. */
  void commit(String name, String upload, int blocks, FileFacts facts);

  /**
   * Whether an error of {@link #commit} says that blocks of an earlier run are gone, so that all
   * must be sent anew.
   */
  boolean isBlocksLost(Throwable error);

  /**
   * An upload in blocks failed and will not be taken up: what of it lies at the destination goes.
   * Throws nothing.
   */
  void abandon(String name, String upload);

  /**
   * What is stored beside a file.
   *
   * @param md5 of the content, where it is wanted
   * @param contentType where one follows from the name
   */
  record FileFacts(Optional<byte[]> md5, Optional<String> contentType) {
    static final FileFacts NONE = new FileFacts(Optional.empty(), Optional.empty());
  }
}
