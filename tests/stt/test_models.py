"""Models by name and by folder, fetched from a hub on this machine."""

from __future__ import annotations

import errno
import fcntl
import functools
import json
import os
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from huggingface_hub import file_download as untyped

from stt.engine import EngineUnavailable
from stt.layout import PROPERTIES
from stt.models import Models, describe, find_model
from stt.whisper import Whisper, check_folder, read_properties
from tests.stt.loopback_hub import REVISION, Hub, running
from tests.stt.reference_whisper import Architecture, write_model
from tests.stt.sounds import MODEL

if TYPE_CHECKING:
    from collections.abc import Iterator

file_download: Any = untyped

BASE = "Systran/faster-whisper-base"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    with running() as served:
        monkeypatch.setenv("HF_ENDPOINT", served.address)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
        # It waits a second between attempts.
        monkeypatch.setattr("huggingface_hub.file_download.time", SimpleNamespace(sleep=do_nothing))
        published = Path(shutil.copytree(MODEL, tmp_path / "published"))
        (published / PROPERTIES).unlink()
        served.publish(BASE, published)
        yield served


@pytest.fixture
def models(tmp_path: Path) -> Models:
    return Models(tmp_path / "models")


def do_nothing(*_: object) -> None:
    pass


def almost_full(_: Path) -> SimpleNamespace:
    return SimpleNamespace(free=1_000)


def left(models: Models) -> list[str]:
    return sorted(path.name for path in models.folder.iterdir())


def one_sentence(error: BaseException) -> bool:
    return len(str(error).splitlines()) == 1 and str(error).endswith(".")


def test_a_published_model_is_fetched_whole_and_described(hub: Hub, models: Models) -> None:
    seen: list[tuple[str, int, int]] = []

    def watch(doing: str, done: int, total: int) -> None:
        seen.append((doing, done, total))

    added = models.add("base", progress=watch)

    said = json.loads((added.folder / PROPERTIES).read_text(encoding="utf-8"))
    assert left(models) == ["base"]
    assert (said["source"], said["revision"], said["licence"]) == (BASE, REVISION, "mit")
    assert (said["window"], said["languages"]) == ("full", [])
    assert set(said["sha256"]) == {file.name for file in added.folder.iterdir()} - {PROPERTIES}
    check_folder(added.folder)
    total = max(total for _, _, total in seen)
    assert ("Fetching", total, total) in seen
    assert [doing for doing, _, _ in seen][-1] == "Trying"
    assert "README.md" not in hub.asked


def test_what_is_there_is_not_fetched_again(hub: Hub, models: Models) -> None:
    models.add("base")
    before = hub.asked.copy()

    models.add("base")

    assert hub.asked == before


def test_what_is_there_and_damaged_is_replaced(hub: Hub, models: Models) -> None:
    folder = models.add("base").folder
    (folder / "model.bin").write_bytes(b"nothing")

    models.add("base")

    check_folder(folder)
    assert hub.asked["model.bin"] == 2
    assert left(models) == ["base"]


def test_a_model_in_hugging_faces_format_is_converted(hub: Hub, models: Models, tmp_path: Path) -> None:
    write_model(tmp_path / "theirs", Architecture())
    hub.licence = "apache-2.0"
    hub.publish("futo-org/acft-whisper-tiny", tmp_path / "theirs")

    added = models.add("acft-tiny")

    properties = read_properties(added.folder)
    assert (properties.window, properties.margin_s) == ("dynamic", 1.3)
    assert (added.name, added.licence, added.window) == ("acft-tiny", "apache-2.0", "dynamic")
    assert "model.safetensors" not in {file.name for file in added.folder.iterdir()}
    Whisper(added.folder).warm_up()


def test_weights_in_several_files_are_all_fetched(hub: Hub, models: Models, tmp_path: Path) -> None:
    write_model(tmp_path / "theirs", Architecture(shards=2))
    hub.publish("somebody/tuned", tmp_path / "theirs")

    added = models.add("somebody/tuned")

    assert (added.name, added.window, added.languages) == ("tuned", "full", ())
    Whisper(added.folder).warm_up()


