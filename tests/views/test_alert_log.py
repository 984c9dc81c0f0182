import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from factories import HOSTILE_NAMES, MINUTE, NOON, NOW, SCENES, SECOND, Scene, incident, recovering
from golden import assert_golden
from revtui.core.alerts import Phase, Transition
from revtui.core.contracts import contracts
from revtui.core.incidents import alert_id
from revtui.core.severity import Severity
from revtui.core.text import sanitise
from revtui.views.alerts import DateSeparator, alert_detail, alert_line, with_dates
from revtui.views.ledger import AlertLedger, fold
from revtui.views.model import AlertRow
from revtui.views.palette import Role

GOLDEN = Path(__file__).parent / "golden"
STEPS = {
    "P": (Phase.INACTIVE, Phase.PENDING, Severity.INFO),
    "F": (Phase.PENDING, Phase.FIRING, Severity.WARN),
    "C": (Phase.FIRING, Phase.FIRING, Severity.CRIT),
    "R": (Phase.FIRING, Phase.RECOVERING, Severity.CRIT),
    "A": (Phase.RECOVERING, Phase.FIRING, Severity.CRIT),
    "E": (Phase.RECOVERING, Phase.RESOLVED, Severity.CRIT),
    "O": (Phase.PENDING, Phase.INACTIVE, Severity.INFO),
}


def transition(
    seq: int, letter: str, *, gateway: str = "stripe", began_at: int = NOON, **changes: object
) -> Transition:
    from_, to, severity = STEPS[letter]
    made = Transition(
        seq=seq,
        at=NOON + seq * MINUTE,
        rule="fail_rate",
        kind="contract",
        gateway_name=gateway,
        from_=from_,
        to=to,
        severity=severity,
        value=0.412,
        expected=0.3,
        n=52,
        z=None,
        money_at_risk=None,
        began_at=began_at,
        incident_id="ab12cd34",
        muted_by=None,
        clock=False,
        reason="payment fail rate 41.2 % > 30 % (21 of 52 attempts)",
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # the names are those of fields


def told(letters: str) -> tuple[Transition, ...]:
    return tuple(transition(seq, letter) for seq, letter in enumerate(letters, 1))


def rows_of(transitions: tuple[Transition, ...], now: int = NOW) -> tuple[AlertRow, ...]:
    return fold(transitions, now=now, source="sim:42", rules=contracts())


@pytest.mark.parametrize(
    ("letters", "state", "severity", "count"),
    [
        ("P", "pending", Severity.INFO, 0),
        ("PF", "firing", Severity.WARN, 1),
        ("PFC", "firing", Severity.CRIT, 1),
        ("PFCR", "recovering", Severity.CRIT, 1),
        ("PFCRA", "firing", Severity.CRIT, 2),
        ("PFCRE", "resolved", Severity.CRIT, 1),
    ],
)
def test_transitions_fold_into_one_row(letters: str, state: str, severity: Severity, count: int) -> None:
    (row,) = rows_of(told(letters))
    assert (row.state, row.sev, row.count) == (state, severity, count)
    assert (row.kpi, row.gateway, row.source, row.value_text) == ("fail_rate", "stripe", "sim:42", "41.2 %")
    assert row.at == NOON + len(letters) * MINUTE
    assert row.id == alert_id("fail_rate", "stripe", NOON)


def test_a_breach_that_was_over_before_it_fired_leaves_no_row() -> None:
    assert rows_of(told("PO")) == ()


def test_an_open_alert_lasts_until_now_and_an_ended_one_until_its_end() -> None:
    assert rows_of(told("PF"), now=NOON + 9 * MINUTE)[0].dur == 9 * MINUTE
    ended = rows_of(told("PFRE"), now=NOON + 90 * MINUTE)[0]
    assert (ended.dur, ended.ended_at) == (4 * MINUTE, NOON + 4 * MINUTE)


def test_the_newest_transition_comes_last_also_of_an_old_alert() -> None:
    log = (
        transition(1, "F", gateway="adyen"),
        transition(2, "F", gateway="stripe"),
        transition(3, "F", gateway="paypal"),
        transition(4, "R", gateway="adyen"),
    )
    assert [row.gateway for row in rows_of(log)] == ["stripe", "paypal", "adyen"]


def test_a_new_breach_of_the_same_rule_is_a_row_of_its_own() -> None:
    log = (*told("PFRE"), transition(5, "F", began_at=NOON + 40 * MINUTE))
    assert [row.state for row in rows_of(log)] == ["resolved", "firing"]
    assert len({row.id for row in rows_of(log)}) == 2


def test_silenced_and_acknowledged_are_told_apart() -> None:
    (row,) = rows_of((transition(1, "F", muted_by="silenced"),))
    assert (row.silenced, row.acked) == (True, False)
    made = incident()
    alerts = tuple(replace(alert, acknowledged_by="mj") for alert in made.snapshot.alerts)
    log = AlertLedger(source="x", rules=made.snapshot.rules)
    log.add(made.transitions)
    (row,) = log.rows(NOW, alerts)
    assert (row.acked, row.ack_by) == (True, "mj")
    (row,) = log.rows(NOW, made.snapshot.alerts)
    assert not row.acked, "an acknowledgement expires"


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from("PFCRAEO"), st.sampled_from(["a", "b"]), st.integers(0, 2)), max_size=25
    ),
    st.lists(st.integers(1, 5), max_size=10),
)
def test_a_ledger_fed_bit_by_bit_holds_the_same_as_one_fed_at_once(
    moves: list[tuple[str, str, int]], cuts: list[int]
) -> None:
    log = tuple(
        transition(seq, letter, gateway=gateway, began_at=NOON + began * MINUTE)
        for seq, (letter, gateway, began) in enumerate(moves, 1)
    )
    ledger, rest = AlertLedger(source="sim:42", rules=contracts()), iter(log)
    for cut in [*cuts, len(log)]:
        ledger.add(itertools.islice(rest, cut))
        ledger.add(log[: ledger.cursor])  # what was told already changes nothing
    assert ledger.rows(NOW) == rows_of(log)


