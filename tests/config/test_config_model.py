"""The model: what is accepted, and every problem said at once, the way a person can act on it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from finding import problems_of
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from revtui.config.display import show
from revtui.config.layers import ConfigPaths
from revtui.config.loading import LoadedConfig, load
from revtui.config.model import Config, NumberRule, ShareRule, Theme
from revtui.config.thresholds import merge_rules, rule_set
from revtui.core.durations import parse_duration
from revtui.core.kpis import KPIS, Unit
from revtui.core.windows import WindowPolicy
from revtui.views.palette import PALETTES

Problems = Callable[[str], list[str]]


def load_text(folder: Path, text: str) -> LoadedConfig:
    (folder / "revtui.toml").write_text(text, encoding="utf-8")
    paths = ConfigPaths(system=folder / "none", user=folder / "config.toml")
    return load(environ={}, cwd=folder, paths=paths)


@pytest.fixture
def problems(tmp_path: Path) -> Problems:
    """The problems of one document, without the file's name."""

    def found(text: str) -> list[str]:
        path = tmp_path / "revtui.toml"
        path.write_text(text, encoding="utf-8")
        paths = ConfigPaths(system=tmp_path / "none", user=tmp_path / "none")
        lines = problems_of(environ={}, cwd=tmp_path, paths=paths)
        return [line.replace(f"{path}: ", "") for line in lines]

    return found


def test_the_default_windows_are_the_engines_own() -> None:
    assert Config().window.policy() == WindowPolicy()


def test_there_is_one_table_of_rules_per_kpi_and_shares_take_percent() -> None:
    tables = {
        name: info.annotation for name, info in type(Config().rules).model_fields.items() if name != "set_"
    }
    assert list(tables) == [kpi.name for kpi in KPIS]
    for kpi in KPIS:
        assert tables[kpi.name] is (ShareRule if kpi.unit is Unit.SHARE else NumberRule)


def test_every_key_has_a_description() -> None:
    config = Config()
    for section in (config.window, config.business, config.guards, config.screen, config.rules.fail_rate):
        assert all(info.description for info in type(section).model_fields.values())


