from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from rewardsmith.execution.process import JsonProcess, ProcessDiedError, ProcessSilentError, hear
from rewardsmith.records import Screening
from rewardsmith.screening import screen as module
from rewardsmith.screening.screen import screen
from rewardsmith.screening.screen_orders import (
    LOADED,
    ORDER,
    REPORT,
    Earlier,
    Fresh,
    Loaded,
    ScreenOrder,
    ScreenReport,
)
from rewardsmith.screening.screening_child import rewards
from rewardsmith.training.episodes import Episodes, save


def program(total: str, *before: str) -> str:
    lines = [
        "def compute_reward(distance: Tensor) -> Tuple[Tensor, Dict[str, Tensor]]:",
        *before,
        f"total = {total}",
    ]
    return "\n    ".join([*lines, "return total, {'total': total}"]) + "\n"


NEARER, FOLDED = program("-distance"), program("(distance - 4.0).abs()")
LONG = ["x = distance.unsqueeze(-1)", *["x = torch.cat([x, x], -1)"] * 20, *["x = x.tanh()"] * 60]
ENDLESS = program("x[:, 0]", *LONG)
"""Makes a million numbers of every moment, and takes many seconds for the
moments here. The guard lets no program loop."""
READS = program("-distance + 0.0 * torch.from_file('/etc/passwd', False, 1).nan_to_num().sum()")
TWO = {"distance": torch.tensor([1.0, 4.0])}


def store(path: Path, distance: list[list[float]], alive: list[list[int]], success: list[bool]) -> str:
    goal = torch.tensor(success)
    save(path, Episodes({"distance": torch.tensor(distance)}, torch.tensor(alive).bool(), goal.float(), goal))
    return str(path)


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> list[Earlier]:
    """Two successes and two failures, one of each for two
    candidates; the episodes of a third are gone."""
    folder = tmp_path_factory.mktemp("episodes")
    nan = float("nan")
    first = store(folder / "c001.pt", [[5.0, 4.0, 3.0, 2.0, 1.0], [6.0] * 5], [[1] * 5] * 2, [True, False])
    second = store(
        folder / "c002.pt",
        [[5.0, 3.0, 1.0, nan, nan], [7.0, 8.0, 9.0, 8.0, 7.0]],
        [[1, 1, 1, 0, 0], [1] * 5],
        [True, False],
    )
    return [
        Earlier("c001", NEARER, first),
        Earlier("c002", FOLDED, second),
        Earlier("c003", "", str(folder / "gone.pt")),
    ]


@pytest.fixture(scope="module")
def found(earlier: list[Earlier]) -> dict[str, Screening]:
    fresh = {
        "same": NEARER,
        "scaled": program("-2.0 * distance + 3.0"),
        "bent": program("-torch.tanh(0.2 * distance)"),
        "opposite": program("distance"),
        "folded": program("2.0 * (distance - 4.0).abs()"),
        "constant": program("0.0 * distance"),
        "nan": program("torch.sqrt(3.0 - distance)"),
        "fails": program("distance.view(7, 7)"),
        "wrong": program("distance.sum()"),
        "nonsense": "no program",
        "endless": ENDLESS,
        "late": program("3.0 * distance"),
    }
    # longer than any of them would take
    return screen(earlier, [Fresh(*entry) for entry in fresh.items()], patience_s=300.0)


def test_a_good_program_ranks_successes_and_late_moments_first(found: dict[str, Screening]):
    assert (found["same"].outcome, found["same"].progress, found["same"].episodes) == (1.0, 1.0, 4)
    assert (found["opposite"].outcome, found["opposite"].progress) == (0.0, 0.0)


def test_outcome_and_progress_by_hand(found: dict[str, Screening]):
    # Means of |distance - 4|: successes 7/5 and 5/3, failures 2 and 19/5. Within the successes,
    # rewards 1 0 1 2 3 (8.5 of 10 pairs) and 1 1 3 (2.5 of 3).
    assert found["folded"].outcome == 0.0
    assert found["folded"].progress == pytest.approx((8.5 / 10 + 2.5 / 3) / 2)


def test_twins_are_found_by_behaviour(found: dict[str, Screening]):
    for name, twin in {"same": "c001", "scaled": "c001", "folded": "c002"}.items():
        assert (found[name].twin, found[name].similarity) == (twin, pytest.approx(1.0))
    assert found["bent"].twin == "c001"
    assert 0.9 < (found["bent"].similarity or 0.0) < 0.99, "the same order, but another slope everywhere"
    assert found["opposite"].twin == "c002"
    assert 0.0 < (found["opposite"].similarity or 0.0) < 0.9


def test_a_program_that_says_nothing_is_chance_and_nobodys_twin(found: dict[str, Screening]):
    assert found["constant"] == Screening(0.5, 0.5, 4)


def test_programs_that_fail_have_no_screening(found: dict[str, Screening]):
    assert not found.keys() & {"nan", "fails", "wrong", "nonsense", "endless"}


def test_behind_an_endless_program_it_goes_on_with_all_twins_so_far(found: dict[str, Screening]):
    assert (found["late"].twin, found["late"].similarity) == ("opposite", pytest.approx(1.0))


def test_many_moments_are_rewarded_some_at_a_time():
    distance = torch.arange(3000.0)
    totals = rewards(NEARER, {"distance": distance})
    assert totals is not None
    assert torch.equal(totals, -distance)
    # Only the last 952 of them show it 2999, only the first 1024 show it 0.
    assert rewards(program("1.0 / (2999.0 - distance)"), {"distance": distance}) is None
    assert rewards(program("1.0 / distance"), {"distance": distance}) is None


