"""Requests gone wrong in every way we could think of, and in many that hypothesis thinks of."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.sandbox.api.routes import ROUTES
from reconciler.sandbox.server.serving import Sandbox, Settings, running
from tests.sandbox.operations import OPERATIONS, Operation, World, made_world
from tests.sandbox.raw import Answer, RawClient
from tests.sandbox.sdk import IS_SOAK

ROUTED = {Operation(route.method, route.template).template for route in ROUTES}
LISTS = ("workspaces", "sources", "destinations", "connections")
UNKNOWN = "00000000-0000-4000-8000-000000000000"
MEGABYTE = 1024 * 1024
LONGEST_NAME = 256

bounded = settings(
    max_examples=5_000 if IS_SOAK else 250,
    derandomize=not IS_SOAK,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox for all of them: whatever a request breaks, the next one meets."""
    with running(Settings(database=tmp_path_factory.mktemp("hostile") / "sandbox.db")) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def client(server: Sandbox) -> Iterator[RawClient]:
    opened = RawClient(server)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def world(client: RawClient) -> World:
    return made_world(client)


def assert_sound(client: RawClient) -> None:
    """No id twice, no page that overlaps another, and every connection between two live ends."""
    rows = {name: client.every(name) for name in LISTS}
    ids = {name: [row[f"{name[:-1]}Id"] for row in rows[name]] for name in LISTS}
    for name, found in ids.items():
        twice = [id_ for id_, times in Counter(found).items() if times > 1]
        assert not twice, f"{name} listed twice: {twice}"
        in_small_pages = [row[f"{name[:-1]}Id"] for row in client.every(name, page=7)]
        assert sorted(in_small_pages) == sorted(found), f"pages of {name} differ"
    for kind in ("sources", "destinations", "connections"):
        for row in rows[kind]:
            assert row["workspaceId"] in ids["workspaces"], row
    for row in rows["connections"]:
        assert row["sourceId"] in ids["sources"], row
        assert row["destinationId"] in ids["destinations"], row


NO_JSON = (
    *(
        b"",
        b"{",
        b"nonsense",
        b"{'name': 1}",
        b'{"name": NaN}',
        b'{"name": 1e999}',
        b'{"name": Infinity}',
        b"\xff\xfe",
    ),
    *(b"[" * 100_000, b'{"name":' * 2_000 + b"1" + b"}" * 2_000),
)
NO_OBJECT = (b"[]", b'"text"', b"1", b"null", b"true")


ANONYMOUS = ("/health", "/applications/token", "/oauth/callback")
REQUIRED = {
    "POST /workspaces": ("name",),
    "POST /sources": ("name", "workspaceId", "configuration"),
    "POST /destinations": ("name", "workspaceId", "configuration"),
    "PUT /sources/{}": ("name", "configuration"),
    "PUT /destinations/{}": ("name", "configuration"),
    "POST /connections": ("sourceId", "destinationId"),
    "POST /tags": ("name", "color", "workspaceId"),
    "PATCH /tags/{}": ("name", "color"),
    "POST /jobs": ("connectionId", "jobType"),
    "POST /permissions": ("permissionType", "userId"),
    "PATCH /permissions/{}": ("permissionType",),
    "POST /workspaces/{}/definitions/sources": ("name", "dockerRepository", "dockerImageTag"),
    "PUT /workspaces/{}/definitions/sources/{}": ("name", "dockerImageTag"),
    "POST /workspaces/{}/definitions/destinations": ("name", "dockerRepository", "dockerImageTag"),
    "PUT /workspaces/{}/definitions/destinations/{}": ("name", "dockerImageTag"),
    "POST /workspaces/{}/definitions/declarative_sources": ("name", "manifest"),
    "PUT /workspaces/{}/definitions/declarative_sources/{}": ("manifest",),
    "POST /applications/token": ("client_id", "client_secret"),
}


