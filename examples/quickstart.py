"""Five minutes with Bitácora: train, log, compare, load back.

    pip install mlflow scikit-learn matplotlib
    python examples/quickstart.py

It logs to http://127.0.0.1:5000, or to the server that MLFLOW_TRACKING_URI names. Keep the experiment's page open
while it runs: runs and curves appear as they are logged.
"""

import os
import time

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import mlflow
from mlflow.models import infer_signature
from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import ConfusionMatrixDisplay, accuracy_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

EPOCHS = int(os.environ.get("QUICKSTART_EPOCHS", "15"))
PAUSE = float(os.environ.get("QUICKSTART_PAUSE", "0.2"))  # Seconds per epoch, so that there is something to watch.

uri = os.environ.setdefault("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000")
mlflow.set_tracking_uri(uri)
experiment = mlflow.set_experiment("Quickstart: handwritten digits")
print(f"Watch it at {uri}/#/experiments/{experiment.experiment_id}/runs")

# 1,797 real images of handwritten digits, 8 by 8 pixels each.
digits = load_digits(as_frame=True)
train_x, test_x, train_y, test_y = train_test_split(digits.data, digits.target, test_size=0.3, random_state=0)
scaler = StandardScaler().set_output(transform="pandas").fit(train_x)
train_x, test_x = scaler.transform(train_x), scaler.transform(test_x)
data = mlflow.data.from_pandas(digits.frame, name="digits", targets="target")

best = (0.0, None)
for alpha in (0.1, 0.01, 0.001):
    with mlflow.start_run(run_name=f"sgd alpha={alpha}") as run:
        mlflow.log_input(data, context="training")
        mlflow.log_params({"alpha": alpha, "epochs": EPOCHS, "loss": "log_loss"})
        model = SGDClassifier(loss="log_loss", alpha=alpha, random_state=0)
        for epoch in range(EPOCHS):
            model.partial_fit(train_x, train_y, classes=range(10))
            mlflow.log_metrics(
                {
                    "train/loss": log_loss(train_y, model.predict_proba(train_x)),
                    "test/loss": log_loss(test_y, model.predict_proba(test_x)),
                    "test/accuracy": accuracy_score(test_y, model.predict(test_x)),
                },
                step=epoch,
            )
            time.sleep(PAUSE)

        predicted = model.predict(test_x)
        accuracy = accuracy_score(test_y, predicted)
        figure, axes = plt.subplots(figsize=(6, 6))
        ConfusionMatrixDisplay.from_predictions(test_y, predicted, ax=axes, colorbar=False)
        mlflow.log_figure(figure, "plots/confusion_matrix.png")
        plt.close(figure)
        mistakes = test_x.index[test_y != predicted]
        mlflow.log_text(
            "image,digit,predicted\n"
            + "".join(f"{i},{test_y[i]},{p}\n" for i, p in zip(test_x.index, predicted) if i in mistakes),
            "tables/mistakes.csv",
        )
        info = mlflow.sklearn.log_model(
            model, name="classifier", signature=infer_signature(test_x, predicted), input_example=test_x.head(2)
        )
        print(f"alpha={alpha}: accuracy {accuracy:.3f}, run {run.info.run_id}")
        best = max(best, (accuracy, info.model_uri))

# Load the best model back from the server and use it.
loaded = mlflow.pyfunc.load_model(best[1])
print(f"The best model, {best[1]}, says {list(loaded.predict(test_x.head(5)))} where {list(test_y.head(5))} is right.")
