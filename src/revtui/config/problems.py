"""What is wrong with one layer: pydantic's findings, said the way a person can act on them.

Every line reads `PLACE: KEY: what is wrong`, ends in the offending value, and names the nearest key
or word when there is one.
"""

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError

from revtui.config.keys import KeyPath, dotted, remove, suggestion
from revtui.config.layers import Layer
from revtui.config.model import Config
from revtui.config.values import literal, shown

Finding = Mapping[str, Any]
"""One finding of pydantic: `loc`, `type`, `input`, `msg`, `ctx`."""

_EXPECTED: Final = {
    "model_type": "a table",
    "model_attributes_type": "a table",
    "dict_type": "a table",
    "mapping_type": "a table",
    "tuple_type": "an array of tables ([[source]])",
    "bool_type": "true or false",
    "string_type": "text",
    "string_unicode": "Unicode text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
}
_BOUNDS: Final = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than_equal": ("le", "at most"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A layer, after the keys that are wrong were taken out."""

    data: Mapping[str, Any]
    """What is right; it validates."""
    problems: tuple[str, ...] = ()
    broken: tuple[KeyPath, ...] = ()
    """The keys taken out."""


def judge(layer: Layer) -> Judged:
    """Every problem of a layer, and what remains of it without them."""
    data = deepcopy(dict(layer.data))
    problems: list[str] = []
    broken: list[KeyPath] = []
    while errors := list(_errors(data)):
        problems += [f"{layer.origin}: {_key(error)}: {_message(error)}" for error in errors]
        for error in errors:
            path = _removable(error["loc"])
            broken.append(path)
            remove(data, path)
    return Judged(data=data, problems=tuple(dict.fromkeys(problems)), broken=tuple(broken))


def _errors(data: Mapping[str, Any]) -> Iterator[Finding]:
    try:
        Config.model_validate(data)
    except ValidationError as error:
        yield from error.errors(include_url=False)


def _removable(loc: tuple[int | str, ...]) -> KeyPath:
    """The path down to the first array: an array is right or wrong as a whole."""
    path: list[str] = []
    for name in loc:
        if isinstance(name, int) or name == "[key]":
            break
        path.append(name)
    return tuple(path)


def _key(error: Finding) -> str:
    return dotted(name for name in error["loc"] if name != "[key]")


def _message(error: Finding) -> str:
    kind, value = error["type"], error["input"]
    if kind == "extra_forbidden":
        *above, name = error["loc"]
        return f"unknown key{suggestion(str(name), _known_keys(above))}"
    if kind == "missing":
        return "is required"
    if kind == "value_error":
        return str(error["ctx"]["error"])
    if kind == "literal_error":
        return _not_one_of(error)
    if kind in _BOUNDS:
        limit, words = _BOUNDS[kind]
        return f"must be {words} {literal(error['ctx'][limit])}, not {shown(value)}"
    expected = _EXPECTED.get(kind)
    return f"must be {expected}, not {shown(value)}" if expected else f"{error['msg']}: {shown(value)}"


def _not_one_of(error: Finding) -> str:
    expected = error["ctx"]["expected"].replace("'", '"').replace("True", "true").replace("False", "false")
    words = [word.strip('"') for word in expected.replace(" or ", ", ").split(", ")]
    near = suggestion(error["input"], words) if isinstance(error["input"], str) else ""
    return f"must be {expected}, not {shown(error['input'])}{near}"


def _known_keys(loc: Iterable[int | str]) -> list[str]:
    """The keys of the table at `loc`."""
    annotation: Any = Config
    for name in loc:
        model = _model_in(annotation)
        if isinstance(name, int) or model is None:
            continue
        by_key = {info.alias or field: info.annotation for field, info in model.model_fields.items()}
        if name in by_key:
            annotation = by_key[name]
    model = _model_in(annotation)
    return [info.alias or field for field, info in model.model_fields.items()] if model else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The table that an annotation holds: a model, or one inside an array or a mapping."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for inner in get_args(annotation) if (model := _model_in(inner))), None)
