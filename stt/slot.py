"""Memory that two processes share, for one utterance.

    parent: Slot.create -> name -> child: Slot.attach -> samples

On Linux it is a memfd, which has no name: nothing is left of it when its processes are gone, however they went. Other
systems need a name for a moment; it is removed as soon as the child has opened it.
"""

from __future__ import annotations

import mmap
import os
import sys
from contextlib import suppress
from multiprocessing import resource_tracker, shared_memory
from typing import TYPE_CHECKING, Any, NoReturn, Self

import numpy as np

from stt.audio import RATE_HZ, RING_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

SLOT_SAMPLES = round(RING_S * RATE_HZ)
"""As much as a speaker's ring holds: 960 kB."""


class Slot:
    """Room for one utterance, int16.

    Attributes:
        samples: int16[480000], shared with the other process.
        name: What the child is told: "fd:7" or "name:psm_…".
    """

    def __init__(
        self,
        memory: mmap.mmap | shared_memory.SharedMemory,
        name: str,
        *,
        fd: int | None = None,
        findable: bool = False,
    ) -> None:
        self._memory = memory
        self._fd = fd
        self._findable = findable
        self.name = name
        buffer: Any = memory if isinstance(memory, mmap.mmap) else memory.buf
        self.samples: NDArray[np.int16] = np.frombuffer(buffer, dtype=np.int16, count=SLOT_SAMPLES)

    @classmethod
    def create(cls, *, named: bool = sys.platform != "linux") -> Self:
        """Make the memory, full of zeros.

        Raises:
            OSError: If the system has none left, or no file descriptor.
        """
        if sys.platform == "linux" and not named:
            fd = os.memfd_create("utterance", os.MFD_CLOEXEC)
            try:
                os.ftruncate(fd, 2 * SLOT_SAMPLES)
                return cls(mmap.mmap(fd, 2 * SLOT_SAMPLES), f"fd:{fd}", fd=fd)
            except BaseException:
                os.close(fd)
                raise
        memory = shared_memory.SharedMemory(create=True, size=2 * SLOT_SAMPLES)
        return cls(memory, f"name:{memory.name}", findable=True)

    @classmethod
    def attach(cls, name: str) -> Self:
        """Open what the parent made."""
        kind, _, value = name.partition(":")
        if kind == "fd":
            fd = int(value)
            try:
                return cls(mmap.mmap(fd, 2 * SLOT_SAMPLES), name)
            finally:
                os.close(fd)
        memory = shared_memory.SharedMemory(value)
        # Before Python 3.13 the child's tracker would remove, when the child ends, what the parent owns.
        resource_tracker.unregister(f"/{memory.name}", "shared_memory")
        return cls(memory, name)

    @property
    def descriptors(self) -> tuple[int, ...]:
        """What the child must inherit."""
        return () if self._fd is None else (self._fd,)

    def opened(self) -> None:
        """The child has it: nobody else is to find it."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
        if self._findable and isinstance(self._memory, shared_memory.SharedMemory):
            self._memory.unlink()
            self._findable = False

    def wipe(self) -> None:
        """Overwrite the samples. Safe to call when closed."""
        self.samples.fill(0)

    def close(self) -> None:
        """Overwrite the samples and give the memory back."""
        self.wipe()
        self.opened()
        self.samples = np.empty(0, np.int16)
        # A view that somebody still looks at keeps the memory (of zeros) until it goes.
        with suppress(BufferError):
            self._memory.close()

    def __reduce__(self) -> NoReturn:
        msg = "audio is never pickled"
        raise TypeError(msg)
