"""Who makes what takes a processor: threads of this process, or a cluster's workers (storyboard/cut/cluster.py).

A task is a function of a module over frozen values. What it makes is named by them: done twice, the same file is made
twice, and no harm is done.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any, Protocol

from msgspec import Struct

Step = Callable[[int], None]
"""Hears how many frames were made since the last time; 0 when it begins. It raises Interrupted to end the task."""


def unheard(_: int) -> None:
    """Heard by nobody."""


class Pool(Struct, frozen=True):
    """An executor. Where its tasks run in other processes, `there` is what they call there, with what is to be made and
    a step; they are heard of when they end."""

    executor: Executor
    there: Callable[..., Any] | None = None


class Workers(Protocol):
    """What makes pools."""

    def pool(self, threads: int) -> AbstractContextManager[Pool]:
        """A pool that ends with the block, on this machine of so many threads; what ends the block early ends the tasks
        that wait. Raises WorldError when there are no workers, or they fail as such."""


class Threads:
    """Threads of this process: coders let go of the interpreter while they work."""

    @contextlib.contextmanager
    def pool(self, threads: int) -> Iterator[Pool]:
        with ThreadPoolExecutor(threads) as executor:
            try:
                yield Pool(executor)
            except BaseException:
                executor.shutdown(wait=False, cancel_futures=True)
                raise


HERE = Threads()
