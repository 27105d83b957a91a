package bitacora;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mlflow.api.proto.ModelRegistry.ModelVersion;
import org.mlflow.api.proto.ModelRegistry.RegisteredModel;
import org.mlflow.api.proto.Service.FileInfo;
import org.mlflow.tracking.MlflowClient;
import org.mlflow.tracking.MlflowHttpException;
import org.mlflow.tracking.Page;

/** The Java client creates models by plain requests and reads them with methods; files go through Python's command line. */
class RegistryTest {
  private static MlflowClient client;
  private static String experimentId;

  @TempDir Path folder;

  @BeforeAll
  static void connect() {
    client = Fixture.client();
    experimentId = client.createExperiment(Fixture.unique("java registry"));
  }

  @AfterAll
  static void disconnect() {
    client.close();
  }

  private static String createModel() {
    String name = Fixture.unique("model").replace(' ', '-');
    client.sendPost("registered-models/create", "{\"name\": \"" + name + "\", \"description\": \"made in Java\"}");
    return name;
  }

  private static void createVersion(String name, String runId) {
    client.sendPost(
        "model-versions/create",
        "{\"name\": \"%s\", \"run_id\": \"%s\", \"source\": \"runs:/%s/model\"}".formatted(name, runId, runId));
  }

  private static void transition(String name, String version, String stage) {
    client.sendPost(
        "model-versions/transition-stage",
        "{\"name\": \"%s\", \"version\": \"%s\", \"stage\": \"%s\", \"archive_existing_versions\": true}"
            .formatted(name, version, stage));
  }

  @Test
  void versionsAreCountedMovedThroughStagesAndFound() {
    String name = createModel();
    String runId = client.createRun(experimentId).getRunId();
    for (int count = 0; count < 3; count++) createVersion(name, runId);
    transition(name, "1", "Production");
    transition(name, "2", "Production");
    transition(name, "3", "Staging");

    RegisteredModel model = client.getRegisteredModel(name);
    assertEquals("made in Java", model.getDescription());
    assertEquals("Archived", client.getModelVersion(name, "1").getCurrentStage());
    List<ModelVersion> production = client.getLatestVersions(name, List.of("Production"));
    assertEquals(1, production.size());
    assertEquals("2", production.get(0).getVersion());
    assertEquals(runId, production.get(0).getRunId());
    assertEquals(3, client.getLatestVersions(name).size());
    assertTrue(client.getModelVersionDownloadUri(name, "2").endsWith("/model"));
    client.sendPatch(
        "model-versions/update",
        "{\"name\": \"%s\", \"version\": \"2\", \"description\": \"better\"}".formatted(name));
    assertEquals("better", client.getModelVersion(name, "2").getDescription());
  }

  @Test
  void versionsAreSearchedPageByPage() {
    String name = createModel();
    String runId = client.createRun(experimentId).getRunId();
    for (int count = 0; count < 5; count++) createVersion(name, runId);
    List<String> versions = new ArrayList<>();
    Page<ModelVersion> page =
        client.searchModelVersions("name = '" + name + "'", 2, List.of("version_number DESC"));
    for (; ; page = page.getNextPage()) {
      for (ModelVersion version : page.getItems()) versions.add(version.getVersion());
      if (!page.hasNextPage()) break;
    }
    assertEquals(List.of("5", "4", "3", "2", "1"), versions);
  }

  @Test
  void aModelThatIsNotThereIsTold() {
    MlflowHttpException absent =
        assertThrows(MlflowHttpException.class, () -> client.getRegisteredModel("nobody"));
    assertEquals(404, absent.getStatusCode());
  }

  @Test
  void filesGoThereAndComeBack() throws IOException {
    String runId = client.createRun(experimentId).getRunId();
    Path model = Files.createDirectories(folder.resolve("model/data"));
    Files.writeString(model.getParent().resolve("MLmodel"), "flavors: {}\n");
    Files.write(model.resolve("weights.bin"), new byte[300_000]);
    client.logArtifacts(runId, folder.resolve("model").toFile(), "model");
    Path note = Files.writeString(folder.resolve("note größe.txt"), "hello");
    client.logArtifact(runId, note.toFile());

    assertEquals(
        List.of("model", "note größe.txt"),
        client.listArtifacts(runId).stream().map(FileInfo::getPath).sorted().toList());
    FileInfo weights = client.listArtifacts(runId, "model/data").get(0);
    assertEquals("model/data/weights.bin", weights.getPath());
    assertEquals(300_000, weights.getFileSize());
    assertEquals("hello", Files.readString(client.downloadArtifacts(runId, "note größe.txt").toPath()));

    String name = createModel();
    createVersion(name, runId);
    Path downloaded = client.downloadModelVersion(name, "1").toPath();
    assertEquals(300_000, Files.size(downloaded.resolve("data/weights.bin")));
  }
}