def test_a_whole_file_is_read_as_it_says(tmp_path: Path) -> None:
    config = load_text(
        tmp_path,
        """
        [window]
        length = "10m"
        hop = "5s"
        bound = "1m30s"
        [business]
        currency = "JPY"
        timezone = "Asia/Tokyo"
        latency_sla_ms = 900
        [screen]
        theme = "mono"
        ascii = false
        refresh = "250ms"
        [rules]
        set = "adaptive"
        [rules.fail_rate]
        warn = "7.1%"
        crit = 0.3
        for = "2m"
        sla = true
        [rules.revenue]
        warn = 500
        crit = "off"
        [[source]]
        url = "kafka://broker/topic"
        epoch_unit = "ms"
        """,
    ).config
    assert config.window.policy() == WindowPolicy(
        length=parse_duration("10m"), hop=parse_duration("5s"), bound=parse_duration("90s")
    )
    assert (config.business.currency, config.business.timezone, config.business.latency_sla_ms) == (
        "JPY",
        "Asia/Tokyo",
        900,
    )
    assert (config.screen.theme, config.screen.ascii, config.screen.refresh) == (
        "mono",
        False,
        250_000,
    )
    assert config.rules.set_ == "adaptive"
    fail_rate = config.rules.fail_rate
    assert (fail_rate.warn, fail_rate.crit, fail_rate.for_, fail_rate.sla) == (
        0.071,
        0.3,
        parse_duration("2m"),
        True,
    )
    assert (config.rules.revenue.warn, config.rules.revenue.crit) == (500.0, "off")
    assert (config.source[0].url, config.source[0].epoch_unit, config.source[0].timezone) == (
        "kafka://broker/topic",
        "ms",
        None,
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        # nearest names
        ("[windows]\nlength = 1", 'windows: unknown key; did you mean "window"?'),
        ('[window]\nlengths = "5m"', 'window.lengths: unknown key; did you mean "length"?'),
        ("[rules.fail_rat]\nwarn = 1", 'rules.fail_rat: unknown key; did you mean "fail_rate"?'),
        ('[rules.fail_rate]\nfor_ = "1m"', 'rules.fail_rate.for_: unknown key; did you mean "for"?'),
        ("[rules.fail_rate.gateways.x]\nwarm = 0.1", 'rules.fail_rate.gateways.x.warm: unknown key; did you mean "warn"?'),
        ('[[source]]\nurl = "a"\nfollows = true', 'source[0].follows: unknown key; did you mean "follow"?'),
        ("[qqqqqq]\na = 1", "qqqqqq: unknown key"),
        ('"a\\u001b[2Jb" = 1', '"a\\u001b[2Jb": unknown key'),
        # kinds
        ("window = 5", "window: must be a table, not 5"),
        ("source = 5", "source: must be an array of tables ([[source]]), not 5"),
        ("[screen]\nmouse = 1", "screen.mouse: must be true or false, not 1"),
        ("[screen]\ntheme = 1", 'screen.theme: must be "okabe-dark", "okabe-light", "high-contrast" or "mono", not 1'),
        ("[screen]\nascii = 1", 'screen.ascii: must be "auto", true or false, not 1'),
        ("[business]\nmax_gateways = 1.5", "business.max_gateways: must be a whole number, not 1.5"),
        ('[business]\nmax_gateways = "5"', 'business.max_gateways: must be a whole number, not "5"'),
        ("[rules.fail_rate]\ngateways = 3", "rules.fail_rate.gateways: must be a table, not 3"),
        ('[rules.fail_rate]\nclear_ratio = "a"', 'rules.fail_rate.clear_ratio: must be a number, not "a"'),
        ("[rules.fail_rate]\nclear_ratio = nan", "rules.fail_rate.clear_ratio: must be a finite number, not nan"),
        ("[[source]]\nfollow = true", "source[0].url: is required"),
        # durations
        ("[window]\nlength = 300", 'window.length: must be a duration such as "90s", "5m" or "1h30m", not 300'),
        ('[window]\nlength = "soon"', 'window.length: must be a duration such as "90s", "5m" or "1h30m", not "soon"'),
        ('[window]\nbound = "-5s"', 'window.bound: must be from 0s to 1d, not "-5s"'),
        ('[screen]\nrefresh = "249ms"', 'screen.refresh: must be from 250ms to 1h, not "249ms"'),
        # ranges
        ("[business]\nmax_gateways = 0", "business.max_gateways: must be at least 1, not 0"),
        ("[business]\nlatency_sla_ms = 4200001", "business.latency_sla_ms: must be at most 4200000, not 4200001"),
        ("[rules.fail_rate]\nclear_ratio = 0", "rules.fail_rate.clear_ratio: must be more than 0, not 0"),
        # words
        ('[rules]\nset = "classics"', 'rules.set: must be "contracts", "classic" or "adaptive", not "classics"; did you mean "classic"?'),
        ('[rules.revenue]\nfire = "up"', 'rules.revenue.fire: must be "above" or "below", not "up"'),
        ('[business]\ncurrency = "usd"', 'business.currency: must be an ISO 4217 code such as "USD", not "usd"; did you mean "USD"?'),
        ('[business]\ntimezone = "Europe/Berln"', 'business.timezone: must be an IANA time zone, not "Europe/Berln"; did you mean "Europe/Berlin"?'),
        ('[business]\ntimezone = "../../etc/passwd"', 'business.timezone: must be an IANA time zone, not "../../etc/passwd"'),
        ('[business]\ntimezone = "Europe"', 'business.timezone: must be an IANA time zone, not "Europe"; did you mean "Europe/Rome"?'),
        ('[[source]]\nurl = ""', 'source[0].url: must be printable text, not ""'),
        # levels
        ("[rules.fail_rate]\nwarn = 15", 'rules.fail_rate.warn: must be a share from 0 to 1, or "0%" to "100%", not 15'),
        ('[rules.fail_rate]\nwarn = "101%"', 'rules.fail_rate.warn: must be a share from 0 to 1, or "0%" to "100%", not "101%"'),
        ("[rules.fail_rate]\nwarn = true", 'rules.fail_rate.warn: must be a share such as 0.15 or "15%", or "off", not true'),
        ("[rules.fail_rate]\nwarn = nan", 'rules.fail_rate.warn: must be a share such as 0.15 or "15%", or "off", not nan'),
        ('[rules.revenue]\nwarn = "15%"', 'rules.revenue.warn: must be a number or "off", not "15%"'),
        ("[rules.revenue]\nwarn = inf", 'rules.revenue.warn: must be a number or "off", not inf'),
        ("[rules.revenue]\nwarn = 1" + "0" * 70, 'rules.revenue.warn: must be a number or "off", not a huge number'),
        ('[rules.fail_rate.gateways."*"]\nwarn = 0.1', 'rules.fail_rate.gateways."*": levels for all events belong in the table of the KPI itself'),
    ],
)  # fmt: skip
def test_a_wrong_value_is_said_with_its_key(problems: Problems, text: str, line: str) -> None:
    found = problems(text)
    if 'did you mean "Europe/Rome"' in line:  # which zone is nearest is the zone list's affair
        found, line = [one.partition("; ")[0] for one in found], line.partition("; ")[0]
    assert found == [line]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            '[window]\nhop = "2m"',
            ["window.hop: window length 5m is no multiple of the hop 2m (choose a hop that divides the length, such as 1m for 5m)"],
        ),
        (
            '[window]\nhop = "2m"\nhorizon = "10m"',
            [
                "window.hop: window length 5m is no multiple of the hop 2m (choose a hop that divides the length, such as 1m for 5m)",
                "window.horizon: duplicate horizon 10m is shorter than length 5m + lateness 15m + bound 1m (a redelivery could be counted twice: raise the horizon or lower the lateness)",
            ],
        ),
        (
            '[window]\nhop = "2m"\nlength = "soon"',
            ['window.length: must be a duration such as "90s", "5m" or "1h30m", not "soon"'],
        ),
        (
            '[[source]]\nurl = "a"\nmap = {amounts = "x"}',
            ['source: [source.map] of source 1: events have no column "amounts"; did you mean "amount"?'],
        ),
        ('[business]\nbreakdown = "amount"', ['business.breakdown: must be a text column of the events, not "amount"']),
        ('[business]\nbreakdown = "offset"', ['business.breakdown: must be a text column of the events, not "offset"']),
        ('[business]\nbreakdown = "country"\n[[source]]\nurl = "a"\nmap = {country = "x"}', []),
    ],
)  # fmt: skip
def test_keys_that_do_not_fit_each_other_are_problems_too(
    problems: Problems, text: str, lines: list[str]
) -> None:
    assert problems(text) == lines


