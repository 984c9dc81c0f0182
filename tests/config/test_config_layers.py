"""Layers: precedence, origins, variables, files that cannot be used."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from finding import problems_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from revtui.config.layers import ConfigPaths, OriginKind, toml_or_text
from revtui.config.loading import LoadedConfig, load
from revtui.config.model import Config
from revtui.core.durations import parse_duration
from revtui.core.errors import ConfigError

LAYERS = ("system", "user", "local", "environment", "flag")


@dataclass(frozen=True)
class Place:
    """A folder with the standard files in it."""

    folder: Path

    @property
    def paths(self) -> ConfigPaths:
        return ConfigPaths(system=self.folder / "system.toml", user=self.folder / "user.toml")

    def write(self, layer: str, text: str) -> Path:
        path = self.folder / ("revtui.toml" if layer == "local" else f"{layer}.toml")
        path.write_text(text, encoding="utf-8")
        return path

    def load(
        self,
        *,
        environ: Mapping[str, str] | None = None,
        flags: Mapping[str, object] | None = None,
        flag_names: Mapping[str, str] | None = None,
        config_file: Path | None = None,
        rules_file: Path | None = None,
    ) -> LoadedConfig:
        return load(
            environ=environ or {},
            cwd=self.folder,
            flags=flags or {},
            flag_names=flag_names or {},
            paths=self.paths,
            config_file=config_file,
            rules_file=rules_file,
        )

    def problems(self, environ: Mapping[str, str] | None = None) -> list[str]:
        """The lines, without the folder."""
        found = problems_of(environ=environ or {}, cwd=self.folder, paths=self.paths)
        return [line.replace(f"{self.folder}/", "") for line in found]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_without_any_layer_everything_is_a_default(place: Place) -> None:
    loaded = place.load()
    assert loaded.config == Config()
    assert loaded.warnings == ()
    assert loaded.origins
    assert {origin.kind for origin in loaded.origins.values()} == {OriginKind.DEFAULT}
    assert loaded.save_to == place.paths.user


@pytest.mark.parametrize("count", range(1, len(LAYERS) + 1))
def test_of_the_layers_up_to_each_one_the_last_wins(place: Place, count: int) -> None:
    chosen = LAYERS[:count]
    loaded = load_subset(place, chosen)
    assert loaded.config.business.max_gateways == 10 + count - 1
    assert loaded.origin("business.max_gateways").name.endswith(
        {
            "system": "system.toml",
            "user": "user.toml",
            "local": "revtui.toml",
            "environment": "REVTUI_BUSINESS__MAX_GATEWAYS",
            "flag": "--max-gateways",
        }[chosen[-1]]
    )


@settings(max_examples=32, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(chosen=st.sets(st.sampled_from(LAYERS)), also=st.sets(st.sampled_from(LAYERS[:3])))
def test_the_highest_of_any_layers_wins_key_by_key(place: Place, chosen: set[str], also: set[str]) -> None:
    loaded = load_subset(place, chosen, also=also)
    winner = max((LAYERS.index(layer) for layer in chosen), default=None)
    assert loaded.config.business.max_gateways == (64 if winner is None else 10 + winner)
    other = max((LAYERS.index(layer) for layer in also), default=None)
    assert loaded.config.business.latency_sla_ms == (1200 if other is None else 100 + other)
    kinds = [OriginKind.FILE] * 3 + [OriginKind.ENVIRONMENT, OriginKind.FLAG]
    expected = OriginKind.DEFAULT if winner is None else kinds[winner]
    assert loaded.origin("business.max_gateways").kind is expected


def load_subset(
    place: Place, chosen: set[str] | tuple[str, ...], also: set[str] | None = None
) -> LoadedConfig:
    """Each chosen layer sets `max_gateways` to 10 + its rank; each of `also` sets `latency_sla_ms` to 100 + rank."""
    for rank, layer in enumerate(LAYERS[:3]):
        gateways = f"max_gateways = {10 + rank}\n" if layer in chosen else ""
        latency = f"latency_sla_ms = {100 + rank}\n" if layer in (also or ()) else ""
        place.write(layer, f"[business]\n{gateways}{latency}")
    return place.load(
        environ={"REVTUI_BUSINESS__MAX_GATEWAYS": "13"} if "environment" in chosen else {},
        flags={"business.max_gateways": 14} if "flag" in chosen else {},
        flag_names={"business.max_gateways": "--max-gateways"},
    )


def test_tables_merge_and_arrays_are_replaced(place: Place) -> None:
    place.write(
        "system", '[[source]]\nurl = "a"\n[[source]]\nurl = "b"\n[rules.fail_rate.gateways.x]\nwarn = 0.1\n'
    )
    place.write("user", '[[source]]\nurl = "c"\n[rules.fail_rate.gateways.y]\nwarn = 0.2\n')
    config = place.load().config
    assert [source.url for source in config.source] == ["c"]
    assert {name: levels.warn for name, levels in config.rules.fail_rate.gateways.items()} == {
        "x": 0.1,
        "y": 0.2,
    }


def test_config_file_takes_the_place_of_all_standard_files(place: Place) -> None:
    for layer in LAYERS[:3]:
        place.write(layer, "this is no TOML")
    other = place.folder / "other.toml"
    other.write_text('[screen]\ntheme = "mono"\n')
    loaded = place.load(config_file=Path("other.toml"), environ={"REVTUI_SCREEN__MOUSE": "false"})
    assert (loaded.config.screen.theme, loaded.config.screen.mouse) == ("mono", False)
    assert loaded.save_to == other
    assert loaded.origin("screen.theme").name == str(other)


def test_a_named_file_that_is_missing_is_a_problem(place: Place) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml: there is no such file"):
        place.load(config_file=Path("nowhere.toml"))


def test_a_file_of_rules_stands_between_variables_and_flags(place: Place) -> None:
    rules = place.folder / "rules.toml"
    rules.write_text("[rules.fail_rate]\nwarn = 0.2\nmin_volume = 7\n")
    loaded = place.load(
        environ={"REVTUI_RULES__FAIL_RATE__WARN": "0.1"},
        rules_file=rules,
        flags={"rules.fail_rate.min_volume": 9},
    )
    assert (loaded.config.rules.fail_rate.warn, loaded.config.rules.fail_rate.min_volume) == (0.2, 9)


def test_a_file_of_rules_holds_rules_only(place: Place) -> None:
    rules = place.folder / "rules.toml"
    rules.write_text("[rules.fail_rate]\nwarn = 0.2\n[screen]\nmouse = true\n")
    with pytest.raises(ConfigError, match=r"rules\.toml: screen: does not belong"):
        place.load(rules_file=rules)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("5.5", 5.5),
        ("true", True),
        ("True", "True"),
        ("5m", "5m"),
        ('"5m"', "5m"),
        ("15%", "15%"),
        ("", ""),
        ("[1, 2]", [1, 2]),
        ("{a = 1}", {"a": 1}),
        ("1\nb = 2", "1\nb = 2"),
        ("[" * 5000, "[" * 5000),
    ],
)
def test_a_variable_is_a_toml_value_when_it_parses_as_one(text: str, value: object) -> None:
    assert toml_or_text(text) == value
    assert type(toml_or_text(text)) is type(value)


def test_variables_set_plain_keys_tables_arrays_and_gateways(place: Place) -> None:
    config = place.load(
        environ={
            "REVTUI_WINDOW__LENGTH": "10m",
            "REVTUI_SCREEN__ASCII": "true",
            "REVTUI_BUSINESS": '{currency = "EUR"}',
            "REVTUI_BUSINESS__TIMEZONE": "Europe/Berlin",
            "REVTUI_RULES__FAIL_RATE__FOR": "2m",
            "REVTUI_RULES__FAIL_RATE__GATEWAYS__STRIPE__WARN": "20%",
            "REVTUI_RULES__FAIL_RATE__GATEWAYS__PayPal__WARN": "0.25",
            "REVTUI_SOURCE": '[{url = "sim:", map = {amount = "x * 2"}}]',
            "HOME": "/nowhere",
            "revtui_window__hop": "7m",
        }
    ).config
    assert config.window.length == parse_duration("10m")
    assert config.screen.ascii is True
    assert (config.business.currency, config.business.timezone) == ("EUR", "Europe/Berlin")
    assert config.rules.fail_rate.for_ == parse_duration("2m")
    assert {name: one.warn for name, one in config.rules.fail_rate.gateways.items()} == {
        "stripe": 0.2,
        "PayPal": 0.25,
    }
    assert config.source[0].map == {"amount": "x * 2"}


def test_variables_that_are_no_configuration_are_left_alone(place: Place) -> None:
    environ = dict.fromkeys(
        ("REVTUI_STORE", "REVTUI_REQUIRE_SERVICES", "REVTUI_READONLY", "REVTUI_DEBUG"), "1"
    )
    assert place.load(environ=environ).config == Config()


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("REVTUI_STOR", 'REVTUI_STOR: unknown variable; did you mean "REVTUI_STORE"?'),
        (
            "REVTUI_WINDOW_LENGTH",
            'REVTUI_WINDOW_LENGTH: unknown variable; did you mean "REVTUI_WINDOW__LENGTH"?',
        ),
        ("REVTUI_ZZZZZZ", "REVTUI_ZZZZZZ: unknown variable"),
        (
            "REVTUI_WINDOW__LENGTHS",
            'REVTUI_WINDOW__LENGTHS: window.lengths: unknown key; did you mean "length"?',
        ),
        ("REVTUI_WINDOW__", "REVTUI_WINDOW__: must be written REVTUI_SECTION__KEY"),
        ("REVTUI_WINDOW", 'REVTUI_WINDOW: window: must be a table, not "5m"'),
    ],
)
def test_a_misspelt_variable_is_named_with_the_nearest(place: Place, name: str, line: str) -> None:
    assert place.problems({name: "5m"}) == [line]


def test_flags_not_typed_are_none_and_do_not_count(place: Place) -> None:
    loaded = place.load(flags={"window.length": None, "window.hop": "30s"})
    assert loaded.config.window.length == parse_duration("5m")
    assert str(loaded.origin("window.hop")) == "--window.hop"
    assert str(loaded.origin("window.length")) == "default"


def test_every_key_that_has_a_value_has_an_origin(place: Place) -> None:
    place.write("user", '[[source]]\nurl = "a"\n[rules]\nset = "classic"\n[rules.fail_rate]\nwarn = 0.1\n')
    loaded = place.load(environ={"REVTUI_SCREEN__THEME": "mono"})
    written = {
        key: str(origin) for key, origin in loaded.origins.items() if origin.kind is not OriginKind.DEFAULT
    }
    user = str(place.paths.user)
    assert written == {
        "source": user,
        "rules.set": user,
        "rules.fail_rate.warn": user,
        "screen.theme": "REVTUI_SCREEN__THEME",
    }
    assert "window.length" in loaded.origins


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (b"[window]\nlength = \n", "user.toml:2: Invalid value"),
        (b"a = 1\na = 2\n", "user.toml:2: Cannot overwrite a value"),
        (b"[window", "user.toml:1: "),
        (b'[window]\n\nlength = "\xff"\n', "user.toml:3: not UTF-8 text (byte 0xff)"),
        (b"a = " + b"[" * 3000, "user.toml: nested too deeply"),
        (b"a = " + b"9" * 5000, "user.toml: "),
        (b"#" * (1 << 20) + b"\n", "user.toml: larger than 1024 KiB"),
    ],
)
def test_a_file_that_is_no_toml_is_named_with_the_line(place: Place, raw: bytes, line: str) -> None:
    place.paths.user.write_bytes(raw)
    (problem,) = place.problems()
    assert problem.startswith(line)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(
    raw=st.binary(max_size=60) | st.text(alphabet='[]{}=."\n#a1ruleswindow_\x1b', max_size=60).map(str.encode)
)
def test_no_bytes_whatever_end_in_a_traceback_or_in_control_characters(place: Place, raw: bytes) -> None:
    place.paths.user.write_bytes(raw)
    assert all(line.isprintable() for line in place.problems())


def test_a_byte_order_mark_is_no_problem(place: Place) -> None:
    place.paths.user.write_bytes(b'\xef\xbb\xbf[screen]\ntheme = "mono"\n')
    assert place.load().config.screen.theme == "mono"


def test_a_folder_in_place_of_the_file_is_a_problem_line(place: Place) -> None:
    place.paths.user.mkdir()
    assert place.problems() == ["user.toml: cannot be read: Is a directory"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_a_problem_line(place: Place) -> None:
    place.write("user", "").chmod(0)
    assert place.problems() == ["user.toml: cannot be read: Permission denied"]


def test_a_standard_file_below_something_that_is_no_folder_is_just_missing(place: Place) -> None:
    place.write("user", "")
    paths = ConfigPaths(system=place.paths.user / "config.toml", user=place.paths.user)
    assert load(environ={}, cwd=place.folder, paths=paths).config == Config()


@pytest.mark.fault("S20")
def test_a_file_that_anyone_may_write_to_is_warned_of_and_still_used(place: Place) -> None:
    place.write("user", '[screen]\ntheme = "mono"\n').chmod(0o666)
    loaded = place.load()
    assert loaded.config.screen.theme == "mono"
    assert [line.replace(f"{place.folder}/", "") for line in loaded.warnings] == [
        "user.toml: anyone may write to this file (mode 0666); run chmod o-w on it"
    ]
    place.paths.user.chmod(0o600)
    assert place.load().warnings == ()


def test_the_users_file_is_found_under_xdg_config_home(tmp_path: Path) -> None:
    program = "from revtui.config.layers import ConfigPaths; print(ConfigPaths().user)"
    environ = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path)}
    found = subprocess.run(
        [sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True
    )
    assert Path(found.stdout.strip()) == tmp_path / "revtui" / "config.toml"
