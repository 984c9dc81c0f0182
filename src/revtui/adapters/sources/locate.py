"""From the SOURCE arguments of the command line to sources.

    path or glob           a file each; with --follow live ones     -                standard input
    sim:?rate=20&seed=42   the simulator                            postgresql://…   not in this version

Matches of a glob are ordered by name. Naming one path twice is refused, because its rows would count
twice; two names of one file (links) are two sources.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from revtui.adapters.sources.columnar import ParquetSource
from revtui.adapters.sources.files import check_readable, file_source
from revtui.adapters.sources.follow import FollowedFile
from revtui.adapters.sources.formats import FileKind, Syntax, kind_of
from revtui.adapters.sources.mapping import NOTHING_SAID, FieldSettings, SourceMap, load_map, map_beside
from revtui.adapters.sources.shape import RowShape, check_for_text
from revtui.adapters.sources.stdin import NAME as STDIN
from revtui.adapters.sources.stdin import stdin_source
from revtui.core.errors import SourceError, UsageError
from revtui.core.events import AdmissionPolicy
from revtui.core.text import sanitise, shortened
from revtui.engine.ports import Source

SimulatorFactory = Callable[[str], Source]
"""From what the user typed (`sim:?seed=42`) to a source; raises UsageError."""

SIMULATOR: Final = "sim:"
_LONGEST_SHOWN: Final = 200
_MAGIC: Final = frozenset("*?[")
_UNSUPPORTED: Final = ("postgresql", "postgres", "kafka", "redis")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A SOURCE as the user has it, with all that is said of it."""

    argument: str
    follow: bool = False
    mapping: SourceMap | None = None
    """For all the files it names; without one each takes the one that lies beside it."""
    settings: FieldSettings = NOTHING_SAID
    """What goes before the settings of any mapping."""


def open_sources(
    wanted: Iterable[Wanted], *, defaults: AdmissionPolicy, simulator_factory: SimulatorFactory
) -> list[Source]:
    """The sources that are wanted, in their order, with names unique among them.

    Raises:
        UsageError: for an argument that cannot be meant so.
        ConfigError: for a mapping that cannot be used.
        SourceError: for a finite source that is not there.
    """
    sources = [source for one in wanted for source in _sources(one, defaults, simulator_factory)]
    names = [source.name for source in sources]
    for twice in (name for name in names if names.count(name) > 1):
        raise UsageError(f"{twice}: named twice", hint="Name every source once; its rows would count twice.")
    return sources


def _sources(
    wanted: Wanted, defaults: AdmissionPolicy, simulator_factory: SimulatorFactory
) -> Iterator[Source]:
    argument = wanted.argument
    scheme, separator, _ = argument.partition("://")
    if argument.startswith(SIMULATOR):
        yield simulator_factory(argument)
    elif separator and scheme.split("+")[0] in _UNSUPPORTED:
        raise UsageError(
            f"{sanitise(scheme)}:// is not supported in this version",
            hint="Sources are files, globs, - (standard input) and sim:",
        )
    elif argument == STDIN:
        if wanted.mapping is not None:
            check_for_text(wanted.mapping)
        yield stdin_source(_shape(STDIN, wanted, wanted.mapping, defaults))
    else:
        for path in _paths(argument, follow=wanted.follow):
            yield _file(path, wanted, defaults)


def _paths(argument: str, *, follow: bool) -> list[Path]:
    """The file an argument names, or those it matches."""
    if not argument:
        raise UsageError("an empty SOURCE", hint="Name a file, a glob, - or sim:")
    shown = shortened(sanitise(argument), _LONGEST_SHOWN)
    try:
        path = Path(argument).expanduser()
    except RuntimeError as error:
        raise SourceError(f"{shown}: there is no such user", hint="Check the path.") from error
    if not _MAGIC.intersection(argument):
        return [path]
    try:
        found = _matches(path)
    except ValueError as error:
        raise UsageError(
            f"{shown}: not a pattern: {sanitise(str(error))}",
            hint="Write it like 'logs/**/*.csv'.",
        ) from error
    except OSError as error:
        raise SourceError(f"{shown}: cannot be reached: {error.strerror}") from error
    if not found:
        hint = "Name the file itself: it is waited for." if follow else "Check the pattern and the folder."
        raise SourceError(f"{shown}: matches no file", hint=hint)
    return found


def _matches(path: Path) -> list[Path]:
    """The file that has the very name, or those that match it; not the folders among them."""
    if path.exists():
        return [path]
    anchor = Path(path.anchor)
    return sorted(match for match in anchor.glob(str(path.relative_to(anchor))) if not match.is_dir())


def _file(path: Path, wanted: Wanted, defaults: AdmissionPolicy) -> Source:
    name = sanitise(str(path))
    if not wanted.follow:
        check_readable(path, name)
    if not wanted.follow and not path.is_file():  # a named pipe, such as <(zcat day.csv.gz)
        return file_source(path, _shape(name, wanted, wanted.mapping, defaults), syntax=None)
    kind = kind_of(path)
    shape = _shape(name, wanted, _mapping(path, kind, wanted.mapping, defaults), defaults)
    if wanted.follow:
        return FollowedFile(path, shape)
    if kind.syntax is Syntax.PARQUET:
        return ParquetSource(path, shape)
    return file_source(path, shape, syntax=kind.syntax, gzip=kind.gzip)


def _shape(name: str, wanted: Wanted, mapping: SourceMap | None, defaults: AdmissionPolicy) -> RowShape:
    return RowShape(source=name, defaults=defaults, mapping=mapping, settings=wanted.settings)


def _mapping(
    path: Path, kind: FileKind, given: SourceMap | None, defaults: AdmissionPolicy
) -> SourceMap | None:
    """The mapping for one file: the one given, or the one that lies beside it."""
    beside = map_beside(path, kind.stem) if given is None else None
    mapping = given if beside is None else load_map(beside, breakdown=defaults.breakdown)
    if mapping is not None and kind.syntax is not Syntax.PARQUET:
        check_for_text(mapping)
    return mapping
