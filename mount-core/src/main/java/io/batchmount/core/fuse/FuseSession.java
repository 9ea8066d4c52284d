package io.batchmount.core.fuse;

import io.batchmount.core.Errno;
import io.batchmount.core.FileSystem;
import io.batchmount.core.FsException;
import io.batchmount.core.OperationContext;
import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection to the kernel: threads that take a request from {@code /dev/fuse}, have it
 * answered, and write the answer.
 *
 * <p>Each thread does one request at a time from its first to its last byte; when no thread waits
 * for the next request another one is started, up to the limit, and threads that are too many end.
 * So a mount at rest has few threads, and a burst of slow reads has one for each. All are daemon
 * threads: they do not hold the process.
 *
 * <p>The connection ends when the kernel says so (unmounted or aborted): every thread then returns,
 * the last one saves and closes what was left open.
 */
final class FuseSession implements Connection {
  /** Threads that may wait for requests without work; what a few busy programs keep in use. */
  private static final int MAX_IDLE_THREADS = 12;

  private static final int MIN_INIT_OUT_BYTES = 64; // struct fuse_init_out since 7.23

  private static final Logger LOG = LoggerFactory.getLogger(FuseSession.class);

  /** Answers one kind of request. */
  @FunctionalInterface
  private interface Handler {
    void answer(FuseMessage message) throws FsException;
  }

  private final int device;
  private final FileSystem fileSystem;
  private final FuseMountOptions options;
  private final RequestLog log;
  private final FileRequests fileRequests;
  private final DirectoryRequests directoryRequests;
  private final NodeTable nodes = new NodeTable();
  private final Handler[] handlers = new Handler[FuseProtocol.OPCODES];
  private final ExecutorService listers;

  private final Map<Long, Interruption> running = new ConcurrentHashMap<>();
  private final Queue<FuseMessage> spare = new ConcurrentLinkedQueue<>(); // of threads that ended
  private final AtomicInteger threads = new AtomicInteger();
  private final AtomicInteger idle = new AtomicInteger();
  private final AtomicInteger threadNumber = new AtomicInteger();
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile boolean ending;

  /**
   * @param device descriptor of {@code /dev/fuse}, mounted; closed at the end
   */
  FuseSession(int device, FileSystem fileSystem, FuseMountOptions options) {
    this.device = device;
    this.fileSystem = fileSystem;
    this.options = options;
    this.log = new RequestLog(fileSystem.name());
    this.listers = Executors.newCachedThreadPool(task -> thread(task, "list"));
    HandleTable<OpenFile> files = new HandleTable<>();
    NodeRequests nodeRequests = new NodeRequests(fileSystem, options, nodes, files);
    this.fileRequests = new FileRequests(fileSystem, options, nodes, files, new Notifier(device));
    this.directoryRequests = new DirectoryRequests(fileSystem, options, nodes, listers);
    setHandlers(nodeRequests, new XattrRequests(fileSystem, nodes));
  }

  private void setHandlers(NodeRequests node, XattrRequests xattr) {
    handlers[FuseProtocol.LOOKUP] = node::lookup;
    handlers[FuseProtocol.GETATTR] = node::getAttributes;
    handlers[FuseProtocol.SETATTR] = node::setAttributes;
    handlers[FuseProtocol.READLINK] = node::readSymlink;
    handlers[FuseProtocol.SYMLINK] = node::makeSymlink;
    handlers[FuseProtocol.MKNOD] = node::makeNode;
    handlers[FuseProtocol.MKDIR] = node::makeDirectory;
    handlers[FuseProtocol.UNLINK] = node::unlink;
    handlers[FuseProtocol.RMDIR] = node::removeDirectory;
    handlers[FuseProtocol.RENAME] = node::rename;
    handlers[FuseProtocol.RENAME2] = node::rename2;
    handlers[FuseProtocol.LINK] = node::makeHardLink;
    handlers[FuseProtocol.STATFS] = node::usage;
    handlers[FuseProtocol.OPEN] = fileRequests::open;
    handlers[FuseProtocol.CREATE] = fileRequests::create;
    handlers[FuseProtocol.READ] = fileRequests::read;
    handlers[FuseProtocol.WRITE] = fileRequests::write;
    handlers[FuseProtocol.FLUSH] = fileRequests::flush;
    handlers[FuseProtocol.FSYNC] = fileRequests::fsync;
    handlers[FuseProtocol.FALLOCATE] = fileRequests::fallocate;
    handlers[FuseProtocol.RELEASE] = fileRequests::release;
    handlers[FuseProtocol.OPENDIR] = directoryRequests::open;
    handlers[FuseProtocol.READDIR] = directoryRequests::read;
    handlers[FuseProtocol.READDIRPLUS] = directoryRequests::readPlus;
    handlers[FuseProtocol.RELEASEDIR] = directoryRequests::release;
    handlers[FuseProtocol.FSYNCDIR] = message -> {}; // names are durable when they are made
    handlers[FuseProtocol.SETXATTR] = xattr::set;
    handlers[FuseProtocol.GETXATTR] = xattr::get;
    handlers[FuseProtocol.LISTXATTR] = xattr::list;
    handlers[FuseProtocol.REMOVEXATTR] = xattr::remove;
    handlers[FuseProtocol.INIT] = this::init;
    handlers[FuseProtocol.DESTROY] = message -> {};
    // FORGET, BATCH_FORGET and INTERRUPT have no answer: see process()
    this.nodeRequests = node;
  }

