"""The reference: the page is fresh, its example loads, and the schema says what the model does."""

import subprocess
import sys
import tomllib
from pathlib import Path

from finding import problems_of

from revtui.config.layers import NOT_CONFIGURATION
from revtui.config.model import Config
from revtui.config.reference import EXAMPLE, markdown, schema

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"


def test_the_page_is_what_the_model_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == markdown(), (
        "run: python -m revtui.config.reference > docs/configuration.md"
    )


def test_the_one_liner_writes_the_page() -> None:
    written = subprocess.run(
        [sys.executable, "-m", "revtui.config.reference"], capture_output=True, check=True
    )
    assert written.stdout.decode() == PAGE.read_text(encoding="utf-8")


def test_the_example_of_the_page_loads(tmp_path: Path) -> None:
    assert EXAMPLE in markdown()
    (tmp_path / "revtui.toml").write_text(EXAMPLE)
    assert problems_of(environ={}, cwd=tmp_path, config_file=Path("revtui.toml")) == ()
    assert Config.model_validate(tomllib.loads(EXAMPLE)).rules.fail_rate.warn == 0.12


def test_every_key_and_variable_is_on_the_page() -> None:
    page = markdown()
    for definition in schema()["$defs"].values():
        assert all(f"`{key}`" in page or f"[rules.{key}]" in page for key in definition["properties"])
    assert all(f"`{name}`" in page for name in NOT_CONFIGURATION)


def test_the_schema_is_closed_and_spells_defaults_as_a_file_does() -> None:
    document = schema()
    definitions = document["$defs"]
    assert document["additionalProperties"] is False
    assert all(definition["additionalProperties"] is False for definition in definitions.values())
    window = definitions["Window"]["properties"]
    assert {key: info["default"] for key, info in window.items()} == Config().window.model_dump()
    assert definitions["Source"]["required"] == ["url"]
    assert "for" in definitions["ShareRule"]["properties"]
