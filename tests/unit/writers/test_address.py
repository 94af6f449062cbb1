"""What a base URL may be, and that no refusal shows what may be a secret."""

from __future__ import annotations

import openai
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewardsmith.errors import WriterError
from rewardsmith.writers.openai.address import (
    api_version,
    check_address,
    check_no_key,
    is_loopback,
    of_completions,
    other_base,
    shown,
)

PASSWORD = "hunter2-Passw0rd"
GOOD = (
    "https://api.openai.com/v1",
    "http://127.0.0.1:8000/v1",
    "http://localhost:11434/v1/",
    "http://[::1]:8080/v1",
    "https://openrouter.ai/api/v1",
    "https://generativelanguage.googleapis.com/v1beta/openai/",
    "https://my-resource.openai.azure.com/openai/deployments/gpt-4o-mini-2024-07-18/",
    "https://gateway.ai.cloudflare.com/v1/0123456789abcdef0123456789abcdef/gateway/openai",
    "https://abc123def456-8000.proxy.runpod.net/v1",
    "https://token-factory.example.com/v1",
    "http://my_host/v1",
    "https://llm.sk-central-1.example.com/v1",
    "https://hf-mirror-v2.example.com/v1",
    "https://key-vault-1234.example.com/v1",
)


@pytest.mark.parametrize("url", GOOD)
def test_ordinary_addresses(url: str):
    check_address(url)
    assert shown(url) == repr(url)


@pytest.mark.parametrize(
    "url",
    [
        f"user:{PASSWORD}@host",
        f"http://user:{PASSWORD}@host/v1",
        f"http:user:{PASSWORD}@host",
        f"//user:{PASSWORD}@host/v1",
        f"ftp://user:{PASSWORD}@host/v1",
        f"http://user:{PASSWORD}@ho\u2100st/v1",
        f"http://user:{PASSWORD}@[::1/v1",
        f"http://user:{PASSWORD}@host:port/v1",
        f"http://user:{PASSWORD}@host\n/v1",
        f"http://user:{PASSWORD}\\@host/v1",
        f"http://host/v1?key={PASSWORD}",
        f"http://host/v1#{PASSWORD}",
        f"http://host/key={PASSWORD}/v1",
        f"http://host/v1;token={PASSWORD}",
        f"http://host/api_key-{PASSWORD}/v1",
        f"http://host/sk-{PASSWORD}/v1",
        f"http://host/%73k-{PASSWORD}/v1",
        f"http://sk-{PASSWORD}.host/v1",
        "http://host/hunter2-Passw0rd-x8Kq2Lm9Zr4Tv7Wy1Bn5/v1",
        f"sk-{PASSWORD}",
        "http://host/sk-hunter2-Pa/v1",
    ],
)
def test_secrets_are_refused_and_not_shown(url: str):
    with pytest.raises(WriterError, match=r"--llm\.(base-url|key-variable)") as refused:
        check_address(url)
    assert "hunter2" not in str(refused.value)
    assert "Passw0rd" not in str(refused.value)
    assert "hunter2" not in shown(url)


@pytest.mark.parametrize(
    "url",
    ["", "http://", "http:///v1", "http://999.1.1.1/v1", "http://[zz]/v1", "http://[::1]x/v1",
     "http://host:99999/v1", "http://a b/v1", "http://host\x00/v1", "http://h\u00f6st/v1", "http://-/v1",
     "http://host\r\nX: y/v1", "http://" + "a" * 5_000, "javascript:alert(1)", "http://a..b/v1"],
)  # fmt: skip
def test_what_is_no_address_is_refused(url: str):
    with pytest.raises(WriterError, match=r"is not an http address\. Give --llm\.base-url such as"):
        check_address(url)


def test_an_address_that_has_the_key_in_it():
    with pytest.raises(WriterError, match="has the key in it"):
        check_no_key("http://host/p4ss%77ord/v1", "p4ssword")
    check_no_key("http://host/v1", "p4ssword")
    check_no_key("http://host/v1", "")


CONNECTIONS = openai.DefaultAsyncHttpxClient()
"""One for all clients: each would read the certificates anew."""


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(max_size=30),
        st.from_regex(r"https?://[ -~]{0,30}", fullmatch=True),
        st.text("a.:/[]%1-_", max_size=20).map("http://".__add__),
    )
)
def test_what_is_accepted_the_client_takes(url: str):
    try:
        check_address(url)
    except WriterError:
        return
    assert openai.AsyncOpenAI(api_key="k", base_url=url, http_client=CONNECTIONS).base_url.host


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://127.0.0.1:8000/v1", True), ("http://127.9.9.9/v1", True), ("http://[::1]:8000/v1", True),
        ("http://localhost/v1", True), ("http://LOCALHOST./v1", True), ("http://api.localhost/v1", True),
        ("http://10.0.0.1/v1", False), ("http://localhost.example.com/v1", False), ("https://h/v1", False),
        ("http://notlocalhost/v1", False),
    ],
)  # fmt: skip
def test_loopback(url: str, loopback: bool):
    assert is_loopback(url) == loopback


@pytest.mark.parametrize(
    ("url", "other"),
    [
        ("http://h:1", "http://h:1/v1"), ("http://h:1/", "http://h:1/v1"), ("http://h/v1", "http://h"),
        ("http://h/v1/", "http://h"), ("http://h/api/v1beta", "http://h/api"), ("http://h/api", "http://h/api/v1"),
        ("https://r.openai.azure.com/openai/deployments/d?api-version=2024-10-21", ""),
    ],
)  # fmt: skip
def test_the_address_next_to_it(url: str, other: str):
    assert other_base(url) == other


def test_azure_s_version_is_the_only_query():
    azure = "https://r.openai.azure.com/openai/deployments/d"
    for version in ("2024-10-21", "2025-04-01-preview", "v1", "preview"):
        check_address(f"{azure}?api-version={version}")
        assert api_version(f"{azure}?api-version={version}") == version
    for query in ("api-version=2024-10-21&k=v", "api-version=hunter2", "k=v&api-version=2024-10-21", ""):
        assert api_version(f"{azure}?{query}") == ""
        with pytest.raises(WriterError, match="a query"):
            check_address(f"{azure}?{query}")


def test_the_path_of_completions_is_left_out():
    assert of_completions("http://h/v1/chat/completions") == "http://h/v1"
    assert of_completions("http://h/d/chat/completions?api-version=v1") == "http://h/d?api-version=v1"
    assert of_completions("http://h/chat/completions/v1") == "http://h/chat/completions/v1"
