"""`revtui watch`: a plain line per window and per transition, as they come.

A finite source is read at its own speed; a live one gives lines as windows close, until the command
is ended.
"""

from collections.abc import Sequence
from typing import Annotated, Final

from cyclopts import Parameter

from revtui.cli.narration import where_rows_went
from revtui.cli.options import FLAG, OUTPUT, READING, Evaluation
from revtui.cli.output import output, refuse_unwritable
from revtui.core.errors import NoDataError

_USUAL: Final = Evaluation()


def watch(
    *sources: str,
    jsonl: Annotated[bool, FLAG, Parameter(group=OUTPUT, help="JSON lines instead of sentences")] = False,
    follow: Annotated[
        bool, FLAG, Parameter(group=READING, help="files are still being written: wait for what comes")
    ] = False,
    evaluation: Evaluation = _USUAL,
) -> None:
    """Write lines until the sources end, or for ever.

    Raises:
        NoDataError: when the sources ended and no event counted.
    """
    refuse_unwritable(None)
    from revtui.cli.build import load_configuration, plan  # noqa: PLC0415 - heavy, and of no use to --help
    from revtui.cli.lines import Wording, write_finite, write_live  # noqa: PLC0415 - see above

    planned = plan(sources, evaluation, load_configuration(evaluation), follow=follow)
    simulated = any(source.simulated for source in planned.sources)
    wording = Wording(currency=planned.currency, jsonl=jsonl, simulated=simulated)
    with output(None) as stream:

        def write(lines: Sequence[str]) -> None:
            stream.write("".join(f"{line}\n" for line in lines).encode())
            stream.flush()

        if planned.live:
            write_live(planned, wording, write)
        accounting = write_finite(planned, wording, write)
    if not accounting.counted:
        raise NoDataError("no event counted", hint=where_rows_went(accounting))
