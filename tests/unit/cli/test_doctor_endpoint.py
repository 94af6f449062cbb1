"""The doctor looks at an endpoint that the user names, and at the one next to it."""

from __future__ import annotations

import pytest

from rewardsmith.cli.doctor import EndpointFlags, Finding, _model, _try
from tests.servers import Exchange, Reaction, raw, refusal, serving

KEY = "sk-doctor-0123456789"
MODELS = raw({"object": "list", "data": []})


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_BASE_URL", "REWARDSMITH_MODEL", "OPENAI_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


def versioned(exchange: Exchange) -> Reaction:
    return MODELS if exchange.path == "/v1/models" else raw({"detail": "Not Found"}, 404)


def looked_at(url: str | None) -> Finding:
    finding = _try("model", lambda: _model(EndpointFlags(base_url=url)))
    assert KEY not in finding.detail
    return finding


def test_without_an_address_nothing_is_asked():
    assert looked_at(None) == Finding(
        "model", True, "for --writer openai: OPENAI_API_KEY set, model not set, endpoint OpenAI's own"
    )


@pytest.mark.parametrize("named", [True, False], ids=["flag", "variable"])
def test_one_that_answers(monkeypatch: pytest.MonkeyPatch, named: bool):
    with serving(versioned) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        finding = looked_at(server.url if named else None)
    assert (finding.ok, finding.detail.endswith(f"endpoint {server.url} is an endpoint")) == (True, True)
    (request,) = server.requests
    assert (request.path, request.key) == ("/v1/models", f"Bearer {KEY}")


def test_one_without_its_version():
    with serving(versioned) as server:
        finding = looked_at(server.url.removesuffix("/v1"))
    assert not finding.ok
    assert f"404), but {server.url} is an endpoint. Give that one with --llm.base-url" in finding.detail


def test_one_with_a_version_too_many():
    with serving(lambda exchange: MODELS if exchange.path == "/models" else raw({}, 404)) as server:
        finding = looked_at(server.url)
    assert not finding.ok
    assert f"but {server.url.removesuffix('/v1')} is an endpoint" in finding.detail


def test_a_wrong_key_is_said_and_no_fault_of_the_address():
    with serving(lambda exchange: refusal(401, f"bad key {KEY}")) as server:
        finding = looked_at(server.url)
    assert (finding.ok, "refuses the key (401)" in finding.detail) == (True, True)


def test_one_without_a_list_of_models_may_still_have_one():
    with serving(lambda exchange: raw({}, 404)) as server:
        finding = looked_at(server.url)
    assert (finding.ok, "nothing is known of it without a call" in finding.detail) == (True, True)


@pytest.mark.parametrize("odd", [Reaction(200, b"<html>Welcome</html>"), raw([]), refusal(500, "oops")])
def test_something_else_answers(odd: Reaction):
    with serving(lambda exchange: odd) as server:
        assert not looked_at(server.url).ok


def test_nobody_answers():
    with serving(versioned) as server:
        pass
    assert "cannot be reached" in looked_at(server.url).detail
