"""The main job through every real process: web, intake, workers, engine, Redis, Orthanc.

Only the pipeline is a test's own: it streams sentences without a model.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from apps.jobs.projection import project
from tests.support.processes import wait_until
from tests.support.stack import Stack

pytestmark = [pytest.mark.services, pytest.mark.slow, pytest.mark.timeout(580)]

Json = dict[str, Any]


@pytest.fixture(scope="session")
def api(stack: Stack) -> Iterator[httpx.Client]:
    with stack.client() as client:
        yield client


def _ask(api: httpx.Client, series_uid: str, key: str = "", **params: Any) -> Json:
    body = {"pipeline": "tiny_report", "inputs": {"image": series_uid}, "params": params}
    answer = api.post("jobs", json=body, headers={"Idempotency-Key": key} if key else {})
    assert answer.status_code in (200, 201), answer.text
    job: Json = answer.json()
    return job


def _events(api: httpx.Client, job: Json) -> list[Json]:
    """All events until the end, by waiting for more."""
    found: list[Json] = []
    deadline = time.monotonic() + 90
    while not found or found[-1]["type"] != "job.finished":
        assert time.monotonic() < deadline, found[-3:]
        after = found[-1]["seq"] if found else 0
        answer = api.get(f"jobs/{job['id']}/events", params={"after": after, "wait": 10})
        assert answer.status_code == 200, answer.text
        found += answer.json()["events"]
    assert [event["seq"] for event in found] == list(range(1, len(found) + 1))
    return found


def _wait_for(api: httpx.Client, job: Json, wanted: Callable[[list[Json]], bool]) -> None:
    def seen() -> bool:
        return wanted(api.get(f"jobs/{job['id']}/events").json()["events"])

    wait_until(seen, what="the event", patience_s=60)


def _said(count: int) -> Callable[[list[Json]], bool]:
    return lambda events: sum(event["type"] == "message.finished" for event in events) >= count


def _draft(api: httpx.Client, job: Json) -> Json:
    shown = api.get(f"jobs/{job['id']}").json()
    answer = api.get(f"drafts/{shown['draft']}")
    assert answer.status_code == 200, (shown, answer.text)
    draft: Json = answer.json()
    return draft


def _instances(stack: Stack, sop_uid: str) -> int:
    with stack.orthanc.client() as orthanc:
        found = orthanc.post("/tools/lookup", content=sop_uid).json()
    return len(found)


def test_from_request_to_stored_draft(stack: Stack, api: httpx.Client, series_uid: str) -> None:
    job = _ask(api, series_uid, sentences=3)
    events = _events(api, job)
    state = project(events, job["stream"])
    assert state["state"] == "succeeded", (state["error"], stack.log("worker-gpu")[-3000:])
    assert [message["text"][:8] for message in state["messages"]] == ["The left"] * 3
    assert [step["state"] for step in state["steps"]] == ["done", "done"]
    assert {artifact["key"] for artifact in state["artifacts"]} == {"words", "report-sr"}

    shown = api.get(f"jobs/{job['id']}").json()
    assert (shown["state"], shown["progress"], shown["version"]) == ("succeeded", 1.0, "1.0.0")
    report = next(one for one in state["artifacts"] if one["key"] == "report-sr")
    assert _instances(stack, report["sop_instance_uid"]) == 1
    content = api.get(report["url"].removeprefix("/api/v1/"))
    assert content.content[128:132] == b"DICM"
    words = next(one for one in state["artifacts"] if one["key"] == "words")
    assert len(api.get(words["url"].removeprefix("/api/v1/")).json()) == 3
    capsule = api.get(f"jobs/{job['id']}/capsule").json()
    assert capsule["pipeline"] == "tiny_report"
    assert capsule["asked"] == {"image": series_uid}

    draft = api.get(f"drafts/{shown['draft']}").json()
    assert (draft["version"], draft["incomplete"], draft["status"]) == (1, False, "draft")
    assert draft["sr"]["sop_instance_uid"] == report["sop_instance_uid"]
    assert [sentence["origin"] for sentence in draft["sentences"]] == ["ai"] * 3


def test_edited_draft_is_stored_as_next_sr(
    stack: Stack, api: httpx.Client, series_uid: str
) -> None:
    job = _ask(api, series_uid, sentences=2)
    _events(api, job)
    draft = _draft(api, job)
    first, second = draft["sentences"]
    edits = [{**first, "text": "The ventricles are normal."}, {**second, "removed": True}]
    wanted = [{key: one[key] for key in ("id", "section", "text", "removed")} for one in edits]
    body = {"version": 1, "sentences": wanted}
    saved = api.patch(f"drafts/{draft['id']}", json=body)
    assert saved.status_code == 200, saved.text
    assert saved.json()["version"] == 2
    assert api.patch(f"drafts/{draft['id']}", json=body).status_code == 409

    def stored() -> bool:
        return bool(api.get(f"drafts/{draft['id']}").json()["sr"]["version"] == 2)

    wait_until(stored, what="the second SR", patience_s=60)
    after = api.get(f"drafts/{draft['id']}").json()
    assert after["sr"]["sop_instance_uid"] != draft["sr"]["sop_instance_uid"]
    assert after["sentences"][0]["ai_text"] == first["text"]
    with stack.orthanc.client() as orthanc:
        found = orthanc.post("/tools/lookup", content=after["sr"]["sop_instance_uid"]).json()
        tags = orthanc.get(f"/instances/{found[0]['ID']}/simplified-tags").json()
    assert tags["CompletionFlag"] == "PARTIAL"
    assert tags["VerificationFlag"] == "UNVERIFIED"
    before = tags["PredecessorDocumentsSequence"][0]["ReferencedSeriesSequence"][0]
    referenced = before["ReferencedSOPSequence"][0]["ReferencedSOPInstanceUID"]
    assert referenced == draft["sr"]["sop_instance_uid"]


def test_stop_is_seen_within_two_seconds_and_keeps_what_there_is(
    api: httpx.Client, series_uid: str
) -> None:
    job = _ask(api, series_uid, sentences=500, pause=0.02)
    _wait_for(api, job, _said(2))
    asked = time.monotonic()
    assert api.post(f"jobs/{job['id']}/cancel").status_code == 200
    wait_until(
        lambda: api.get(f"jobs/{job['id']}").json()["state"] == "cancelled",
        what="the stop",
        patience_s=10,
    )
    assert time.monotonic() - asked < 2.0
    state = project(_events(api, job), job["stream"])
    assert state["incomplete"]
    assert [artifact["incomplete"] for artifact in state["artifacts"]] == [True, True]
    draft = _draft(api, job)
    assert draft["incomplete"]
    assert len(draft["sentences"]) >= 2
    assert api.post(f"jobs/{job['id']}/cancel").json()["state"] == "cancelled"


def test_run_that_does_not_listen_is_stopped_all_the_same(
    api: httpx.Client, series_uid: str
) -> None:
    """The engine's child is killed; the next run finds a new one."""
    job = _ask(api, series_uid, die="deaf")
    _wait_for(api, job, _said(1))
    api.post(f"jobs/{job['id']}/cancel").raise_for_status()
    asked = time.monotonic()
    state = project(_events(api, job), job["stream"])
    assert time.monotonic() - asked < 5.0
    assert (state["state"], state["incomplete"]) == ("cancelled", True)
    assert len(_draft(api, job)["sentences"]) == 1
    assert _events(api, _ask(api, series_uid, sentences=1))[-1]["data"]["outcome"] == "succeeded"


