"""CSV read the slow way, one byte after the other, to compare the fast way with.

Written from the rules alone: it shares nothing with the program but them.
"""

from dataclasses import dataclass, field

from reading import Verdict

HOLE = 8
SPAN_BYTES = 65536
SPAN_LINES = 100


@dataclass
class Reference:
    """Verdicts on the lines under one header."""

    names: tuple[str, ...]
    verdicts: list[Verdict] = field(default_factory=list)

    def judge(self, data: bytes, offset: int) -> list[Verdict]:
        place = 0
        while place < len(data):
            place = self._line(data, place, offset)
        return self.verdicts

    def _line(self, data: bytes, start: int, offset: int) -> int:
        newline = data.find(b"\n", start)
        stop = newline if newline >= 0 else len(data)
        after = min(stop + 1, len(data))
        line = data[start:stop]
        bare = line.removesuffix(b"\r")
        if not bare.strip(b" \t\r\0"):
            return after
        if b"\0" in line:
            self._holed(line, offset + start)
            return after
        alone = automaton(line)
        names = tuple(name.decode("utf-8", "replace").strip() for name in alone[0]) if alone else ()
        if set(self.names) <= set(names):
            assert names == self.names, "the reference knows one header only"
            return after
        found = automaton(data[start : start + SPAN_BYTES])
        if found is not None and len(found[0]) == len(self.names):
            raw = data[start : start + found[1]]
            if raw.count(b"\n") < SPAN_LINES and b"\0" not in raw:
                if is_text(raw):
                    self._row(offset + start, found[0], raw)
                else:
                    self._refuse(offset + start, raw)
                return start + found[2]
        self._refuse(offset + start, bare)
        return after

    def _holed(self, line: bytes, offset: int) -> None:
        bare = line.removesuffix(b"\r")
        behind = bare.rfind(b"\0") + 1
        found = automaton(line[behind:])
        torn = bare[:behind]
        hole = not torn.strip(b" \t\r\0") or torn.endswith(bytes(HOLE))
        if found is None or len(found[0]) != len(self.names) or not hole or not is_text(bare):
            self._refuse(offset, bare)
            return
        if torn.strip(b" \t\r\0"):
            self._refuse(offset, torn)
        self._row(offset + behind, found[0], bare[behind:])

    def _row(self, offset: int, fields: list[bytes], raw: bytes) -> None:
        self.verdicts.append((offset, "row", raw, *(value.decode() or None for value in fields)))

    def _refuse(self, offset: int, raw: bytes) -> None:
        self.verdicts.append((offset, "not_a_record", raw))


def is_text(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def automaton(data: bytes) -> tuple[list[bytes], int, int] | None:
    """Fields, end and next start of the record that `data` begins with; None: there is none."""
    fields: list[bytes] = []
    value = bytearray()
    state = "start"
    place = 0
    while True:
        char = data[place : place + 1]
        if state == "quoted":
            if not char:
                return None
            pair = data[place : place + 2] == b'""'
            state = "closed" if char == b'"' and not pair else "quoted"
            value += b"" if state == "closed" else char
            place += 1 + pair
            continue
        if char in {b",", b"\n", b""} or (char == b"\r" and data[place + 1 : place + 2] in {b"\n", b""}):
            fields.append(bytes(value))
            value.clear()
            if char == b",":
                state = "start"
                place += 1
                continue
            return fields, place, min(place + len(char) + (char == b"\r"), len(data))
        if char == b'"' and state == "start":
            state = "quoted"
        elif char in {b'"', b"\r"} or state == "closed":
            return None
        else:
            state = "plain"
            value += char
        place += 1
