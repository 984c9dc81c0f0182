"""Alerts: the life cycle drawn as strips, its laws as properties, and the book that numbers it all.

A strip has one character per pane of a minute. Verdicts above, phases below:

    . good   - in the hysteresis zone   w WARN   x CRIT   ? no data
    . inactive   p pending   f firing at WARN   F firing at CRIT   r recovering   d resolved ("done")
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from revtui.core.alertbook import AlertBook
from revtui.core.alerts import Alert, AlertPolicy, Phase, Transition, acknowledge, kind_of, step
from revtui.core.contracts import classic, contracts
from revtui.core.incidents import incident_id
from revtui.core.rules import Comparison, Judgement, Levels, Rule, Verdict, judge, judge_clock, unknown
from revtui.core.severity import Severity

MINUTE = 60_000_000
POLICY = AlertPolicy()
VALUES = {".": 0.05, "-": 0.095, "w": 0.2, "x": 0.4}
LEGAL = {
    ("inactive", "pending"), ("pending", "inactive"), ("pending", "firing"), ("firing", "firing"),
    ("firing", "recovering"), ("recovering", "firing"), ("recovering", "resolved"), ("resolved", "firing"),
}  # fmt: skip


def a_rule(*, for_: int = 0, keep: int = 5, name: str = "fail_rate", kpi: str = "fail_rate") -> Rule:
    """Above 10 % WARN, above 30 % CRIT, clears below 9 %; `for_` and `keep` in minutes."""
    return Rule(
        name=name,
        kpi=kpi,
        comparison=Comparison.ABOVE,
        levels=Levels(warn=0.1, crit=0.3),
        for_=for_ * MINUTE,
        clear_ratio=0.9,
        keep_firing_for=keep * MINUTE,
    )


def verdict(mark: str, rule: Rule, gateway: str = "*") -> Verdict:
    if mark == "?":
        return unknown(rule, gateway)
    row = {
        "gateway_name": gateway,
        "events_count": 100,
        "payment_fail_rate": VALUES[mark],
        "attempts_count": 100,
    }
    return judge(row, [rule], currency_exponent=2).verdicts[0]


def judgement(marks: Iterable[tuple[str, Rule, str]]) -> Judgement:
    return Judgement(
        verdicts=[verdict(*mark) for mark in marks], severity=Severity.OK, sla_breach=False, reason=""
    )


def letter(alert: Alert) -> str:
    if alert.phase is Phase.FIRING:
        return "F" if alert.severity is Severity.CRIT else "f"
    return {"inactive": ".", "pending": "p", "recovering": "r", "resolved": "d"}[alert.phase]


def run(strip: str, rule: Rule) -> tuple[str, list[Transition], Alert]:
    """Feed a strip of verdicts: the strip of phases, the transitions, and the last state."""
    alert = Alert(rule=rule.name, kind=kind_of(rule), gateway_name="*")
    phases = ""
    transitions: list[Transition] = []
    for minute, mark in enumerate(strip, 1):
        alert, drafts = step(alert, verdict(mark, rule), at=minute * MINUTE, rule=rule, policy=POLICY)
        phases += letter(alert)
        transitions += drafts
    return phases, transitions, alert


def notices(transitions: Sequence[Transition]) -> str:
    """What a person is told: `!` it fires (or got worse), `.` it resolved; muted ones left out."""
    told, fired = "", Severity.OK
    for each in transitions:
        if each.to is Phase.FIRING and each.from_ is not Phase.RECOVERING and each.severity > fired:
            told += "" if each.muted_by else "!"
        if each.to is Phase.RESOLVED:
            told += "" if each.muted_by else "."
        fired = each.severity if each.to in {Phase.FIRING, Phase.RECOVERING} else Severity.OK
    return told


@pytest.mark.parametrize(
    ("for_", "keep", "verdicts", "phases"),
    [
        # fires at once when it need not hold, and resolves when it has been good for five minutes
        (0, 5, "..www......",
               "..fffrrrrrd"),
        # held for two minutes first
        (2, 5, "..wwww.......",
               "..ppffrrrrrdd"),
        # not held: it never fired
        (2, 5, "..ww..",
               "..pp.."),
        # the zone between the two levels neither starts nor ends anything
        (0, 2, "--w---..-...",
               "..ffffrrrrrd"),
        # breach again while recovering
        (0, 5, "w...w......",
               "frrrfrrrrrd"),
        # breach again just after: the same incident, without a new pending
        (2, 2, "www......w...",
               "ppfrrddddfrrd"),
        # breach again sixteen minutes after: a new one
        (0, 1, "w..................w",
               "frdddddddddddddddd.f"),
        # worse at once
        (0, 5, "wwxx",
               "ffFF"),
        # milder only when it has been so for five minutes
        (0, 5, "xwwwwwww",
               "FFFFFFff"),
        (0, 5, "xwwwxwwwwww",
               "FFFFFFFFFFf"),
        # fires at the severity it has when it has held
        (2, 5, "wwx",
               "ppF"),
        # never resolves on no data, however long
        (0, 5, "w????????????????????????",
               "fffffffffffffffffffffffff"),
        (0, 5, "w.??????????????????.....",
               "frrrrrrrrrrrrrrrrrrrddddd"),
        # no data is no breach either
        (0, 5, "????", "...."),
        # timers run on for ten minutes without data, then stand still: 1 + 10 of 13 held
        (13, 5, "w" + "?" * 30 + "www",
                "p" * 33 + "f"),
        (13, 5, "w" + "?" * 30 + "ww.",
                "p" * 33 + "."),
    ],
)  # fmt: skip
def test_the_life_of_an_alert_is_as_drawn(for_: int, keep: int, verdicts: str, phases: str) -> None:
    assert run(verdicts, a_rule(for_=for_, keep=keep))[0] == phases


def test_the_table_of_arrows_is_walked_in_order() -> None:
    _, transitions, _ = run("..wwxx.w......", a_rule(for_=1))
    assert [(t.at // MINUTE, t.from_.value, t.to.value, t.severity.name) for t in transitions] == [
        (3, "inactive", "pending", "INFO"),
        (4, "pending", "firing", "WARN"),
        (5, "firing", "firing", "CRIT"),
        (7, "firing", "recovering", "CRIT"),
        (8, "recovering", "firing", "CRIT"),
        (9, "firing", "recovering", "CRIT"),
        (14, "recovering", "resolved", "CRIT"),
    ]
    assert {t.began_at // MINUTE for t in transitions} == {3}
    assert {t.incident_id for t in transitions} == {incident_id("contract", "*", 3 * MINUTE)}


def test_transitions_carry_their_evidence() -> None:
    _, transitions, alert = run("w......", a_rule())
    fired, resolved = transitions[1], transitions[-1]
    assert (fired.value, fired.expected, fired.n) == (0.2, 0.1, 100)
    assert fired.reason == "payment fail rate 20.0 % > 10 % (20 of 100 attempts)"
    assert resolved.reason == "resolved after 6m: payment fail rate 5.0 %, at worst 20.0 %"
    assert (alert.peak, alert.value, alert.last_breach_at) == (0.2, 0.05, MINUTE)


def test_an_alert_that_did_not_hold_says_so_at_the_severity_of_pending() -> None:
    _, transitions, _ = run("w.", a_rule(for_=2))
    assert (transitions[-1].to, transitions[-1].severity) == (Phase.INACTIVE, Severity.INFO)
    assert transitions[-1].reason == "over before it had held for 2m: payment fail rate 5.0 %"


@pytest.mark.fault("F77")
def test_a_square_wave_faster_than_keep_firing_for_gives_one_notice() -> None:
    phases, transitions, _ = run("w.." * 20 + "....", a_rule())
    assert phases.count("d") == 1
    assert notices(transitions) == "!."
    assert [t.to for t in transitions].count(Phase.PENDING) == 1


@pytest.mark.fault("F77")
def test_a_flapping_alert_goes_quiet_after_four_cycles_in_an_hour_but_not_about_getting_worse() -> None:
    cycle = "w" + "." * 6
    _, transitions, alert = run(cycle * 8, a_rule())
    assert alert.flaps == 7
    assert notices(transitions) == "!.!.!.!."
    assert {t.muted_by for t in transitions if t.at > 5 * len(cycle) * MINUTE} == {"flapping"}
    _, transitions, _ = run(cycle * 6 + "x", a_rule())
    assert (transitions[-1].severity, transitions[-1].muted_by) == (Severity.CRIT, None)


@pytest.mark.fault("F77")
def test_flapping_ends_when_the_hour_has_passed() -> None:
    _, transitions, _ = run("w......" * 5 + "w" * 60 + ".....", a_rule())
    assert transitions[-1].to is Phase.RECOVERING
    assert transitions[-1].muted_by is None


@pytest.mark.fault("F66")
def test_an_alert_without_data_is_flagged_since_when() -> None:
    assert run("w???", a_rule())[2].unknown_since == 2 * MINUTE
    assert run("w???.", a_rule())[2].unknown_since is None


def test_an_acknowledgement_holds_for_half_an_hour_of_crit_and_four_of_warn() -> None:
    for strip, minutes in (("x", 30), ("w", 240)):
        rule, (_, _, alert) = a_rule(), run(strip, a_rule())
        seen = acknowledge(alert, by="kim", at=MINUTE, policy=POLICY)
        assert (seen.acknowledged_by, seen.acknowledged_until) == ("kim", (1 + minutes) * MINUTE)
        before, _ = step(seen, verdict(strip, rule), at=minutes * MINUTE, rule=rule, policy=POLICY)
        after, _ = step(seen, verdict(strip, rule), at=(1 + minutes) * MINUTE, rule=rule, policy=POLICY)
        assert (before.acknowledged_by, after.acknowledged_by) == ("kim", None)


@pytest.mark.parametrize(("strip", "by"), [("w", "kim"), ("x", None), ("...", "kim")])
def test_an_acknowledgement_ends_when_it_gets_worse(strip: str, by: str | None) -> None:
    rule, (_, _, alert) = a_rule(), run("w", a_rule())
    alert = acknowledge(alert, by="kim", at=MINUTE, policy=POLICY, until=999 * MINUTE)
    for minute, mark in enumerate(strip, 2):
        alert, _ = step(alert, verdict(mark, rule), at=minute * MINUTE, rule=rule, policy=POLICY)
    assert alert.acknowledged_by == by


def test_only_open_alerts_can_be_acknowledged() -> None:
    for strip in (".", "w......"):
        alert = run(strip, a_rule())[2]
        assert acknowledge(alert, by="kim", at=0, policy=POLICY) is alert


strips = st.text(alphabet=".-wx?", max_size=60)
rules = st.builds(lambda for_, keep: a_rule(for_=for_, keep=keep), st.integers(0, 3), st.integers(0, 7))


@given(strip=strips, rule=rules)
def test_only_arrows_of_the_table_are_taken_and_they_join_up(strip: str, rule: Rule) -> None:
    _, transitions, last = run(strip, rule)
    assert {(t.from_.value, t.to.value) for t in transitions} <= LEGAL
    for earlier, later in pairwise(transitions):
        forgotten = earlier.to is Phase.RESOLVED and later.from_ is Phase.INACTIVE
        assert earlier.to is later.from_ or forgotten
        assert earlier.at <= later.at
    if transitions and last.phase is not Phase.INACTIVE:
        assert transitions[-1].to is last.phase


@given(strip=strips, rule=rules)
def test_firings_and_resolves_alternate_within_an_incident(strip: str, rule: Rule) -> None:
    _, transitions, _ = run(strip, rule)
    told = "".join(
        "!" if t.to is Phase.FIRING else "."
        for t in transitions
        if t.to is Phase.RESOLVED or (t.to is Phase.FIRING and t.from_ in {Phase.PENDING, Phase.RESOLVED})
    )
    assert re.fullmatch(r"(!\.)*!?", told)


@given(strip=strips, rule=rules)
@example(strip="w.." * 20 + "....", rule=a_rule())
@example(strip=("w" + "." * 6) * 8, rule=a_rule())
@example(strip="w......" * 5 + "w" * 60 + "......", rule=a_rule())
def test_every_firing_that_was_told_has_its_resolve_told_and_no_other(strip: str, rule: Rule) -> None:
    _, transitions, last = run(strip, rule)
    told = notices(transitions)
    assert re.fullmatch(r"(!+\.)*!*", told)
    if last.phase in {Phase.RESOLVED, Phase.INACTIVE} and told:
        assert told.endswith(".")


@given(strip=strips, rule=rules)
def test_no_data_moves_nothing(strip: str, rule: Rule) -> None:
    _, transitions, _ = run(strip, rule)
    assert {strip[t.at // MINUTE - 1] for t in transitions}.isdisjoint("?")


@given(strip=strips, rule=rules, mark=st.sampled_from(".-wx?"))
def test_the_same_verdict_at_the_same_time_again_changes_nothing(strip: str, rule: Rule, mark: str) -> None:
    _, _, alert = run(strip, rule)
    at = (len(strip) + 1) * MINUTE
    once, _ = step(alert, verdict(mark, rule), at=at, rule=rule, policy=POLICY)
    twice, drafts = step(once, verdict(mark, rule), at=at, rule=rule, policy=POLICY)
    assert (twice, drafts) == (once, ())


@given(strip=strips, rule=rules)
def test_a_firing_alert_has_held_and_a_resolved_one_has_been_quiet(strip: str, rule: Rule) -> None:
    if "?" in strip:  # timers stand still: the strips above
        return
    _, transitions, _ = run(strip, rule)
    for t in transitions:
        until_now = strip[: t.at // MINUTE]
        if (t.from_, t.to) == (Phase.PENDING, Phase.FIRING):
            assert re.search(f"[wx]{{{rule.for_ // MINUTE + 1}}}$", until_now)
        if t.to is Phase.RESOLVED:
            assert until_now.endswith("." * (rule.keep_firing_for // MINUTE + 1))


def replay(
    panes: Sequence[Iterable[tuple[str, Rule, str]]], rules: Sequence[Rule]
) -> tuple[AlertBook, list[Transition]]:
    book = AlertBook()
    log: list[Transition] = []
    for minute, marks in enumerate(panes, 1):
        log += book.step([judgement(marks)], rules, at=minute * MINUTE)
    return book, log


FAIL, SLOW = a_rule(), a_rule(name="slow_share")
TWO = (SLOW, FAIL)


def test_the_book_numbers_transitions_without_gaps_in_a_fixed_order() -> None:
    marks = [("w", FAIL, "stripe"), ("w", FAIL, "*"), ("w", SLOW, "*"), ("w", FAIL, "adyen")]
    _, log = replay([marks, marks], TWO)
    assert [t.seq for t in log] == list(range(1, 9))
    assert [(t.gateway_name, t.rule, t.to.value) for t in log] == [
        (gateway, rule, phase)
        for gateway, rule in (
            ("*", "slow_share"),
            ("*", "fail_rate"),
            ("adyen", "fail_rate"),
            ("stripe", "fail_rate"),
        )
        for phase in ("pending", "firing")
    ]


@given(
    panes=st.lists(st.tuples(*[st.sampled_from(".-wx?")] * 4), max_size=40),
    cut=st.integers(0, 40),
    shuffle=st.randoms(use_true_random=False),
)
def test_a_replay_is_identical_also_in_another_order_and_over_a_restart(
    panes: list[tuple[str, ...]], cut: int, shuffle: Random
) -> None:
    places = [(FAIL, "*"), (SLOW, "*"), (FAIL, "adyen"), (FAIL, "stripe")]
    marked = [[(mark, *place) for mark, place in zip(pane, places, strict=True)] for pane in panes]
    book, log = replay(marked, TWO)
    other = AlertBook()
    again: list[Transition] = []
    for minute, marks in enumerate(marked, 1):
        if minute == cut:
            other = AlertBook.load(json.loads(json.dumps(other.dump())))
        shuffle.shuffle(marks)
        again += other.step([judgement([mark]) for mark in marks], TWO, at=minute * MINUTE)
    assert again == log
    assert other.dump() == book.dump()
    assert [t.seq for t in log] == list(range(1, len(log) + 1))


def test_alerts_of_one_kind_and_gateway_are_one_incident() -> None:
    panes = [[("w", FAIL, "*")], [("w", FAIL, "*"), ("w", SLOW, "*"), ("w", FAIL, "adyen")]]
    _, log = replay(panes, TWO)
    first, joined, other = log[0], log[2], log[-1]
    assert (joined.rule, joined.began_at) == ("slow_share", 2 * MINUTE)
    assert joined.incident_id == first.incident_id == incident_id("contract", "*", MINUTE)
    assert other.incident_id == incident_id("contract", "adyen", 2 * MINUTE)


def test_an_incident_goes_on_under_its_name_while_alerts_come_and_go() -> None:
    third = a_rule(name="third")
    rules = (third, SLOW, FAIL)
    panes = [[("w", SLOW, "*")], [("w", SLOW, "*"), ("w", FAIL, "*")], [(".", SLOW, "*"), ("w", FAIL, "*")]]
    _, log = replay(
        [*panes, *[[(".", SLOW, "*"), ("w", FAIL, "*")]] * 21, [("w", third, "*"), ("w", FAIL, "*")]], rules
    )
    assert {t.incident_id for t in log} == {incident_id("contract", "*", MINUTE)}
    assert log[-1].rule == "third"


def test_incidents_of_alerts_that_began_apart_stay_apart() -> None:
    later = [("w", SLOW, "*"), ("w", FAIL, "*")]
    book, log = replay([[("w", FAIL, "*")], *[[(".", FAIL, "*")]] * 30, *[later] * 2], TWO)
    second = incident_id("contract", "*", 32 * MINUTE)
    assert [alert.incident_id for alert in book.alerts] == [second, second]
    assert log[0].incident_id != second


@pytest.mark.parametrize(("pause", "joins"), [(15, True), (16, False)])
def test_an_incident_can_be_joined_until_fifteen_minutes_after_it_resolved(pause: int, joins: bool) -> None:
    strip = "w......" + "." * (pause - 1) + "w"
    for rule in TWO:
        panes = [[(mark, FAIL, "*")] for mark in strip[:-1]] + [[(strip[-1], rule, "*")]]
        _, log = replay(panes, TWO)
        assert (log[-1].incident_id == log[0].incident_id) == joins


@pytest.mark.fault("F67")
def test_a_gateway_that_falls_silent_keeps_its_alert() -> None:
    book, log = replay([[("x", FAIL, "adyen")], *[[(".", FAIL, "*")]] * 30], TWO)
    assert [t.to for t in log] == [Phase.PENDING, Phase.FIRING]
    assert [(alert.gateway_name, alert.phase, alert.unknown_since) for alert in book.alerts] == [
        ("adyen", Phase.FIRING, 2 * MINUTE)
    ]


def test_a_pane_that_was_judged_is_judged_no_second_time() -> None:
    book, log = replay([[(".", FAIL, "*")], [("w", FAIL, "*")]], TWO)
    before = book.dump()
    for at in (2 * MINUTE, MINUTE):
        assert book.step([judgement([(".", FAIL, "*")])], TWO, at=at) == ()
    assert (book.dump(), len(log)) == (before, 2)


def test_a_quiet_rule_is_not_in_the_book() -> None:
    book, log = replay([[(".", FAIL, "*"), ("?", SLOW, "*")], [("-", FAIL, "*")]], TWO)
    assert (book.alerts, log) == ((), [])


@pytest.mark.fault("F66")
def test_the_clock_judges_freshness_beside_the_panes() -> None:
    rules, book = contracts(), AlertBook()
    freshness = [rule for rule in rules if rule.kpi == "freshness"]
    log: list[Transition] = []
    for minute in range(30):
        now = minute * MINUTE + 12_345
        log += book.step(
            [judge_clock(freshness, now=now, newest_event=0 if minute < 20 else now)],
            freshness,
            at=now,
            clock=True,
        )
    assert [(t.to.value, t.kind, t.clock, t.at // MINUTE) for t in log] == [
        ("pending", "freshness", True, 11),
        ("firing", "freshness", True, 11),
        ("recovering", "freshness", True, 20),
        ("resolved", "freshness", True, 25),
    ]
    assert log[1].reason == "no event for 11 min > 10 min"


def test_alerts_of_a_rule_that_is_removed_are_closed_and_say_why() -> None:
    book, _ = replay([[("w", FAIL, "*"), ("w", SLOW, "adyen")]], TWO)
    (closed,) = book.retire([SLOW], at=2 * MINUTE)
    assert (closed.seq, closed.rule, closed.from_, closed.to) == (
        5,
        "fail_rate",
        Phase.FIRING,
        Phase.RESOLVED,
    )
    assert closed.reason == "rule fail_rate is no longer configured"
    assert [alert.rule for alert in book.alerts] == ["slow_share"]


def test_the_book_acknowledges_by_alert_and_by_incident() -> None:
    book, log = replay([[("w", FAIL, "*"), ("w", SLOW, "*"), ("w", FAIL, "adyen")]], TWO)
    adyen = next(alert for alert in book.alerts if alert.gateway_name == "adyen")
    assert [alert.gateway_name for alert in book.acknowledge([adyen.id, "beef"], by="kim", at=MINUTE)] == [
        "adyen"
    ]
    assert [alert.rule for alert in book.acknowledge([log[0].incident_id], by="lee", at=MINUTE)] == [
        "fail_rate",
        "slow_share",
    ]
    assert {(alert.gateway_name, alert.acknowledged_by) for alert in book.alerts} == {
        ("adyen", "kim"),
        ("*", "lee"),
    }


@pytest.mark.fault("F76")
def test_five_hundred_gateways_failing_at_once_are_stepped_in_one_go() -> None:
    marks = [("x", FAIL, f"gateway-{number:03}") for number in range(500)]
    book, log = replay([marks], TWO)
    assert (len(book.alerts), len(log)) == (500, 1000)
    assert [alert.gateway_name for alert in book.alerts] == [gateway for _, _, gateway in marks]


def test_ids_tell_alerts_apart() -> None:
    alert = Alert(rule="fail_rate", kind="contract", gateway_name="*", began_at=MINUTE)
    others = [
        replace(alert, rule="revenue"),
        replace(alert, gateway_name="adyen"),
        replace(alert, began_at=0),
    ]
    assert len({alert.id, *(other.id for other in others)}) == 4
    assert re.fullmatch("[0-9a-f]{8}", alert.id)


def test_classic_rules_fire_at_once() -> None:
    row = {"gateway_name": "*", "events_count": 9, "p95_latency_ms": 1500.0, "payment_fail_rate": 0.1,
           "data_freshness_minutes": 0, "revenue_minor": 60_000, "attempts_count": 9, "latency_count": 9}  # fmt: skip
    log = AlertBook().step([judge(row, classic(), currency_exponent=2)], classic(), at=MINUTE)
    assert [(t.rule, t.to) for t in log] == [("p95_latency", Phase.PENDING), ("p95_latency", Phase.FIRING)]
