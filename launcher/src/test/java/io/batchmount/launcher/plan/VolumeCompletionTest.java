package io.batchmount.launcher.plan;

import static io.batchmount.launcher.plan.TestPlans.ACCOUNTS;
import static io.batchmount.launcher.plan.TestPlans.CMR;
import static io.batchmount.launcher.plan.TestPlans.HEAD;
import static io.batchmount.launcher.plan.TestPlans.JMR;
import static io.batchmount.launcher.plan.TestPlans.KEY;
import static io.batchmount.launcher.plan.TestPlans.TRUE;
import static io.batchmount.launcher.plan.TestPlans.plan;
import static io.batchmount.launcher.plan.TestPlans.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.batchmount.launcher.job.ConfigurationException;
import io.batchmount.launcher.job.SecretValue;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Section 3.4 of the contract: what is filled in before volumes are mounted. */
class VolumeCompletionTest {
  private static String shareJob(String members) {
    return "{"
        + HEAD
        + ", "
        + TRUE
        + ", \"mountVolumes\": {\"azureFileShares\": [{\"relativeMountPath\": \"out\", "
        + members
        + "}]}}";
  }

  private static String containerJob(String members) {
    return "{"
        + HEAD
        + ", "
        + TRUE
        + ", \"mountVolumes\": {\"azureBlobFileSystems\": [{\"relativeMountPath\": \"out\","
        + " \"containerName\": \"corpus\", "
        + members
        + "}]}}";
  }

  private static PlannedMount.FileShare share(String members, AccountContext accounts) {
    return (PlannedMount.FileShare)
        plan(shareJob(members), r -> r.accounts(accounts)).jobMounts().get(0);
  }

  private static PlannedMount.FileShare share(String members) {
    return share(members, ACCOUNTS);
  }

  @Test
  void accountComesFromTheUrl() {
    PlannedMount.FileShare share =
        share("\"azureFileUrl\": \"https://acctsouth.file.core.windows.net/results\"");
    assertThat(share.accountName()).isEqualTo("acctsouth");
    assertThat(share.share()).isEqualTo("results");
    assertThat(share.path()).hasToString(JMR + "/out");
    assertThat(share.accountInEffect()).isFalse();
    assertThat(share.credential()).isEqualTo(new VolumeCredential.Ambient());
  }

  @Test
  void placeholderInTheUrlWorksWithoutAccountName() {
    PlannedMount.FileShare share =
        share(
            "\"azureFileUrl\": \"https://<AZURE_BATCHAI_STORAGE_ACCOUNT>.file.core.windows.net/logs\"");
    assertThat(share.accountName()).isEqualTo("acctnorth");
    assertThat(share.url()).isEqualTo("https://acctnorth.file.core.windows.net/logs");
    assertThat(share.accountInEffect()).isTrue();
    assertThat(share.credential()).isEqualTo(new VolumeCredential.Key(KEY, false));
  }

  @Test
  void everyOccurrenceInTheUrlIsReplacedButNotInOtherMembers() {
    PlannedMount.FileShare share =
        share(
            "\"azureFileUrl\": \"https://<AZURE_BATCHAI_STORAGE_ACCOUNT>.file.core.windows.net/x-<AZURE_BATCHAI_STORAGE_ACCOUNT>\"");
    assertThat(share.url()).isEqualTo("https://acctnorth.file.core.windows.net/x-acctnorth");
    PlannedMount.BlobContainer container =
        (PlannedMount.BlobContainer)
            plan("{"
                    + HEAD
                    + ", "
                    + TRUE
                    + ", \"mountVolumes\": {\"azureBlobFileSystems\": [{\"relativeMountPath\":"
                    + " \"a\", \"containerName\": \"<AZURE_BATCHAI_STORAGE_ACCOUNT>\","
                    + " \"accountName\": \"<AZURE_BATCHAI_STORAGE_ACCOUNT>\"}]}}")
                .jobMounts()
                .get(0);
    assertThat(container.container()).isEqualTo("<AZURE_BATCHAI_STORAGE_ACCOUNT>");
    assertThat(container.accountName()).isEqualTo("acctnorth");
  }

  @Test
  void keyPlaceholderIsReplaced() {
    PlannedMount.FileShare share =
        share(
            "\"azureFileUrl\": \"https://other.file.core.windows.net/logs\", \"credentials\":"
                + " {\"accountKey\": \"<AZURE_BATCHAI_STORAGE_KEY>\"}");
    assertThat(share.credential()).isEqualTo(new VolumeCredential.Key(KEY, false));
  }

