"""Endpoints that differ from OpenAI's: roles, parameters, addresses, Azure and proxies."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from dataclasses import replace

import pytest

from rewardsmith.config import LanguageModelOptions
from rewardsmith.contracts import Task
from rewardsmith.errors import WriterError
from rewardsmith.writers.openai.writer import OpenAIWriter
from tests.asking import KEY, Memory, ask, briefs, write_all, writer
from tests.servers import Exchange, Reaction, completion, in_turn, raw, refusal, serving

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
OUTSIDE = "http://model.example.invalid/v1"


def roles(exchange: Exchange) -> list[str]:
    messages = exchange.body["messages"]
    assert isinstance(messages, list)
    return [message["role"] for message in messages]


class TestNoRoleOfTheSystem:
    @pytest.mark.parametrize(
        "no",
        [
            refusal(400, "System role not supported"),
            refusal(400, "Developer instruction is not enabled for models/gemma-3-27b-it"),
            refusal(400, "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
                    param="messages[0].role"),
            refusal(400, "Conversation roles must alternate user/assistant/user/assistant/..."),
            refusal(422, "Only user and assistant roles are supported!"),
            refusal(500, "Jinja exception: System role not supported"),
        ],
    )  # fmt: skip
    def test_its_text_begins_the_first_message_of_the_user_from_then_on(
        self, options: LanguageModelOptions, reach: Task, no: Reaction
    ):
        drafts, calls, server = ask(
            lambda exchange: no if "system" in roles(exchange) else completion(),
            options, reach, count=3, concurrency=1,
        )  # fmt: skip
        assert all(draft.source for draft in drafts)
        assert [roles(request) for request in server.requests] == [["system", "user"], *[["user"]] * 3]
        assert server.requests[0].text.replace("\n", "") == server.requests[1].text.replace("\n", "")
        assert [json.loads(call.messages) for call in calls] == [
            request.body["messages"] for request in server.requests[1:]
        ]

    def test_what_is_not_about_the_role_is_not_taken_for_it(self, options: LanguageModelOptions, reach: Task):
        with serving(in_turn(refusal(400, "the file system is full"))) as server, pytest.raises(WriterError):
            write_all(writer(server, options), briefs(reach), Memory())
        assert all("system" in roles(request) for request in server.requests)


TOKENS = [
    {"token": "Move", "logprob": -0.25, "bytes": [77], "top_logprobs": []},
    {"token": "\ud800", "logprob": -9999.0},
    {"token": 5, "logprob": float("-inf")},
]


def likely(exchange: Exchange) -> Reaction:
    good = json.loads(completion().body)
    if exchange.body.get("logprobs"):
        good["choices"][0]["logprobs"] = {"content": TOKENS}
    return raw(good)


class TestLogProbabilities:
    def test_they_are_asked_for_and_kept(self, options: LanguageModelOptions, reach: Task):
        _, (call,), server = ask(likely, options, reach, logprobs=True)
        assert server.requests[0].body["logprobs"] is True
        assert json.loads(call.parameters)["logprobs"] is True
        assert call.logprobs.split("\n") == ['"Move" -0.25', '"\\ufffd" -9999.0', '"" null']

    def test_nobody_asks_for_them_by_himself(self, options: LanguageModelOptions, reach: Task):
        _, (call,), server = ask(likely, options, reach)
        assert "logprobs" not in server.requests[0].body
        assert call.logprobs == ""

    @pytest.mark.parametrize("odd", [None, [], {}, {"content": None}, {"content": "x"}, {"content": []}, 3])
    def test_a_server_that_gives_none(self, options: LanguageModelOptions, reach: Task, odd: object):
        body = json.loads(completion().body)
        body["choices"][0]["logprobs"] = odd
        (draft,), (call,), _ = ask(in_turn(raw(body)), options, reach, logprobs=True)
        assert draft.source
        assert call.logprobs == ""

    @pytest.mark.parametrize(
        "no",
        [
            refusal(400, "Unsupported parameter", param="logprobs"),
            refusal(403, "You are not allowed to request logprobs from this model"),
            refusal(422, "logprobs: extra inputs are not permitted"),
        ],
    )
    def test_an_endpoint_that_refuses_them_is_asked_without(
        self, options: LanguageModelOptions, reach: Task, no: Reaction
    ):
        drafts, calls, server = ask(
            lambda exchange: no if "logprobs" in exchange.body else completion(),
            options, reach, count=3, concurrency=1, logprobs=True,
        )  # fmt: skip
        assert all(draft.source for draft in drafts)
        assert len(server.requests) == 4
        assert all("logprobs" not in json.loads(call.parameters) for call in calls)


class TestAzure:
    @pytest.mark.parametrize("copied", ["", "/chat/completions"])
    def test_deployment_version_and_key_are_where_azure_looks_for_them(
        self, options: LanguageModelOptions, reach: Task, copied: str
    ):
        with serving(in_turn(completion())) as server:
            root = server.url.removesuffix("/v1")
            place = f"{root}/openai/deployments/my-4o{copied}?api-version=2024-10-21"
            (draft,) = write_all(
                OpenAIWriter(replace(options, base_url=place)), briefs(reach), memory := Memory()
            )
        (request,), (call,) = server.requests, memory.calls
        assert draft.source
        assert request.path == "/openai/deployments/my-4o/chat/completions?api-version=2024-10-21"
        assert request.headers["api-key"] == KEY
        assert "authorization" not in request.headers
        assert KEY not in repr(call)

    def test_the_version_is_the_only_query_there_is(self, options: LanguageModelOptions):
        for query in ("api-version=sk-0123456789", "api-version=2024-10-21&key=x", "version=2024-10-21"):
            with pytest.raises(WriterError, match="a query"):
                OpenAIWriter(replace(options, base_url=f"https://r.openai.azure.com/openai?{query}"))


class TestTheOtherAddress:
    @pytest.mark.parametrize("reaction", [raw({"detail": "Not Found"}, 404), refusal(404, ""),
                                          Reaction(404, b"404 page not found"), refusal(405, "no POST"),
                                          raw({"error": "Unexpected endpoint or method."}),
                                          Reaction(200, b"<html>Welcome</html>")])  # fmt: skip
    def test_one_without_a_version_is_named_with_it(
        self, options: LanguageModelOptions, reach: Task, reaction: Reaction
    ):
        with serving(in_turn(reaction)) as server:
            root = server.url.removesuffix("/v1")
            model = OpenAIWriter(replace(options, base_url=f"{root}/", retries=0))
            with pytest.raises(WriterError, match=f"Did you mean --llm.base-url {server.url}\\?"):
                write_all(model, briefs(reach), Memory())

    def test_one_with_a_version_is_named_without(self, options: LanguageModelOptions, reach: Task):
        with serving(in_turn(raw({}, 404))) as server:
            root = server.url.removesuffix("/v1")
            with pytest.raises(WriterError, match=f"Did you mean --llm.base-url {root}\\?"):
                write_all(writer(server, options), briefs(reach), Memory())

    def test_a_model_that_is_not_there_is_no_wrong_address(self, options: LanguageModelOptions, reach: Task):
        with (
            serving(in_turn(refusal(404, "The model `m` does not exist"))) as server,
            pytest.raises(WriterError) as refused,
        ):
            write_all(writer(server, options), briefs(reach), Memory())
        assert "Did you mean" not in str(refused.value)


class TestProxies:
    @pytest.fixture(autouse=True)
    def bare(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in (*PROXIES, "NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)

    @pytest.fixture
    def refused(
        self, options: LanguageModelOptions, reach: Task, monkeypatch: pytest.MonkeyPatch
    ) -> Callable[..., str]:
        """What is said where nothing can be sent to a place outside."""

        def why(**environment: str) -> str:
            for name, value in environment.items():
                monkeypatch.setenv(name, value)
            model = OpenAIWriter(replace(options, base_url=OUTSIDE, retries=0))
            with pytest.raises(WriterError) as refusal:
                write_all(model, briefs(reach), Memory())
            return str(refusal.value)

        return why

    @pytest.mark.parametrize("name", PROXIES)
    @pytest.mark.parametrize(
        "proxy", ["http://127.0.0.1:9", "socks5://127.0.0.1:9", "socks4://x", "nonsense://[", "http://a:b@["]
    )
    def test_this_machine_is_reached_without(
        self, options: LanguageModelOptions, reach: Task, monkeypatch: pytest.MonkeyPatch,
        name: str, proxy: str,
    ):  # fmt: skip
        monkeypatch.setenv(name, proxy)
        (draft,), _, server = ask(in_turn(completion()), options, reach)
        assert draft.source
        assert len(server.requests) == 1
        with serving(in_turn(completion())) as server:
            there = f"http://localhost:{server.server_address[1]}/v1"
            assert write_all(OpenAIWriter(replace(options, base_url=there)), briefs(reach), Memory())[
                0
            ].source

    def test_a_proxy_is_asked_for_places_outside(
        self, options: LanguageModelOptions, reach: Task, monkeypatch: pytest.MonkeyPatch
    ):
        with serving(in_turn(completion())) as proxy:
            monkeypatch.setenv("HTTP_PROXY", proxy.url.removesuffix("/v1"))
            model = OpenAIWriter(replace(options, base_url=OUTSIDE))
            assert write_all(model, briefs(reach), Memory())[0].source
        assert [request.path for request in proxy.requests] == [f"{OUTSIDE}/chat/completions"]

    def test_a_socks_proxy_without_its_package(self, refused: Callable[..., str]):
        told = refused(ALL_PROXY="socks5://user:hunter2@127.0.0.1:9")
        assert "ALL_PROXY names a SOCKS proxy" in told
        assert "pip install socksio" in told
        assert "hunter2" not in told

    @pytest.mark.parametrize(
        "proxy", ["socks4://u:hunter2@h", "gopher://u:hunter2@h:1", "http://u:hunter2@[::1"]
    )
    def test_a_proxy_that_is_none(self, refused: Callable[..., str], proxy: str):
        told = refused(ALL_PROXY=proxy)
        assert "ALL_PROXY" in told
        assert "hunter2" not in told

    def test_a_dead_proxy(self, refused: Callable[..., str]):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        told = refused(HTTP_PROXY=f"http://u:hunter2@127.0.0.1:{port}")
        assert "cannot reach" in told
        assert "the proxy that HTTP_PROXY names" in told
        assert "hunter2" not in told
