package io.batchmount.it.blob;

import static org.assertj.core.api.Assertions.assertThat;

import com.azure.storage.blob.BlobContainerClient;
import io.batchmount.blob.AzuriteContainers;
import io.batchmount.blob.BlobTestMount;
import io.batchmount.blob.store.BlobOperation;
import io.batchmount.blob.store.CountingBlobStore;
import io.batchmount.core.fuse.FuseMount;
import io.batchmount.core.fuse.FuseMountOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real programs on a real mount of a container in Azurite. */
@Timeout(300)
class BlobToolsTest {
  @TempDir Path directory;
  private BlobContainerClient container;
  private CountingBlobStore counts;
  private BlobTestMount mount;
  private FuseMount fuse;
  private Path mountPoint;

  /** Long enough that what is known of a directory does not expire on a slow machine. */
  private static final Duration TTL_WHERE_REQUESTS_ARE_COUNTED = Duration.ofMinutes(2);

  @BeforeEach
  void mount(TestInfo test) throws Exception {
    Assumptions.assumeTrue(Files.exists(Path.of("/dev/fuse")), "no /dev/fuse here");
    container = AzuriteContainers.create();
    counts = new CountingBlobStore(AzuriteContainers.open(container.getBlobContainerName()));
    mount =
        BlobTestMount.open(
            counts,
            directory.resolve("work"),
            128L << 20,
            256L << 20,
            options ->
                test.getTags().contains("counted")
                    ? options.attributeTtl(TTL_WHERE_REQUESTS_ARE_COUNTED)
                    : options);
    mountPoint = Files.createDirectories(directory.resolve("mnt"));
    Files.createDirectories(directory.resolve("scratch"));
    fuse = FuseMount.mount(mount.fileSystem(), mountPoint, FuseMountOptions.defaults());
  }

  @AfterEach
  void unmount() throws Exception {
    if (fuse != null) {
      assertThat(fuse.unmount(Duration.ofSeconds(60), unused -> {}).isClean()).isTrue();
      mount.close();
      container.delete();
    }
  }

  @Test
  void git() throws Exception {
    run(
        "git",
        """
        export HOME=$S GIT_CONFIG_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0
        git config --global user.email a@example.org; git config --global user.name A
        git config --global init.defaultBranch main; git config --global safe.directory '*'
        git init -q $M/repo; cd $M/repo
        mkdir -p src/a; for i in 1 2 3 4 5; do echo "line $i" > src/a/f$i.txt; done
        ln -s src/a/f1.txt link
        git add -A; git commit -q -m one
        echo more >> src/a/f2.txt; git rm -q src/a/f3.txt; git mv src/a/f4.txt moved.txt
        git commit -q -am two
        git gc -q
        git fsck --full
        test -z "$(git status --porcelain)"
        git clone -q $M/repo $M/clone
        cd $M/clone; git fsck --full; test "$(git log --oneline | wc -l)" = 2
        diff -r --exclude=.git $M/repo $M/clone
        test "$(readlink link)" = src/a/f1.txt
        """);
  }

  @Test
  void rsyncCopiesNothingTheSecondTime() throws Exception {
    run(
        "rsync",
        """
        mkdir -p $S/src/d; echo one > $S/src/a; echo two > $S/src/d/b; ln -s a $S/src/l
        chmod 640 $S/src/a; touch -d '2001-02-03 04:05:06.123456789' $S/src/d/b
        mkdir $M/dst
        rsync -a $S/src/ $M/dst/
        rsync -ai $S/src/ $M/dst/ > $S/second
        cat $S/second; test ! -s $S/second
        test "$(stat -c '%a %y' $M/dst/a)" = "$(stat -c '%a %y' $S/src/a)"
        """);
  }

  @Test
  @Tag("counted")
  void tarUnpacksWithOneRequestAFile() throws Exception {
    Path source = directory.resolve("scratch/tree");
    for (int d = 0; d < 4; d++) {
      Files.createDirectories(source.resolve("d" + d));
      for (int i = 0; i < 50; i++) {
        Files.writeString(source.resolve("d" + d + "/f" + i), "content " + d + " " + i);
      }
    }
    run("tar", "tar -C $S -cf $S/tree.tar tree; mkdir $M/t");
    counts.reset();
    run("tar", "tar -C $M/t -xf $S/tree.tar");
    assertThat(counts.total() / 200.0).as(counts.toString()).isLessThanOrEqualTo(1.2);
    run(
        "tar",
        """
        diff -r $S/tree $M/t/tree
        tar -C $M/t -df $S/tree.tar
        tar -C $M/t -cf $S/again.tar tree; tar -tf $S/again.tar | wc -l
        """);
  }