@pytest.mark.parametrize("catalogued", [True, False])
def test_a_missing_tokenizer_is_the_one_of_what_it_was_made_from(
    hub: Hub, models: Models, tmp_path: Path, *, catalogued: bool
) -> None:
    write_model(tmp_path / "theirs", Architecture())
    hub.publish("openai/whisper-tiny", tmp_path / "theirs")
    config = tmp_path / "theirs" / "config.json"
    (tmp_path / "theirs" / "tokenizer.json").unlink()
    said = json.loads(config.read_text(encoding="utf-8")) | {"_name_or_path": "openai/whisper-tiny"}
    config.write_text(json.dumps(said), encoding="utf-8")
    repository = "futo-org/acft-whisper-tiny" if catalogued else "somebody/tuned"
    hub.publish(repository, tmp_path / "theirs")

    added = models.add("acft-tiny" if catalogued else repository)

    Whisper(added.folder).warm_up()


def test_without_any_tokenizer_it_says_so(hub: Hub, models: Models, tmp_path: Path) -> None:
    write_model(tmp_path / "theirs", Architecture())
    (tmp_path / "theirs" / "tokenizer.json").unlink()
    hub.publish("somebody/tuned", tmp_path / "theirs")

    with pytest.raises(EngineUnavailable, match="no tokenizer") as error:
        models.add("somebody/tuned")
    assert one_sentence(error.value)
    assert left(models) == []


def test_a_connection_that_breaks_off_is_taken_up_where_it_was(
    hub: Hub, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.cut, hub.cuts = "model.bin", 2
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 65_536)

    added = models.add("base")

    check_folder(added.folder)
    assert hub.ranges


