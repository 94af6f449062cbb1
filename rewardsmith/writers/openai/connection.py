"""Preparing connections to one endpoint: what it is called, how the key is sent, and proxies."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

import openai

from rewardsmith.errors import WriterError
from rewardsmith.writers.openai.access import Access
from rewardsmith.writers.openai.address import api_version, is_loopback
from rewardsmith.writers.openai.client import BoundedClient
from rewardsmith.writers.storable import one_line

_CONNECT_S = 15.0
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


def connect(access: Access) -> openai.AsyncOpenAI:
    """A client of the library, with its own retries off: they would not share a rate limit.

    Raises:
        WriterError: The address or the environment, such as a proxy, does not allow one.
    """
    place, version = urlsplit(access.base_url), api_version(access.base_url)
    try:
        return openai.AsyncOpenAI(
            api_key=access.key,
            base_url=place._replace(query="").geturl(),
            default_query={"api-version": version} if version else None,
            max_retries=0,
            # the whole reply has its own clock, see `Endpoint`
            timeout=openai.Timeout(None, connect=_CONNECT_S),
            http_client=BoundedClient(direct=is_loopback(access.base_url)),
        )
    except Exception as failure:  # of whatever the library reads from the environment
        raise WriterError(
            f"no connection to {access.base_url} can be prepared: {_why(access, failure)}"
        ) from failure


def key_headers(access: Access) -> Mapping[str, str | openai.Omit]:
    """How the key is sent where that is not the library's way: Azure has a header of its own."""
    azure = api_version(access.base_url) != ""
    return {"api-key": access.key, "Authorization": openai.Omit()} if azure else {}


def proxies(environment: Mapping[str, str] = os.environ) -> str:
    """The variables that name a proxy, for a message; their values may hold a password."""
    return ", ".join(name for name in _PROXIES if environment.get(name) or environment.get(name.lower()))


def _why(access: Access, failure: Exception) -> str:
    named = proxies()
    if isinstance(failure, ImportError) and named:
        return (
            f"{named} names a SOCKS proxy, which needs a package that is not installed. Install it: "
            "pip install socksio; or unset the variable."
        )
    if isinstance(failure, ValueError) and named:
        return (
            f"the proxy that {named} names cannot be used. Give one such as http://HOST:PORT or "
            "socks5://HOST:PORT, or unset the variable."
        )
    said = access.redact(one_line(str(failure)))[:300].rstrip(".") or type(failure).__name__
    return f"{said}. Check the address{f' and {named}' if named else ''}."
