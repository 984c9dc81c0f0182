"""Standard input as a finite source: `-`."""

import os

from revtui.adapters.sources.bytestreams import ByteStream, PipeBytes, TextBytes
from revtui.adapters.sources.files import StreamSource
from revtui.adapters.sources.shape import RowShape
from revtui.core.errors import SourceError

NAME = "-"


def stdin_source(shape: RowShape, *, descriptor: int = 0) -> StreamSource:
    """Rows from `descriptor`, CSV or JSON lines as the first byte tells, until it ends.

    Its first read raises SourceError when standard input is closed.
    """

    def open_stream() -> ByteStream:
        try:
            os.fstat(descriptor)
        except OSError as error:
            raise SourceError(
                "-: standard input is closed", hint="Pipe rows into revtui, or name a file."
            ) from error
        return TextBytes(PipeBytes(descriptor, owned=False), NAME)

    return StreamSource(open_stream, shape)
