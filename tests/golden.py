"""Golden texts: what was approved once is compared for ever, and rewritten on request.

    REVTUI_UPDATE_GOLDEN=1 python -m pytest tests/views

writes the files anew; read the difference before committing it.
"""

import os
from pathlib import Path


def assert_golden(path: Path, text: str) -> None:
    """`text` is what the file at `path` holds."""
    if os.environ.get("REVTUI_UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"{path} is missing: approve it with REVTUI_UPDATE_GOLDEN=1"
    assert text == path.read_text(encoding="utf-8")