  @Test
  void keyInTheFileWins() {
    assertThat(
            share(
                    "\"azureFileUrl\": \"https://acctnorth.file.core.windows.net/logs\","
                        + " \"credentials\": {\"accountKey\": \"mine\"}")
                .credential())
        .isEqualTo(new VolumeCredential.Key(SecretValue.of("mine"), true));
  }

  @Test
  void keyReferenceIsCarried() {
    assertThat(
            share(
                    "\"azureFileUrl\": \"https://acctnorth.file.core.windows.net/logs\","
                        + " \"credentials\": {\"accountKeySecretReference\": {\"sourceVault\":"
                        + " {\"id\": \"/v\"}, \"secretUrl\": \"https://v/s\"}}")
                .credential())
        .isInstanceOf(VolumeCredential.KeyReference.class);
  }

  @Test
  void keyIsLookedUpByAccountName() {
    AccountContext accounts =
        AccountContext.builder()
            .environment(
                Map.of(
                    "AZURE_BATCHAI_STORAGE_ACCOUNT", "acctnorth",
                    "AZURE_BATCHAI_STORAGE_KEY_ACCTSOUTH", "c291dGg="))
            .build();
    assertThat(
            share("\"azureFileUrl\": \"https://acctsouth.file.core.windows.net/s\"", accounts)
                .credential())
        .isEqualTo(new VolumeCredential.Key(SecretValue.of("c291dGg="), false));
  }

  @Test
  void unknownKeyWarnsAndLeavesItToAnIdentity() {
    JobPlan plan =
        plan(shareJob("\"azureFileUrl\": \"https://acctsouth.file.core.windows.net/s\""));
    assertThat(plan.warnings())
        .anyMatch(w -> w.contains("no key of account \"acctsouth\" is known"));
  }

  @Test
  void noAccountAnywhereIsAnErrorThatTellsHowToGiveOne() {
    for (String job :
        List.of(
            shareJob(
                "\"azureFileUrl\": \"https://<AZURE_BATCHAI_STORAGE_ACCOUNT>.file.core.windows.net/s\""),
            containerJob("\"accountName\": \"<AZURE_BATCHAI_STORAGE_ACCOUNT>\""))) {
      assertThat(refused(job, r -> r.accounts(AccountContext.NONE)))
          .hasMessageStartingWith("job.json:1:")
          .hasMessageContaining("set AZURE_BATCHAI_STORAGE_ACCOUNT or give --storage-account-name");
    }
  }

