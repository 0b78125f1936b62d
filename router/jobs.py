"""Work too long for one request, beside the answers: started, watched, fetched.

    job = service.jobs.start("ask again", person.id, work, then="/console/…?job={id}")

`work` is given a `Progress` to call now and then. A job is kept for an hour
after its end, in this process only: what must last, `work` itself writes down.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any, Literal

import msgspec

from brains.errors import Conflict, NotFound, SamsvarError

log = logging.getLogger(__name__)

KEPT_SECONDS = 3600.0
RUNNING_MAX_PER_OWNER = 4
ID_BYTES = 12

# The share done, 0 to 1, and what is being done now.
Progress = Callable[[float, str], None]
Work = Callable[[Progress], Awaitable[Any]]


class UnknownJob(NotFound):
    noun = "job"


class Job(msgspec.Struct, kw_only=True):
    """One piece of work. `result` is set when done, `error` (for a person to read) when failed.

    `failure` is what refused it, where that was on purpose. `then` is the page
    that shows the result.
    """

    id: str
    kind: str
    owner: str
    then: str = ""
    share: float = 0.0
    what: str = ""
    state: Literal["running", "done", "failed"] = "running"
    result: Any = None
    error: str = ""
    failure: SamsvarError | None = None
    ended: float | None = None


class Jobs:
    """The jobs of this process. `owner` is the id of who started one: nobody else sees it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._jobs: dict[str, Job] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self, kind: str, owner: str, work: Work, then: str = "") -> Job:
        """Begin `work`. `{id}` in `then` becomes the job's id. Raises `Conflict` for too many."""
        self._forget()
        if self._running(owner) >= RUNNING_MAX_PER_OWNER:
            raise Conflict(
                f"{RUNNING_MAX_PER_OWNER} of your jobs are running. Wait until one has ended."
            )
        id = secrets.token_urlsafe(ID_BYTES)
        job = Job(id=id, kind=kind, owner=owner, then=then.replace("{id}", id))
        self._jobs[id] = job
        self._tasks[id] = asyncio.create_task(self._run(job, work), name=f"job: {kind}")
        return job

    def get(self, id: str, owner: str) -> Job:
        """The job as it is now. Raises `UnknownJob`, also for somebody else's."""
        self._forget()
        job = self._jobs.get(id)
        if job is None or job.owner != owner:
            raise UnknownJob(id)
        return job

    async def result(self, kind: str, owner: str, work: Work) -> Any:
        """What `work` comes to, as one of the owner's jobs. Raises what refused it, and `Conflict`
        for too many."""
        job = self.start(kind, owner, work)
        await asyncio.wait([self._tasks[job.id]])
        if job.state == "failed":
            raise job.failure or SamsvarError(job.error)
        return job.result

    async def wait(self, job: Job, seconds: float) -> None:
        """Until it has ended, or so long: quick work needs no page of progress."""
        task = self._tasks.get(job.id)
        if task is not None:
            await asyncio.wait([task], timeout=seconds)

    async def close(self) -> None:
        """Cancel what is running."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, job: Job, work: Work) -> None:
        def progress(share: float, what: str) -> None:
            job.share, job.what = max(job.share, min(share, 1.0)), what

        try:
            job.result = await work(progress)
            job.share, job.state = 1.0, "done"
        except SamsvarError as error:
            job.error, job.failure, job.state = str(error), error, "failed"
        except Exception:
            number = secrets.token_hex(4)
            log.exception("Fault %s in the job %s", number, job.kind)
            job.error, job.state = f"Something went wrong here. It is logged as {number}.", "failed"
        finally:
            job.ended = self._clock()
            self._tasks.pop(job.id, None)

    def _running(self, owner: str) -> int:
        return sum(job.owner == owner and job.state == "running" for job in self._jobs.values())

    def _forget(self) -> None:
        oldest = self._clock() - KEPT_SECONDS
        over = [job.id for job in self._jobs.values() if job.ended and job.ended < oldest]
        for id in over:
            del self._jobs[id]
