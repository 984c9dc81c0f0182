"""Runs `revtui windows` and compares all that it writes with the oracle's answer."""

import csv
import io
import json
import math
from collections.abc import Sequence
from pathlib import Path

from event_files import Written
from oracle import COLUMNS, SECOND, Answer, Options, answer

from black_box import Outcome, revtui
from program import environment

TEXT_COLUMNS = (
    "window_start",
    "window_end",
    "gateway_name",
    "revenue",
    "refunds",
    "net_revenue",
    "alert_flag",
)
COUNTS = (
    "revision",
    "events_count",
    "purchases_count",
    "payment_failed_count",
    "active_users_30m",
    "data_freshness_minutes",
)
SHARES = ("payment_fail_rate", "avg_latency_ms", "slow_share")
SUMMARY = ("read", "counted", "duplicate", "late", "quarantined", "filtered", "conflicts")
SAID = {
    "p95 latency": "latency",
    "no event": "freshness",
    "payment fail rate": "fail rate",
    "revenue": "revenue",
}


def settings(options: Options) -> dict[str, str]:
    """The options that have no flag, as they are set in the environment."""
    return {
        "REVTUI_GUARDS__MAX_JUMP": f"{options.max_jump // SECOND}s",
        "REVTUI_WINDOW__USERS_SPAN": f"{options.users_span // SECOND}s",
        "REVTUI_BUSINESS__LATENCY_SLA_MS": str(options.latency_sla),
    }


def flags(options: Options) -> list[str]:
    """The options as they are typed."""
    return [
        *("--window", f"{options.window // SECOND}s"),
        *("--hop", f"{options.hop // SECOND}s"),
        *("--bound", f"{options.bound // SECOND}s"),
        *("--lateness", f"{options.lateness // SECOND}s"),
        *("--horizon", f"{options.horizon // SECOND}s"),
        *("--currency", options.currency),
        *("--timezone", options.timezone),
        *("--max-gateways", str(options.max_gateways)),
        *("--rules", options.rules),
    ]


def windows(
    files: Sequence[Written], options: Options, folder: Path, *more: str, sources: Sequence[str] | None = None
) -> tuple[Outcome, dict[str, int]]:
    """The files on disk, read by one run; its outcome and its accounting."""
    for one in files:
        (folder / one.name).write_bytes(one.data)
    named = [one.name for one in files] if sources is None else sources
    run = revtui(
        "windows",
        *named,
        *flags(options),
        *("--summary", "summary.json"),
        *more,
        folder=folder,
        env=environment() | settings(options),
    )
    summary = json.loads((folder / "summary.json").read_text()) if run.status in {0, 5} else {}
    return run, summary


def differences(expected: Answer, run: Outcome, summary: dict[str, int]) -> list[str]:
    """Everything that is not as the contract has it, in words; empty when all is well."""
    status = 0 if expected.summary["counted"] else 5
    if run.status != status:
        return [f"exit status {run.status}, not {status}: {run.err}"]
    wanted = {name: expected.summary[name] for name in SUMMARY}
    found = [] if summary == wanted else [f"summary {summary}, not {wanted}"]
    if status == 5:
        return found
    text = run.out.decode()
    if text.split("\n", 1)[0] != ",".join(COLUMNS):
        return [*found, f"header {text[:300]!r}"]
    return found + row_differences(expected, list(csv.DictReader(io.StringIO(text))))


def row_differences(expected: Answer, rows: Sequence[dict[str, str]]) -> list[str]:
    """Rows beside rows."""
    theirs = [(row["window_end"], row["gateway_name"]) for row in rows]
    ours = [(row["window_end"], row["gateway_name"]) for row in expected.rows]
    if theirs != ours:
        extra, missing = sorted(set(theirs) - set(ours)), sorted(set(map(str, ours)) - set(map(str, theirs)))
        return [f"rows: {len(theirs)}, not {len(ours)}; too many {extra[:5]}, missing {missing[:5]}"]
    found = []
    for wanted, row, exact in zip(expected.rows, rows, expected.p95_is_exact, strict=True):
        found += [
            f"{row['window_end']} {row['gateway_name']}: {name} is {row[name]!r}, not {wanted[name]!r}"
            for name in COLUMNS
            if not same(name, wanted[name], row[name], exact=exact)
        ]
    return found


def same(name: str, wanted: object, text: str, *, exact: bool) -> bool:
    """Whether one cell says what it must."""
    if name in TEXT_COLUMNS:
        return text == wanted
    if name == "sla_breach_flag":
        return text == ("true" if wanted else "false")
    if name == "alert_reason":
        return sorted(reasons(text)) == sorted(wanted if isinstance(wanted, frozenset) else ())
    if wanted is None or not text:
        return wanted is None and not text
    if name in COUNTS:
        return text == str(wanted)
    tolerance = 1e-9 if exact or name in SHARES else 1 / 128
    return is_shortest(text) and math.isclose(float(text), float(str(wanted)), rel_tol=tolerance)


def reasons(text: str) -> list[str]:
    """What each reason is about; an unknown one stands for itself."""
    return [
        next((kpi for words, kpi in SAID.items() if one.startswith(words)), one)
        for one in (text.split("; ") if text else [])
    ]


def is_shortest(text: str) -> bool:
    """No digits but those needed to read the same number back."""
    return len(text) <= len(repr(float(text)))


def check(
    files: Sequence[Written], options: Options, folder: Path, *more: str, sources: Sequence[str] | None = None
) -> tuple[Answer, Outcome]:
    """One run that must be right in every row, column and count; the expected answer and the outcome."""
    expected = answer([one.records for one in files], options)
    run, summary = windows(files, options, folder, *more, sources=sources)
    found = differences(expected, run, summary)
    assert not found, f"{options}\n" + "\n".join(found[:20])
    return expected, run