def test_what_arrived_before_it_broke_off_for_good_is_not_fetched_again(
    hub: Hub, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.cut, hub.cuts = "tokenizer.json", 1
    monkeypatch.setattr(
        "huggingface_hub.file_download.http_get", functools.partial(file_download.http_get, _nb_retries=0)
    )

    with pytest.raises(EngineUnavailable, match="broke off") as error:
        models.add("base")
    assert one_sentence(error.value)
    assert not models.has("base")
    assert models.installed() == []
    hub.cuts = 0
    models.add("base")

    assert hub.asked["model.bin"] == 1
    assert hub.asked["tokenizer.json"] == 2
    assert left(models) == ["base"]


@pytest.mark.parametrize("name", ["model.bin", "config.json"])
def test_a_file_that_is_not_what_was_promised_is_not_kept(hub: Hub, models: Models, name: str) -> None:
    hub.damaged = name

    with pytest.raises(EngineUnavailable, match=f"{name} of {BASE} arrived damaged") as error:
        models.add("base")
    assert one_sentence(error.value)
    assert not models.has("base")
    hub.damaged = ""
    models.add("base")
    check_folder(models.path("base"))


@pytest.mark.parametrize("status", [500, 503, 418])
def test_a_hub_that_fails_is_said_in_one_sentence(hub: Hub, models: Models, status: int) -> None:
    hub.status = status

    with pytest.raises(EngineUnavailable, match=str(status)) as error:
        models.add("base")
    assert one_sentence(error.value)


def test_a_repository_that_is_not_there_is_said_in_one_sentence(hub: Hub, models: Models) -> None:
    with pytest.raises(EngineUnavailable, match="no public model somebody/nothing") as error:
        models.add("somebody/nothing")
    assert one_sentence(error.value)
    assert hub.asked.total() == 0


def test_files_that_are_not_for_everybody_are_said_in_one_sentence(hub: Hub, models: Models) -> None:
    hub.gated = True

    with pytest.raises(EngineUnavailable, match="HF_TOKEN") as error:
        models.add("base")
    assert one_sentence(error.value)


def test_without_a_network_it_says_so(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")

    with pytest.raises(EngineUnavailable, match="network") as error:
        models.add("base")
    assert one_sentence(error.value)


def test_a_repository_without_a_model_is_refused(hub: Hub, models: Models, tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "pytorch_model.bin").write_bytes(b"a pickle")
    hub.publish("somebody/pickled", tmp_path / "theirs")

    with pytest.raises(EngineUnavailable, match="holds no model") as error:
        models.add("somebody/pickled")
    assert one_sentence(error.value)
    assert hub.asked.total() == 0
    assert left(models) == []


def test_a_model_that_does_not_run_is_not_put_into_its_place(hub: Hub, models: Models) -> None:
    hub.repositories[BASE]["model.bin"] = b"not a model"

    with pytest.raises(EngineUnavailable, match="cannot be loaded"):
        models.add("base")
    assert left(models) == []


def test_a_full_disk_is_noticed_before_anything_is_fetched(
    hub: Hub, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", almost_full)

    with pytest.raises(EngineUnavailable, match="no room") as error:
        models.add("base")
    assert one_sentence(error.value)
    assert hub.asked.total() == 0
    assert left(models) == []


def test_a_disk_that_fills_up_on_the_way_is_left_as_it_was(
    hub: Hub, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("huggingface_hub.file_download.http_get", fail)

    with pytest.raises(EngineUnavailable, match="no room") as error:
        models.add("base")
    assert one_sentence(error.value)
    assert left(models) == []
    assert hub.asked.total() == 0


def test_a_folder_that_cannot_be_written_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file")

    with pytest.raises(EngineUnavailable, match="cannot be written") as error:
        Models(tmp_path / "models").add(str(MODEL))
    assert one_sentence(error.value)


def test_two_processes_do_not_add_at_once(models: Models) -> None:
    models.folder.mkdir()
    other = os.open(models.folder, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    try:
        with pytest.raises(EngineUnavailable, match="Another process"):
            models.add(str(MODEL))
    finally:
        os.close(other)
    models.add(str(MODEL))


def test_a_folder_is_copied_with_what_it_says_of_itself(models: Models) -> None:
    added = models.add(str(MODEL), name="small-one")

    properties = read_properties(added.folder)
    assert (properties.window, properties.margin_s) == ("dynamic", 0.64)
    assert properties.languages == ("en", "uk", "de")
    assert added.source == str(MODEL)
    assert MODEL.is_dir()


def test_a_folder_in_hugging_faces_format_is_converted(models: Models, tmp_path: Path) -> None:
    write_model(tmp_path / "tuned", Architecture(multilingual=False))

    added = models.add(str(tmp_path / "tuned"), window="dynamic")

    assert (added.name, added.window) == ("tuned", "dynamic")
    assert (tmp_path / "tuned" / "model.safetensors").is_file()


def test_a_name_that_no_model_has_is_refused(models: Models) -> None:
    with pytest.raises(EngineUnavailable, match="enormous") as error:
        models.add("enormous")
    assert one_sentence(error.value)


@pytest.mark.parametrize("name", ["../elsewhere", ".hidden", "a/b", "", "a b"])
def test_a_name_cannot_lead_out_of_the_folder(models: Models, name: str) -> None:
    with pytest.raises(EngineUnavailable):
        models.add(str(MODEL), name=name or " ")
    with pytest.raises(EngineUnavailable):
        models.remove(name)
    with pytest.raises(EngineUnavailable):
        models.check(name)


def test_a_check_finds_what_is_wrong(models: Models) -> None:
    folder = models.add(str(MODEL)).folder
    assert models.check(folder.name).problem == ""
    assert models.check(folder.name).quiet

    (folder / "model.bin").write_bytes(b"nothing")

    assert "model.bin" in models.check(folder.name).problem
    (folder / "tokenizer.json").unlink()
    assert "tokenizer.json" in describe(folder).problem


def test_a_model_that_is_removed_is_gone(models: Models) -> None:
    models.add(str(MODEL), name="one")
    models.add(str(MODEL), name="two")

    models.remove("one")

    assert left(models) == ["two"]
    assert [model.name for model in models.installed()] == ["two"]


async def test_a_name_is_found_in_the_folder_of_models_first(
    models: Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models.add(str(MODEL), name="base")
    (tmp_path / "base").mkdir()
    monkeypatch.chdir(tmp_path)

    assert await find_model("base", models.folder) == models.path("base")
    assert await find_model(str(MODEL), models.folder) == MODEL


async def test_a_name_of_the_catalogue_is_fetched_once(hub: Hub, models: Models) -> None:
    first = await find_model("base", models.folder)
    asked = hub.asked.copy()

    assert await find_model("base", models.folder) == first == models.path("base")
    assert hub.asked == asked


@pytest.mark.parametrize("model", ["./no/such/folder", "somebody/tuned", "enormous"])
async def test_what_is_no_model_is_refused_without_asking_the_hub(hub: Hub, models: Models, model: str) -> None:
    with pytest.raises(EngineUnavailable) as error:
        await find_model(model, models.folder)
    assert one_sentence(error.value)
    assert hub.asked.total() == 0