def is_never_done(operation: Operation) -> bool:
    """Whether a self-managed server refuses the operation whatever is sent."""
    return operation.path.endswith("/oauthCredentials") or "initiateOAuth" in operation.path


def each(operations: Iterable[Operation]) -> pytest.MarkDecorator:
    """Runs a test for every one of *operations* that the sandbox has."""
    there = [operation for operation in operations if operation.template in ROUTED]
    return pytest.mark.parametrize("operation", there, ids=lambda operation: operation.template)


# ── what must be answered to what ────────────────────────────────────────────────────────────────


def test_every_route_of_the_sandbox_is_among_the_operations_tried_here() -> None:
    known = {operation.template for operation in OPERATIONS}
    assert sorted(ROUTED - known) == []


@each(o for o in OPERATIONS if o.path not in ANONYMOUS)
def test_a_request_without_a_good_token_is_refused(
    client: RawClient, world: World, operation: Operation
) -> None:
    for authorization in ("", "Bearer", "Bearer wrong", "Basic dXNlcjpwYXNz", "nonsense"):
        answer = sent(client, operation, world, authorization=authorization)
        assert answer.status == 401
        assert answer.json["message"] == "Unauthorized"


@each(o for o in OPERATIONS if o.body is not None and not is_never_done(o))
def test_a_body_that_is_no_json_object_is_a_bad_request(
    client: RawClient, world: World, operation: Operation
) -> None:
    for body in (*NO_JSON, *NO_OBJECT):
        answer = client.send(operation.method, world.filled(operation.path), body)
        assert answer.status == 400, body[:100]


@pytest.mark.parametrize("path", ["/sources", "/workspaces"])
def test_a_body_of_more_than_ten_megabytes_is_too_large(client: RawClient, path: str) -> None:
    body = json.dumps({"name": "x" * 10 * MEGABYTE}).encode()
    assert client.send("POST", path, body).status == 413


@pytest.mark.parametrize("path", ["/nowhere", "/source", f"/sources/{UNKNOWN}/x", "/"])
def test_a_wrong_path_is_not_found(client: RawClient, path: str) -> None:
    answer = client.send("GET", path)
    assert answer.status in ((302, 404) if path == "/" else (404,))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", f"/connections/{UNKNOWN}"),
        ("PUT", f"/workspaces/{UNKNOWN}"),
        ("POST", f"/sources/{UNKNOWN}"),
        ("DELETE", "/sources"),
        ("PATCH", "/workspaces"),
        ("POST", "/streams"),
    ],
)
def test_a_wrong_method_is_not_allowed(client: RawClient, method: str, path: str) -> None:
    assert client.send(method, path, b"{}").status == 405


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    "query",
    [
        *("limit=0", "limit=-1", "limit=101", "limit=x", "limit=1.5", "limit=%20"),
        *("offset=-1", "offset=x", f"limit={10**30}", f"offset={10**30}", "offset=99999999999"),
    ],
)
def test_a_page_out_of_range_is_refused(client: RawClient, name: str, query: str) -> None:
    assert client.send("GET", f"/{name}?{query}").status == 400


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("limit", [1, 100])
def test_a_page_at_the_edge_of_its_range_is_answered(
    client: RawClient, name: str, limit: int
) -> None:
    assert client.send("GET", f"/{name}?limit={limit}&offset=0").status == 200


@pytest.mark.parametrize("ids", ["x", f"{UNKNOWN},x", "1-1", "%00", f"{{{UNKNOWN}}}"])
@pytest.mark.parametrize("name", LISTS)
def test_a_malformed_id_in_a_filter_is_refused(client: RawClient, name: str, ids: str) -> None:
    assert client.send("GET", f"/{name}?workspaceIds={quote(ids, safe='%,')}").status == 400


@pytest.mark.parametrize("name", LISTS)
def test_an_unknown_id_is_missing_and_a_malformed_one_an_error(
    client: RawClient, name: str
) -> None:
    assert client.send("GET", f"/{name}/{UNKNOWN}").status == 404
    answer = client.send("GET", f"/{name}/nonsense")
    assert (answer.status, set(answer.json)) == (500, {"errorId"})