def test_rewards_that_are_no_rewards():
    assert rewards(program("-distance"), TWO) is not None
    for total in (
        "torch.sqrt(3.0 - distance)",
        "1.0 / (distance - 1.0)",
        "distance.sum()",
        "distance[:1]",
        "goal",
        "distance.view(3)",
    ):
        assert rewards(program(total), TWO) is None


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such confinement")
@pytest.mark.usefixtures("unchecked")
def test_no_program_reads_a_file(earlier: list[Earlier], monkeypatch: pytest.MonkeyPatch):
    """The process is confined, so that it does not hang on the look at a
    program's operators, which refuses this one as well."""
    unchecked = (
        "from rewardsmith.reward import program; program.check_graph = str; from "
        "rewardsmith.screening import screening_child; screening_child.main()"
    )
    monkeypatch.setattr(
        "rewardsmith.execution.process.child_command", lambda module: [sys.executable, "-c", unchecked]
    )
    assert rewards(READS, TWO) is not None
    assert screen(earlier, [Fresh("reads", READS), Fresh("same", NEARER)]).keys() == {"same"}


def test_a_process_without_episodes_says_so():
    process = JsonProcess("rewardsmith.screening.screening_child")
    try:
        process.send(
            ORDER.dump_json(ScreenOrder((Earlier("c001", NEARER, "/nowhere/c001.pt"),), FRESH)).decode()
        )
        assert hear(process, LOADED, 60.0).episodes == 0
    finally:
        process.kill()


def test_moments_are_counted_by_the_first_axis_of_a_signal():
    text = program("-(position * position).sum(-1)").replace("distance: Tensor", "position: Tensor")
    totals = rewards(text, {"position": torch.tensor([[3.0, 4.0], [0.0, 2.0]])})
    assert totals is not None
    assert totals.tolist() == [-25.0, -4.0]


class Scripted:
    """Stands in for the process: breaks at some programs, screens all others."""

    orders: tuple[ScreenOrder, ...] = ()
    broken_by: tuple[str, ...] = ()
    episodes = 4
    failure: type[ProcessDiedError | ProcessSilentError] = ProcessDiedError

    def __init__(self, name: str) -> None:
        self.lines: Iterator[str] = iter(())

    def send(self, line: str) -> None:
        order = ORDER.validate_json(line)
        Scripted.orders += (order,)
        self.lines = self.answers(order)

    def answers(self, order: ScreenOrder) -> Iterator[str]:
        yield LOADED.dump_json(Loaded(self.episodes)).decode()
        for entry in order.programs:
            if entry.candidate in self.broken_by:
                raise self.failure("broken")
            screening = Screening(0.5, 0.5, 4) if isinstance(entry, Fresh) else None
            yield REPORT.dump_json(ScreenReport(entry.candidate, screening)).decode()

    def receive(self, timeout_s: float) -> str:
        return next(self.lines)

    def kill(self) -> None:
        pass


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> type[Scripted]:
    monkeypatch.setattr(module, "JsonProcess", Scripted)
    for name, value in {"orders": (), "broken_by": (), "episodes": 4, "failure": ProcessDiedError}.items():
        monkeypatch.setattr(Scripted, name, value)
    return Scripted


EARLIER = (Earlier("c1", NEARER, "1.pt"), Earlier("c2", FOLDED, "2.pt"))
FRESH = (Fresh("c3", NEARER), Fresh("c4", NEARER), Fresh("c5", NEARER))


def test_an_earlier_program_that_breaks_the_process_is_no_twin_but_its_episodes_stay(
    scripted: type[Scripted],
):
    scripted.broken_by = ("c1",)
    assert screen(EARLIER, FRESH).keys() == {"c3", "c4", "c5"}
    assert [order.earlier for order in scripted.orders] == [EARLIER, (Earlier("c1", "", "1.pt"), EARLIER[1])]


@pytest.mark.parametrize("failure", [ProcessDiedError, ProcessSilentError])
def test_a_new_program_that_breaks_the_process_is_left_out(
    scripted: type[Scripted], failure: type[ProcessDiedError | ProcessSilentError]
):
    scripted.broken_by, scripted.failure = ("c4",), failure
    assert screen(EARLIER, FRESH).keys() == {"c3", "c5"}
    assert scripted.orders[1:] == (ScreenOrder((*EARLIER, Earlier("c3", NEARER, "")), FRESH[2:]),)


def test_all_of_them_may_break_it(scripted: type[Scripted]):
    scripted.broken_by = ("c1", "c2", "c3", "c4", "c5")
    assert screen(EARLIER, FRESH) == {}
    assert len(scripted.orders) == 5


def test_no_process_starts_for_nothing(scripted: type[Scripted]):
    assert screen([], FRESH) == screen(EARLIER, []) == {}
    assert scripted.orders == ()


def test_without_episodes_nothing_is_screened(scripted: type[Scripted]):
    scripted.episodes = 0
    assert screen(EARLIER, FRESH) == {}
    assert len(scripted.orders) == 1


def test_a_process_that_does_not_come_up_is_not_tried_again(
    scripted: type[Scripted], monkeypatch: pytest.MonkeyPatch
):
    def silent(self: Scripted, timeout_s: float) -> str:
        raise ProcessSilentError("no answer")

    monkeypatch.setattr(scripted, "receive", silent)
    assert screen(EARLIER, FRESH) == {}
    assert len(scripted.orders) == 1
