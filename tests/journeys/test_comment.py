"""`comment`: one on a request, kept up to date, against both forges' APIs on a real socket."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import Result
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from tests.journeys.manifests import ENVIRON, acme, bigquery, stripe
from tests.journeys.repository import Repository
from tests.support import Api, Project
from tests.support.forge import SOMEBODY, TOKEN, Forge, running

ADVICE = {
    "github": "pull-requests: write",
    "gitlab": "the scope `api`",
}


@dataclass
class Job:
    """A CI job about request 12, in a repository that is the folder of the project."""

    project: Project
    forge: Forge
    kind: str

    def __post_init__(self) -> None:
        folder = str(self.project.folder)
        variables = {
            "github": {
                "GITHUB_ACTIONS": "true",
                "GITHUB_WORKSPACE": folder,
                "GITHUB_REPOSITORY": "acme/airbyte",
                "GITHUB_API_URL": self.forge.url,
                "GITHUB_EVENT_PATH": str(self.project.write("event.json", EVENT)),
                "GITHUB_TOKEN": TOKEN,
            },
            "gitlab": {
                "GITLAB_CI": "true",
                "CI_PROJECT_DIR": folder,
                "CI_PROJECT_ID": "4711",
                "CI_MERGE_REQUEST_PROJECT_PATH": "acme/airbyte",
                "CI_MERGE_REQUEST_IID": "12",
                "CI_API_V4_URL": self.forge.url,
                "GITLAB_TOKEN": TOKEN,
            },
        }
        self.project.environ |= {**ENVIRON, **variables[self.kind]}

    def plan(self, *options: str) -> Result:
        """The step that may read Airbyte."""
        command = ("plan", "--format", "markdown", "--out", "plan.json", *options)
        result = self.project.run(*command)
        self.project.write("plan.md", result.stdout)
        return result

    def comment(self, *options: str, exit_code: int = 2) -> Result:
        """The step that may write on the forge."""
        files = ("--plan", "plan.json", "--body", "plan.md")
        command = ("comment", *files, "--detailed-exitcode", "--retry-for", "1s", *options)
        result = self.project.run(*command)
        assert result.exit_code == exit_code, result.output
        assert result.stdout == (self.project.folder / "plan.md").read_text(encoding="utf-8")
        assert TOKEN not in result.output
        return result

    def planned(self, *options: str) -> Result:
        """Both steps."""
        self.plan()
        return self.comment(*options)


EVENT = json.dumps({"action": "synchronize", "number": 12, "pull_request": {"number": 12}})


@pytest.fixture(params=["github", "gitlab"])
def job(project: Project, request: pytest.FixtureRequest) -> Iterator[Job]:
    project.tenant(acme())
    with running(request.param) as forge:
        yield Job(project, forge, request.param)


def test_one_comment_lives_as_long_as_there_is_something_to_change(job: Job) -> None:
    job.forge.add("Nice!", SOMEBODY)
    assert "comment written" in job.planned().stderr
    _, first = job.forge.comments
    assert "4 to create" in first.body
    assert first.body.startswith("<!-- reconciler ")
    assert job.forge.labels == {"reconciler:creates"}
    assert "says so already" in job.comment().stderr
    job.project.apply()
    job.project.tenant(acme(sources={"stripe": stripe(start_date="2024-01-01T00:00:00Z")}))
    assert "up to date" in job.planned().stderr
    assert [c.id for c in job.forge.comments[1:]] == [first.id]
    assert "1 to update" in first.body
    assert job.forge.labels == {"reconciler:updates"}
    job.project.tenant(acme())
    job.plan()
    assert "removed" in job.comment(exit_code=0).stderr
    assert [c.body for c in job.forge.comments] == ["Nice!"]
    assert job.forge.labels == set()
    assert "nothing is to change" in job.comment(exit_code=0).stderr
    assert job.forge.tokens == {TOKEN}


def test_a_plan_may_be_made_by_the_same_command(job: Job) -> None:
    repository = Repository(job.project)
    repository.project.apply()
    repository.tenant("globex", sources={"stripe": stripe(start_date="2024-01-01T00:00:00Z")})
    options = ("--base", "main", "--changed-since", "main", "--detailed-exitcode")
    done = job.project.run("comment", f"--{job.kind}", *options)
    assert done.exit_code == 2, done.output
    assert "comment written" in done.stderr
    (comment,) = job.forge.comments
    assert comment.body.partition("\n")[2] == done.stdout
    assert job.forge.labels == {"reconciler:updates"}
    again = re.findall(r"<code>(reconciler plan [^<]*)</code>", done.stdout)
    assert again == ["reconciler plan --changed-since main --base main --detailed-exitcode"]
    repository.tenant("globex")
    assert job.project.run("comment", *options).exit_code == 0
    assert job.forge.comments == []


def test_a_plan_that_cannot_be_made_is_no_comment(job: Job) -> None:
    job.project.tenant("tenant: [")
    assert job.project.run("comment").exit_code == 1
    assert job.forge.seen == []


@pytest.mark.parametrize(
    "options",
    [
        ("--plan", "plan.json"),
        ("--body", "plan.md"),
        ("--plan", "plan.json", "--body", "plan.md", "acme"),
        ("--plan", "plan.json", "--body", "plan.md", "--prune"),
        ("--plan", "plan.json", "--body", "plan.md", "--base", "main"),
    ],
)
def test_a_plan_is_made_or_read_and_not_both(job: Job, options: tuple[str, ...]) -> None:
    job.plan()
    assert job.project.run("comment", *options).exit_code == 2
    assert job.forge.seen == []


def test_a_comment_that_says_the_same_is_not_written_again(job: Job) -> None:
    job.planned("--no-labels")
    job.forge.comments[0].body = job.forge.comments[0].body.replace("\n", "\r\n").rstrip()
    job.forge.seen.clear()
    job.comment("--no-labels")
    assert job.forge.writes == []
    assert job.forge.labels == set()


def test_projects_and_environments_of_one_repository_keep_apart(job: Job) -> None:
    job.planned()
    text = (job.project.folder / "reconciler.yaml").read_text(encoding="utf-8")
    other = Project(job.project.folder / "other", job.project.url, job.project.environ)
    other.write("reconciler.yaml", text.replace("test:", "second:").replace(": test", ": second"))
    other.tenant(acme())
    Job(other, job.forge, job.kind).planned()
    assert len(job.forge.comments) == 2
    other.environ["GITHUB_WORKSPACE"] = other.environ["CI_PROJECT_DIR"] = str(job.project.folder)
    Job.plan(job)
    job.project.apply()
    job.plan()
    job.comment(exit_code=0)
    (left,) = job.forge.comments
    assert '"second"' in left.body
    assert job.forge.labels == {"reconciler:creates"}, "the other comment still stands for it"


def test_a_comment_by_somebody_else_is_never_changed(job: Job) -> None:
    job.planned()
    copied = job.forge.comments[0].body.replace("4 to create", "0 to create")
    job.forge.comments.clear()
    theirs = job.forge.add(copied, SOMEBODY)
    gone = job.forge.add(copied, 0)
    quoting = job.forge.add(f"> {copied}")
    job.planned()
    bodies = [comment.body for comment in job.forge.comments]
    assert bodies[:3] == [copied, copied, quoting.body]
    assert len(bodies) == 4
    assert "4 to create" in bodies[3]
    assert {theirs.id, gone.id} <= {comment.id for comment in job.forge.comments}


def test_a_person_s_token_knows_its_own_comments(job: Job) -> None:
    job.forge.is_app = False
    job.planned()
    job.planned()
    assert len(job.forge.comments) == 1


def test_our_comment_is_found_behind_pages_of_others(job: Job) -> None:
    job.planned()
    (ours,) = job.forge.comments
    ours.body = ours.body.replace("4 to create", "9 to create")
    talk = [job.forge.add(f"Remark {n}.", SOMEBODY, is_system=n % 2 == 0) for n in range(250)]
    job.forge.comments = [*talk, ours]
    job.planned()
    assert len(job.forge.comments) == 251
    assert "4 to create" in ours.body


def test_twins_become_one(job: Job) -> None:
    job.planned()
    job.forge.add(job.forge.comments[0].body)
    job.comment()
    assert len(job.forge.comments) == 1


def always(answer: Response) -> Callable[[str, str], Response]:
    return lambda _method, _path: answer


REFUSALS: dict[str, tuple[Response, str]] = {
    "401": (JSONResponse({"message": "Bad credentials"}, 401), "wrong or has expired"),
    "the token again": (
        JSONResponse({"message": f"Bearer {TOKEN} is no token"}, 401),
        "(credentials) is no token",
    ),
    "403": (JSONResponse({"message": "Resource not accessible"}, 403), ""),
    "404": (JSONResponse({"message": "Not Found"}, 404), "may the token see it?"),
    "422": (JSONResponse({"message": "Validation Failed"}, 422), "Where it is about the length"),
    "403 limit": (
        JSONResponse({"message": "API rate limit"}, 403, {"X-RateLimit-Remaining": "0"}),
        "un the job again later",
    ),
    "429": (PlainTextResponse("Retry later", 429, {"Retry-After": "0"}), "un the job again later"),
    "500": (JSONResponse({"message": "Oh"}, 500), "un the job again later"),
    "502": (HTMLResponse("<title>Unicorn!</title>", 502), "(Unicorn!)"),
    "redirect": (Response(b"", 301, {"Location": "https://elsewhere.test/"}), "elsewhere.test"),
    "html": (HTMLResponse("<p>Sign in", 200), "Is the address of its API right?"),
    "other json": (JSONResponse({"data": []}), "Is the address of its API right?"),
    "other rows": (JSONResponse([{"body": 1}]), "Is the address of its API right?"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_forge_that_refuses_leaves_the_plan_and_its_exit_code(job: Job, case: str) -> None:
    answer, advice = REFUSALS[case]
    job.plan()
    job.forge.spoil = always(answer)
    told = " ".join(job.comment().stderr.split())
    assert "comment not written [R522]" in told
    assert (advice or ADVICE[job.kind]) in told
    assert job.forge.comments == []


def test_a_token_that_may_read_but_not_write_is_told_what_it_needs(job: Job) -> None:
    refused = JSONResponse({"message": "403 Forbidden"}, 403)
    job.forge.spoil = lambda method, _path: None if method == "GET" else refused
    assert ADVICE[job.kind] in " ".join(job.planned().stderr.split())


def test_a_forge_that_cannot_be_reached_is_told(job: Job) -> None:
    told = " ".join(job.planned("--api-url", "http://127.0.0.1:1").stderr.split())
    assert "comment not written" in told
    assert "may this machine reach it?" in told


def test_a_limit_that_passes_is_waited_for(job: Job) -> None:
    limits = iter(
        [
            JSONResponse({"message": "secondary rate limit"}, 403, {"Retry-After": "0"}),
            JSONResponse({"message": "You have exceeded a secondary rate limit."}, 403),
            PlainTextResponse("Retry later", 429),
        ]
    )
    job.forge.spoil = lambda _method, _path: next(limits, None)
    assert "comment written" in job.planned().stderr
    assert len(job.forge.comments) == 1


def test_a_comment_whose_answer_was_lost_is_not_posted_twice(job: Job) -> None:
    answers = iter([HTMLResponse("<title>Bad gateway</title>", 502)])
    job.forge.lost = lambda method, path: (
        next(answers, None) if method == "POST" and not path.endswith("labels") else None
    )
    assert "says so already" in job.planned().stderr
    assert len(job.forge.comments) == 1


def test_a_comment_that_is_too_long_is_not_sent_in_pieces(job: Job) -> None:
    job.plan()
    job.project.write("plan.md", "x" * 1_000_001 + "\n")
    assert "characters" in job.comment().stderr
    assert job.forge.seen == []


def test_a_refused_plan_is_worth_a_comment_and_ends_as_it_did(job: Job, api: Api) -> None:
    job.project.apply()
    job.project.tenant(acme(destination=bigquery(), connections={}, prune=True))
    assert job.plan("--allow-deletes", "0").exit_code == 3
    job.comment(exit_code=3)
    assert "reconciler:refused" in job.forge.labels
    assert "refused" in job.forge.comments[0].body
    api.fault(method="GET", path="/sources", status=403, count=50)
    assert job.plan().exit_code == 1
    job.comment(exit_code=1)
    assert "reconciler:unreadable" in job.forge.labels


def test_what_is_there_without_the_request_is_no_news(job: Job, api: Api) -> None:
    repository = Repository(job.project)
    job.project.apply()
    for row in api.rows("connections"):
        manual = {"schedule": {"scheduleType": "manual"}}
        api.call("PATCH", f"/connections/{row['connectionId']}", manual)
    repository.tenant("acme")
    job.plan("--base", "main")
    assert "nothing is to change" in job.comment().stderr
    repository.tenant("globex", sources={"stripe": stripe(start_date="2024-01-01T00:00:00Z")})
    job.plan("--base", "main")
    job.comment()
    assert job.forge.labels == {"reconciler:updates"}
    (job.project.folder / "tenants" / "globex.yaml").unlink()
    job.plan("--base", "main")
    job.comment()
    assert "globex" in job.forge.comments[0].body
    assert job.forge.labels == set()


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        ("GITHUB_TOKEN", "There is no GITHUB_TOKEN"),
        ("GITHUB_EVENT_PATH", "about no pull request"),
        ("GITHUB_REPOSITORY", "No repository is known"),
        ("GITHUB_ACTIONS", "Say which: --github or --gitlab"),
        ("GITLAB_TOKEN", "CI_JOB_TOKEN may not comment"),
        ("CI_MERGE_REQUEST_IID", "about no merge request"),
        ("CI_PROJECT_ID", "No project is known"),
        ("GITLAB_CI", "Say which: --github or --gitlab"),
    ],
)
def test_what_the_job_does_not_say_is_asked_for(project: Project, missing: str, told: str) -> None:
    project.tenant(acme())
    kind = "github" if missing.startswith("GITHUB") else "gitlab"
    job = Job(project, Forge(), kind)
    project.environ[missing] = ""
    stderr = " ".join(job.planned().stderr.split())
    assert "comment not written" in stderr
    assert told in stderr


def test_the_command_line_says_it_where_no_job_does(job: Job) -> None:
    for name in list(job.project.environ):
        if name.startswith(("GITHUB_", "CI_", "GITLAB_CI")) and "TOKEN" not in name:
            job.project.environ[name] = ""
    where = ("--repository", "acme/airbyte", "--pull-request", "12", "--api-url", job.forge.url)
    assert "comment written" in job.planned(f"--{job.kind}", *where).stderr


def test_a_plan_file_or_text_that_is_none_is_refused(job: Job) -> None:
    job.plan()
    plan = (job.project.folder / "plan.json").read_text(encoding="utf-8")
    job.project.write("edited.json", plan.replace("Acme", "Acme2"))
    for files, exit_code in (
        (("--plan", "edited.json", "--body", "plan.md"), 3),
        (("--plan", "none.json", "--body", "plan.md"), 1),
        (("--plan", "plan.json", "--body", "none.md"), 1),
    ):
        result = job.project.run("comment", *files)
        assert result.exit_code == exit_code, result.output
    assert job.forge.seen == []


def test_every_request_can_be_seen_and_none_shows_the_token(job: Job) -> None:
    stderr = job.planned("--verbose").stderr
    assert "/comments 201" in stderr or "/notes 201" in stderr


def test_a_name_cannot_end_the_mark(job: Job, tmp_path: Path) -> None:
    folder = tmp_path / "a --> b"
    project = Project(folder, job.project.url, job.project.environ)
    project.tenant(acme())
    sub = Job(project, job.forge, job.kind)
    project.environ["GITHUB_WORKSPACE"] = project.environ["CI_PROJECT_DIR"] = str(tmp_path)
    sub.planned()
    sub.planned()
    (comment,) = job.forge.comments
    mark, _, _ = comment.body.partition("\n")
    assert mark.count("-->") == 1
