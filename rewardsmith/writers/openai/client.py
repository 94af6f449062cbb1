"""The HTTP client below the openai library: replies bounded, none followed to another address."""

from __future__ import annotations

import zlib
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import httpx2
import openai

if TYPE_CHECKING:
    from httpx2 import Request, Response

MAX_REPLY_BYTES = 4_000_000
"""Of one body, as it is sent and as it is unpacked; twenty times what
a reply may have to be read for a program."""
CUT = "rewardsmith_cut"
"""The response extension that says why a body is not whole."""
_GZIP = zlib.MAX_WBITS | 32
"""Of zlib: gzip or zlib, as the header says."""
_ABOUT_THE_BODY = ("content-encoding", "content-length", "transfer-encoding")


class BoundedClient(openai.DefaultAsyncHttpxClient):
    """Reads bodies as streams and stops at :data:`MAX_REPLY_BYTES`, good replies and errors alike.

    Replies are asked for as they are, since a packed one can be a thousand times larger than it
    looks. A redirect is an answer like any other: prompts go to the address that the user gave, and
    nowhere else.
    """

    def __init__(self, *, direct: bool = False) -> None:
        """Open nothing yet.

        Args:
            direct: Go through no proxy, whatever the environment says.
        """
        super().__init__(
            follow_redirects=False,
            headers={"Accept-Encoding": "identity"},
            # with a transport of its own, a client looks for no proxies
            transport=httpx2.AsyncHTTPTransport(limits=openai.DEFAULT_CONNECTION_LIMITS) if direct else None,
        )

    async def send(self, request: Request, *, stream: bool = False, **options: Any) -> Response:
        """Send a request and read the answer.

        Args:
            request: As the library built it.
            stream: Makes no difference: what was read is all that there is.
            options: Of the library.

        Returns:
            A response whose body is in memory; the extension :data:`CUT` tells why it is not whole.
        """
        response = await super().send(request, stream=True, **options)
        try:
            body, cut = await _read(response)
        finally:
            await response.aclose()
        headers = [
            (name, value)
            for name, value in response.headers.raw
            if name.decode("latin-1").lower() not in _ABOUT_THE_BODY
        ]
        return type(response)(
            response.status_code,
            headers=headers,
            content=body,
            request=request,
            extensions={CUT: cut} if cut else None,
        )


async def _read(response: Response) -> tuple[bytes, str]:
    """The body, unpacked, and why it is not whole."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
        return b"", f"it is packed as {encoding[:40]!r}, though it was asked for as it is."
    unpack = None if encoding in ("", "identity") else zlib.decompressobj(_GZIP)
    parts: list[bytes] = []
    sent = size = 0
    async with aclosing(response.aiter_raw()) as stream:
        async for part in stream:
            sent += len(part)
            try:
                part = unpack.decompress(part, MAX_REPLY_BYTES - size + 1) if unpack else part
            except zlib.error:
                return b"".join(parts), f"it is not {encoding}, as it says it is."
            parts.append(part)
            size += len(part)
            if max(sent, size) > MAX_REPLY_BYTES:
                return b"".join(parts)[:MAX_REPLY_BYTES], f"it has more than {MAX_REPLY_BYTES:,} bytes."
    return b"".join(parts), "" if unpack is None or unpack.eof else "it ends too early."