def test_worker_that_is_shut_down_hands_its_job_back(
    stack: Stack, api: httpx.Client, series_uid: str
) -> None:
    job = _ask(api, series_uid, sentences=100, pause=0.03)
    _wait_for(api, job, _said(1))
    worker = stack.processes.pop("worker-gpu")
    worker.terminate()
    try:
        worker.wait(15)
        after = api.get(f"jobs/{job['id']}/events").json()["events"][-2:]
    finally:
        stack.start("worker-gpu")
    assert [event["type"] for event in after] == ["job.interrupted", "job.queued"]
    assert after[0]["data"]["reason"] == "worker_shutdown"
    state = project(_events(api, job), job["stream"])
    assert (state["state"], state["attempt"]) == ("succeeded", 2)


def test_worker_killed_at_any_instant_ends_in_one_result(
    stack: Stack, api: httpx.Client, series_uid: str
) -> None:
    job = _ask(api, series_uid, sentences=40, pause=0.02)
    _wait_for(api, job, _said(3))
    stack.kill("worker-gpu")
    stack.start("worker-gpu")
    state = project(events := _events(api, job), job["stream"])
    assert state["state"] == "succeeded", (state["error"], stack.log("worker-gpu")[-3000:])
    assert (state["attempt"], len(state["messages"])) == (2, 40)
    types = [event["type"] for event in events]
    assert types.count("job.finished") == 1
    assert types.count("job.interrupted") == 1
    artifacts = api.get("artifacts", params={"job": job["id"]}).json()["results"]
    assert sorted(one["key"] for one in artifacts) == ["report-sr", "words"]
    report = next(one for one in artifacts if one["key"] == "report-sr")
    assert _instances(stack, report["sop_instance_uid"]) == 1
    drafts = [one["id"] for one in api.get("drafts").json()["results"] if one["job"] == job["id"]]
    assert len(drafts) == 1