@pytest.mark.parametrize(
    ("foreign", "field"),
    [("foreign_source", "sourceId"), ("foreign_destination", "destinationId")],
)
def test_a_connection_between_two_workspaces_is_refused(
    client: RawClient, world: World, foreign: str, field: str
) -> None:
    ids = world.ids
    ends = {"sourceId": ids["source"], "destinationId": ids["destination"], field: ids[foreign]}
    body = {**ends, "configurations": {"streams": [{"name": "customers"}]}}
    answer = client.send("POST", "/connections", json.dumps(body).encode())
    assert answer.status == 500
    assert answer.json["title"] == "unexpected-problem"


def test_the_ends_of_a_connection_cannot_be_swapped_for_each_other(
    client: RawClient, world: World
) -> None:
    body = {"sourceId": world.ids["destination"], "destinationId": world.ids["source"]}
    answer = client.send("POST", "/connections", json.dumps(body).encode())
    assert answer.status == 404


@each(o for o in OPERATIONS if o.template in REQUIRED)
def test_every_required_field_is_missed(
    client: RawClient, world: World, operation: Operation
) -> None:
    for name in REQUIRED[operation.template]:
        body = {key: part for key, part in (operation.body or {}).items() if key != name}
        answer = sent(client, operation, world, body=body)
        assert answer.status == 400, (name, answer)


@each(o for o in OPERATIONS if o.body is not None)
def test_unknown_fields_are_ignored(client: RawClient, world: World, operation: Operation) -> None:
    assert operation.body is not None
    plain = sent(client, operation, world, body=operation.body)
    with_more = sent(client, operation, world, body={**operation.body, "naem": "x", "X": [{}]})
    assert with_more.status == plain.status or (plain.status, with_more.status) == (200, 409)


# ── what hypothesis thinks of ────────────────────────────────────────────────────────────────────

texts = st.one_of(
    st.sampled_from(
        ["", " ", "x", "\x00", "é\u2028", "null", "-1", "**********", "'; DROP TABLE", "%s"]
    ),
    st.sampled_from([UNKNOWN, UNKNOWN.replace("-", ""), f"{{{UNKNOWN}}}", f"urn:uuid:{UNKNOWN}"]),
    st.sampled_from(["secret_coordinate::x", "\ud800", "x" * 257, "0 0 * * * ?", "* * * * *"]),
    st.text(max_size=20),
)
junk = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.sampled_from([0, -1, 1.5, 10**400, 2**63, -(2**63) - 1, 1e308]),
        texts,
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["name", "type", "id", "enabled", "key"]), inner, max_size=2
        ),
    ),
    max_leaves=4,
)


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every part of a JSON value, the whole apart."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in items:
        yield (*at, key)
        if isinstance(part, dict | list):
            yield from places(part, (*at, key))


def removed(holder: Any, key: Any, _new: Any) -> None:
    del holder[key]


def replaced(holder: Any, key: Any, new: Any) -> None:
    holder[key] = new


def doubled(holder: Any, key: Any, _new: Any) -> None:
    if isinstance(holder, list):
        holder.append(holder[key])
    else:
        holder[f"{key}s"] = holder[key]


@st.composite
def spoilt_bodies(draw: st.DrawFn, body: Any) -> Any:
    """*body* with one to three of its parts removed, replaced by junk, or there a second time."""
    spoilt = copy.deepcopy(body)
    for _ in range(draw(st.integers(1, 3))):
        if not (found := list(places(spoilt))):
            break
        *way, key = draw(st.sampled_from(found))
        holder = spoilt
        for step in way:
            holder = holder[step]
        draw(st.sampled_from([removed, replaced, doubled]))(holder, key, draw(junk))
    return spoilt


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


