import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from factories import SCENES, Scene, incident, unruled
from revtui.export.snapshot_csv import to_csv
from revtui.export.snapshot_json import to_json
from revtui.export.snapshot_md import to_markdown
from revtui.views.overview import build

DOCS = Path(__file__).parents[2] / "docs" / "snapshot-json.md"
FREE = {"quarantine_reasons", "rules[].per_gateway", "windows[]", "provisional[]"}
"""Objects whose keys are names, or documented elsewhere."""


def json_of(made: Scene) -> dict[str, Any]:
    view = build(made.snapshot, now=made.now, alerts=made.alerts)
    parsed: dict[str, Any] = json.loads(to_json(made.snapshot, view, made.alerts), parse_constant=pytest.fail)
    return parsed


def markdown_of(made: Scene) -> str:
    return to_markdown(made.snapshot, build(made.snapshot, now=made.now, alerts=made.alerts), made.alerts)


def paths(value: object, path: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            name = "*" if path in FREE else key
            yield from paths(item, f"{path}.{name}" if path else name)
        if path in {"rules[].per_gateway", "quarantine_reasons"} and not value:
            return
    elif isinstance(value, list):
        for item in value:
            yield from paths(item, f"{path}[]")
    else:
        yield path


def test_the_documented_fields_are_the_fields_written() -> None:
    documented = re.findall(r"^\| `([^`]+)` \|", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    written = {path for make in SCENES.values() for path in paths(json_of(make()))}
    unseen = {
        "rules[].per_gateway.*.warn",
        "rules[].per_gateway.*.crit",
    }  # no scene has levels for single gateways
    assert sorted(documented) == sorted(written | unseen)


def test_levels_of_single_gateways_are_written() -> None:
    from dataclasses import replace

    from revtui.core.rules import Levels

    made = incident()
    rules = tuple(
        replace(rule, per_gateway={"stripe": Levels(warn=0.5)}) for rule in made.snapshot.rules[1:2]
    )
    parsed = json_of(replace(made, snapshot=replace(made.snapshot, rules=rules)))
    assert parsed["rules"][0]["per_gateway"] == {"stripe": {"warn": 0.5, "crit": None}}


@pytest.mark.fault("F48")
@pytest.mark.parametrize("name", SCENES)
def test_every_scene_is_strict_json(name: str) -> None:
    parsed = json_of(SCENES[name]())
    assert parsed["schema"] == 1
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", parsed["taken_at"])


def test_the_json_snapshot_tells_the_incident_exactly() -> None:
    parsed = json_of(incident())
    assert parsed["severity"] == "CRIT"
    assert parsed["verdict"].startswith("stripe: 41 of 52 payments fail")
    assert [window["gateway_name"] for window in parsed["windows"]] == [
        "*",
        "adyen",
        "kafka-pay",
        "paypal",
        "stripe",
    ]
    assert parsed["windows"][-1]["revenue"] == "867.90"
    (alert,) = parsed["alerts"]
    assert (alert["gateway_name"], alert["state"], alert["began_at"]) == (
        "stripe",
        "firing",
        "2026-03-05T12:38:00Z",
    )
    assert parsed["accounting"]["read"] == parsed["accounting"]["counted"]
    assert parsed["window"] == {
        "length": "5m",
        "hop": "1m",
        "bound": "1m",
        "lateness": "15m",
        "shown": "5m",
    }


def test_a_silence_is_stale_and_unknown_in_every_field() -> None:
    parsed = json_of(SCENES["silent"]())
    assert (parsed["severity"], parsed["stale"]) == ("UNKNOWN", True)
    assert parsed["verdict"].startswith("No events for 4 min")
    assert {card["severity"] for card in parsed["cards"]} == {"UNKNOWN"}
    assert json_of(incident())["stale"] is False


def test_simulated_data_say_so_in_json_and_markdown() -> None:
    made = SCENES["simulated"]()
    assert json_of(made)["simulated"] is True
    assert "SIMULATED" in markdown_of(made).splitlines()[0]


def test_a_card_that_no_rule_judges_has_no_severity() -> None:
    assert {card["severity"] for card in json_of(unruled())["cards"]} == {None}


def test_before_the_first_event_json_says_null() -> None:
    parsed = json_of(SCENES["no_data"]())
    assert (parsed["newest_event"], parsed["watermark"], parsed["windows"], parsed["provisional"]) == (
        None,
        None,
        [],
        [],
    )
    assert parsed["cards"][0]["value"] == "no data"


def test_the_csv_snapshot_is_the_newest_window() -> None:
    lines = to_csv(incident().snapshot).splitlines()
    assert len(lines) == 6
    assert lines[1].startswith("2026-03-05T12:35:00Z,2026-03-05T12:40:00Z,*,")
    assert len(to_csv(SCENES["no_data"]().snapshot).splitlines()) == 1


def test_the_business_days_are_written_exactly() -> None:
    made = SCENES["hour"]()
    days = json_of(made)["days"]
    assert [one["date"] for one in days] == ["2026-03-04", "2026-03-05"]
    assert [one["complete"] for one in days] == [True, False]
    newest = days[1]
    assert (newest["day_start"], newest["day_end"]) == ("2026-03-04T23:00:00Z", "2026-03-05T23:00:00Z")
    assert (newest["gateway_name"], newest["revenue"], newest["refunds"]) == ("*", "4040112.17", "11150.50")
    assert newest["payment_fail_rate"] == pytest.approx(3377 / 54_581)
    assert newest["avg_latency_ms"] is None
    page = markdown_of(made)
    assert "Business days, Europe/Berlin:" in page
    assert "| Thu 2026-03-05 | 51,204 | 3,377 | $4,040,112.17 |" in page


def test_the_length_that_is_shown_is_written_beside_the_configured_one() -> None:
    written = json_of(SCENES["hour"]())
    assert (written["window"]["length"], written["window"]["shown"]) == ("5m", "1h")
    assert written["windows"][0]["window_start"] == "2026-03-05T12:35:00Z", (
        "the exact data stay as configured"
    )
    assert json_of(incident())["window"]["shown"] == "5m"


def test_the_markdown_page_has_verdict_tables_and_alerts() -> None:
    text = markdown_of(incident())
    assert text.startswith("# revtui LIVE 12:41:07Z\n\n**CRIT** stripe: 41 of 52 payments fail")
    assert "| stripe | ■ CRIT | $867.90 | 78.8 % | 905 ms | 52 | 170 |" in text
    assert "| 2026-03-05T12:39:00Z | ■ CRIT | fail\\_rate | stripe |" in text


@pytest.mark.fault("S02")
@pytest.mark.parametrize("name", SCENES)
def test_no_name_breaks_a_markdown_table(name: str) -> None:
    columns = None
    for line in markdown_of(SCENES[name]()).splitlines():
        if not line.startswith("|"):
            columns = None
            continue
        count = len(re.findall(r"(?<!\\)\|", line))
        columns = columns or count
        assert count == columns
        assert not re.search(r"(?<!\\)[<\[]", line)


def test_the_sales_at_stake_are_a_number_for_scripts_too() -> None:
    parsed = json_of(incident())
    (breach,) = [verdict for verdict in parsed["verdicts"] if verdict["severity"] == "CRIT"]
    assert breach["sales_at_stake_per_min"] == "523.90"  # (41 - 15 % of 52) x $78.90 / 5 min
    assert "about $524/min of sales at stake" in parsed["verdict"]
    assert {v["sales_at_stake_per_min"] for v in parsed["verdicts"] if v is not breach} == {None}