  private NodeRequests nodeRequests; // set once, in the constructor

  @Override
  public void start() {
    startThread();
    startThread();
  }

  @Override
  public CompletableFuture<Void> ready() {
    return ready;
  }

  @Override
  public void awaitEnd() throws InterruptedException {
    ended.await();
  }

  @Override
  public boolean awaitEnd(Duration limit) throws InterruptedException {
    return ended.await(limit.toNanos(), TimeUnit.NANOSECONDS);
  }

  @Override
  public boolean isAlive() {
    return !ending;
  }

  @Override
  public int knownNodes() {
    return nodes.size();
  }

  int device() {
    return device;
  }

  private Thread thread(Runnable task, String kind) {
    Thread thread =
        new Thread(
            task, "fuse-" + fileSystem.name() + "-" + kind + "-" + threadNumber.incrementAndGet());
    thread.setDaemon(true);
    return thread;
  }

  private void startThread() {
    threads.incrementAndGet();
    try {
      thread(this::loop, "io").start();
    } catch (OutOfMemoryError e) { // no more threads: those that run go on
      LOG.warn("{}: no more than {} threads can be started", fileSystem.name(), threads.get());
      if (threads.decrementAndGet() == 0) {
        throw e;
      }
    }
  }

  private void loop() {
    try {
      FuseMessage message = spare.poll();
      if (message == null) {
        message = new FuseMessage(FuseMountOptions.MAX_REQUEST_BYTES);
      }
      while (true) {
        idle.incrementAndGet();
        boolean more = receive(message);
        int waiting = idle.decrementAndGet();
        if (!more) {
          break;
        }
        if (waiting == 0 && threads.get() < options.maxThreads()) {
          startThread();
        }
        process(message);
        if (idle.get() >= MAX_IDLE_THREADS) {
          spare.add(message);
          break;
        }
      }
    } catch (Throwable e) { // of no single request: out of memory for the buffer
      LOG.error("{}: a thread of the mount ended unexpectedly", fileSystem.name(), e);
    } finally {
      if (threads.decrementAndGet() == 0) {
        end();
      }
    }
  }

  /** Takes the next request. False when there will be none any more. */
  private boolean receive(FuseMessage message) {
    while (true) {
      long count = Native.libc().read(device, message.address(), message.capacity());
      if (count >= FuseProtocol.IN_HEADER_BYTES) {
        message.received((int) count);
        return true;
      }
      int errno = count < 0 ? Native.errno() : 0;
      switch (errno) {
        case Native.EINTR, Native.EAGAIN, Native.ENOENT -> {
          continue; // ENOENT: the request was taken back while we read it
        }
        case Native.ENODEV -> {
          ending = true;
          return false;
        }
        default -> {
          LOG.error(
              "{}: reading from /dev/fuse failed: {}", fileSystem.name(), Native.describe(errno));
          ending = true;
          return false;
        }
      }
    }
  }

  private void process(FuseMessage message) {
    int opcode = message.opcode();
    switch (opcode) {
      case FuseProtocol.FORGET -> nodeRequests.forget(message);
      case FuseProtocol.BATCH_FORGET -> nodeRequests.batchForget(message);
      case FuseProtocol.INTERRUPT -> interrupt(message);
      default -> send(message, answer(message, opcode));
    }
  }

