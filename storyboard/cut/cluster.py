"""Encoding on a Dask cluster: its workers make what is missing among a project's segments, on a file system that they
share with this machine.

    with cluster("tcp://10.0.0.7:8786", segments, tell) as workers:
        all_made(wanted, 4, heard, workers=workers)

It is reached when there is something to make. A task that a worker took with it is given to another; one that was
done twice made the same file twice. What was made is kept, whatever happens to the cluster.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor, Future
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from threading import Lock, Timer
from typing import Any, TypeVar
from urllib.parse import urlsplit

from storyboard.cut.on_worker import Run, seen_there, unfit, versions_here
from storyboard.cut.progress import Advance, Tell
from storyboard.cut.workers import Pool
from storyboard.errors import Interrupted, UsageError, WorldError
from storyboard.log import note
from storyboard.report.counted import counted

T = TypeVar("T")
REACHED = 10  # seconds that a scheduler is given to answer
PATIENCE = 30  # seconds without any worker: one that fell is up again in less
KEPT = "What was made is kept: run the same command again, or without --cluster to go on here."
LIBRARIES_SPEAK = ("distributed", "tornado")


def checked_address(text: str) -> str:
    """An address of a scheduler. Raises UsageError, also where Dask is not installed."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        port = None
    if port is None or parts.scheme not in {"tcp", "tls"} or not parts.hostname:
        raise UsageError(
            f"--cluster takes the address of a Dask scheduler, such as tcp://10.0.0.7:8786, not {text}."
        )
    if find_spec("distributed") is None:
        raise UsageError(
            'A cluster needs Dask: run `pip install "storyboard-compiler[cluster]"`, then the same command again.'
        )
    return text


@contextlib.contextmanager
def cluster(address: str, segments: Path, tell: Tell) -> Iterator[Cluster]:
    """The workers of the scheduler at an address, for as long as the block lasts."""
    there = Cluster(address, segments.absolute(), tell)
    try:
        yield there
    finally:
        there.close()
        there.run.mark.unlink(missing_ok=True)


class Waited(Executor):
    """Dask's executor. It remembers who waits: a client that closes would leave them waiting."""

    def __init__(self, executor: Executor, waited: set[Future[Any]]) -> None:
        self._executor = executor
        self._waited = waited

    def submit(self, task: Callable[..., T], /, *arguments: Any, **named: Any) -> Future[T]:
        begun = self._executor.submit(task, *arguments, **named)
        self._waited.add(begun)
        begun.add_done_callback(self._waited.discard)
        return begun


