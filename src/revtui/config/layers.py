"""Layers: where configuration comes from, lowest first, before anything is judged.

    defaults < /etc/revtui/config.toml < user's config.toml < ./revtui.toml < REVTUI_… < flags typed

A file is one layer, and so is every environment variable and every flag, so that whatever is wrong
with a value can be said of the place it was written in.
"""

import errno
import os
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import platformdirs

from revtui.config.keys import nested, quoted, split, suggestion
from revtui.config.model import Config

PREFIX: Final = "REVTUI_"
NOT_CONFIGURATION: Final = ("REVTUI_STORE", "REVTUI_READONLY", "REVTUI_DEBUG", "REVTUI_REQUIRE_SERVICES")
"""Variables of revtui that are no keys of the configuration, and are passed over."""

LARGEST_FILE: Final = 1 << 20
"""Bytes; whatever is larger is no configuration."""

_POSITION: Final = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


class OriginKind(StrEnum):
    """What kind of place a value was written in; the order is that of precedence."""

    DEFAULT = "default"
    FILE = "file"
    ENVIRONMENT = "environment"
    FLAG = "flag"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The place a value was written in."""

    kind: OriginKind
    name: str = ""
    """Path of the file, name of the variable or of the flag."""

    def __str__(self) -> str:
        name = self.name if self.name.isprintable() else quoted(self.name)
        return name or "default"


DEFAULT: Final = Origin(kind=OriginKind.DEFAULT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """What was written in one place."""

    origin: Origin
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Layers in rising precedence, and what was noticed while they were read."""

    layers: tuple[Layer, ...] = ()
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def __add__(self, other: "Findings") -> "Findings":
        return Findings(
            layers=self.layers + other.layers,
            problems=self.problems + other.problems,
            warnings=self.warnings + other.warnings,
        )


def _system_file() -> Path:
    return Path("/etc/revtui/config.toml")


def _user_file() -> Path:
    return platformdirs.user_config_path("revtui", appauthor=False) / "config.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigPaths:
    """The files that are read without being named; any may be missing."""

    system: Path = field(default_factory=_system_file)
    user: Path = field(default_factory=_user_file)
    """The XDG folder of the user who runs the program, unless given."""


def read_files(*, cwd: Path, paths: ConfigPaths, config_file: Path | None) -> Findings:
    """The layers of the files: the three standard ones, or `config_file` in place of all three."""
    if config_file is not None:
        return read_file(cwd / config_file, required=True)
    files = (paths.system, paths.user, cwd / "revtui.toml")
    return sum((read_file(path, required=False) for path in files), Findings())


def read_file(path: Path, *, required: bool) -> Findings:
    """The layer of one TOML file; none, and no problem, when it is missing and not required."""
    origin = Origin(kind=OriginKind.FILE, name=str(path))
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_FILE + 1)
            mode = os.fstat(file.fileno()).st_mode
    except FileNotFoundError:
        problem = f"{origin}: there is no such file"
        return Findings(problems=(problem,) if required else ())
    except (OSError, ValueError) as error:
        if not required and isinstance(error, OSError) and error.errno == errno.ENOTDIR:
            return Findings()
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return Findings(problems=(f"{origin}: cannot be read: {reason}",))
    return read_document(raw, origin) + Findings(warnings=tuple(_open_to_all(origin, mode)))


def read_document(raw: bytes, origin: Origin) -> Findings:
    """The layer of a TOML document."""
    try:
        data = parse(raw)
    except ValueError as error:
        return Findings(problems=(f"{origin}:{error}",))
    return Findings(layers=(Layer(origin=origin, data=data),))


def _open_to_all(origin: Origin, mode: int) -> Iterator[str]:
    if stat.S_ISREG(mode) and mode & stat.S_IWOTH:
        yield f"{origin}: anyone may write to this file (mode {stat.S_IMODE(mode):04o}); run chmod o-w on it"


def parse(raw: bytes) -> dict[str, Any]:
    """The tables of a TOML document.

    Raises:
        ValueError: with `LINE: what is wrong`, where a line is known, else ` what is wrong`.
    """
    if len(raw) > LARGEST_FILE:
        raise ValueError(f" larger than {LARGEST_FILE // 1024} KiB")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ValueError(f"{line}: not UTF-8 text (byte 0x{raw[error.start]:02x})") from error
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError(" nested too deeply") from error
    except ValueError as error:
        raise ValueError(_located(str(error), lines=text.count("\n") + 1)) from error


def _located(message: str, *, lines: int) -> str:
    position = _POSITION.search(message)
    if position is None:
        return f" {message}"
    text = message[: position.start()]
    return f"{position[1] or lines}: {text if text.isprintable() else quoted(text)}"


def read_environment(environ: Mapping[str, str]) -> Findings:
    """One layer per `REVTUI_SECTION__KEY`, in the order of their names."""
    names = sorted(name for name in environ if name.startswith(PREFIX) and name not in NOT_CONFIGURATION)
    return sum((_variable(name, environ[name]) for name in names), Findings())


def _variable(name: str, text: str) -> Findings:
    origin = Origin(kind=OriginKind.ENVIRONMENT, name=name)
    path = tuple(part.lower() if part.isupper() else part for part in name.removeprefix(PREFIX).split("__"))
    if len(path) == 1 and path[0] not in Config.model_fields:
        known = (*NOT_CONFIGURATION, *(PREFIX + key for key in environment_names()))
        return Findings(problems=(f"{origin}: unknown variable{suggestion(name, known)}",))
    if not all(path):
        return Findings(problems=(f"{origin}: must be written {PREFIX}SECTION__KEY",))
    return Findings(layers=(Layer(origin=origin, data=nested(path, toml_or_text(text))),))


def environment_names() -> Iterator[str]:
    """`WINDOW__LENGTH` and so on: the variables of the plain keys, without the prefix."""
    for section, info in Config.model_fields.items():
        fields = getattr(info.annotation, "model_fields", {})
        yield from (f"{section}__{key.alias or name}".upper() for name, key in fields.items())


def toml_or_text(text: str) -> object:
    """The value that `text` spells in TOML; the text itself when it spells none.

    >>> toml_or_text("900"), toml_or_text("5m"), toml_or_text('[{url = "sim:"}]')
    (900, '5m', [{'url': 'sim:'}])
    """
    try:
        parsed = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    return parsed["value"] if len(parsed) == 1 else text


def read_flags(flags: Mapping[str, object], names: Mapping[str, str]) -> Findings:
    """One layer per flag that was typed; None means that it was not."""
    typed = {key: value for key, value in flags.items() if value is not None}
    return Findings(
        layers=tuple(
            Layer(
                origin=Origin(kind=OriginKind.FLAG, name=names.get(key, f"--{key}")),
                data=nested(split(key), value),
            )
            for key, value in typed.items()
        )
    )