  @Test
  void keyPlaceholderWithoutAKeyIsAnErrorThatTellsHowToGiveOne() {
    AccountContext accounts =
        AccountContext.builder().batchAi(Optional.of("acctnorth"), Optional.empty()).build();
    assertThat(
            refused(
                containerJob(
                    "\"accountName\": \"acctnorth\", \"credentials\": {\"accountKey\":"
                        + " \"<AZURE_BATCHAI_STORAGE_KEY>\"}"),
                r -> r.accounts(accounts)))
        .hasMessageContaining("\"mountVolumes.azureBlobFileSystems[0].credentials.accountKey\"")
        .hasMessageContaining("set AZURE_BATCHAI_STORAGE_KEY or give --storage-account-key-file");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "https://host/share|names no account",
        "share|must be a URL",
        "ftp://a.b/c|must be a URL",
        "https://a.file.core.windows.net|must name a share",
        "https://a.file.core.windows.net/|must name a share",
        "https://a.file.core.windows.net/s?sv=2020&sig=SECRET|must not have a query",
        "https://a.file.core.windows.net/s/../t|must not contain \"..\"",
        "https://<YOUR_STORAGE_ACCOUNT>.file.core.windows.net/s|is no name of a storage account",
        "http://127.0.0.1:10004/devstoreaccount1|must name account and share"
      })
  void urlThatNamesNoShareOrAccountIsRefused(String url, String message) {
    assertThat(refused(shareJob("\"azureFileUrl\": \"" + url + "\""), r -> r))
        .hasMessageContaining(message)
        .hasMessageContaining("mountVolumes.azureFileShares[0].")
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("SECRET"));
  }

  @ParameterizedTest
  @CsvSource({
    "http://127.0.0.1:10004/devstoreaccount1/logs,devstoreaccount1,logs,''",
    "http://localhost/devstoreaccount1/logs/a/b,devstoreaccount1,logs,a/b",
    "http://storage.example:8080/acct/logs/,acct,logs,''",
    "http://10.1.2.3/acct/logs,acct,logs,''",
    "http://[::1]:10004/acct/logs,acct,logs,''",
    "https://acct.file.core.windows.net/logs/,acct,logs,''",
    "https://acct.file.core.chinacloudapi.cn/logs//team%20a/x,acct,logs,team a/x"
  })
  void urlsOfBothStylesAndDirectoriesBehindTheShare(
      String url, String account, String share, String directory) {
    PlannedMount.FileShare mount = share("\"azureFileUrl\": \"" + url + "\"");
    assertThat(mount.accountName()).isEqualTo(account);
    assertThat(mount.share()).isEqualTo(share);
    assertThat(mount.directory()).isEqualTo(directory);
  }

  @Test
  void containerWithoutAccountIsAnError() {
    assertThatThrownBy(() -> plan(containerJob("\"credentials\": null")))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("azureBlobFileSystems[0].accountName\": is required");
  }

  @Test
  void accountThatContradictsTheUrlWarns() {
    assertThat(
            plan(shareJob(
                    "\"accountName\": \"acctnorth\", \"azureFileUrl\":"
                        + " \"https://acctsouth.file.core.windows.net/s\""))
                .warnings())
        .anyMatch(w -> w.contains("\"accountName\" is \"acctnorth\", but"));
  }

  @Test
  void volumesOfTheCommandLineAreAppended() {
    VolumeOptions options =
        VolumeOptions.NONE
            .withFileShare("share", "afs")
            .withContainer("container", "bfs")
            .withNfs("nas", "nfs");
    JobPlan plan =
        plan(
            shareJob("\"azureFileUrl\": \"https://acctnorth.file.core.windows.net/s\""),
            r ->
                r.volumeOptions(options)
                    .fileServers(FileServers.parse(List.of("nas=10.0.0.9:/mnt/data"))));
    assertThat(plan.jobMounts())
        .extracting(PlannedMount::kind, PlannedMount::relativeMountPath)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("azureFileShare", "out"),
            org.assertj.core.groups.Tuple.tuple("azureFileShare", "afs"),
            org.assertj.core.groups.Tuple.tuple("azureBlobFileSystem", "bfs"),
            org.assertj.core.groups.Tuple.tuple("fileServer", "nfs"));
    assertThat(((PlannedMount.FileShare) plan.jobMounts().get(1)).url())
        .isEqualTo("https://acctnorth.file.core.windows.net/share");
    assertThat(((PlannedMount.FileServer) plan.jobMounts().get(3)).mountOptions()).isEqualTo("rw");
    assertThat(((PlannedMount.FileServer) plan.jobMounts().get(3)).source())
        .contains("10.0.0.9:/mnt/data");
  }

  @Test
  void volumeOfTheCommandLineNeedsAPathAndAnAccount() {
    String job = "{" + HEAD + ", " + TRUE + "}";
    assertThat(refused(job, r -> r.volumeOptions(VolumeOptions.NONE.withFileShare("s", " "))))
        .hasMessageContaining("--afs-mount-path\": must not be empty");
    assertThat(
            refused(
                job,
                r ->
                    r.accounts(AccountContext.NONE)
                        .volumeOptions(VolumeOptions.NONE.withContainer("c", "bfs"))))
        .hasMessageContaining("--bfs-name\": no storage account is known");
  }

  @Test
  void volumeOfTheCommandLineMustNotLieOnOneOfTheFile() {
    assertThat(
            refused(
                shareJob("\"azureFileUrl\": \"https://acctnorth.file.core.windows.net/s\""),
                r -> r.volumeOptions(VolumeOptions.NONE.withContainer("c", "out/x"))))
        .hasMessageContaining("nested with \"out\"");
  }

  @Test
  void autoStorageMountsShareAndContainerInTheCluster() {
    ClusterPlan plan =
        TestPlans.clusterPlan(
            TestPlans.cluster("{}"), ACCOUNTS, VolumeOptions.NONE.withAutoStorage(true));
    assertThat(plan.clusterMounts())
        .extracting(m -> m.path().toString())
        .containsExactly(CMR + "/autoafs", CMR + "/autobfs");
    assertThat(((PlannedMount.FileShare) plan.clusterMounts().get(0)).share())
        .isEqualTo("batchaishare");
    assertThat(((PlannedMount.BlobContainer) plan.clusterMounts().get(1)).container())
        .isEqualTo("batchaicontainer");
  }

  @Test
  void fileServerIsFoundByIdOrName() {
    String id =
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.BatchAI/workspaces/w/fileServers/nas";
    assertThat(FileServers.parse(List.of("nas=h:/e")).find(id)).contains("h:/e");
    assertThat(FileServers.parse(List.of(id + "=h:/e")).find(id)).contains("h:/e");
    assertThat(FileServers.parse(List.of(id + "=h:/e")).find("nas")).contains("h:/e");
    assertThat(FileServers.NONE.find(id)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "nas", "=h:/e", "nas=h", "nas=:/e", "nas=h:e", "nas=-o:/e"})
  void malformedFileServerIsRefused(String entry) {
    assertThatThrownBy(() -> FileServers.parse(List.of(entry)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("ID=HOST:/EXPORT");
  }

  @Test
  void sourceDirectoryIsBelowTheExportAndMountPointBehindTheCommand() {
    JobPlan plan =
        plan(
            "{"
                + HEAD
                + ", "
                + TRUE
                + ", \"mountVolumes\": {\"fileServers\": [{\"fileServer\": {\"id\": \"nas\"},"
                + " \"sourceDirectory\": \"/corpora/2018\", \"relativeMountPath\": \"corpora\","
                + " \"mountOptions\": \"ro\"}], \"unmanagedFileSystems\": [{\"mountCommand\":"
                + " \"mount -t glusterfs 10.0.0.4:/gv0\", \"relativeMountPath\": \"glus\"}]}}",
            r -> r.fileServers(FileServers.parse(List.of("nas=10.0.0.9:/mnt/data"))));
    assertThat(((PlannedMount.FileServer) plan.jobMounts().get(0)).source())
        .contains("10.0.0.9:/mnt/data/corpora/2018");
    assertThat(((PlannedMount.Unmanaged) plan.jobMounts().get(1)).shellText())
        .isEqualTo("mount -t glusterfs 10.0.0.4:/gv0 " + JMR + "/glus");
  }

  @Test
  void passwordOfAMountCommandIsNotPrinted() {
    JobPlan plan =
        plan(
            "{"
                + HEAD
                + ", "
                + TRUE
                + ", \"mountVolumes\": {\"unmanagedFileSystems\": [{\"mountCommand\": \"mount -t"
                + " cifs //h/s -o username=u,password=s3cr3t,vers=3.0\", \"relativeMountPath\":"
                + " \"c\"}]}}");
    assertThat(plan.toDryRunJson().toString())
        .doesNotContain("s3cr3t")
        .contains("username=u,password=***,vers=3.0");
  }

  /** Conformance case T16. */
  @Test
  void t16_sameAccountAndKeyInAllEntriesByOptionAndByEnvironment() {
    String json =
        "{"
            + HEAD
            + ", "
            + TRUE
            + ", \"mountVolumes\": {\"azureFileShares\": [{\"relativeMountPath\": \"a\","
            + " \"azureFileUrl\": \"https://<AZURE_BATCHAI_STORAGE_ACCOUNT>.file.core.windows.net/share\"}],"
            + " \"azureBlobFileSystems\": [{\"relativeMountPath\": \"b\", \"containerName\": \"c\","
            + " \"accountName\": \"<AZURE_BATCHAI_STORAGE_ACCOUNT>\", \"credentials\":"
            + " {\"accountKey\": \"<AZURE_BATCHAI_STORAGE_KEY>\"}}]}}";
    AccountContext byOption =
        AccountContext.builder()
            .environment(
                Map.of("AZURE_BATCHAI_STORAGE_ACCOUNT", "x", "AZURE_BATCHAI_STORAGE_KEY", "y"))
            .commandLine("acctnorth", Optional.of(KEY))
            .build();
    AccountContext byEnvironment =
        AccountContext.builder()
            .environment(
                Map.of(
                    "AZURE_BATCHAI_STORAGE_ACCOUNT",
                    "acctnorth",
                    "AZURE_BATCHAI_STORAGE_KEY",
                    KEY.reveal()))
            .build();
    for (AccountContext accounts : List.of(byOption, byEnvironment)) {
      JobPlan plan = plan(json, r -> r.accounts(accounts));
      PlannedMount.FileShare share = (PlannedMount.FileShare) plan.jobMounts().get(0);
      PlannedMount.BlobContainer container = (PlannedMount.BlobContainer) plan.jobMounts().get(1);
      assertThat(share.accountName()).isEqualTo("acctnorth");
      assertThat(container.accountName()).isEqualTo("acctnorth");
      assertThat(share.credential()).isEqualTo(new VolumeCredential.Key(KEY, false));
      assertThat(container.credential()).isEqualTo(new VolumeCredential.Key(KEY, false));
      assertThat(plan.toDryRunJson().toString())
          .doesNotContain("<AZURE")
          .doesNotContain(KEY.reveal());
    }
  }

  /** Conformance case T17. */
  @Test
  void t17_completionWithoutAnyAccountTellsHowToGiveOne() {
    noAccountAnywhereIsAnErrorThatTellsHowToGiveOne();
  }
}