  /** Does what a request asks. Returns the errno. */
  private int answer(FuseMessage message, int opcode) {
    Handler handler = opcode > 0 && opcode < handlers.length ? handlers[opcode] : null;
    if (handler == null) {
      return Errno.ENOSYS.number(); // the kernel does without, and asks no more
    }
    Interruption request = new Interruption(message.callerThread());
    long unique = message.unique();
    running.put(unique, request);
    try (OperationContext context =
        OperationContext.open(options.operationTimeout(), request::isInterrupted)) {
      handler.answer(message);
      return 0;
    } catch (FsException e) {
      log.failed(opcode, e);
      return e.errno().number();
    } catch (RuntimeException | Error e) {
      log.failed(opcode, e);
      return Errno.EIO.number();
    } finally {
      running.remove(unique);
    }
  }

  private long sendScattered(FuseMessage message) {
    int count = message.gather();
    return Native.libc().writev(device, message.vectorsAddress(), count);
  }

  private void send(FuseMessage message, int errno) {
    message.finish(errno);
    long sent;
    try {
      sent =
          message.isScattered()
              ? sendScattered(message)
              : Native.libc().write(device, message.answerAddress(), message.answerLength());
    } finally {
      message.release();
    }
    if (sent < 0) {
      int error = Native.errno();
      // ENOENT: the caller was killed and waits no more; ENODEV: unmounted meanwhile
      if (error != Native.ENOENT && error != Native.ENODEV && error != Native.EINTR) {
        LOG.error(
            "{}: the answer to {} was not taken: {}",
            fileSystem.name(),
            FuseProtocol.name(message.opcode()),
            Native.describe(error));
      }
    }
  }

  /**
   * Tells the thread that works on a request. A request that is not found has been answered, or its
   * thread is about to begin: EAGAIN makes the kernel say it again if it still waits.
   */
  private void interrupt(FuseMessage message) {
    Interruption request = running.get(message.u64(0));
    if (request != null) {
      request.signalled();
    } else {
      send(message, Errno.EAGAIN.number());
    }
  }

  private void init(FuseMessage message) throws FsException {
    int major = message.u32(0);
    int minor = message.u32(4);
    int maxReadAhead = message.u32(8);
    int offered = message.u32(12);
    if (major != FuseProtocol.MAJOR || minor < FuseProtocol.OLDEST_MINOR) {
      ready.completeExceptionally(
          new MountException(
              "the kernel speaks version "
                  + major
                  + "."
                  + minor
                  + " of FUSE and 7.23 is needed: use Linux 3.15 or newer"));
      throw new FsException(Errno.EIO, "version of the kernel's FUSE");
    }
    int wanted =
        FuseProtocol.ASYNC_READ
            | FuseProtocol.ATOMIC_O_TRUNC
            | FuseProtocol.BIG_WRITES
            | FuseProtocol.AUTO_INVAL_DATA
            | FuseProtocol.DO_READDIRPLUS
            | FuseProtocol.READDIRPLUS_AUTO
            | FuseProtocol.ASYNC_DIO
            | FuseProtocol.PARALLEL_DIROPS
            | FuseProtocol.MAX_PAGES
            | FuseProtocol.HANDLE_KILLPRIV_V2
            | FuseProtocol.INIT_EXT;
    boolean extended =
        minor >= FuseProtocol.INIT_EXT_MINOR && (offered & FuseProtocol.INIT_EXT) != 0;
    int more = extended ? message.u32(16) & FuseProtocol.DIRECT_IO_ALLOW_MMAP : 0;
    if (more != 0) {
      nodes.allowPastPageCache();
    }
    message.putInt(FuseProtocol.MAJOR);
    message.putInt(Math.min(minor, FuseProtocol.MINOR));
    message.putInt(Math.max(maxReadAhead, options.readAheadBytes()));
    message.putInt(wanted & offered);
    message.putShort(FuseMountOptions.MAX_BACKGROUND);
    message.putShort(FuseMountOptions.CONGESTION_THRESHOLD);
    message.putInt(FuseMountOptions.MAX_REQUEST_BYTES);
    message.putInt(1); // times have nanoseconds
    message.putShort(FuseMountOptions.MAX_REQUEST_BYTES / Mounter.PAGE_BYTES);
    message.putShort(0); // alignment of mappings
    message.putInt(more);
    message.putZeros(MIN_INIT_OUT_BYTES - message.answerBytes());
    ready.complete(null);
  }

  private void end() {
    ending = true;
    ready.completeExceptionally(new MountException("the mount ended before it was ready"));
    try {
      directoryRequests.closeAll();
      try (OperationContext context =
          OperationContext.open(options.operationTimeout(), () -> false)) {
        fileRequests.closeAll();
      }
      listers.shutdown(); // not interrupted: that would close files of shared caches
      Native.libc().close(device);
    } finally {
      ended.countDown();
    }
  }
}
