"""From the SOURCE arguments of the command line to sources.

    path or glob           a file each; with --follow live ones     -                standard input
    sim:?rate=20&seed=42   the simulator                            postgresql://…   not available yet

Matches of a glob are ordered by name. Naming one path twice is refused, because its rows would count
twice; two names of one file (links) are two sources.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from revtui.adapters.sources.columnar import ParquetSource
from revtui.adapters.sources.files import check_readable, file_source
from revtui.adapters.sources.follow import FollowedFile
from revtui.adapters.sources.formats import FileKind, Syntax, kind_of
from revtui.adapters.sources.mapping import SourceMap, load_map, map_beside
from revtui.adapters.sources.shape import RowShape, check_for_text
from revtui.adapters.sources.stdin import NAME as STDIN
from revtui.adapters.sources.stdin import stdin_source
from revtui.core.errors import SourceError, UsageError
from revtui.core.events import AdmissionPolicy
from revtui.core.text import sanitise
from revtui.engine.ports import Source

SimulatorFactory = Callable[[str], Source]
"""From what the user typed (`sim:?seed=42`) to a source; raises UsageError."""

SIMULATOR: Final = "sim:"
_MAGIC: Final = frozenset("*?[")
_LATER: Final = ("postgresql", "postgres", "kafka", "redis")


def open_sources(
    arguments: Sequence[str],
    *,
    follow: bool,
    mapping: SourceMap | None,
    defaults: AdmissionPolicy,
    simulator_factory: SimulatorFactory,
) -> list[Source]:
    """The sources that `arguments` name, in their order, with names unique among them.

    `mapping` holds for all files; without it each takes the one that lies beside it.

    Raises:
        UsageError: for an argument that cannot be meant so.
        ConfigError: for a mapping that cannot be used.
        SourceError: for a finite source that is not there.
    """
    sources: list[Source] = []
    for argument in arguments:
        sources += _sources(argument, follow, mapping, defaults, simulator_factory)
    names = [source.name for source in sources]
    for twice in (name for name in names if names.count(name) > 1):
        raise UsageError(f"{twice}: named twice", hint="Name every source once; its rows would count twice.")
    return sources


def _sources(
    argument: str,
    follow: bool,
    mapping: SourceMap | None,
    defaults: AdmissionPolicy,
    simulator_factory: SimulatorFactory,
) -> Iterator[Source]:
    scheme, separator, _ = argument.partition("://")
    if argument.startswith(SIMULATOR):
        yield simulator_factory(argument)
    elif separator and scheme.split("+")[0] in _LATER:
        raise UsageError(
            f"{sanitise(scheme)}:// is not available in this version",
            hint="Sources are files, globs, - (standard input) and sim:",
        )
    elif argument == STDIN:
        if mapping is not None:
            check_for_text(mapping)
        yield stdin_source(RowShape(source=STDIN, defaults=defaults, mapping=mapping))
    else:
        for path in _paths(argument, follow=follow):
            yield _file(path, follow=follow, mapping=mapping, defaults=defaults)


def _paths(argument: str, *, follow: bool) -> list[Path]:
    """The file an argument names, or those it matches."""
    if not argument:
        raise UsageError("an empty SOURCE", hint="Name a file, a glob, - or sim:")
    path = Path(argument).expanduser()
    if not _MAGIC.intersection(argument) or path.exists():
        return [path]
    anchor = Path(path.anchor)
    found = sorted(match for match in anchor.glob(str(path.relative_to(anchor))) if not match.is_dir())
    if not found:
        hint = "Name the file itself: it is waited for." if follow else "Check the pattern and the folder."
        raise SourceError(f"{sanitise(argument)}: matches no file", hint=hint)
    return found


def _file(path: Path, *, follow: bool, mapping: SourceMap | None, defaults: AdmissionPolicy) -> Source:
    name = sanitise(str(path))
    if not follow:
        check_readable(path, name)
    if not follow and not path.is_file():  # a named pipe, such as <(zcat day.csv.gz)
        shape = RowShape(source=name, defaults=defaults, mapping=mapping)
        return file_source(path, shape, syntax=None)
    kind = kind_of(path)
    shape = RowShape(source=name, defaults=defaults, mapping=_mapping(path, kind, mapping, defaults))
    if follow:
        return FollowedFile(path, shape)
    if kind.syntax is Syntax.PARQUET:
        return ParquetSource(path, shape)
    return file_source(path, shape, syntax=kind.syntax, gzip=kind.gzip)


def _mapping(
    path: Path, kind: FileKind, given: SourceMap | None, defaults: AdmissionPolicy
) -> SourceMap | None:
    """The mapping for one file: the one given, or the one that lies beside it."""
    beside = map_beside(path, kind.stem) if given is None else None
    mapping = given if beside is None else load_map(beside, breakdown=defaults.breakdown)
    if mapping is not None and kind.syntax is not Syntax.PARQUET:
        check_for_text(mapping)
    return mapping