def test_dead_engine_is_replaced_until_the_job_is_given_up(
    api: httpx.Client, series_uid: str
) -> None:
    job = _ask(api, series_uid, sentences=2, die="engine")
    state = project(_events(api, job), job["stream"])
    assert (state["state"], state["attempt"]) == ("failed", 3)
    assert state["error"] is not None
    assert state["error"]["code"] == "engine_died"
    again = api.post(f"jobs/{job['id']}/retry")
    assert again.status_code == 201
    assert again.json()["retry_of"] == job["id"]
    # It kills the engine that the next test's job would share.
    _events(api, again.json())


@pytest.mark.parametrize(
    ("die", "code", "text"),
    [("refuse", "input_refused", "no ventricle"), ("break", "internal_error", "")],
)
def test_failed_run_says_why_without_patient_data(
    api: httpx.Client, series_uid: str, die: str, code: str, text: str
) -> None:
    job = _ask(api, series_uid, die=die)
    state = project(events := _events(api, job), job["stream"])
    assert state["state"] == "failed"
    assert state["error"] is not None
    assert text in state["error"]["user_message"]
    assert "Doe" not in str(events)
    if die == "refuse":
        assert state["error"]["code"] == code


def test_same_key_makes_one_job(api: httpx.Client, series_uid: str) -> None:
    one = _ask(api, series_uid, key="k-1", sentences=1)
    two = _ask(api, series_uid, key="k-1", sentences=1)
    assert one["id"] == two["id"]
    body = {"pipeline": "tiny_report", "inputs": {"image": series_uid}, "params": {"sentences": 9}}
    other = api.post("jobs", json=body, headers={"Idempotency-Key": "k-1"})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    _events(api, one)


def test_lost_redis_loses_no_job(stack: Stack, api: httpx.Client, series_uid: str) -> None:
    """The broker forgets everything; the reaper sends the message of the waiting job again."""
    jobs = [_ask(api, series_uid, sentences=30, pause=0.05) for _ in range(5)]
    stack.python(
        "-c",
        "import django; django.setup()\nfrom apps.core.redis import redis_client\n"
        "redis_client().delete('gpu')",
    )
    for job in jobs:
        assert _events(api, job)[-1]["data"]["outcome"] == "succeeded"
