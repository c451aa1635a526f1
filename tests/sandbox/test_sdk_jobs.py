"""The official SDK on jobs: triggering, cancelling, listing, and what the API refuses."""

from __future__ import annotations

import pytest
from airbyte_api import AirbyteAPI, api, models
from airbyte_api.errors import SDKError

from tests.sandbox.sdk import connection, said, workspace

SYNC, RESET = models.JobTypeEnum.SYNC, models.JobTypeEnum.RESET


def start(sdk: AirbyteAPI, connection_id: str, job_type: models.JobTypeEnum) -> models.JobResponse:
    request = models.JobCreateRequest(connection_id=connection_id, job_type=job_type)
    return said(sdk.jobs.create_job(request=request).job_response)


def test_a_sync_starts_once_and_is_cancelled(sdk: AirbyteAPI) -> None:
    id_ = connection(sdk, workspace(sdk)).connection_id
    job = start(sdk, id_, SYNC)
    assert (job.connection_id, job.job_type) == (id_, SYNC)
    with pytest.raises(SDKError, match="A sync is already running for: ") as refused:
        start(sdk, id_, SYNC)
    assert refused.value.status_code == 409
    cancelled = said(sdk.jobs.cancel_job(request={"job_id": job.job_id}).job_response)
    assert cancelled.job_id == job.job_id
    with pytest.raises(SDKError, match="Job is not currently running") as refused:
        sdk.jobs.cancel_job(request={"job_id": job.job_id})
    assert refused.value.status_code == 409
    read = said(sdk.jobs.get_job(request={"job_id": job.job_id}).job_response)
    assert read.status is models.JobStatusEnum.CANCELLED
    assert read.last_updated_at


def test_a_reset_and_a_clear_end_what_runs_and_read_as_resets(sdk: AirbyteAPI) -> None:
    id_ = connection(sdk, workspace(sdk)).connection_id
    sync = start(sdk, id_, SYNC)
    for job_type in (RESET, models.JobTypeEnum.CLEAR):
        assert start(sdk, id_, job_type).job_type is RESET
    read = said(sdk.jobs.get_job(request={"job_id": sync.job_id}).job_response)
    assert read.status is models.JobStatusEnum.CANCELLED


def test_a_refresh_is_not_supported(sdk: AirbyteAPI) -> None:
    id_ = connection(sdk, workspace(sdk)).connection_id
    with pytest.raises(SDKError, match="Refreshes are not supported") as refused:
        start(sdk, id_, models.JobTypeEnum.REFRESH)
    assert refused.value.status_code == 422


def test_an_inactive_connection_does_not_sync(sdk: AirbyteAPI) -> None:
    id_ = connection(sdk, workspace(sdk), status="inactive").connection_id
    with pytest.raises(SDKError, match="Could not fulfill request") as refused:
        start(sdk, id_, SYNC)
    assert refused.value.status_code == 409


def test_jobs_are_listed_oldest_first_filtered_ordered_and_paged(sdk: AirbyteAPI) -> None:
    mine, other = workspace(sdk, "Mine"), workspace(sdk, "Other")
    first, second = connection(sdk, mine).connection_id, connection(sdk, other).connection_id
    started = [
        start(sdk, id_, kind) for id_, kind in ((first, SYNC), (second, SYNC), (first, RESET))
    ]
    ids = [job.job_id for job in started]

    def listed(**query: object) -> list[int]:
        request = api.ListJobsRequest.model_validate(query)
        answer = said(sdk.jobs.list_jobs(request=request).jobs_response)
        return [job.job_id for job in answer.data]

    assert listed() == ids
    assert listed(connectionId=first) == [ids[0], ids[2]]
    assert listed(workspaceIds=[other]) == [ids[1]]
    assert listed(jobType="reset") == [ids[2]]
    assert listed(status="cancelled") == [ids[0]]
    assert listed(connectionId=first, limit=1, orderBy="createdAt|DESC") == [ids[2]]
    assert listed(limit=1, offset=1) == [ids[1]]
    with pytest.raises(SDKError, match="Invalid order by clause provided: ") as refused:
        listed(orderBy="createdAt")
    assert refused.value.status_code == 400


def test_an_unknown_job_is_a_conflict_and_never_missing(sdk: AirbyteAPI) -> None:
    for call in (sdk.jobs.get_job, sdk.jobs.cancel_job):
        with pytest.raises(SDKError) as refused:
            call(request={"job_id": 999_999})
        assert refused.value.status_code == 409
