"""Tables that Apache Spark writes and the official client loads and logs: both must agree with the server on the version."""

import glob
import json
import os
import uuid

import pytest

# The jars of Delta Lake for Spark.
JARS = os.environ["DELTA_SPARK_JARS"]


@pytest.fixture(scope="session")
def spark(tmp_path_factory):
    from pyspark.sql import SparkSession

    folder = tmp_path_factory.mktemp("spark")
    settings = {
        "spark.jars": ",".join(sorted(path for path in glob.glob(f"{JARS}/*.jar") if "scala-library" not in path)),
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.local.dir": str(folder / "local"),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.databricks.delta.snapshotPartitions": "1",
        "spark.sql.shuffle.partitions": "1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        # Nothing here runs long enough to be compiled well.
        "spark.driver.extraJavaOptions": f"-XX:TieredStopAtLevel=1 -Dderby.system.home={folder}",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.adaptive.enabled": "false",
        "spark.driver.memory": "1g",
        "spark.ui.enabled": "false",
    }
    builder = SparkSession.builder.master("local[1]").appName("compat")
    for key, value in settings.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.fixture(scope="session")
def table(server, spark):
    """A table of three versions, of 10, 15 and 12 rows."""
    path = str(server.tables / f"spark {uuid.uuid4().hex}")
    spark.range(10).selectExpr("id", "id % 2 AS part").write.format("delta").partitionBy("part").save(path)
    spark.range(10, 15).selectExpr("id", "id % 2 AS part").write.format("delta").mode("append").save(path)
    spark.sql(f"DELETE FROM delta.`{path}` WHERE id < 3")
    return path


def logged(mlflow, dataset):
    with mlflow.start_run() as run:
        mlflow.log_input(dataset, context="training")
    return run.info.run_id


def test_the_client_and_the_server_agree_on_the_version(server, mlflow, spark, table):
    history = {row["version"]: row["timestamp"] for row in spark.sql(f"DESCRIBE HISTORY delta.`{table}`").collect()}
    table_id = spark.sql(f"DESCRIBE DETAIL delta.`{table}`").first()["id"]
    for version in (None, 1):
        run_id = logged(mlflow, mlflow.data.load_delta(path=table, version=version, name=f"orders {version}"))
        (found,) = server.delta_inputs(run_id)
        # Without one the client asks Spark for the latest.
        expected = 2 if version is None else version
        assert (found["status"], found["named_version"], found["version"]) == ("RECORDED", expected, expected)
        snapshot = found["snapshot"]
        assert snapshot["timestamp"] == round(history[expected].timestamp() * 1000)
        assert snapshot["table_id"] == table_id
        assert snapshot["partition_columns"] == ["part"]
        source = mlflow.data.get_source(mlflow.get_run(run_id).inputs.dataset_inputs[0])
        ids = [row["id"] for row in source.load().orderBy("id").collect()]
        assert snapshot["row_count"] == len(ids) == {1: 15, 2: 12}[expected]
        page = server.ask(f"runs/{run_id}/delta-inputs/{found['delta_input_id']}/rows?max_results=1000")
        assert sorted(row[0] for row in page["rows"]) == ids


def test_version_0_is_what_spark_had_when_it_is_the_latest(server, mlflow, spark):
    path = str(server.tables / uuid.uuid4().hex)
    spark.range(4).write.format("delta").save(path)
    run_id = logged(mlflow, mlflow.data.load_delta(path=path))
    # The client names no version 0, so that the server takes what is current.
    assert "delta_table_version" not in json.loads(mlflow.get_run(run_id).inputs.dataset_inputs[0].dataset.source)
    (found,) = server.delta_inputs(run_id)
    assert (found["status"], found["version"], found["snapshot"]["row_count"]) == ("RECORDED", 0, 4)


def test_the_paths_that_spark_takes_are_one_table(server, mlflow, spark, table):
    paths = [table, f"file:{table}", f"file://{table.replace(' ', '%20')}"]
    runs = [logged(mlflow, mlflow.data.from_spark(spark.read.format("delta").load(table), path=paths[0], version=1))]
    frame = spark.read.format("delta").option("versionAsOf", 1).load(table).toPandas()
    for path in paths[1:]:
        source = mlflow.data.delta_dataset_source.DeltaDatasetSource(path=path, delta_table_version=1)
        runs.append(logged(mlflow, mlflow.data.from_pandas(frame, source=source, name=path)))
    snapshots = {server.delta_inputs(run_id)[0]["snapshot"]["snapshot_id"] for run_id in runs}
    assert len(snapshots) == 1
    found = mlflow.search_runs(["0"], f"dataset.table = '{table}' AND dataset.version = 1", output_format="list")
    assert {run.info.run_id for run in found} >= set(runs)


def test_a_table_that_is_known_by_name_says_what_would_help(server, mlflow, spark):
    name = f"orders_{uuid.uuid4().hex[:8]}"
    spark.sql(f"CREATE TABLE default.{name} USING delta AS SELECT id FROM range(3)")
    spark.sql(f"INSERT INTO default.{name} VALUES (3)")
    run_id = logged(mlflow, mlflow.data.load_delta(table_name=f"default.{name}"))
    (found,) = server.delta_inputs(run_id)
    assert (found["status"], found["version"]) == ("UNAVAILABLE", 1)
    assert "path" in found["error_message"]
    assert found["table"].endswith(f"default.{name}")
    matching = mlflow.search_runs(["0"], f"dataset.table LIKE '%{name}' AND dataset.version >= 1", output_format="list")
    assert [run.info.run_id for run in matching] == [run_id]
