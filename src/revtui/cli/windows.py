"""`revtui windows`: finite sources to their end, one row per final window and gateway."""

import json
from dataclasses import asdict
from typing import Annotated, Final, Literal

from cyclopts import Parameter

from revtui.cli.narration import say_what_lacks, where_rows_went
from revtui.cli.options import FILE, OUTPUT, READING, Evaluation, Metavar, Output
from revtui.cli.output import output, refuse_clash, refuse_unwritable
from revtui.core.errors import NoDataError, UsageError

_USUAL: Final = Evaluation()


def windows(
    *sources: str,
    form: Annotated[
        Literal["csv", "jsonl", "parquet", "table"],
        Parameter(name="--format", group=OUTPUT, help="default: csv"),
    ] = "csv",
    file: Output = None,
    summary: Annotated[
        FILE, Parameter(group=OUTPUT, help="write here, as JSON, where every row read has gone")
    ] = None,
    batch_rows: Annotated[
        int,
        Metavar("N"),
        Parameter(group=READING, help="rows handled at once; the result is the same (50000)"),
    ] = 50_000,
    evaluation: Evaluation = _USUAL,
) -> None:
    """Write the table, and the accounting when asked.

    Raises:
        NoDataError: when no event counted; the table is then its header.
    """
    if not sources:
        raise UsageError(
            "windows needs a SOURCE", hint="a file, a glob, - or sim:; see revtui windows --help"
        )
    if batch_rows < 1:
        raise UsageError(f"--batch-rows must be at least 1, not {batch_rows}")
    refuse_clash(file, summary)
    refuse_unwritable(file)
    if summary is not None:
        refuse_unwritable(summary)
    from revtui.cli.build import load_configuration, plan  # noqa: PLC0415 - heavy, and of no use to --help
    from revtui.engine.batchrun import run_finite  # noqa: PLC0415 - see above
    from revtui.export.rows import RowFormat, write_rows  # noqa: PLC0415 - see above

    planned = plan(sources, evaluation, load_configuration(evaluation))
    outcome = run_finite(planned.sources, planned.settings, batch_rows=batch_rows)
    say_what_lacks(outcome.monitor.intakes)
    with output(file) as stream:
        write_rows(outcome.rows, RowFormat(form), stream, currency=planned.currency)
    if summary is not None:
        with output(summary) as stream:
            stream.write((json.dumps(asdict(outcome.accounting)) + "\n").encode())
    if not outcome.accounting.counted:
        raise NoDataError("no event counted", hint=where_rows_went(outcome.accounting))