def test_adding_says_which_rows_changed() -> None:
    ledger = AlertLedger(rules=contracts())
    assert [row.state for row in ledger.add(told("PF"))] == ["firing"]
    assert ledger.add(told("PF")) == ()
    assert [row.gateway for row in ledger.add([transition(3, "F", gateway="adyen")])] == ["adyen"]
    assert ledger.cursor == 3
    assert len(ledger) == 2


def test_one_more_transition_leaves_the_rows_of_other_alerts_as_they_are() -> None:
    ended = [transition(seq, "E", began_at=NOON + seq) for seq in range(1, 1_001)]
    ledger = AlertLedger(rules=contracts())
    ledger.add(ended)
    before = ledger.rows(NOW)
    ledger.add([transition(1_001, "F", gateway="adyen")])
    *others, newest = ledger.rows(NOW)
    assert newest.gateway == "adyen"
    assert len(others) == len(before) == 1_000
    assert all(row is old for row, old in zip(others, before, strict=True))


def _now(made: Scene, **fields: Any) -> tuple[AlertRow, Scene]:
    """The row of the one alert of a scene, when the newest snapshot knows something else of it."""
    alerts = tuple(replace(alert, **fields) for alert in made.snapshot.alerts)
    made = replace(made, snapshot=replace(made.snapshot, alerts=alerts))
    (row,) = made.alerts
    return row, made


def test_an_open_alert_shows_the_value_of_now_and_its_detail_keeps_the_moments_apart() -> None:
    reason = "payment fail rate 44.0 % > 30 % (33 of 75 attempts)"
    row, made = _now(incident(), value=0.44, n=75, peak=0.91, reason=reason)
    assert (row.value, row.value_text, row.text) == (0.44, "44.0 %", reason)
    assert "44.0 %" in "".join(text for text, _role in alert_line(row, 80, NOW))
    detail = dict(alert_detail(row, made.snapshot))
    assert detail["reason"] == reason
    assert detail["now"] == "44.0 % of 75 attempts"
    assert detail["worst"] == "91.0 %"
    assert detail["at firing"] == "78.8 % of 52 attempts, 2026-03-05 12:39:00Z"
    assert "volume" not in detail


def test_a_firing_alert_that_is_hardly_back_within_its_level_does_not_show_the_old_breach() -> None:
    row, _made = _now(incident(), value=0.29, n=80, threshold=0.30)
    assert row.text == "payment fail rate 29.0 %, hardly back within its level"
    row, _made = _now(recovering(), value=0.05, n=80)
    assert row.text == "recovering: payment fail rate 5.0 %"


def test_a_snapshot_older_than_the_newest_transition_does_not_take_its_value_back() -> None:
    row, _made = _now(incident(), value=0.2, phase=Phase.PENDING)
    assert row.value_text == "78.8 %"


@pytest.mark.parametrize("phase", [Phase.PENDING, Phase.FIRING])
def test_an_alert_that_cannot_be_judged_any_more_says_so_first(phase: Phase) -> None:
    made = incident()
    log = tuple(one for one in made.transitions if phase is Phase.FIRING or one.to is Phase.PENDING)
    row, _made = _now(replace(made, transitions=log), phase=phase, unknown_since=NOON + 33 * MINUTE)
    assert row.text.startswith("no data since 12:33Z; payment fail rate 78.8 %")
    for width in (60, 80, 140):
        text = "".join(text for text, _role in alert_line(row, width, NOW))
        assert "since 12:33Z" in text
        assert "no da" in text
    assert dict(alert_detail(row, made.snapshot))["no data"].startswith("since 2026-03-05 12:33:00Z")


def test_a_narrow_line_has_the_numbers_before_the_words() -> None:
    (row,) = incident().alerts
    assert "78.8 % > 30 % (41 of 52" in "".join(text for text, _role in alert_line(row, 76, NOW))
    assert "payment fail rate 78.8 %" in "".join(text for text, _role in alert_line(row, 120, NOW))
    ended = replace(
        row,
        state="resolved",
        ended_at=NOW,
        text="resolved after 43m: payment fail rate 5.0 %, at worst 78.8 %",
    )
    assert "after 43m: 5.0 %, at worst 78." in "".join(text for text, _role in alert_line(ended, 76, NOW))


