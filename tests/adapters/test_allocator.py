"""Arrays that come and go do not go back to the system each time."""

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import resource
import numpy as np
from revtui.adapters.allocator import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(200):
        arrays = [np.ones(60_000) for _ in range(8)]
        del arrays
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

default, agreed, kept = faults(), keep_freed_memory(), (faults(), faults())[1]
print(agreed, default, kept)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is asked")
def test_memory_of_large_arrays_is_kept() -> None:
    told = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True).stdout
    agreed, default, kept = told.split()
    assert agreed == "True"
    assert int(kept) < int(default) / 4 or int(kept) < 100
