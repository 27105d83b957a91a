package bitacora;

import java.util.UUID;
import org.mlflow.tracking.MlflowClient;

/** One client for all tests of a class, against the server that MLFLOW_TRACKING_URI names. */
final class Fixture {
  static final String URI = System.getenv("MLFLOW_TRACKING_URI");

  private Fixture() {}

  static MlflowClient client() {
    if (URI == null || URI.isEmpty()) {
      throw new IllegalStateException("Set MLFLOW_TRACKING_URI to the server under test.");
    }
    return new MlflowClient(URI);
  }

  static String unique(String prefix) {
    return prefix + " " + UUID.randomUUID();
  }
}
