package bitacora;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.mlflow.api.proto.Service.CreateRun;
import org.mlflow.api.proto.Service.Experiment;
import org.mlflow.api.proto.Service.ExperimentTag;
import org.mlflow.api.proto.Service.Metric;
import org.mlflow.api.proto.Service.Param;
import org.mlflow.api.proto.Service.Run;
import org.mlflow.api.proto.Service.RunInfo;
import org.mlflow.api.proto.Service.RunStatus;
import org.mlflow.api.proto.Service.RunTag;
import org.mlflow.api.proto.Service.ViewType;
import org.mlflow.tracking.ActiveRun;
import org.mlflow.tracking.ExperimentsPage;
import org.mlflow.tracking.MlflowClient;
import org.mlflow.tracking.MlflowContext;
import org.mlflow.tracking.MlflowHttpException;
import org.mlflow.tracking.Page;
import org.mlflow.tracking.RunsPage;

class TrackingTest {
  private static MlflowClient client;
  private static String experimentId;

  @BeforeAll
  static void connect() {
    client = Fixture.client();
    experimentId = client.createExperiment(Fixture.unique("java"));
  }

  @AfterAll
  static void disconnect() {
    client.close();
  }

  @Test
  void experimentsAreCreatedRenamedDeletedAndRestored() {
    String name = Fixture.unique("life");
    String id = client.createExperiment(name);
    client.setExperimentTag(id, "team", "jvm");
    Experiment experiment = client.getExperiment(id);
    assertEquals(name, experiment.getName());
    assertEquals("active", experiment.getLifecycleStage());
    assertTrue(experiment.getCreationTime() > 1_600_000_000_000L);
    assertEquals(
        List.of("jvm"),
        experiment.getTagsList().stream().map(ExperimentTag::getValue).collect(Collectors.toList()));

    client.renameExperiment(id, name + " renamed");
    assertEquals(id, client.getExperimentByName(name + " renamed").orElseThrow().getExperimentId());
    assertTrue(client.getExperimentByName(name).isEmpty());

    client.deleteExperiment(id);
    assertEquals("deleted", client.getExperiment(id).getLifecycleStage());
    client.restoreExperiment(id);
    assertEquals("active", client.getExperiment(id).getLifecycleStage());
  }

  @Test
  void aNameThatIsTakenIsRefusedWithTheServersOwnWords() {
    String name = Fixture.unique("taken");
    client.createExperiment(name);
    MlflowHttpException refusal =
        assertThrows(MlflowHttpException.class, () -> client.createExperiment(name));
    assertEquals(400, refusal.getStatusCode());
    assertTrue(refusal.getBodyMessage().contains("RESOURCE_ALREADY_EXISTS"), refusal.getBodyMessage());
  }

  @Test
  void experimentsAreSearchedPageByPage() {
    String prefix = Fixture.unique("page");
    for (int index = 0; index < 5; index++) client.createExperiment(prefix + " " + index);
    Set<String> seen = new HashSet<>();
    ExperimentsPage first =
        client.searchExperiments("name LIKE '" + prefix + "%'", ViewType.ACTIVE_ONLY, 2, List.of("name ASC"));
    assertEquals(2, first.getPageSize());
    for (Page<Experiment> page = first; ; page = page.getNextPage()) {
      for (Experiment experiment : page.getItems()) seen.add(experiment.getName());
      if (!page.hasNextPage()) break;
    }
    assertEquals(5, seen.size());
  }

  @Test
  void aRunKeepsAllThatIsLoggedToIt() {
    RunInfo info =
        client.createRun(
            CreateRun.newBuilder()
                .setExperimentId(experimentId)
                .setRunName("from Java")
                .setStartTime(1_700_000_000_123L)
                .addTags(RunTag.newBuilder().setKey("mlflow.source.name").setValue("Train.java"))
                .build());
    String id = info.getRunId();
    client.logParam(id, "alpha", "0.5");
    client.logMetric(id, "loss", 0.25);
    client.logMetric(id, "loss", Double.NaN, 1_700_000_000_200L, 1);
    client.logMetric(id, "loss", Double.POSITIVE_INFINITY, 1_700_000_000_300L, 2);
    client.logMetric(id, "loss", 0.125, 1_700_000_000_400L, 9_007_199_254_740_993L);
    client.setTag(id, "stage", "draft");
    client.setTag(id, "gone", "soon");
    client.deleteTag(id, "gone");
    client.setTerminated(id, RunStatus.FAILED, 1_700_000_009_999L);

    Run run = client.getRun(id);
    assertEquals("from Java", run.getInfo().getRunName());
    assertEquals(RunStatus.FAILED, run.getInfo().getStatus());
    assertEquals(1_700_000_000_123L, run.getInfo().getStartTime());
    assertEquals(1_700_000_009_999L, run.getInfo().getEndTime());
    assertEquals(List.of("0.5"), run.getData().getParamsList().stream().map(Param::getValue).toList());
    Metric latest = run.getData().getMetrics(0);
    assertEquals(9_007_199_254_740_993L, latest.getStep());
    assertEquals(0.125, latest.getValue());
    Map<String, String> tags =
        run.getData().getTagsList().stream().collect(Collectors.toMap(RunTag::getKey, RunTag::getValue));
    assertEquals("draft", tags.get("stage"));
    assertFalse(tags.containsKey("gone"));

    List<Metric> history = client.getMetricHistory(id, "loss");
    assertEquals(4, history.size());
    assertTrue(history.stream().anyMatch(metric -> Double.isNaN(metric.getValue())));
  }

