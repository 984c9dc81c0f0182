"""From SOURCE arguments to sources."""

import gzip
import os
from pathlib import Path

import polars as pl
import pytest
from reading import read_all, rows, write

from revtui.adapters.sources.columnar import ParquetSource
from revtui.adapters.sources.files import StreamSource, file_source
from revtui.adapters.sources.follow import FollowedFile
from revtui.adapters.sources.formats import Syntax
from revtui.adapters.sources.locate import Wanted, open_sources
from revtui.adapters.sources.mapping import SourceMap, read_map
from revtui.adapters.sources.shape import RowShape
from revtui.core.errors import ConfigError, RevtuiError, SourceError, UsageError
from revtui.core.events import AdmissionPolicy
from revtui.engine.ports import Source

DATA = b"event_id,event_type\n1,login\n"


def simulator(argument: str) -> Source:
    return file_source(
        Path("/dev/null"), RowShape(source=argument, defaults=AdmissionPolicy()), syntax=Syntax.CSV
    )


def locate(*arguments: str, follow: bool = False, mapping: SourceMap | None = None) -> list[Source]:
    wanted = [Wanted(argument=argument, follow=follow, mapping=mapping) for argument in arguments]
    return open_sources(wanted, defaults=AdmissionPolicy(), simulator_factory=simulator)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("b.csv", "a.csv", "c.jsonl"):
        write(tmp_path / name, DATA)
    (tmp_path / "d.csv").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_a_glob_gives_a_source_per_file_ordered_by_name() -> None:
    assert [source.name for source in locate("c.jsonl", "*.csv")] == ["c.jsonl", "a.csv", "b.csv"]


@pytest.mark.usefixtures("folder")
def test_every_kind_of_argument_has_its_source(folder: Path) -> None:
    pl.DataFrame({"event_id": ["1"]}).write_parquet(folder / "e.parquet")
    write(folder / "f.CSV.GZ", gzip.compress(DATA))
    sources = locate("a.csv", "e.parquet", "f.CSV.GZ", "-", "sim:?seed=1")
    assert [type(source) for source in sources] == [
        StreamSource,
        ParquetSource,
        StreamSource,
        StreamSource,
        StreamSource,
    ]
    assert [source.name for source in sources] == ["a.csv", "e.parquet", "f.CSV.GZ", "-", "sim:?seed=1"]
    assert [rows(read_all(source)).height for source in sources[:3]] == [1, 1, 1]
    (live,) = locate("a.csv", follow=True)
    assert isinstance(live, FollowedFile)


def test_a_name_with_glob_characters_that_exists_is_that_file(folder: Path) -> None:
    write(folder / "x[1].csv", DATA)
    assert [source.name for source in locate("x[1].csv")] == ["x[1].csv"]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("argument", "words"),
    [("none.csv", "none.csv: no such file"), ("n*.csv", "matches no file"), ("d.csv", "a folder")],
)
def test_a_finite_source_that_is_not_there_is_an_error_of_the_source(argument: str, words: str) -> None:
    with pytest.raises(SourceError, match=words.replace("*", r"\*")) as raised:
        locate(argument)
    assert (raised.value.exit_code, bool(raised.value.hint)) == (3, True)


@pytest.mark.fault("F32")
@pytest.mark.usefixtures("folder")
def test_a_followed_file_need_not_be_there() -> None:
    assert [source.name for source in locate("none.csv", follow=True)] == ["none.csv"]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("postgresql://host/db?table=raw_events", "not supported in this version"),
        ("kafka://host:9092/topic", "not supported"),
        ("redis://host/0", "not supported"),
        ("x.txt", "not a kind of file"),
        ("", "empty"),
    ],
)
def test_an_argument_that_cannot_be_meant_so_is_an_error_of_usage(
    folder: Path, argument: str, words: str
) -> None:
    write(folder / "x.txt", DATA)
    with pytest.raises(UsageError, match=words) as raised:
        locate(argument)
    assert raised.value.hint


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", ["a.csv.gz", "a.parquet"])
def test_compressed_files_and_parquet_cannot_be_followed(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be followed"):
        locate(name, follow=True)


@pytest.mark.usefixtures("folder")
def test_a_source_named_twice_is_refused() -> None:
    with pytest.raises(UsageError, match=r"a\.csv: named twice"):
        locate("a.csv", "*.csv")


@pytest.mark.fault("S01")
def test_names_of_files_are_made_safe(folder: Path) -> None:
    name = os.fsdecode(b"x\x1b[2J\xff.csv")
    write(folder / name, DATA)
    (source,) = locate(name)
    assert source.name.isprintable()
    assert rows(read_all(source)).height == 1


def test_a_mapping_beside_the_file_is_taken_unless_one_is_given(folder: Path) -> None:
    write(folder / "a.map.toml", 'currency = "GBP"\n[map]\nuser_id = "UPPER(event_type)"\n')
    write(folder / "a.csv.gz", gzip.compress(DATA))
    for name in ("a.csv", "a.csv.gz"):
        (source,) = locate(name)
        assert source.note == "mapping a.map.toml"
        assert source.policy.currency == "GBP"
        assert rows(read_all(source))["user_id"].to_list() == ["LOGIN"]
    (given,) = locate("a.csv", mapping=read_map({}, origin="other.toml"))
    assert (given.note, given.policy.currency) == ("mapping other.toml", "USD")
    assert locate("b.csv")[0].note == ""


def test_a_bad_mapping_is_refused_before_anything_is_read(folder: Path) -> None:
    write(folder / "a.map.toml", '[map]\namount = "SUM(x)"\nevent_ts = "CAST(x AS TIMESTAMP)"\n')
    with pytest.raises(ConfigError, match=r"a.map.toml: map.amount"):
        locate("a.csv")
    write(folder / "a.map.toml", '[map]\nevent_ts = "CAST(x AS TIMESTAMP)"\n')
    with pytest.raises(ConfigError, match=r"map.event_ts: a time needs its format"):
        locate("a.csv")


def test_no_argument_gives_no_source() -> None:
    assert locate() == []


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("argument", "status", "words"),
    [
        ("x/**.csv", 2, "not a pattern"),
        ("~nosuchuser/x.csv", 3, "no such user"),
        ("a" * 300 + "/*.csv", 3, "cannot be reached"),
        ("a" * 300 + "*.csv", 3, "cannot be reached"),
        ("a" * 300 + ".csv", 3, "cannot be reached"),
    ],
)
@pytest.mark.parametrize("follow", [False, True])
def test_paths_that_no_system_has_are_refused_like_all_others(
    argument: str, status: int, words: str, *, follow: bool
) -> None:
    if follow and argument.endswith("a.csv"):
        return  # waited for, and found missing when it is read
    with pytest.raises(RevtuiError, match=words) as raised:
        locate(argument, follow=follow)
    assert raised.value.exit_code == status
    assert len(raised.value.message) < 400


@pytest.mark.usefixtures("folder")
def test_a_file_whose_mapping_would_have_too_long_a_name_has_none(folder: Path) -> None:
    name = "n" * 250 + ".csv"
    write(folder / name, DATA)
    assert locate(name)[0].note == ""
