"""What MLflow's pages ask: GraphQL over runs and experiments. And the calls about workspaces, which are off."""

from .sequence import V2, V3, Step

RUN = "run { info { runUuid status startTime endTime lifecycleStage experimentId } data { metrics { key value step timestamp } params { key value } tags { key value } } }"
QUERIES = {
    "getRun": ("query q($data: MlflowGetRunInput!) { mlflowGetRun(input: $data) { apiError { code } %s } }" % RUN, "data"),
    "getExperiment": ("query q($input: MlflowGetExperimentInput!) { mlflowGetExperiment(input: $input) { apiError { code } experiment { experimentId name lifecycleStage tags { key value } } } }", "input"),
    "searchRuns": ("query q($data: MlflowSearchRunsInput!) { mlflowSearchRuns(input: $data) { apiError { code } runs { info { runUuid status } data { metrics { key value } } } } }", "data"),
    "history": ("query q($data: MlflowGetMetricHistoryBulkIntervalInput!) { mlflowGetMetricHistoryBulkInterval(input: $data) { apiError { code } metrics { runId key value step } } }", "data"),
    "artifacts": ("query q($data: MlflowListArtifactsInput!) { mlflowListArtifacts(input: $data) { apiError { code } files { path isDir } } }", "data"),
}


def ask(name, make):
    query, variable = QUERIES[name]
    return lambda s: Step("POST", "/graphql", {"query": query, "variables": {variable: make(s)}})


def search(s):
    return {"experimentIds": [s.ref("experiment")], **s.perhaps(filter=s.one("metrics.loss > 0", "bogus = 1"), orderBy=["metrics.loss"], maxResults=s.one(1, 100))}


def broken(s):
    return Step("POST", "/graphql", {"query": s.one("{ bogus }", "{", "", "query q { __typename }", "mutation { bogus }", "{ mlflowGetRun { bogus } }")})


def workspaces(s):
    name = s.one("default", "team-a")
    return s.one(
        Step("GET", f"{V3}/workspaces"),
        Step("POST", f"{V3}/workspaces", {"name": name}),
        Step("GET", f"{V3}/workspaces/{name}"),
        Step("PATCH", f"{V3}/workspaces/{name}", {"description": "d"}),
        Step("DELETE", f"{V3}/workspaces/{name}"),
        Step("GET", f"{V2}/experiments/get", {"experiment_id": s.ref("experiment")}, headers={"X-MLFLOW-WORKSPACE": name}),
    )


UNKNOWN = {}
CREATE = {}
CALLS = [
    *[ask("getRun", lambda s: {"runId": s.ref("run")})] * 3,
    *[ask("getExperiment", lambda s: {"experimentId": s.ref("experiment")})] * 2,
    *[ask("searchRuns", search)] * 2,
    ask("history", lambda s: {"runIds": [s.ref("run")], "metricKey": s.one("loss", "acc"), "maxResults": 10}),
    ask("artifacts", lambda s: {"runId": s.ref("run")}),
    *[broken] * 2,
    *[workspaces] * 3,
]