@bounded
@given(data=st.data())
def test_a_spoilt_body_never_breaks_the_server(
    client: RawClient, world: World, data: st.DataObject
) -> None:
    operation = data.draw(st.sampled_from([o for o in OPERATIONS if o.body]), label="operation")
    body = data.draw(spoilt_bodies(world.filled(operation.body)), label="body")
    answer = client.send(operation.method, world.filled(operation.path), encoded(body))
    assert answer.status != 500 or is_described(operation, body), answer


def test_everything_still_holds(client: RawClient, world: World) -> None:
    for operation in OPERATIONS:
        for name in operation.body or {}:
            body = {**(operation.body or {}), name: None}
            sent(client, operation, world, body=body)
    assert_sound(client)


@bounded
@given(data=st.data())
def test_a_spoilt_path_or_query_never_breaks_the_server(
    client: RawClient, world: World, data: st.DataObject
) -> None:
    operation = data.draw(st.sampled_from(OPERATIONS), label="operation")
    words = st.one_of(texts, st.sampled_from(sorted(world.ids.values())))
    path = "/".join(
        quote(data.draw(words).encode("utf-8", "replace").decode(), safe="")
        if part.startswith("{")
        else part
        for part in operation.path.split("/")
    )
    names = st.sampled_from([*operation.query, "limit", "offset", "x"])
    query = "&".join(
        f"{name}={quote(value.encode('utf-8', 'replace').decode(), safe=',')}"
        for name, value in data.draw(st.lists(st.tuples(names, words), max_size=4), label="query")
    )
    body = encoded(world.filled(operation.body)) if operation.body else None
    answer = client.send(operation.method, f"{path}?{query}", body)
    assert (
        answer.status != 500
        or set(answer.json) == {"errorId"}
        or is_described(operation, operation.body)
        or (operation.method == "PUT" and is_deleted(client, path))
    ), answer


def sent(
    client: RawClient,
    operation: Operation,
    world: World,
    *,
    body: Any = None,
    authorization: str | None = None,
) -> Answer:
    text = encoded(world.filled(body)) if body is not None else None
    return client.send(
        operation.method, world.filled(operation.path), text, authorization=authorization
    )


def is_deleted(client: RawClient, path: str) -> bool:
    """Whether a source or destination is one without configuration, which a PUT cannot replace."""
    answer = client.send("GET", path)
    return answer.status == 200 and answer.json.get("configuration") is None


def is_described(operation: Operation, body: Any) -> bool:
    """Whether a 500 is what the real server is known to answer to such a request."""
    if operation.path == "/connector_definitions":
        return True  # without a workspace
    if not isinstance(body, dict):
        return False
    name = body.get("name")
    if isinstance(name, str) and len(name) > LONGEST_NAME:
        return True  # the database's column holds no more
    if operation.path.startswith(("/sources", "/destinations")):
        return _is_described_for_an_actor(body)
    if operation.path.startswith("/connections"):
        return _is_described_for_a_connection(operation, body)
    return operation.path == "/permissions"  # redundant, or a second one for the same user


def _is_described_for_an_actor(body: dict[str, Any]) -> bool:
    allocation = body.get("resourceAllocation")
    return (
        bool(body.get("secretId"))  # which names no secret of the store
        or not isinstance(body.get("configuration"), dict)
        or (isinstance(allocation, dict) and allocation.get("default") is None)
        or True in (isinstance(part, dict | list) for part in body["configuration"].values())
    )


def _is_described_for_a_connection(operation: Operation, body: dict[str, Any]) -> bool:
    if operation.method == "POST" and any(
        name in body and body[name] is None
        for name in ("namespaceDefinition", "nonBreakingSchemaUpdatesBehavior", "status")
    ):
        return True
    streams = (body.get("configurations") or {}).get("streams") or []
    names = [stream.get("name") for stream in streams if isinstance(stream, dict)]
    return len(names) > len(set(map(str, names)))  # the same stream with and without a namespace