class Cluster:
    """`workers.Workers`, on other machines."""

    def __init__(self, address: str, segments: Path, tell: Tell) -> None:
        name = f"storyboard-{os.urandom(8).hex()}"
        self.run = Run(segments / f".{name}", name, versions_here())
        self._address = address
        self._tell = tell
        self._lock = Lock()
        self._client: Any = None
        self._waited: set[Future[Any]] = set()
        self._there: set[str] = set()
        self._alone: Timer | None = None
        self._lost = f"The connection to the cluster at {address} was lost. {KEPT}"
        self._failed: BaseException | None = None  # what ended the first pool that did not end well

    @contextlib.contextmanager
    def pool(self, threads: int) -> Iterator[Pool]:
        del threads  # the workers say how many of theirs there are
        try:
            with self._explained():
                executor = Waited(self._reached().get_executor(pure=False), self._waited)
                yield Pool(executor, partial(seen_there, self.run))
            _looked_into(self.run.mark.parent)
        except BaseException as failure:
            self._failed = self._failed or failure
            self.close()  # the scheduler forgets the tasks of who has gone
            raise

    def close(self) -> None:
        """Lets go of the scheduler, and of all that it was asked for. The next pool reaches it anew."""
        with self._lock:
            client, self._client = self._client, None
        self._wait_no_longer()
        for future in list(self._waited):
            future.cancel()
        if client is not None:
            with contextlib.suppress(OSError, TimeoutError):
                client.close(timeout=REACHED)

    def _reached(self) -> Any:
        with self._lock:
            if self._client is None:
                self._client, self._failed = self._connected(), None
            return self._client

    def _connected(self) -> Any:
        client = _client_of(self._address)
        try:
            client.subscribe_topic("all", self._came_or_went)
            client.subscribe_topic(self.run.name, lambda event: note("made", **event[1]))
            self._ask_workers(client)
        except BaseException:
            client.close(timeout=REACHED)
            raise
        return client

    def _ask_workers(self, client: Any) -> None:
        """Raises WorldError unless there are workers, and all may work for this project."""
        self.run.mark.parent.mkdir(parents=True, exist_ok=True)
        self.run.mark.write_text(self.run.name, encoding="ascii")
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError:
            raise WorldError(
                f"The scheduler at {self._address} has no workers: start some with `dask worker {self._address}`."
            ) from None
        answers: dict[str, Any] = client.run(unfit, self.run, on_error="return")
        wrong = [f"The worker {worker} {_why(answer)}." for worker, answer in answers.items() if answer]
        if wrong:
            raise WorldError("\n".join(wrong))
        self._there |= set(answers)
        note("cluster", address=self._address, workers=", ".join(sorted(answers)))
        self._tell(Advance(f"encoding on {counted(len(answers), 'worker')} of {self._address}"))

    def _came_or_went(self, event: tuple[float, Any]) -> None:
        """Hears of workers; when none is left, waits a while for one."""
        told = event[1] if isinstance(event[1], dict) else {}
        worker = str(told.get("worker", ""))
        if told.get("action") == "add-worker":
            self._there.add(worker)
            self._wait_no_longer()
        elif told.get("action") == "remove-worker" and worker in self._there:
            self._there.discard(worker)
            left = f"{len(self._there)} left" if self._there else f"none left, waiting {PATIENCE} s for one"
            with contextlib.suppress(Interrupted):  # that is told to who makes something, too
                self._tell(
                    Advance(f"the worker {worker} is gone, {left}; its work is done again", stays=True)
                )
            if not self._there:
                self._wait_no_longer()
                self._alone = Timer(PATIENCE, self._give_up)
                self._alone.daemon = True
                self._alone.start()

    def _give_up(self) -> None:
        self._lost = f"The cluster at {self._address} has no worker any more. {KEPT}"
        self.close()

    def _wait_no_longer(self) -> None:
        alone, self._alone = self._alone, None
        if alone is not None:
            alone.cancel()

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """What becomes of tasks on a cluster, as WorldError. What they raise themselves stays as it is, also for who
        waits for others in the meantime."""
        from distributed import KilledWorker
        from distributed.client import ClosedClientError
        from distributed.comm.core import CommClosedError

        try:
            yield
        except (CancelledError, ClosedClientError, CommClosedError):
            raise self._failed or WorldError(self._lost) from None
        except KilledWorker as error:
            died = counted(error.allowed_failures + 1, "worker")
            raise WorldError(
                f"{died} died of the same task, the last at {error.last_worker.address}: "
                f"give them more memory, and look at what they said. {KEPT}"
            ) from None
        except ImportError as error:
            raise WorldError(f"A worker {_why(error)}. {KEPT}") from None


def _looked_into(folder: Path) -> None:
    """A network file system may hold for a while what is not there any more true: that a file is none. To list its
    folder makes it ask."""
    for _ in folder.iterdir():
        return


def _client_of(address: str) -> Any:
    """A connection to a scheduler. Raises WorldError."""
    from distributed import Client

    _quieten()
    try:
        asyncio.run(_answers(address))
        return Client(address, timeout=REACHED, set_as_default=False, name="storyboard")
    except (OSError, TimeoutError, ValueError) as error:
        raise WorldError(
            f"No Dask scheduler answers at {address} ({str(error) or 'it is silent'}): start one with "
            "`dask scheduler`, or leave out --cluster to encode here."
        ) from None


async def _answers(address: str) -> None:
    """Ends when a scheduler has greeted: Dask's own client would wait for that without an end. Raises OSError and
    TimeoutError, and WorldError where there is nothing to encrypt with."""
    from distributed.comm import connect
    from distributed.security import Security

    given = Security().get_connection_args("client")
    if address.startswith("tls") and given.get("ssl_context") is None:
        raise WorldError(
            "A connection over TLS needs certificates: name them in Dask's settings, such as "
            "DASK_DISTRIBUTED__COMM__TLS__CA_FILE, __CLIENT__CERT and __CLIENT__KEY."
        )
    try:
        comm = await asyncio.wait_for(connect(address, timeout=REACHED, **given), REACHED)
    except (OSError, TimeoutError):
        raise
    except Exception as odd:
        raise ConnectionError("something else is there") from odd
    await comm.close()


def _why(answer: object) -> str:
    """Why a worker is unfit, from what it answered."""
    if isinstance(answer, str):
        return answer
    return (
        f"can't run storyboard ({type(answer).__name__}: {answer}): install "
        f'"storyboard-compiler[cluster]" {versions_here()[0][1]} there'
    )


class _Noting(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        note("cluster", says=record.getMessage())


def _quieten() -> None:
    """What the libraries have to say is for the log: their tracebacks are nobody's on a terminal. Of versions that
    differ they warn; of those that matter it is told here."""
    warnings.filterwarnings("ignore", module=r"distributed\.")
    for name in LIBRARIES_SPEAK:
        logger = logging.getLogger(name)
        logger.handlers[:] = [_Noting()]
        logger.propagate = False
