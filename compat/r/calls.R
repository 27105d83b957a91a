# The calls of MLflow's R client (3.x), sent through the same libraries it uses: httr and jsonlite. What travels is what
# counts here: every number goes as text, NULL fields are left out, lists of one stay lists, a model is text of JSON.
# record.ts runs this and keeps the requests; base is the server's address, given as the only argument.
library(httr)

base <- commandArgs(trailingOnly = TRUE)[[1]]
headers <- add_headers(`User-Agent` = "mlflow-r-client/3.17.2")

call_mlflow <- function(verb, endpoint, data = NULL, query = NULL) {
  url <- file.path(base, "api/2.0/mlflow", endpoint)
  body <- if (is.null(data)) NULL else rapply(data, as.character, how = "replace")
  response <- if (verb == "GET") {
    GET(url, query = query, timeout(60), config = list(), headers)
  } else {
    do.call(verb, list(url, body = body, encode = "json", timeout(60), config = list(), headers))
  }
  jsonlite::fromJSON(content(response, "text", encoding = "UTF-8"), simplifyVector = FALSE)
}
invisible_call <- function(...) invisible(call_mlflow(...))
ask_post <- function(endpoint, ...) invisible(call_mlflow("POST", endpoint, data = list(...)))
ask_get <- function(endpoint, ...) invisible(call_mlflow("GET", endpoint, query = list(...)))

# Connecting asks for one experiment, and again until there is an answer.
ask_post("experiments/search", max_results = 1)

experiment_id <- ask_post("experiments/create", name = "from R", artifact_location = NULL,
                      tags = list(list(key = "team", value = "statistics")))$experiment_id
ask_get("experiments/get", experiment_id = experiment_id)
ask_get("experiments/get-by-name", experiment_name = "from R")
ask_get("experiments/get-by-name", experiment_name = "not there")
ask_post("experiments/set-experiment-tag", experiment_id = experiment_id, key = "lang", value = "R")
ask_post("experiments/search", filter = "name LIKE '%R'", view_type = "ACTIVE_ONLY", max_results = 1000,
     order_by = list("name"), page_token = NULL)
ask_post("experiments/search", filter = NULL, view_type = "ALL", max_results = 1000, order_by = list(), page_token = NULL)
ask_post("experiments/update", experiment_id = experiment_id, new_name = "renamed in R")

run_id <- ask_post("runs/create", experiment_id = experiment_id, user_id = "ada", start_time = round(1700000000123),
               tags = list(list(key = "mlflow.user", value = "ada"),
                           list(key = "mlflow.source.name", value = "train.R"),
                           list(key = "mlflow.source.type", value = "LOCAL")))$run$info$run_uuid
ask_get("runs/get", run_uuid = run_id, run_id = run_id)
for (value in c("0.25", "NaN", "Infinity", "-Infinity")) {
  ask_post("runs/log-metric", run_uuid = run_id, run_id = run_id, key = "rmse", value = value,
       timestamp = round(1700000000124), step = round(0))
}
ask_post("runs/log-metric", run_uuid = run_id, run_id = run_id, key = "rmse", value = as.character(1e-300),
     timestamp = round(1700000000125), step = round(3))
ask_post("runs/log-parameter", run_uuid = run_id, run_id = run_id, key = "alpha", value = "0.5")
ask_post("runs/set-tag", run_uuid = run_id, run_id = run_id, key = "stage", value = "draft")
ask_post("runs/set-tag", run_uuid = run_id, run_id = run_id, key = "gone", value = "soon")
ask_post("runs/delete-tag", run_id = run_id, key = "gone")
metrics <- data.frame(key = c("mae", "mae"), value = c("1.5", "NaN"), step = c(1, 2),
                      timestamp = c(1700000000200, 1700000000201))
params <- data.frame(key = c("lambda", "größe"), value = c("1", "zwölf"))
ask_post("runs/log-batch", run_id = run_id, metrics = metrics, params = params, tags = NULL)
ask_post("runs/log-batch", run_id = run_id, metrics = NULL, params = NULL,
     tags = data.frame(key = "batch", value = "yes"))
ask_get("metrics/get-history", run_uuid = run_id, run_id = run_id, metric_key = "mae")
model <- list(flavors = list(crate = list(version = "0.1.0", model = "crate.bin")), run_id = run_id,
              artifact_path = "model", utc_time_created = "23-11-14T22:13:20.00")
ask_post("runs/log-model", run_id = run_id, model_json = jsonlite::toJSON(model, auto_unbox = TRUE))
ask_get("artifacts/list", run_uuid = run_id, run_id = run_id, path = NULL)
ask_post("runs/update", run_uuid = run_id, run_id = run_id, status = "FINISHED", end_time = round(1700000009999))
ask_post("runs/search", experiment_ids = list(experiment_id), filter = "params.alpha = '0.5' and metrics.mae > 1",
     run_view_type = "ACTIVE_ONLY", order_by = list("metrics.mae DESC"))
ask_post("runs/search", experiment_ids = list(experiment_id), filter = NULL, run_view_type = "ALL", order_by = list())
ask_post("runs/delete", run_id = run_id)
ask_post("runs/restore", run_id = run_id)

ask_post("registered-models/create", name = "r-model", tags = list(list(key = "owner", value = "ada")),
     description = "made in R")
ask_get("registered-models/get", name = "r-model")
ask_post("registered-models/rename", name = "r-model", new_name = "r-model-2")
invisible_call("PATCH", "registered-models/update", list(name = "r-model-2", description = "changed in R"))
ask_post("registered-models/search", filter = "name = 'r-model-2'", max_results = 100, order_by = list("name"),
     page_token = NULL)
version <- ask_post("model-versions/create", name = "r-model-2",
                source = paste0("runs:/", run_id, "/model"), run_id = run_id,
                run_link = NULL, description = NULL)$model_version$version
ask_get("model-versions/get", name = "r-model-2", version = version)
invisible_call("PATCH", "model-versions/update", list(name = "r-model-2", version = version, description = "first"))
ask_post("model-versions/set-tag", name = "r-model-2", version = version, key = "checked", value = "yes")
ask_post("model-versions/transition-stage", name = "r-model-2", version = version, stage = "Production",
     archive_existing_versions = FALSE)
ask_get("registered-models/get-latest-versions", name = "r-model-2", stages = list("Production"))
ask_post("registered-models/alias", name = "r-model-2", alias = "champion", version = version)
ask_get("registered-models/alias", name = "r-model-2", alias = "champion")
ask_get("model-versions/get-download-uri", name = "r-model-2", version = version)
invisible_call("DELETE", "model-versions/delete", list(name = "r-model-2", version = version))
invisible_call("DELETE", "registered-models/delete", list(name = "r-model-2"))

ask_post("experiments/delete", experiment_id = experiment_id)
ask_post("experiments/restore", experiment_id = experiment_id)