def test_every_problem_of_every_layer_is_reported_at_once(tmp_path: Path) -> None:
    paths = ConfigPaths(system=tmp_path / "system.toml", user=tmp_path / "user.toml")
    paths.system.write_text('[windw]\nlength = "5m"\n[window]\nhorizon = "10m"\n')
    paths.user.write_text('[screen]\nmouse = "yes"\nrefresh = "1ms"\n')
    (tmp_path / "revtui.toml").write_text("[business\n")
    found = problems_of(
        environ={"REVTUI_GUARDS__MAX_JUMP": "3", "REVTUI_ZZZZZZZ": ""},
        cwd=tmp_path,
        paths=paths,
        flags={"window.lateness": "20m", "window.hop": "x"},
        flag_names={"window.lateness": "--lateness", "window.hop": "--hop"},
    )
    assert [line.replace(f"{tmp_path}/", "").split(": ")[:2] for line in found] == [
        ["revtui.toml:1", found[0].split(": ")[1]],
        ["REVTUI_ZZZZZZZ", "unknown variable"],
        ["system.toml", "windw"],
        ["user.toml", "screen.mouse"],
        ["user.toml", "screen.refresh"],
        ["REVTUI_GUARDS__MAX_JUMP", "guards.max_jump"],
        ["--hop", "window.hop"],
    ]


def test_a_clash_names_every_place_it_comes_from(tmp_path: Path) -> None:
    (tmp_path / "revtui.toml").write_text('[window]\nhorizon = "30m"\n')
    (line,) = problems_of(
        environ={"REVTUI_WINDOW__BOUND": "2m"},
        cwd=tmp_path,
        paths=ConfigPaths(system=tmp_path / "none", user=tmp_path / "none"),
        flags={"window.lateness": "25m"},
        flag_names={"window.lateness": "--lateness"},
    )
    assert line.startswith(
        f"--lateness: window.lateness; REVTUI_WINDOW__BOUND: window.bound; {tmp_path}/revtui.toml: window.horizon:"
    )


def test_a_wrong_value_that_a_higher_layer_covers_is_still_a_problem(tmp_path: Path) -> None:
    (tmp_path / "revtui.toml").write_text('[screen]\nmouse = "no"\n')
    paths = ConfigPaths(system=tmp_path / "none", user=tmp_path / "none")
    assert len(problems_of(environ={"REVTUI_SCREEN__MOUSE": "false"}, cwd=tmp_path, paths=paths)) == 1


