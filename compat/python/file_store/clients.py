"""Who reads and writes a folder: the client itself, our server, and Python's."""

import mlflow
from conftest import OURS, THEIRS

OURS_ON_FOLDER = OURS.replace("{database}", "{dir}/mlruns") + " --file-store-cache {dir}/cache"
THEIRS_ON_FOLDER = THEIRS.replace("{database}", "{dir}/mlruns")


def direct(folder):
    """The client that reads and writes the folder itself, with no server in between."""
    uri = str(folder / "mlruns")
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    return mlflow.MlflowClient(uri, uri)


def through(server):
    mlflow.set_tracking_uri(server.uri)
    mlflow.set_registry_uri(server.uri)
    return mlflow.MlflowClient(server.uri, server.uri)
