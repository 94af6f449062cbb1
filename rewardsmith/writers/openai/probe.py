"""Looking at an address without asking a model: does an endpoint answer there, or next to it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import openai

from rewardsmith.config import LanguageModelOptions
from rewardsmith.errors import WriterError
from rewardsmith.writers.openai.access import Access, resolve
from rewardsmith.writers.openai.address import other_base
from rewardsmith.writers.openai.connection import connect, key_headers
from rewardsmith.writers.storable import one_line

_PATIENCE_S = 10.0
_NO_SUCH_PLACE = (404, 405, 501)


def look_at(options: LanguageModelOptions) -> str:
    """What answers at an address, which is asked for its list of models; that costs nothing.

    Raises:
        WriterError: Nothing of use answers; the message names the address with or without ``/v1``
            where that one does.
    """
    access = resolve(replace(options, model=options.model or "any"))
    lists, found = asyncio.run(_ask(access))
    if lists:
        return f"{access.base_url} {found}"
    other = other_base(access.base_url)
    if other and asyncio.run(_ask(replace(access, base_url=other)))[0]:
        raise WriterError(
            f"{access.base_url} {found}, but {other} is an endpoint. Give that one with --llm.base-url, or "
            "set OPENAI_BASE_URL to it."
        )
    if lists is None:
        return f"{access.base_url} {found}, so nothing is known of it without a call"
    raise WriterError(f"{access.base_url} {found}. Check the address, the server and the network.")


async def _ask(access: Access) -> tuple[bool | None, str]:
    """Whether it is an endpoint, ``None`` where it does not say so, and what it did."""
    client = connect(access)
    try:
        async with asyncio.timeout(_PATIENCE_S):
            response = await client.models.with_raw_response.list(extra_headers=key_headers(access))
        listed = isinstance(json.loads(response.content), dict)
    except openai.APIStatusError as refusal:
        status = refusal.status_code
        if status in (401, 403):
            return True, f"is an endpoint that refuses the key ({status})"
        return None if status in _NO_SUCH_PLACE else False, f"has no list of models ({status})"
    except TimeoutError:
        return False, f"says nothing for {_PATIENCE_S:.0f} s"
    except openai.APIConnectionError as failure:
        return False, f"cannot be reached: {access.redact(one_line(str(failure.__cause__ or failure)))[:300]}"
    except (ValueError, RecursionError):
        listed = False
    finally:
        await client.close()
    return listed, "is an endpoint" if listed else "answers, but not with a list of models"
