"""A soak: searches at an endpoint that goes wrong in every way, killed and resumed; then a verdict.

    python benchmarks/hostile_endpoint.py --minutes 60 --share 0.3 --out /tmp/hostile

The searches are those of the command line, in processes of their own; only their trainings are left
out. The server knows which replies it sent to the last byte. At the end nothing may be lost, paid
twice, sent elsewhere or shown that is secret, memory must be flat, and no traceback may have been
printed. Exit code 1 where something was.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import subprocess
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.hostile_server import Hostile, Sent
from rewardsmith.study import Study, is_study
from tests.faults.every import faults
from tests.servers import ChatServer, in_turn, refusal, serving

KEY = "sk-soak-4f7a1c9e2b8d6035-x9Qz7Lk2"
_CANDIDATES = 120
_KILLS = 0.25
"""Share of the rounds that are ended by SIGKILL."""
_SECONDS_IN_FLIGHT = 3.0
"""A reply that was sent in the last seconds before a kill may not have been recorded yet."""
_MARKER = re.compile(r"reply-[0-9a-f]{16}")
_MOST_GROWTH_KB = 150_000


@dataclass
class Rounds:
    """What the searches did."""

    codes: Counter[str] = field(default_factory=Counter)
    kills: list[float] = field(default_factory=list)
    peaks_kb: list[int] = field(default_factory=list)
    output: list[str] = field(default_factory=list)


def child(arguments: list[str]) -> int:
    """A command line whose trainings take no time."""
    from rewardsmith.cli import main
    from rewardsmith.executors import local
    from tests.searching import AtOnce

    class Untrained(AtOnce):
        def __init__(self, *anything: object) -> None:
            super().__init__()

    local.LocalExecutor = Untrained  # pyright: ignore[reportAttributeAccessIssue]
    return main.run(arguments)


def soak(folder: Path, url: str, minutes: float, rng: random.Random) -> Rounds:
    """Begin, kill and resume searches until the time is up.

    The last one is resumed until it ends.
    """
    rounds, ends_at, number = Rounds(), time.monotonic() + 60 * minutes, 0
    while time.monotonic() < ends_at:
        study = folder / f"study-{number:03d}"
        model = ["--llm.model", f"m{number}"]  # so that no request of one study is like another's
        number += 1
        begun = ["search", "franka-reach", "--writer", "openai", "--llm.base-url", url, "--out", str(study)]
        limits = [
            "--candidates",
            str(_CANDIDATES),
            "--max-tokens",
            "100000000000",
            "--final-seeds",
            "0",
            "--episodes",
            "8",
        ]
        patience = [
            "--llm.pause-s",
            "0.01",
            "--llm.timeout-s",
            "4",
            "--llm.retries",
            "2",
            "--llm.concurrency",
            "8",
        ]
        arguments = [*begun, *model, *limits, *patience, "--strategy-options", "samples", "12"]
        while time.monotonic() < ends_at + 60:
            code = _round(
                folder, arguments, rounds, kill_after_s=rng.uniform(3, 20) if rng.random() < _KILLS else None
            )
            if code == 0:
                break
            arguments = ["resume", str(study)] if is_study(study) else arguments
    return rounds


def _round(folder: Path, arguments: list[str], rounds: Rounds, kill_after_s: float | None) -> int:
    environment = {
        **os.environ,
        "OPENAI_API_KEY": KEY,
        "XDG_STATE_HOME": str(folder / "state"),
        "XDG_CACHE_HOME": str(folder / "cache"),
    }
    log = folder / f"round-{sum(rounds.codes.values()):05d}.txt"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__)), "--child", *arguments],
            stdout=file, stderr=file, stdin=subprocess.DEVNULL, env=environment,
        )  # fmt: skip
        begun, peak = time.monotonic(), 0
        while process.poll() is None:
            peak = max(peak, _peak_kb(process.pid))
            if kill_after_s is not None and time.monotonic() - begun > kill_after_s:
                process.kill()
                process.wait()
                rounds.kills.append(time.monotonic())
            time.sleep(0.1)
    rounds.codes[f"exit {process.returncode}"] += 1
    rounds.peaks_kb.append(peak)
    rounds.output.append(log.read_bytes().decode("utf-8", "replace"))
    return process.returncode


def _peak_kb(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+)", status)
    return int(found[1]) if found else 0


def verdict(
    folder: Path, hostile: Hostile, server: ChatServer, canary: ChatServer, rounds: Rounds
) -> dict[str, list[str]]:
    """What was violated, by claim."""
    recorded: set[str] = set()
    twice: list[str] = []
    for path in sorted(folder.glob("study-*")):
        if not is_study(path):
            continue
        with Study.open(path) as study:
            calls = study.store.calls()
        answered = Counter(call.request for call in calls if call.answered)
        twice += [
            f"{path.name}: {request[:12]} answered {count} times"
            for request, count in answered.items()
            if count > 1
        ]
        recorded |= {marker for call in calls for marker in _MARKER.findall(call.reply)}
    lost = [sent for sent in hostile.sent if sent.marker not in recorded]
    excused = [
        sent for sent in lost if any(0 <= kill - sent.at < _SECONDS_IN_FLIGHT for kill in rounds.kills)
    ]
    by_request: dict[str, list[Sent]] = defaultdict(list)
    for sent in hostile.sent:
        by_request[sent.request].append(sent)
    for request, sents in by_request.items():
        twice += [
            f"{request[:12]} was asked again after {sent.marker} was recorded"
            for sent in sents[:-1]
            if sent.marker in recorded
        ]
    return {
        "nothing lost": [
            f"{sent.marker} was sent and is in no study" for sent in lost if sent not in excused
        ],
        "nothing paid twice": twice,
        "nothing sent elsewhere": [f"{canary.connections} connections to the canary"]
        if canary.connections
        else [],
        "only the key's own server got it": []
        if {e.key for e in server.requests} <= {f"Bearer {KEY}"}
        else ["another key was sent"],
        "key nowhere": _with_key(folder),
        "no traceback": [output[-2_000:] for output in rounds.output if "Traceback (most recent" in output],
        "exits 0, 1, 3 or killed": []
        if set(rounds.codes) <= {"exit 0", "exit 1", "exit 3", "exit -9"}
        else [str(rounds.codes)],
        "no terminal escapes": [
            output[:300]
            for output in rounds.output
            if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", output)
        ],
        "memory flat": _growth(rounds.peaks_kb),
    }


def _with_key(folder: Path) -> list[str]:
    """Files with eight characters of the key in a row."""
    parts = [KEY[start : start + 8].encode() for start in range(len(KEY) - 7)]
    files = (path for path in folder.rglob("*") if path.is_file())
    return [
        f"{path} has a part of the key"
        for path in files
        for content in [path.read_bytes()]
        if any(part in content for part in parts)
    ]


def _growth(peaks: list[int]) -> list[str]:
    third = max(1, len(peaks) // 3)
    first, last = max(peaks[:third], default=0), max(peaks[-third:], default=0)
    return (
        [f"the highest peak grew from {first:,} kB to {last:,} kB"] if last - first > _MOST_GROWTH_KB else []
    )


def main() -> int:
    """Soak, and say what held."""
    if sys.argv[1:2] == ["--child"]:
        return child(sys.argv[2:])
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--share", type=float, default=0.3, help="of the replies that are faults")
    parser.add_argument("--out", type=Path, required=True, help="a new folder")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.out.mkdir(parents=True)
    folder, rng = options.out.resolve(), random.Random(options.seed)
    with serving(in_turn(refusal(404))) as canary:
        known = dict(faults(KEY, canary.url.removesuffix("/v1")))
        hostile = Hostile(options.share, random.Random(options.seed + 1), known)
        with serving(hostile.react) as server:
            rounds = soak(folder, server.url, options.minutes, rng)
            time.sleep(1.0)
        broken = verdict(folder, hostile, server, canary, rounds)
    _report(hostile, server, rounds, broken)
    return 1 if any(broken.values()) else 0


def _report(hostile: Hostile, server: ChatServer, rounds: Rounds, broken: dict[str, list[str]]) -> None:
    count = sum(rounds.codes.values())
    print(
        f"{len(server.requests):,} requests, {len(hostile.sent):,} good replies sent whole, {count} "
        f"rounds: {dict(rounds.codes)}"
    )
    print(f"peak memory of a search: {min(rounds.peaks_kb):,} to {max(rounds.peaks_kb):,} kB")
    print(f"\n{'fault':<36}{'times':>7}")
    for name in ["good", *hostile.known]:
        print(f"{name:<36}{hostile.seen[name]:>7}")
    print()
    for claim, violations in broken.items():
        print(f"{claim:<36}{'holds' if not violations else 'BROKEN'}")
        for violation in violations[:5]:
            print(f"    {violation}")


if __name__ == "__main__":
    sys.exit(main())