def test_only_so_many_alerts_are_kept_and_the_oldest_that_are_over_go_first() -> None:
    ledger = AlertLedger(rules=contracts(), most=10)
    ledger.add([transition(1, "F", gateway="open")])
    for seq in range(2, 31):
        ledger.add([transition(seq, "E", gateway=f"g{seq}", began_at=NOON + seq)])
    rows = ledger.rows(NOW)
    assert [row.gateway for row in rows] == ["open", *(f"g{seq}" for seq in range(22, 31))]
    assert (len(ledger), ledger.dropped) == (10, 20)
    ledger.add([transition(40, "E", gateway="after a gap", began_at=NOON + 40)])
    assert ledger.dropped == 20 + 9 + 1


def _marks(log: tuple[Transition, ...], now: int) -> list[str]:
    return [
        entry.text if isinstance(entry, DateSeparator) else entry.gateway
        for entry in with_dates(rows_of(log), now)
    ]


def test_days_are_separated_unless_all_is_of_today() -> None:
    late = NOON + 11 * 60 * MINUTE + 30 * MINUTE
    log = (transition(1, "F", gateway="a", at=late), transition(2, "F", gateway="b", at=late + 45 * MINUTE))
    both = ["Thu 2026-03-05", "a", "Fri 2026-03-06", "b"]
    assert _marks(log, late + 60 * MINUTE) == both
    assert _marks(log[:1], late) == ["a"]
    assert _marks(log[:1], late + 60 * MINUTE) == ["Thu 2026-03-05", "a"], "yesterday's alert is not today's"
    assert _marks((), late) == []


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 160])
def test_the_log_reads_as_approved(width: int) -> None:
    rows = [row for name in ("incident", "outage", "recovering") for row in SCENES[name]().alerts]
    rows.append(replace(rows[0], acked=True, ack_by="mj", count=1204))
    rows.append(replace(rows[0], silenced=True))
    rows.append(replace(rows[0], state="resolved", ended_at=NOW))
    lines = ["".join(text for text, _role in alert_line(row, width, NOW)) for row in rows]
    assert {cell_len(line) for line in lines} == {width}
    assert_golden(GOLDEN / f"alerts_{width}.txt", "\n".join(lines) + "\n")


@settings(max_examples=150)
@given(
    st.integers(0, 200),
    st.text(max_size=20) | st.sampled_from(HOSTILE_NAMES),
    st.text(max_size=80) | st.sampled_from(HOSTILE_NAMES),
    st.booleans(),
)
def test_a_line_has_exactly_the_width_asked_for(width: int, gateway: str, reason: str, plain: bool) -> None:
    row = replace(rows_of(told("PF"))[0], gateway=gateway, text=reason, acked=plain, ack_by=gateway)
    line = alert_line(row, width, NOW, ascii=plain)
    assert sum(cell_len(text) for text, _role in line) == width
    text = "".join(text for text, _role in line)
    assert sanitise(text) == text
    assert text.isascii() or not plain


def test_severity_is_a_glyph_and_a_word_in_its_own_role() -> None:
    (row,) = rows_of(told("PFC"))
    assert alert_line(row, 80, NOW)[0] == ("■ CRIT", Role.CRIT)
    assert alert_line(row, 80, NOW, ascii=True)[0] == ("X CRIT", Role.CRIT)
    (row,) = rows_of(told("PFCRE"))
    assert alert_line(row, 80, NOW)[0] == ("■ CRIT", Role.DIM)


def test_the_detail_tells_rule_levels_peak_and_times() -> None:
    made = incident()
    detail = dict(alert_detail(made.alerts[0], made.snapshot))
    assert detail["what"] == "fail_rate of stripe"
    assert detail["rule"] == "fail_rate: WARN > 15 %, CRIT > 30 %, needs 20 attempts, held for 1m"
    assert detail["worst"] == "78.8 %"
    assert detail["now"] == "78.8 % of 52 attempts"
    assert detail["at firing"] == "78.8 % of 52 attempts, 2026-03-05 12:39:00Z"
    assert detail["began"] == "2026-03-05 12:38:00Z"
    assert detail["ended"] == "–"
    assert detail["fired"] == "once"
    assert detail["formula"] == "payment_failed / (purchases + payment_failed)"


def test_the_detail_of_an_alert_that_is_history_still_tells_what_the_log_knows() -> None:
    made = recovering()
    row = replace(made.alerts[0], rule="gone", kpi="gone", began_at=NOON - 999 * SECOND, id="ffffffff")
    detail = dict(alert_detail(row, made.snapshot))
    assert detail["rule"] == "gone"
    assert "worst" not in detail


def test_the_detail_shows_hostile_names_harmlessly() -> None:
    made = SCENES["hostile_names"]()
    for row in made.alerts:
        assert all(sanitise(value) == value for _label, value in alert_detail(row, made.snapshot))
