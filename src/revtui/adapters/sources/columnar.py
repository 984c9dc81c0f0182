"""Parquet: typed columns, read slice by slice; a row's offset is its number in the file."""

from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import polars as pl

from revtui.adapters.sources.files import check_readable
from revtui.adapters.sources.records import Records
from revtui.adapters.sources.shape import Mapper, RowShape
from revtui.core.errors import SourceError
from revtui.core.events import RawBatch
from revtui.core.text import sanitise

SLICE_ROWS: Final = 50_000


class ParquetSource:
    """The finite source of one Parquet file; only the wanted columns are read."""

    live = False
    simulated = False

    def __init__(self, path: Path, shape: RowShape, *, slice_rows: int = SLICE_ROWS) -> None:
        """Each read hands over `slice_rows` rows."""
        self._path = path
        self.name, self.policy, self.note = shape.source, shape.policy, shape.note
        self._shape = shape
        self._mapper = Mapper(shape)
        self._slice_rows = slice_rows
        self._columns: tuple[str, ...] | None = None
        self._place = 0
        self._ended = False

    def read(self) -> RawBatch | None:
        """See `engine.ports.Source`; the raw bytes of a row are its JSON."""
        if self._ended:
            return None
        if self._columns is None:
            check_readable(self._path, self.name)
        try:
            frame = self._slice()
        except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
            problem = sanitise(str(error).strip().split("\n", 1)[0])
            raise SourceError(
                f"{self.name}: cannot be read as Parquet: {problem}", hint="Check that the file is whole."
            ) from error
        if not frame.height:
            self._ended = True
            return None
        start = self._place
        self._place += frame.height
        return self._batch(frame, start)

    def close(self) -> None:
        """See `engine.ports.Source`."""
        self._ended = True

    def _slice(self) -> pl.DataFrame:
        scan = pl.scan_parquet(self._path, glob=False)
        if self._columns is None:
            self._columns = self._shape.wanted(list(scan.collect_schema()))
        return scan.select(self._columns).slice(self._place, self._slice_rows).collect(engine="streaming")

    def _batch(self, frame: pl.DataFrame, start: int) -> RawBatch:
        numbers = np.arange(start, start + frame.height)
        records = Records(
            frame=frame.with_columns(pl.Series("offset", numbers, dtype=pl.Int64)),
            starts=numbers,
            ends=numbers,
            consumed=frame.height,
        )

        def raw(row: int) -> bytes:
            return msgspec.json.encode(frame.row(row, named=True), enc_hook=repr)

        if self._shape.mapping is not None:
            records = self._mapper.apply(records, raw)
        places = records.starts - start
        return RawBatch(
            source=self.name,
            frame=records.frame,
            rejected=records.rejected,
            raw=lambda row: raw(int(places[row])),
            end_offset=self._place,
        )