  @Test
  void aBatchIsLoggedAtOnceAndSentAgainWithoutHarm() {
    String id = client.createRun(experimentId).getRunId();
    List<Metric> metrics =
        IntStream.range(0, 500)
            .mapToObj(
                step -> Metric.newBuilder().setKey("m").setValue(step).setTimestamp(step).setStep(step).build())
            .toList();
    List<Param> params =
        IntStream.range(0, 50)
            .mapToObj(index -> Param.newBuilder().setKey("p" + index).setValue("v" + index).build())
            .toList();
    List<RunTag> tags = List.of(RunTag.newBuilder().setKey("t").setValue("ü").build());
    for (int attempt = 0; attempt < 2; attempt++) client.logBatch(id, metrics, params, tags);
    Run run = client.getRun(id);
    assertEquals(50, run.getData().getParamsCount());
    assertEquals(499.0, run.getData().getMetrics(0).getValue());
    assertEquals(500, client.getMetricHistory(id, "m").size());
  }

  @Test
  void runsAreSearchedFilteredOrderedAndPaged() {
    String own = client.createExperiment(Fixture.unique("search"));
    for (int index = 0; index < 12; index++) {
      String id = client.createRun(own).getRunId();
      client.logMetric(id, "score", index);
      client.logParam(id, "kind", index % 2 == 0 ? "even" : "odd");
    }
    List<Double> scores = new ArrayList<>();
    RunsPage first =
        client.searchRuns(
            List.of(own),
            "params.kind = 'even' and metrics.score >= 2",
            ViewType.ACTIVE_ONLY,
            2,
            List.of("metrics.score DESC"));
    for (Page<Run> page = first; ; page = page.getNextPage()) {
      for (Run run : page.getItems()) scores.add(run.getData().getMetrics(0).getValue());
      if (!page.hasNextPage()) break;
    }
    assertEquals(List.of(10.0, 8.0, 6.0, 4.0, 2.0), scores);
    assertEquals(12, client.listRunInfos(own).size());
    assertThrows(MlflowHttpException.class, () -> client.searchRuns(List.of(own), "metrics.score >"));
  }

  @Test
  void runsAreDeletedAndRestored() {
    String own = client.createExperiment(Fixture.unique("trash"));
    String id = client.createRun(own).getRunId();
    client.deleteRun(id);
    assertTrue(client.listRunInfos(own).isEmpty());
    assertEquals(1, client.searchRuns(List.of(own), "", ViewType.DELETED_ONLY).size());
    client.restoreRun(id);
    assertEquals(1, client.listRunInfos(own).size());
  }

  @Test
  void theFluentContextStartsAndEndsRuns() {
    MlflowContext context = new MlflowContext(client).setExperimentId(experimentId);
    ActiveRun parent = context.startRun("parent");
    ActiveRun child = context.startRun("child", parent.getId());
    child.logMetrics(Map.of("a", 1.0, "b", 2.0), 3);
    child.logParams(Map.of("x", "1", "y", "2"));
    child.setTags(Map.of("z", "3"));
    child.endRun();
    parent.endRun();
    Run run = client.getRun(child.getId());
    assertEquals(RunStatus.FINISHED, run.getInfo().getStatus());
    assertEquals(2, run.getData().getMetricsCount());
    assertTrue(
        run.getData().getTagsList().stream()
            .anyMatch(tag -> tag.getKey().equals("mlflow.parentRunId") && tag.getValue().equals(parent.getId())));
  }

  @Test
  void whatDoesNotExistIsTold() {
    MlflowHttpException absent =
        assertThrows(MlflowHttpException.class, () -> client.getRun("00000000000000000000000000000000"));
    assertEquals(404, absent.getStatusCode());
    assertTrue(absent.getBodyMessage().contains("RESOURCE_DOES_NOT_EXIST"));
  }
}
