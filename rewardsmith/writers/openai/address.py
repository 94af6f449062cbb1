"""What a base URL may be.

Addresses are shown and recorded, so nothing secret may be in them, nor in the refusal of one.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_address
from urllib.parse import SplitResult, unquote, urlsplit

from rewardsmith.errors import WriterError

_SUCH_AS = "Give --llm.base-url such as http://127.0.0.1:8000/v1."
_KEY_BY_VARIABLE = "Give the address alone, and the key by the variable of --llm.key-variable."
_LETTERS = re.compile(r"[A-Za-z0-9._~:/@!$&'()*+,;=%\[\]?#-]+")
_HOST = re.compile(
    r"[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?"
)
_KEY_LIKE = re.compile(
    r"(?i)\b((sk|pk|rk|xai|nvapi|pplx|glpat)[-_]|(gsk|ghp|gho|hf|r8)_)(?P<key>[a-z0-9_-]{8,})"
    r"|\b(api[-_]?key|key|token|secret|password|passwd|auth|bearer)[=:]\S{8,}"
    r"|\b(api[-_]?key|key|token|secret|password)[-_](?=\S*\d)\S{16,}|AIza[\w-]{20,}|AKIA[A-Z0-9]{12,}"
)
_HOST_KEY_CHARS = 16
"""In names of hosts, where ``sk-central-1`` is a place, keys are not
told from words before they are longer."""
_ACCOUNT = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Numbers of accounts and projects, which stand in some providers' addresses."""
_RANDOM_CHARS, _RANDOM_BITS = 32, 3.5
_MOST_CHARS = 2_000
_VERSION = re.compile(r"\?api-version=(20\d\d-\d\d-\d\d(?:-preview)?|v1|preview|latest)$")
_ENDS_IN_VERSION = re.compile(r"/v\d+[a-z]*$")


def check_address(base_url: str) -> None:
    """Refuse what is no address, and an address with a secret in it.

    Raises:
        WriterError: With the address only where nothing in it can be a secret.
    """
    base_url = without_version(base_url)
    parts = _split(base_url)
    host = parts.hostname or "" if parts else ""
    if parts and ("@" in base_url or parts.query or parts.fragment or "?" in base_url or "#" in base_url):
        raise WriterError(
            (
                "the base URL has a user, a password, a query or a fragment, which would be "
                "recorded with the study. "
            )
            + _KEY_BY_VARIABLE
        )
    if _has_secret(base_url):
        raise WriterError(
            "the base URL has a part that looks like a key, which would be recorded with the study. "
            + _KEY_BY_VARIABLE
        )
    if not parts or parts.scheme not in ("http", "https") or not _is_host(host, parts.netloc):
        raise WriterError(f"the base URL {shown(base_url)} is not an http address. {_SUCH_AS}")


def without_version(base_url: str) -> str:
    """An address without the one query that it may have, the version that Azure asks for."""
    return _VERSION.sub("", base_url)


def api_version(base_url: str) -> str:
    """The version of Azure's interface that an address names, or nothing."""
    found = _VERSION.search(base_url)
    return found[1] if found else ""


def of_completions(url: str) -> str:
    """The base of an address that was copied with the path of the completions."""
    return re.sub(r"/chat/completions/?(?=$|\?)", "", url)


def is_loopback(base_url: str) -> bool:
    """Whether an address is this very machine."""
    host = (urlsplit(base_url).hostname or "").rstrip(".")
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def other_base(base_url: str) -> str:
    """The address with ``/v1`` at its end where it has none, and without where it has.

    Nothing for Azure, whose addresses do not end in a version.
    """
    if api_version(base_url):
        return ""
    base = base_url.rstrip("/")
    found = _ENDS_IN_VERSION.search(base)
    return base[: found.start()] if found else f"{base}/v1"


def check_no_key(base_url: str, key: str) -> None:
    """Refuse an address that has the key itself in it.

    Raises:
        WriterError: It has.
    """
    if key and (key in base_url or key in unquote(base_url)):
        raise WriterError(
            "the base URL has the key in it, which would be recorded with the study. " + _KEY_BY_VARIABLE
        )


def _has_secret(url: str) -> bool:
    scheme, slashes, rest = url.partition("://")
    host, _, path = (rest if slashes else scheme).partition("/")
    parts = re.split(r"[/;.]", path if slashes else url)
    return any(_looks_secret(part) for part in parts) or any(
        _looks_secret(label, _HOST_KEY_CHARS) for label in host.split(".")
    )


def _looks_secret(part: str, least: int = 0) -> bool:
    """Whether a part of an address is like a key: by name, by its beginning, or long and random."""
    part = unquote(part)
    found = _KEY_LIKE.search(part)
    if found and len(found["key"] or found[0]) >= least:
        return True
    if (
        len(part) < _RANDOM_CHARS
        or _ACCOUNT.fullmatch(part.lower())
        or not re.search(r"\d", part)
        or not re.search(r"[A-Za-z]", part)
    ):
        return False
    share = [count / len(part) for count in Counter(part).values()]
    return -sum(p * math.log2(p) for p in share) >= _RANDOM_BITS


def shown(url: str) -> str:
    """An address for a message: as it is where it is harmless, else only what it is not.

    Args:
        url: Of the user, of a study or of a server.
    """
    safe = len(url) <= 200 and _LETTERS.fullmatch(url) and not re.search(r"[@?#]", url)
    if safe and not _has_secret(url):
        return repr(url)
    return "(not shown, since there may be a secret in it)"


def _split(base_url: str) -> SplitResult | None:
    """The parts; ``None`` where it has none, or has characters that no address has."""
    if len(base_url) > _MOST_CHARS or not _LETTERS.fullmatch(base_url):
        return None
    try:
        parts = urlsplit(base_url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _is_host(host: str, netloc: str) -> bool:
    try:
        if netloc.startswith("["):
            return bool(IPv6Address(host) and re.fullmatch(r"\[[0-9A-Fa-f:.]+\](:\d*)?", netloc))
        if re.fullmatch(r"[\d.]+", host):
            return bool(IPv4Address(host))
    except AddressValueError:
        return False
    return len(host) <= 253 and _HOST.fullmatch(host) is not None
