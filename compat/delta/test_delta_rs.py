"""Tables that delta-rs writes while the test runs, read by our reader, version by version, against what delta-rs reads."""

import datetime
import json
import os
import pathlib
import random
import subprocess
import sys
import time

import pyarrow as pa
import pytest
import pyarrow.parquet as pq
from deltalake import DeltaTable, convert_to_deltalake, write_deltalake

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "packages/delta/fixtures"))
from expected import arrow_rows  # noqa: E402

NODE = os.environ.get("BITACORA_NODE", str(ROOT / "node_modules/.bin/node"))


def ours(folder, **request):
    """What our reader answers for the table."""
    command = [NODE, str(ROOT / "compat/delta/read.ts"), str(folder), json.dumps(request)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def orders(rng, first, count):
    day = datetime.date(2024, 1, 1)
    return pa.table({
        "id": pa.array(range(first, first + count), pa.int64()),
        "customer": [rng.choice(["ana", "bö", "", None, "x/y %20"]) for _ in range(count)],
        "amount": pa.array([rng.choice([None, rng.randrange(10**6)]) for _ in range(count)], pa.int32()),
        "day": pa.array([day + datetime.timedelta(days=rng.randrange(3)) for _ in range(count)], pa.date32()),
        "tags": pa.array([[("k", str(rng.randrange(9)))] * rng.randrange(3) for _ in range(count)], pa.map_(pa.string(), pa.string())),
    })


def change(rng, path, number):
    table = DeltaTable(path)
    first = number * 100
    kind = rng.choice(["append", "append", "delete", "update", "merge", "compact", "checkpoint", "overwrite"])
    if kind == "append":
        write_deltalake(path, orders(rng, first, rng.randrange(1, 9)), mode="append")
    elif kind == "delete":
        table.delete(f"id % {rng.randrange(2, 5)} = 0")
    elif kind == "update":
        table.update(predicate=f"id % {rng.randrange(2, 5)} = 1", updates={"amount": "7"})
    elif kind == "merge":
        source = orders(rng, first - 100, 5)
        table.merge(source, "t.id = s.id", source_alias="s", target_alias="t").when_matched_update_all().when_not_matched_insert_all().execute()
    elif kind == "compact":
        table.optimize.compact()
    elif kind == "checkpoint":
        table.create_checkpoint()
    else:
        write_deltalake(path, orders(rng, first, 4), mode="overwrite")


@pytest.mark.parametrize("partition_by", [None, ["day"], ["customer", "day"]])
def test_a_table_with_any_history_is_read_as_delta_rs_reads_it(tmp_path, partition_by):
    seed = random.randrange(2**32)
    print("seed", seed)
    rng = random.Random(seed)
    path = str(tmp_path / "orders")
    write_deltalake(path, orders(rng, 0, 6), partition_by=partition_by)
    for number in range(1, 13):
        change(rng, path, number)
    newest = DeltaTable(path).version()
    answer = ours(path, versions=list(range(newest + 1)))
    counts = []
    for found in answer["snapshots"]:
        table = DeltaTable(path, version=found["version"])
        expected = arrow_rows(table.to_pyarrow_table())
        assert sorted(found["rows"], key=json.dumps) == expected, found["version"]
        assert found["row_count"] == len(expected)
        assert len(found["files"]) == len(table.file_uris())
        assert found["missing_count"] == 0
        counts.append(len(expected))
    for at, difference in enumerate(answer["differences"]):
        assert difference["rows_added"] - difference["rows_removed"] == counts[at + 1] - counts[at]
    told = [{"version": h["version"], "operation": h["operation"]} for h in DeltaTable(path).history()]
    assert answer["history"] == sorted(told, key=lambda entry: -entry["version"])


def test_a_vacuum_is_noticed_and_a_cleaned_log_says_what_is_left(tmp_path):
    path = str(tmp_path / "orders")
    rng = random.Random(1)
    settings = {"delta.logRetentionDuration": "interval 0 days", "delta.enableExpiredLogCleanup": "false"}
    write_deltalake(path, orders(rng, 0, 5), configuration=settings)
    for number in range(1, 4):
        write_deltalake(path, orders(rng, number * 100, 5), mode="append")
    DeltaTable(path).optimize.compact()
    DeltaTable(path).vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)
    # The old version's files are gone, the compacted one's are not.
    (now,) = ours(path, versions=[DeltaTable(path).version()])["snapshots"]
    assert (now["missing_count"], now["row_count"], len(now["rows"])) == (0, 20, 20)
    gone = ours(path, versions=[3])["error"]
    assert gone["kind"] == "file_missing"
    assert "A VACUUM has removed it" in gone["message"]

    time.sleep(1.1)
    table = DeltaTable(path)
    table.create_checkpoint()
    table.cleanup_metadata()
    left = sorted(entry for entry in os.listdir(f"{path}/_delta_log") if entry.endswith(".json"))
    assert left[0] != f"{0:020}.json"
    refused = ours(path, versions=[0])["error"]
    assert refused == {
        "kind": "version_unavailable",
        "message": f"Version 0 is no longer available; the oldest is {table.version()}. The log before it has been cleaned up.",
    }
    (now,) = ours(path, versions=[table.version()])["snapshots"]
    assert len(now["rows"]) == 20


