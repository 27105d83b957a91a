import hashlib
import os

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import mlflow
import numpy as np
import pytest
from mlflow.exceptions import MlflowException
from PIL import Image


def test_figures_images_tables_and_texts_come_back(client, experiment, tmp_path):
    with mlflow.start_run() as run:
        figure, axes = plt.subplots()
        axes.plot([1, 2, 3])
        mlflow.log_figure(figure, "plots/line.png")
        mlflow.log_image(np.zeros((8, 8, 3), dtype=np.uint8), "images/black.png")
        mlflow.log_dict({"größe": [1, 2.5, None]}, "data/config.json")
        mlflow.log_text("first\nsecond", "notes/a b % ü.txt")
        mlflow.log_table({"q": ["a", "b"], "n": [1, 2]}, "tables/t.json")
    root = run.info.artifact_uri
    assert mlflow.artifacts.load_dict(f"{root}/data/config.json") == {"größe": [1, 2.5, None]}
    assert mlflow.artifacts.load_image(f"{root}/images/black.png").size == (8, 8)
    path = client.download_artifacts(run.info.run_id, "notes/a b % ü.txt", str(tmp_path))
    assert open(path).read() == "first\nsecond"
    table = mlflow.load_table("tables/t.json", run_ids=[run.info.run_id])
    assert list(table.q) == ["a", "b"]
    with Image.open(client.download_artifacts(run.info.run_id, "plots/line.png", str(tmp_path))) as image:
        assert image.format == "PNG"


def test_folders_are_logged_listed_and_downloaded_as_trees(client, experiment, tmp_path):
    source = tmp_path / "source"
    (source / "deep/er").mkdir(parents=True)
    (source / "top.txt").write_text("top")
    (source / "deep/er/leaf.bin").write_bytes(bytes(range(256)))
    (source / "empty.txt").write_text("")
    run_id = client.create_run(experiment).info.run_id
    client.log_artifacts(run_id, str(source), "tree")
    assert [(f.path, f.is_dir, f.file_size) for f in client.list_artifacts(run_id, "tree")] == [
        ("tree/deep", True, None),
        ("tree/empty.txt", False, 0),
        ("tree/top.txt", False, 3),
    ]
    assert [f.path for f in client.list_artifacts(run_id)] == ["tree"]
    assert client.list_artifacts(run_id, "nothing/here") == []
    assert client.list_artifacts(run_id, "tree/top.txt") == []
    (tmp_path / "target").mkdir()
    local = client.download_artifacts(run_id, "tree", str(tmp_path / "target"))
    assert open(os.path.join(local, "deep/er/leaf.bin"), "rb").read() == bytes(range(256))
    assert os.path.getsize(os.path.join(local, "empty.txt")) == 0


def test_names_of_every_kind_are_logged_listed_and_downloaded(client, experiment, tmp_path):
    names = ["100%.txt", "top 100%.txt", "100% ü.bin", "a b?.txt", "q?x=1&y=2%", "a+b;c", "[x]", "a\\b.txt", "é.txt", "e\u0301.txt", "A", "a"]
    source = tmp_path / "source"
    source.mkdir()
    for name in names:
        (source / name).write_bytes(b"content of " + name.encode())
    run_id = client.create_run(experiment).info.run_id
    client.log_artifacts(run_id, str(source), "what 1%")
    assert [f.path for f in client.list_artifacts(run_id, "what 1%")] == sorted(f"what 1%/{name}" for name in names)
    (tmp_path / "target").mkdir()
    local = client.download_artifacts(run_id, "what 1%", str(tmp_path / "target"))
    for name in names:
        assert open(os.path.join(local, name), "rb").read() == b"content of " + name.encode(), name
    # The client puts no `#` on the wire: what follows is lost to every server, and both go by the same shorter name.
    (source / "a#b.txt").write_text("with a hash")
    client.log_artifact(run_id, str(source / "a#b.txt"), "hash")
    assert open(client.download_artifacts(run_id, "hash/a#b.txt", str(tmp_path))).read() == "with a hash"
    assert [f.path for f in client.list_artifacts(run_id, "hash")] == ["hash/a"]
    (source / "a\nb").write_text("broken")
    with pytest.raises(Exception, match="400"):
        client.log_artifact(run_id, str(source / "a\nb"))


def test_artifacts_are_deleted(client, experiment):
    run = client.create_run(experiment)
    client.log_text(run.info.run_id, "x", "folder/a.txt")
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    repository = get_artifact_repository(run.info.artifact_uri)
    repository.delete_artifacts("folder")
    repository.delete_artifacts("folder")
    assert client.list_artifacts(run.info.run_id) == []


def test_a_missing_artifact_is_not_found(client, experiment, tmp_path):
    run_id = client.create_run(experiment).info.run_id
    with pytest.raises(MlflowException):
        client.download_artifacts(run_id, "no/such.txt", str(tmp_path))


def test_200_megabytes_go_up_and_down_unchanged(client, experiment, tmp_path):
    big = tmp_path / "big.bin"
    block = os.urandom(1024 * 1024)
    digest = hashlib.sha256()
    with open(big, "wb") as file:
        for i in range(200):
            piece = i.to_bytes(4, "big") + block[4:]
            file.write(piece)
            digest.update(piece)
    run_id = client.create_run(experiment).info.run_id
    client.log_artifact(run_id, str(big), "big")
    big.unlink()
    back = client.download_artifacts(run_id, "big/big.bin", str(tmp_path))
    check = hashlib.sha256()
    with open(back, "rb") as file:
        while piece := file.read(1024 * 1024):
            check.update(piece)
    assert check.hexdigest() == digest.hexdigest()
