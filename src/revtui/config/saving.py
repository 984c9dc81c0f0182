"""Saving: thresholds that a person changed on the screen, written into a configuration file.

The rules it keeps: the file is read when it is saved, so that what somebody else wrote meanwhile
stays; comments and order stay; the new file is whole or not there at all; what is written is read
back and compared before it takes the old one's place; no link is followed out of the file's folder.
"""

import os
import stat
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from revtui.config.editing import set_value
from revtui.config.keys import KeyPath, dotted
from revtui.config.layers import Origin, OriginKind, read_document
from revtui.config.loading import check_document
from revtui.config.values import OFF
from revtui.core.errors import RevtuiError
from revtui.core.kpis import ALL_GATEWAYS
from revtui.core.rules import Levels, Rule

_ATTEMPTS: Final = 3
_NEW_FOLDER_MODE: Final = 0o700
_BY_HAND: Final = "the thresholds hold for this run; write them into the file by hand to keep them"

LevelName = Literal["warn", "crit"]
_LEVEL_NAMES: Final[tuple[LevelName, ...]] = ("warn", "crit")


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdChange:
    """One level of one rule, as a person set it."""

    kpi: str
    level: LevelName
    value: float | None
    """In the unit of the rule; None: the rule has no such level."""
    gateway_name: str = ALL_GATEWAYS

    @property
    def path(self) -> KeyPath:
        """Where the configuration holds it."""
        within = () if self.gateway_name == ALL_GATEWAYS else ("gateways", self.gateway_name)
        return ("rules", self.kpi, *within, self.level)

    @property
    def written(self) -> float | int | str:
        """As TOML holds it."""
        if self.value is None:
            return OFF
        return int(self.value) if float(self.value).is_integer() else float(self.value)


def changes_between(old: Rule, new: Rule) -> tuple[ThresholdChange, ...]:
    """What must be written so that the levels of `new` hold; nothing when they are those of `old`.

    All levels of the rule are written when one has changed, its gateways' too: what the person saw
    then holds under any rule set, and levels that were not touched do not follow one that was.
    """
    names = sorted(old.per_gateway.keys() | new.per_gateway.keys())
    if all(old.levels_for(name) == new.levels_for(name) for name in (ALL_GATEWAYS, *names)):
        return ()
    return tuple(
        ThresholdChange(kpi=new.kpi, level=level, value=_value(levels, level), gateway_name=name)
        for name in (ALL_GATEWAYS, *names)
        if (levels := new.levels_for(name)) is not None
        for level in _LEVEL_NAMES
    )


def _value(levels: Levels, name: LevelName) -> float | None:
    return levels.warn if name == "warn" else levels.crit


def save_thresholds(path: Path, changes: Sequence[ThresholdChange]) -> None:
    """Write levels into the configuration file at `path`, making it and its folders when missing.

    Raises:
        RevtuiError: when the file cannot be read or written, is no TOML, would have problems
            afterwards, or is a link that leads out of its folder. The old file is then untouched.
    """
    if not changes:
        return
    try:
        target = _target(path)
        for _ in range(_ATTEMPTS):
            if _replace(target, changes):
                return
    except OSError as error:
        raise RevtuiError(
            f"cannot save thresholds in {path}: {error.strerror or error}", hint=_BY_HAND
        ) from error
    raise RevtuiError(f"cannot save thresholds in {path}: it keeps changing", hint="try again")


def _target(path: Path) -> Path:
    """The regular file to be replaced, after its folders were made."""
    for folder in reversed(path.parent.parents):
        _make_folder(folder)
    _make_folder(path.parent)
    folder = path.parent.resolve()
    target = Path(os.path.realpath(path)) if path.is_symlink() else folder / path.name
    if target.parent != folder:
        raise RevtuiError(
            f"cannot save thresholds in {path}: it is a link out of its folder, to {target}", hint=_BY_HAND
        )
    if target.exists() and not target.is_file():
        raise RevtuiError(f"cannot save thresholds in {path}: it is no regular file", hint=_BY_HAND)
    return target


def _make_folder(folder: Path) -> None:
    if not folder.exists():
        with suppress(FileExistsError):
            folder.mkdir(mode=_NEW_FOLDER_MODE)


def _replace(target: Path, changes: Sequence[ThresholdChange]) -> bool:
    """Put the changed file in place; False when somebody else wrote it meanwhile."""
    before = _stat(target)
    raw = _edited(target, target.read_bytes() if before else b"", changes)
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(raw)
            file.flush()
            _take_after(before, descriptor)
            os.fsync(descriptor)
        if _identity(_stat(target)) != _identity(before):
            return False
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return True


def _stat(target: Path) -> os.stat_result | None:
    try:
        return target.stat()
    except FileNotFoundError:
        return None


def _identity(status: os.stat_result | None) -> tuple[int, ...]:
    if status is None:
        return ()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _take_after(before: os.stat_result | None, descriptor: int) -> None:
    """The new file belongs to whom the old one did, as far as that is allowed, and has its mode."""
    if before is None:
        return  # a temporary file is made with mode 0600
    with suppress(PermissionError):
        os.fchown(descriptor, before.st_uid, before.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(before.st_mode))


def _edited(target: Path, raw: bytes, changes: Sequence[ThresholdChange]) -> bytes:
    """The document with the changes, known to say what it shall and to have no problem."""
    origin = Origin(kind=OriginKind.FILE, name=str(target))
    _refuse(target, read_document(raw, origin).problems)
    text = raw.decode("utf-8")
    for change in changes:
        edited = set_value(text, change.path, change.written)
        if edited is None:
            raise RevtuiError(
                f"cannot save thresholds in {target}: {dotted(change.path)} does not fit the way it is written",
                hint=_BY_HAND,
            )
        text = edited
    edited_raw = text.encode()
    _refuse(target, check_document(edited_raw, origin))
    return edited_raw


def _refuse(target: Path, problems: Sequence[str]) -> None:
    if problems:
        raise RevtuiError(f"cannot save thresholds in {target}: " + "; ".join(problems), hint=_BY_HAND)
