"""What is said of a source, in which place it is said, and what goes before what."""

import json
from pathlib import Path

import pytest

from black_box import inside
from revtui.adapters.sources.follow import FollowedFile
from revtui.cli.build import configured_maps, load_configuration, plan
from revtui.cli.main import run
from revtui.cli.options import Evaluation
from revtui.core.errors import ConfigError
from revtui.core.events import AdmissionPolicy
from revtui.core.times import parse_instant
from revtui.engine.monitor import Monitor
from revtui.engine.snapshot import SourceState, SourceStatus

NOW = parse_instant("2026-03-05T09:05Z", now=0)

EVENTS = "event_ts,event_type,amount,shop\n2026-03-05T09:00:10,purchase,12.50,a\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", "/nonexistent")
    (tmp_path / "sales.csv").write_text(EVENTS)
    return tmp_path


def policy(*arguments: str, evaluation: Evaluation | None = None) -> tuple[AdmissionPolicy, str]:
    """How the fields of the one source are read, and its note."""
    chosen = evaluation or Evaluation()
    (source,) = plan(arguments, chosen, load_configuration(chosen)).sources
    source.close()
    return source.policy, source.note


def configure(text: str) -> None:
    Path("revtui.toml").write_text(f'[[source]]\nurl = "sales.csv"\n{text}')


def test_a_typed_flag_goes_before_the_table_also_when_the_table_says_other_things() -> None:
    configure('currency = "GBP"\n')
    found, _ = policy(evaluation=Evaluation(timezone="Europe/Berlin"))
    assert (found.timezone, found.currency) == ("Europe/Berlin", "GBP")
    configure('currency = "GBP"\ntimezone = "Europe/London"\n')
    assert policy(evaluation=Evaluation(timezone="Europe/Berlin"))[0].timezone == "Europe/Berlin"


def test_a_table_that_maps_nothing_leaves_the_mapping_beside_the_file() -> None:
    Path("sales.map.toml").write_text(
        'timezone = "Europe/London"\ncurrency = "GBP"\n[map]\nuser_id = "shop"\n'
    )
    configure('epoch_unit = "ms"\n')
    found, note = policy()
    assert (found.timezone, found.currency, found.epoch_unit) == ("Europe/London", "GBP", "ms")
    assert note == "mapping sales.map.toml"


def test_each_place_goes_before_the_one_below_it() -> None:
    Path("revtui.toml").write_text('[business]\ncurrency = "USD"\n')
    assert policy("sales.csv")[0].currency == "USD"
    Path("sales.map.toml").write_text('currency = "GBP"\n')
    assert policy("sales.csv")[0].currency == "GBP"
    configure('currency = "EUR"\n[business]\ncurrency = "USD"\n')
    assert policy()[0].currency == "EUR"
    assert policy("sales.csv")[0].currency == "GBP"  # the table speaks of its own source only
    Path("typed.toml").write_text('currency = "CHF"\n')
    assert policy(evaluation=Evaluation(map="typed.toml"))[0].currency == "CHF"


def test_a_currency_wished_for_the_report_does_not_relabel_the_money_of_a_source() -> None:
    for evaluation in (Evaluation(currency="EUR"), Evaluation()):
        configure('currency = "GBP"\n')
        assert policy(evaluation=evaluation)[0].currency == "GBP"
    assert policy("sales.csv", evaluation=Evaluation(currency="EUR"))[0].currency == "EUR"


def test_a_mapping_in_the_table_stands_for_the_one_beside_the_file() -> None:
    Path("sales.map.toml").write_text('currency = "GBP"\n')
    configure('[source.map]\nuser_id = "shop"\n')
    found, note = policy()
    assert (found.currency, note) == ("USD", "mapping revtui.toml")


@pytest.mark.parametrize("sql", ["SUM(amount)", "amount +", "SELECT 1"])
def test_an_expression_of_the_configuration_that_cannot_be_used_is_named_with_its_file(
    sql: str, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(f'[source.map]\namount = "{sql}"\n')
    with pytest.raises(ConfigError, match=r"revtui\.toml: source\[0\]\.map\.amount: "):
        configured_maps(load_configuration(Evaluation()))
    for arguments in (["config", "check"], ["snapshot"]):
        assert run(arguments) == 2
        assert "source[0].map.amount" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("breakdown", "said"),
    [("country", True), ("currency", True), ("shop", False), ("gateway_name", False)],
)
def test_a_breakdown_that_no_event_has_is_said_of_the_source(
    breakdown: str, *, said: bool, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setenv("REVTUI_BUSINESS__BREAKDOWN", breakdown)
    Path("sales.jsonl").write_text('{"event_ts":"2026-03-05T09:00:10","event_type":"login","shop":"a"}\n')
    for name in ("sales.csv", "sales.jsonl"):
        told = f"no event has {breakdown} to break down by"
        assert ((told in inside(capsysbinary, "windows", name).err) is said, name) == (True, name)
        assert (told in inside(capsysbinary, "watch", name).err) is said
        snapshot = json.loads(inside(capsysbinary, "snapshot", name, "--format", "json").text)
        assert (told in snapshot["sources"][0]["detail"]) is said


def test_the_simulator_is_broken_down_like_any_source(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setenv("REVTUI_BUSINESS__BREAKDOWN", "status")
    outcome = inside(capsysbinary, "windows", "sim:?duration=2m")
    assert {line.split(",")[2] for line in outcome.text.splitlines()[1:]} == {"*", "fail", "success"}


def test_a_gap_in_a_followed_file_is_seen_while_the_source_is_connected(folder: Path) -> None:
    chosen = Evaluation()
    planned = plan(("sales.csv",), chosen, load_configuration(chosen), follow=True)
    (source,) = planned.sources
    assert isinstance(source, FollowedFile)
    source._rotate_wait_s = 0
    monitor = Monitor(planned.sources, planned.settings, now=NOW)

    def take() -> SourceStatus:
        for _ in range(6):
            reading = monitor.intakes[0].read(NOW)
            assert reading is not None
            monitor.receive(0, reading, now=NOW)
            monitor.settle(now=NOW)
        return monitor.snapshot(now=NOW).sources[0]

    assert (take().state, take().detail) == (SourceState.CONNECTED, "")
    for number in (1, 2):  # rotated twice, and nothing kept
        (folder / "sales.csv").unlink()
        (folder / "sales.csv").write_text(EVENTS.replace("09:00", f"09:0{number}"))
    seen = take()
    assert seen.state is SourceState.CONNECTED
    assert seen.detail.startswith("gap (1): ")
    source.close()
