"""Prompts through the official client: they are registered models with a tag, and models and prompts hide from each other."""

import json
import threading
import time
import uuid

import mlflow
import pytest
from conftest import HANG_S
from databases import IS_MYSQL
from mlflow.entities.model_registry import PromptModelConfig
from mlflow.exceptions import MlflowException
from pydantic import BaseModel
from test_registry import Refused

genai = mlflow.genai


@pytest.fixture
def name(client):
    return f"prompt-{uuid.uuid4().hex}"


@pytest.fixture(autouse=True)
def no_cache(monkeypatch):
    """What the server answers is tested, not what the client remembers."""
    monkeypatch.setenv("MLFLOW_ALIAS_PROMPT_CACHE_TTL_SECONDS", "0")
    monkeypatch.setenv("MLFLOW_VERSION_PROMPT_CACHE_TTL_SECONDS", "0")


def test_a_prompt_is_registered_in_versions_and_loaded_by_all_its_names(client, name):
    first = genai.register_prompt(name, "Say {{ word }} 🚀", commit_message="begin", tags={"author": "ana"})
    assert (first.version, first.template, first.commit_message, first.tags, first.variables) == (1, "Say {{ word }} 🚀", "begin", {"author": "ana"}, {"word"})
    second = genai.register_prompt(name, "Say {{word}} twice", commit_message="twice")
    assert second.version == 2
    genai.set_prompt_alias(name, "live", 1)
    for uri, version in ((f"prompts:/{name}/1", 1), (f"prompts:/{name}/2", 2), (f"prompts:/{name}@live", 1), (f"prompts:/{name}@latest", 2), (name, 2)):
        assert genai.load_prompt(uri).version == version, uri
    assert genai.load_prompt(name, version=1).format(word="hi") == "Say hi 🚀"
    loaded = genai.load_prompt(f"prompts:/{name}@live")
    assert (loaded.template, loaded.commit_message, loaded.tags, loaded.aliases) == ("Say {{ word }} 🚀", "begin", {"author": "ana"}, ["live"])
    genai.set_prompt_alias(name, "live", 2)
    assert genai.load_prompt(f"prompts:/{name}@live").version == 2
    genai.delete_prompt_alias(name, "live")
    assert genai.load_prompt(f"prompts:/{name}@live", allow_missing=True) is None
    with Refused("INVALID_PARAMETER_VALUE"):
        genai.load_prompt(f"prompts:/{name}@live")


def test_what_is_missing_is_none_where_that_is_asked_for(client, name):
    for uri in (name, f"prompts:/{name}/1", f"prompts:/{name}@x", f"prompts:/{name}@latest"):
        assert genai.load_prompt(uri, allow_missing=True) is None
    with Refused("RESOURCE_DOES_NOT_EXIST"):
        genai.load_prompt(f"prompts:/{name}/1")
    genai.register_prompt(name, "x")
    assert genai.load_prompt(f"prompts:/{name}/9", allow_missing=True) is None
    assert client.get_prompt(f"{name}-not") is None


class Answer(BaseModel):
    text: str
    sure: bool


def test_chat_prompts_response_formats_and_model_configs_come_back(client, name):
    messages = [{"role": "system", "content": "You are {{ style }}."}, {"role": "user", "content": "{{question}} ü"}]
    config = PromptModelConfig(model_name="gpt-4o", temperature=0.2, max_tokens=100, extra_params={"seed": 7})
    genai.register_prompt(name, messages, response_format=Answer, model_config=config)
    loaded = genai.load_prompt(name)
    assert loaded.template == messages
    assert loaded.variables == {"style", "question"}
    assert loaded.format(style="kind", question="Why?")[1]["content"] == "Why? ü"
    assert loaded.response_format == Answer.model_json_schema()
    assert loaded.model_config == {"model_name": "gpt-4o", "temperature": 0.2, "max_tokens": 100, "seed": 7}
    genai.set_prompt_model_config(name, 1, {"model_name": "other"})
    assert genai.load_prompt(name).model_config == {"model_name": "other"}
    genai.delete_prompt_model_config(name, 1)
    assert genai.load_prompt(name).model_config is None
    genai.register_prompt(name, "text", response_format={"type": "object", "properties": {"a": {"type": "string"}}})
    assert genai.load_prompt(name).response_format["properties"] == {"a": {"type": "string"}}


def test_tags_belong_to_a_prompt_or_to_its_version(client, name):
    genai.register_prompt(name, "x", tags={"version": "one"})
    genai.set_prompt_tag(name, "team", "a")
    genai.set_prompt_version_tag(name, 1, "checked", "yes")
    assert genai.get_prompt_tags(name)["team"] == "a"
    assert genai.load_prompt(name).tags == {"version": "one", "checked": "yes"}
    genai.delete_prompt_tag(name, "team")
    genai.delete_prompt_version_tag(name, 1, "version")
    assert "team" not in genai.get_prompt_tags(name)
    assert genai.load_prompt(name).tags == {"checked": "yes"}