  @Test
  void cpKeepsAttributes() throws Exception {
    run(
        "cp",
        """
        mkdir -p $S/t/e; echo x > $S/t/e/f; chmod 751 $S/t/e; chmod 604 $S/t/e/f; ln -s e/f $S/t/l
        touch -d '2010-01-01 00:00:00.5' $S/t/e/f
        cp -a $S/t $M/t
        for f in e e/f; do test "$(stat -c '%a %Y' $M/t/$f)" = "$(stat -c '%a %Y' $S/t/$f)"; done
        test "$(cat $M/t/l)" = x
        cp -a $M/t $M/u; diff -r $M/t $M/u
        mv $M/u $M/v; test ! -e $M/u; test "$(cat $M/v/e/f)" = x
        rm -r $M/v; test ! -e $M/v
        """);
  }

  @Test
  void sqliteWithItsJournal() throws Exception {
    run(
        "sqlite3",
        """
        sqlite3 $M/db 'create table t(i integer primary key, s text);'
        for n in 1 2 3; do
          sqlite3 $M/db "begin; insert into t(s) select hex(randomblob(50)) from generate_series(1,500); commit;"
        done
        sqlite3 $M/db 'begin; delete from t; rollback;'
        test "$(sqlite3 $M/db 'select count(*) from t;')" = 1500
        sqlite3 $M/db 'pragma journal_mode=truncate; update t set s=upper(s) where i%7=0; vacuum;'
        test "$(sqlite3 $M/db 'pragma integrity_check;')" = ok
        test ! -e $M/db-journal -o ! -s $M/db-journal
        """);
  }

  @Test
  void zipAndUnzip() throws Exception {
    run(
        "zip",
        """
        mkdir $M/z; for i in 1 2 3; do seq 1 $((i*1000)) > $M/z/f$i; done
        (cd $M; zip -q -r a.zip z; zip -q a.zip z/f1; unzip -q -t a.zip)
        mkdir $M/x; (cd $M/x; unzip -q ../a.zip); diff -r $M/z $M/x/z
        """);
  }

  @Test
  void editorsAndPipes() throws Exception {
    run(
        "sed",
        """
        seq 1 1000 > $M/f; sed -i 's/^5$/five/' $M/f; test "$(sed -n 5p $M/f)" = five
        # as programs save atomically: a temporary file, flushed, renamed over the old one
        echo new > $M/f.tmp; sync $M/f.tmp; mv $M/f.tmp $M/f; test "$(cat $M/f)" = new
        echo a | tee $M/log > /dev/null; echo b | tee -a $M/log > /dev/null; echo c >> $M/log
        test "$(cat $M/log | tr -d '\\n')" = abc
        dd if=/dev/zero of=$M/dd bs=1M count=3 status=none
        printf XYZ | dd of=$M/dd bs=1 seek=1500000 conv=notrunc status=none
        test "$(stat -c %s $M/dd)" = 3145728
        test "$(dd if=$M/dd bs=1 skip=1500000 count=3 status=none)" = XYZ
        printf END | dd of=$M/dd bs=1M seek=5 status=none
        test "$(stat -c %s $M/dd)" = 5242883
        truncate -s 100 $M/dd; test "$(stat -c %s $M/dd)" = 100
        """);
  }

  @Test
  @Tag("long")
  @Timeout(1200)
  void aLargeFileKeepsItsChecksum() throws Exception {
    run(
        "openssl",
        """
        head -c 2147483648 /dev/zero | openssl enc -aes-128-ctr -pass pass:x -nosalt -md sha256 \
          > $S/big 2>/dev/null
        cp $S/big $M/big; cmp $S/big $M/big
        """);
  }

  @Test
  @Tag("long")
  @Timeout(1200)
  void fiveThousandSmallFiles() throws Exception {
    run(
        "seq",
        """
        mkdir $M/many; cd $M/many
        for i in $(seq 1 5000); do echo $i > f$i; done
        test "$(ls | wc -l)" = 5000
        test "$(cat f* | sort -n | tail -1)" = 5000
        """);
    assertThat(counts.count(BlobOperation.PUT_BLOB)).isGreaterThanOrEqualTo(5000);
  }

  private void run(String tool, String script) throws IOException, InterruptedException {
    boolean there =
        Arrays.stream(System.getenv("PATH").split(":"))
            .anyMatch(place -> Files.isExecutable(Path.of(place, tool)));
    Assumptions.assumeTrue(there, tool + " is not installed");
    Path output = directory.resolve("output.txt");
    ProcessBuilder builder = new ProcessBuilder("bash", "-euo", "pipefail", "-c", script);
    builder.environment().put("M", mountPoint.toString());
    builder.environment().put("S", directory.resolve("scratch").toString());
    Process process = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    try {
      boolean ended = process.waitFor(15, TimeUnit.MINUTES);
      assertThat(ended).isTrue();
      assertThat(process.exitValue()).as(Files.readString(output)).isZero();
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }
}
