"""Work too long for one request."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from brains.errors import Conflict, Invalid
from router.jobs import KEPT_SECONDS, RUNNING_MAX_PER_OWNER, Job, Jobs, Progress, UnknownJob
from tests.waiting import PATIENCE_S


class Clock:
    """Stands still until told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


async def _nothing(progress: Progress) -> None:
    return None


async def _for_ever(progress: Progress) -> None:
    progress(0.25, "waiting")
    await asyncio.Event().wait()


async def _ended(jobs: Jobs, work: Any) -> Job:
    job = jobs.start("test", "me", work)
    await jobs.wait(job, PATIENCE_S)
    return job


async def test_a_job_tells_how_far_it_is_and_then_its_result() -> None:
    jobs, go = Jobs(), asyncio.Event()

    async def work(progress: Progress) -> str:
        progress(0.5, "halfway")
        await go.wait()
        return "the result"

    job = jobs.start("test", "me", work, then="/after?job={id}")
    await asyncio.sleep(0)
    assert (job.state, job.share, job.what) == ("running", 0.5, "halfway")
    go.set()
    await jobs.wait(job, PATIENCE_S)
    found = jobs.get(job.id, "me")
    assert (found.state, found.share, found.result) == ("done", 1.0, "the result")
    assert found.then == f"/after?job={job.id}"


async def test_progress_never_goes_back() -> None:
    async def work(progress: Progress) -> None:
        progress(0.8, "late")
        progress(0.2, "early")

    jobs = Jobs()
    job = jobs.start("test", "me", work)
    await asyncio.sleep(0)
    assert job.share >= 0.8


async def test_what_is_refused_on_purpose_is_told_and_kept() -> None:
    async def work(progress: Progress) -> None:
        raise Invalid("Write something.", "field text")

    job = await _ended(Jobs(), work)
    assert (job.state, job.error) == ("failed", "field text: Write something.")
    assert isinstance(job.failure, Invalid)


async def test_a_fault_is_told_without_its_inside() -> None:
    async def work(progress: Progress) -> None:
        raise RuntimeError("a secret inside")

    job = await _ended(Jobs(), work)
    assert job.state == "failed"
    assert "secret" not in job.error and "logged as" in job.error


async def test_nobody_sees_another_persons_job() -> None:
    jobs = Jobs()
    job = await _ended(jobs, _nothing)
    with pytest.raises(UnknownJob):
        jobs.get(job.id, "somebody else")


async def test_one_person_cannot_fill_the_service_with_jobs() -> None:
    jobs = Jobs()
    for _ in range(RUNNING_MAX_PER_OWNER):
        jobs.start("test", "me", _for_ever)
    with pytest.raises(Conflict):
        jobs.start("test", "me", _for_ever)
    jobs.start("test", "somebody else", _nothing)
    await jobs.close()


async def test_an_ended_job_is_forgotten_after_an_hour() -> None:
    clock = Clock()
    jobs = Jobs(clock)
    job = await _ended(jobs, _nothing)
    clock.now += KEPT_SECONDS + 1
    with pytest.raises(UnknownJob):
        jobs.get(job.id, "me")


async def test_stopping_ends_what_is_running() -> None:
    jobs, ended = Jobs(), asyncio.Event()

    async def work(progress: Progress) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    jobs.start("test", "me", work)
    await asyncio.sleep(0)
    await jobs.close()
    assert ended.is_set()
