"""The C allocator: told to keep the memory that large arrays give back, instead of returning it each time.

Batches make and drop arrays of some hundred kilobytes thousands of times; with the defaults of glibc
each of them is mapped, zeroed page by page, and unmapped again, which took 15 % of all CPU time.
Elsewhere nothing happens.
"""

import ctypes
from typing import Final

_TRIM_THRESHOLD: Final = -1
_TOP_PAD: Final = -2
_MMAP_THRESHOLD: Final = -3
_LARGEST_ARRAY: Final = 32 << 20  # the most that glibc takes
_KEPT_BYTES: Final = 128 << 20


def keep_freed_memory() -> bool:
    """Ask for it, before large arrays are made; whether the allocator has agreed."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):  # not glibc
        return False
    wanted = {_MMAP_THRESHOLD: _LARGEST_ARRAY, _TRIM_THRESHOLD: _KEPT_BYTES, _TOP_PAD: _LARGEST_ARRAY}
    return all(mallopt(parameter, value) == 1 for parameter, value in wanted.items())
