"""Clients of the REST API against the server that MLFLOW_TRACKING_URI names."""

import os
import uuid

import pytest


@pytest.fixture(scope="session")
def uri():
    return os.environ["MLFLOW_TRACKING_URI"]


@pytest.fixture
def unique():
    return uuid.uuid4().hex[:12]