def test_passwords_in_urls_are_neither_shown_nor_put_into_problems(
    tmp_path: Path, problems: Problems
) -> None:
    url = "postgresql://ops:canary@db/shop?sslpassword=canary&table=raw_events"
    shown = show(load_text(tmp_path, f'[[source]]\nurl = "{url}"\n'))
    assert "canary" not in shown
    assert 'url = "postgresql://ops:***@db/shop?sslpassword=***&table=raw_events"' in shown
    assert "canary" not in "".join(problems(f'[[source]]\nurl = "{url}\\n"\n[screen]\nrefresh = "{url}"\n'))


NAMES = st.text(min_size=1, max_size=6).filter(
    lambda text: text.isprintable() and text.strip() and text != "*"
)
DURATIONS = st.integers(1, 180).map(lambda count: f"{count * 20}s")
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "warn": st.floats(0, 0.3) | st.just("off"),
        "crit": st.floats(0.4, 1) | st.just("off"),
        "min_volume": st.integers(0, 99),
        "for": DURATIONS,
        "gateways": st.dictionaries(NAMES, st.fixed_dictionaries({"warn": st.floats(0, 0.3)}), max_size=2),
    },
)
DOCUMENTS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "screen": st.fixed_dictionaries({}, optional={"refresh": DURATIONS, "ascii": st.sampled_from(["auto", True, False])}),
        "window": st.fixed_dictionaries({}, optional={"lateness": DURATIONS, "horizon": st.just("3h")}),
        "rules": st.fixed_dictionaries(
            {"set": st.sampled_from(["classic", "contracts"])},
            optional={
                "slow_share": CHANGES,
                "fail_rate": CHANGES,
                "revenue": st.fixed_dictionaries({}, optional={"warn": st.just("off"), "crit": st.just("off"), "for": DURATIONS}),
            },
        ),
        "source": st.lists(
            st.fixed_dictionaries({"url": NAMES}, optional={"map": st.dictionaries(st.just("amount"), NAMES)}), max_size=3
        ),
    },
)  # fmt: skip


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(document=DOCUMENTS)
def test_what_is_shown_loads_to_the_same_configuration(tmp_path: Path, document: dict[str, Any]) -> None:
    config = Config.model_validate(document)
    loaded = LoadedConfig(config=config, origins={}, warnings=(), save_to=tmp_path)
    _, clashes = merge_rules(rule_set(config), config)
    assume(not clashes)  # levels for gateways without one for all events do not fit
    (tmp_path / "revtui.toml").write_text(show(loaded), encoding="utf-8")
    paths = ConfigPaths(system=tmp_path / "none", user=tmp_path / "none")
    again = load(environ={}, cwd=tmp_path, paths=paths)
    assert again.rules() == loaded.rules()
    assert again.config.window.policy() == config.window.policy()
    everything = {"window": config.window, "rules": config.rules}  # the rest is shown as it is
    assert again.config.model_copy(update=everything) == config
    assert show(again).replace("#", "")  # and can be shown again


def test_what_follows_where_nothing_is_said_is_shown_too(tmp_path: Path) -> None:
    text = show(load_text(tmp_path, '[window]\nlateness = "2h"\n[rules.fail_rate]\nwarn = "12%"\n'))
    lines = {" ".join(line.split()) for line in text.splitlines()}
    assert {
        'horizon = "2h6m" # default, or length + lateness + bound where that is longer',
        'set = "contracts" # default',
        f"warn = 0.12 # {tmp_path / 'revtui.toml'}",
        "crit = 0.3 # default of the rule set contracts",
        "min_volume = 20 # default of the rule set contracts",
        'keep_firing_for = "5m" # default of the rule set contracts',
    } <= lines
    assert "[rules.p95_latency]" in lines


def test_the_themes_are_those_of_the_screen() -> None:
    assert get_args(Theme) == tuple(PALETTES)


def test_a_theme_that_does_not_exist_is_refused(problems: Problems) -> None:
    (problem,) = problems('[screen]\ntheme = "okabe-drk"\n')
    assert problem.startswith('screen.theme: must be "okabe-dark", "okabe-light"')
    assert problem.endswith('not "okabe-drk"; did you mean "okabe-dark"?')


def test_shown_values_carry_their_origin(tmp_path: Path) -> None:
    lines = show(load_text(tmp_path, '[window]\nhop = "30s"\n')).splitlines()
    assert [line.split("#")[1].strip() for line in lines if line.startswith(("hop", "length"))] == [
        "default",
        str(tmp_path / "revtui.toml"),
    ]
