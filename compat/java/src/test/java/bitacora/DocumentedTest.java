package bitacora;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.mlflow.api.proto.Service.Run;
import org.mlflow.tracking.ActiveRun;
import org.mlflow.tracking.MlflowClient;
import org.mlflow.tracking.MlflowContext;

/** The example of docs/clients.md, line by line. */
class DocumentedTest {
  @Test
  void theExampleOfTheDocumentationLeavesARun() {
    MlflowClient client = Fixture.client();
    if (client.getExperimentByName("churn").isEmpty()) client.createExperiment("churn");

    MlflowContext mlflow = new MlflowContext(Fixture.URI);
    mlflow.setExperimentName("churn");
    ActiveRun run = mlflow.startRun("from Java");
    run.logParam("lr", "0.01");
    for (int step = 0; step < 3; step++) run.logMetric("loss", 1.0 / (step + 1), step);
    run.endRun();

    Run logged = client.getRun(run.getId());
    assertEquals(3, client.getMetricHistory(run.getId(), "loss").size());
    assertEquals(List.of("0.01"), logged.getData().getParamsList().stream().map(p -> p.getValue()).toList());
    client.close();
  }
}