def test_a_page_of_a_large_table_reads_a_small_part_of_it(tmp_path):
    path = str(tmp_path / "large")
    count = 400_000
    rng = random.Random(2)
    data = pa.table({
        "id": pa.array(range(count), pa.int64()),
        "noise": pa.array([rng.random() for _ in range(count)], pa.float64()),
        "text": [f"row {number} {rng.random()}" for number in range(count)],
    })
    write_deltalake(path, data)
    offset = 345_678
    (page,) = ours(path, versions=[0], pages=[{"offset": offset, "limit": 3, "columns": ["id", "text"]}])["snapshots"]
    assert page["rows"][0] == [[str(number), data["text"][number].as_py()] for number in range(offset, offset + 3)]
    assert page["total_bytes"] > 8_000_000
    assert page["bytes_read"] < page["total_bytes"] / 4


def test_a_page_of_huge_values_ends_early_and_says_where_to_go_on(tmp_path):
    path = str(tmp_path / "wide")
    texts = [f"{number}" * 500_000 for number in range(100, 160)]
    write_deltalake(path, pa.table({"id": pa.array(range(60), pa.int64()), "text": texts}))
    (page,) = ours(path, versions=[0], pages=[{"offset": 5, "limit": 50}])["snapshots"]
    (rows,) = page["rows"]
    assert 5 < len(rows) < 30
    assert page["next_offset"] == 5 + len(rows)
    assert [row[0] for row in rows] == [str(number) for number in range(5, page["next_offset"])]
    assert all(row[1] == texts[int(row[0])] for row in rows)


def nested(rng, count):
    """Rows with lists, maps and structs in each other, and nulls at every level."""

    def some(value):
        return None if rng.random() < 0.15 else value()

    def point():
        return {"x": some(lambda: rng.randrange(-(2**63), 2**63)), "names": some(lambda: [some(lambda: "n" * rng.randrange(4)) for _ in range(rng.randrange(4))])}

    kind = pa.struct([("x", pa.int64()), ("names", pa.list_(pa.string()))])
    many = [point] * 3
    return pa.table({
        "id": pa.array(range(count), pa.int64()),
        "point": pa.array([some(point) for _ in range(count)], kind),
        "points": pa.array([some(lambda: [some(make) for make in many[: rng.randrange(4)]]) for _ in range(count)], pa.list_(kind)),
        "matrix": pa.array([some(lambda: [some(lambda: [rng.randrange(9)] * rng.randrange(3)) for _ in range(rng.randrange(3))]) for _ in range(count)], pa.list_(pa.list_(pa.int32()))),
        "tags": pa.array([some(lambda: [(str(key), some(point)) for key in range(rng.randrange(3))]) for _ in range(count)], pa.map_(pa.string(), kind)),
        "text": [some(lambda: "text %d" % rng.randrange(50)) for _ in range(count)],
        "ratio": pa.array([some(rng.random) for _ in range(count)], pa.float64()),
    })


@pytest.mark.parametrize("page_index", [False, True])
@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_any_page_of_any_form_of_parquet_file_is_what_stands_there(tmp_path, version, page_index):
    seed = random.randrange(2**32)
    print("seed", seed)
    rng = random.Random(seed)
    count = 1500
    data = nested(rng, count)
    folder = tmp_path / "table"
    folder.mkdir()
    pq.write_table(
        data,
        folder / "part-0.parquet",
        data_page_version=version,
        write_page_index=page_index,
        row_group_size=rng.choice([100, 700, 5000]),
        data_page_size=rng.choice([200, 2000, 1 << 20]),
        write_batch_size=rng.choice([10, 1024]),
        use_dictionary=rng.choice([True, False]),
        compression=rng.choice(["none", "snappy", "gzip", "zstd", "lz4", "brotli"]),
        use_compliant_nested_type=rng.choice([True, False]),
    )
    convert_to_deltalake(str(folder))
    names = data.schema.names
    rng.shuffle(names)
    pages = [{"offset": rng.randrange(count), "limit": rng.choice([1, 7, 300, 2000])} for _ in range(8)]
    (found,) = ours(folder, versions=[0], pages=[{**page, "columns": names} for page in pages])["snapshots"]
    for page, rows in zip(pages, found["rows"]):
        expected = data.select(names).slice(page["offset"], page["limit"])
        assert rows == arrow_rows(expected, in_order=True), page


def test_a_time_finds_the_version_that_was_newest(tmp_path):
    path = str(tmp_path / "orders")
    rng = random.Random(3)
    moments = []
    for number in range(4):
        write_deltalake(path, orders(rng, number * 100, 2), mode="append")
        time.sleep(0.05)
        moments.append(int(time.time() * 1000))
        time.sleep(0.05)
    answer = ours(path, timestamps_ms=moments)
    assert [found["version"] for found in answer["snapshots"]] == [0, 1, 2, 3]
    for moment, found in zip(moments, answer["snapshots"]):
        table = DeltaTable(path)
        table.load_as_version(datetime.datetime.fromtimestamp(moment / 1000, datetime.timezone.utc))
        assert table.version() == found["version"]