def test_prompts_and_models_hide_from_each_other(client, name):
    genai.register_prompt(f"{name}-p", "x", tags={"kind": "both"})
    client.create_registered_model(f"{name}-m", tags={"kind": "both"})
    client.create_model_version(f"{name}-m", "s3://bucket/a", tags={"kind": "both"})

    def models(where):
        return [m.name for m in client.search_registered_models(where)]

    ours = f"name LIKE '{name}%'"
    assert models(ours) == models(f"{ours} AND tags.kind = 'both'") == [f"{name}-m"]
    assert models(f"{ours} AND tags.`mlflow.prompt.is_prompt` = 'true'") == [f"{name}-p"]
    assert models(f"{ours} AND tags.`mlflow.prompt.is_prompt` != 'true'") == [f"{name}-m"]
    assert models(f"name = '{name}-p'") == []
    assert [v.name for v in client.search_model_versions(ours)] == [f"{name}-m"]
    assert [v.name for v in client.search_model_versions(f"{ours} AND tag.`mlflow.prompt.is_prompt` = 'true'")] == [f"{name}-p"]
    assert [p.name for p in genai.search_prompts(ours)] == [f"{name}-p"]
    assert [p.name for p in genai.search_prompts(f"name = '{name}-m'")] == []
    assert [p.name for p in genai.search_prompts(f"{ours} AND tags.kind = 'both'")] == [f"{name}-p"]
    for call in (client.get_registered_model, client.delete_registered_model):
        # The client itself looks for the tag that the server answered.
        with Refused("RESOURCE_DOES_NOT_EXIST"):
            call(f"{name}-p")


def test_a_name_is_either_a_prompts_or_a_models(client, name):
    genai.register_prompt(f"{name}-p", "x")
    client.create_registered_model(f"{name}-m")
    with Refused("RESOURCE_ALREADY_EXISTS") as error:
        client.create_registered_model(f"{name}-p")
    assert "prompt" in error.message and "registered model" in error.message
    with Refused("RESOURCE_ALREADY_EXISTS"):
        client.create_prompt(f"{name}-p")
    with Refused("RESOURCE_ALREADY_EXISTS"):
        client.create_prompt(f"{name}-m")
    with pytest.raises(MlflowException):
        genai.register_prompt(f"{name}-m", "x")


def test_prompts_are_searched_by_experiment_and_in_pages(client, experiment, name):
    for i in range(5):
        genai.register_prompt(f"{name}-{i}", "x")
    deadline = time.monotonic() + HANG_S
    # The client tags the prompt with the experiment from a thread of its own.
    while len(found := genai.search_prompts(f'experiment_id = "{experiment}"')) < 5 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [p.name for p in found] == [f"{name}-{i}" for i in range(5)]
    page = client.search_prompts(f"name LIKE '{name}%'", max_results=2)
    rest = client.search_prompts(f"name LIKE '{name}%'", max_results=3, page_token=page.token)
    assert [p.name for p in [*page, *rest]] == [f"{name}-{i}" for i in range(5)]
    assert not rest.token


def test_a_run_knows_its_prompts(client, experiment, name):
    prompt = genai.register_prompt(name, "x")
    with mlflow.start_run() as run:
        genai.load_prompt(f"prompts:/{name}/1")
    client.link_prompt_version_to_run(run.info.run_id, prompt)
    linked = json.loads(client.get_run(run.info.run_id).data.tags["mlflow.linkedPrompts"])
    assert linked == [{"name": name, "version": "1"}]
    # Older clients left the run's id on the prompt.
    client.set_prompt_version_tag(name, 1, "mlflow.prompt.associatedRunIds", run.info.run_id)
    assert [p.name for p in client.list_logged_prompts(run.info.run_id)] == [name]
    client.detach_prompt_from_run(run.info.run_id, f"prompts:/{name}/1")
    assert client.list_logged_prompts(run.info.run_id) == []


def test_prompts_are_deleted_version_by_version_and_whole(client, name):
    for i in range(3):
        genai.register_prompt(name, f"number {i}")
    genai.set_prompt_alias(name, "last", 3)
    client.delete_prompt_version(name, "3")
    assert genai.load_prompt(f"prompts:/{name}/3", allow_missing=True) is None
    assert genai.load_prompt(f"prompts:/{name}@last", allow_missing=True) is None
    assert genai.load_prompt(name).version == 2
    assert genai.register_prompt(name, "next").version == 4
    client.delete_prompt(name)
    assert client.get_prompt(name) is None
    assert genai.register_prompt(name, "anew").version == 1


def test_what_a_prompt_cannot_be_is_refused(client, name):
    with Refused("INVALID_PARAMETER_VALUE"):
        genai.register_prompt(name, "x" * 100_001)
    assert client.get_prompt(name) is None, "a prompt whose first version fails leaves nothing"
    # MySQL keeps the text in 64 KB.
    genai.register_prompt(name, "x" * (60_000 if IS_MYSQL else 100_000))
    for alias in ("latest", "v1"):
        with Refused("INVALID_PARAMETER_VALUE"):
            genai.set_prompt_alias(name, alias, 1)
    with pytest.raises(MlflowException):
        genai.set_prompt_alias(name, "x", 9)


def test_racing_registrations_get_a_version_each(client, name):
    versions, start = [], threading.Barrier(6)
    genai.register_prompt(name, "first")

    def register(i):
        start.wait()
        versions.append(mlflow.MlflowClient(client.tracking_uri).register_prompt(name, f"by {i}").version)

    threads = [threading.Thread(target=register, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(versions) == [2, 3, 4, 5, 6, 7]
