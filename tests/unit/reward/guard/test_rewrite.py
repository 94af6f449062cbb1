"""Layer 3: what is printed is what was checked, in the one spelling that TorchScript compiles."""

from __future__ import annotations

import pytest

from rewardsmith.contracts import Task
from rewardsmith.reward.guard.refusal import RefusedError
from rewardsmith.reward.guard.static import check_source

RETURN = "    return tcp_pos[:, 0], {'x': tcp_pos[:, 0]}\n"


def printed(statement: str, task: Task) -> str:
    """One statement of compute_reward as it is printed."""
    lines = check_source(
        f"def compute_reward(tcp_pos, goal_pos):\n    {statement}\n{RETURN}", task.signals
    ).program.splitlines()
    return "\n".join(line.strip() for line in lines[1:-1])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("x = 1.0  # type: str", "x = 1.0"),
        ("x: Dict[str, int] = 1.0", "x = 1.0"),
        ("x: float", "pass"),
        ("'''A docstring.'''", "pass"),
        ("x = 2.0; x += tcp_pos", "x = 2.0\nx = x + tcp_pos"),
        ("x = torch.norm(tcp_pos, p=2, dim=-1)", "x = torch.linalg.vector_norm(tcp_pos, ord=2, dim=-1)"),
        ("x = torch.linalg.norm(tcp_pos, dim=-1)", "x = torch.linalg.vector_norm(tcp_pos, dim=-1)"),
        ("x = tcp_pos.norm(dim=-1)", "x = tcp_pos.norm(p=2, dim=-1)"),
        ("x = math.pi", "x = 3.141592653589793"),
        ("x = math.exp(-1.0)", "x = torch.exp(-1.0)"),
        ("x = F.relu(tcp_pos)", "x = torch.relu(tcp_pos)"),
        ("x = torch.clip(tcp_pos, max=1.0)", "x = torch.clamp(tcp_pos, max=1.0)"),
        ("x = torch.zeros(3, device='cuda:0')", "x = torch.zeros(3, device=tcp_pos.device)"),
        ("x = tcp_pos.sum(axis=-1, keepdims=True)", "x = tcp_pos.sum(dim=-1, keepdim=True)"),
        ("x = +tcp_pos", "x = tcp_pos"),
        (
            "x = F.normalize(tcp_pos, dim=-1)",
            (
                "x = tcp_pos / torch.clamp(torch.linalg.vector_norm(tcp_pos, 2.0, dim=-1, keepdim=True), "
                "min=1e-12)"
            ),
        ),
    ],
)
def test_spellings(given: str, expected: str, reach: Task) -> None:
    assert printed(given, reach) == expected


def test_the_signature_is_ours(reach: Task) -> None:
    source = f"def compute_reward(tcp_pos: int, goal_pos: 'list') -> None:\n{RETURN}"
    head = check_source(source, reach.signals).program.splitlines()[0]
    assert (
        head == "def compute_reward(tcp_pos: Tensor, goal_pos: Tensor) -> Tuple[Tensor, Dict[str, Tensor]]:"
    )


@pytest.mark.parametrize(
    ("parameters", "call", "expected"),
    [
        ("x, s", "f(tcp_pos, 2)", "f(tcp_pos, 2.0)"),
        ("x, s", "f(tcp_pos, s=-2)", "f(tcp_pos, s=-2.0)"),
        ("x, s", "f(tcp_pos, t)", "f(tcp_pos, float(t))"),
        ("x, s", "f(tcp_pos, goal_pos)", "f(tcp_pos, goal_pos)"),
        ("x, s: float", "f(tcp_pos, t / 2)", "f(tcp_pos, float(t / 2))"),
        ("x, s=1", "f(tcp_pos)", "f(tcp_pos)"),
    ],
)
def test_numbers_for_helpers(parameters: str, call: str, expected: str, reach: Task) -> None:
    source = (
        f"def f({parameters}):\n    return x * s\ndef compute_reward(tcp_pos, goal_pos):\n"
        f"    t = 3\n    y = {call}\n{RETURN}"
    )
    program = check_source(source, reach.signals).program
    assert f"y = helper_{expected}" in program
    assert ("s: float" in program) == (call != "f(tcp_pos, goal_pos)")


def test_lines_lead_back_to_the_source(reach: Task) -> None:
    source = (
        "# A comment.\n\ndef compute_reward(tcp_pos):\n    '''Two\n    lines.'''\n\n"
        f"    x = (tcp_pos +\n         1.0)\n    y = x\n{RETURN}"
    )
    shown = check_source(source, reach.signals)
    numbers = {
        line.strip(): shown.source_line(number) for number, line in enumerate(shown.program.splitlines(), 1)
    }
    assert numbers["x = tcp_pos + 1.0"] == 7
    assert numbers["y = x"] == 9


@pytest.mark.parametrize("constant", ["SCALE = 3.0", "SCALE: float = 3.0", "SCALE = 3.0  # a comment"])
def test_numbers_above_the_functions_are_written_out(constant: str, reach: Task) -> None:
    source = f"{constant}\nLOW = -2\ndef compute_reward(tcp_pos):\n    x = SCALE * tcp_pos ** LOW\n{RETURN}"
    shown = check_source(source, reach.signals)
    assert "x = 3.0 * tcp_pos ** (-2)" in shown.program.replace("** -2", "** (-2)")
    assert "SCALE" not in shown.program
    assert [shown.source_line(line) for line in (1, 2, 3)] == [3, 4, 5]


WORKED_OUT = {
    "HALF = 0.05 / 2": ("HALF", 0.025),
    "N = 7 // 2": ("N", 3),
    "A, B = 1.0, 0.1": ("B", 0.1),
    "[A, B] = [2.0, -3.0]": ("B", -3.0),
    "TURN = 2 * math.pi": ("TURN", 6.283185307179586),
    "A = 3.0\nB = A ** 2 - 1": ("B", 8.0),
    "A = 0.5\nB, C = A, -A": ("C", -0.5),
    "A: float = 1 / 4": ("A", 0.25),
}


@pytest.mark.parametrize("constants", WORKED_OUT)
def test_numbers_above_the_functions_are_worked_out_as_python_does(constants: str, reach: Task) -> None:
    name, value = WORKED_OUT[constants]
    source = f"{constants}\ndef compute_reward(tcp_pos):\n    x = {name} * tcp_pos\n{RETURN}"
    assert check_source(source, reach.signals).program == (
        check_source(source.replace(constants, f"{name} = {value!r}"), reach.signals).program
    )


@pytest.mark.parametrize(
    "constants",
    [
        "A = 1 / 0", "A = 9.0 ** 400", "A = 10 ** 17", "A = 2 ** 1e300", "A, B = 1.0",
        "A, B = 1.0, open('x')",
        "A = B + 1", "A, *B = 1.0, 2.0", "(A, B), C = (1.0, 2.0), 3.0", "A = 1e9 * 1e9", "A = math.inf",
        "A = 2 << 60", "A = B = 1.0", "A = 'x' * 3", "A = (-8.0) ** 0.5", "A = math.sqrt(2.0)",
        "A = 1.0\nA, B = 2.0, 3.0", "torch, B = 1.0, 2.0",
    ],
)  # fmt: skip
def test_what_is_no_number_stays_refused(constants: str, reach: Task) -> None:
    source = f"{constants}\ndef compute_reward(tcp_pos):\n    x = A * tcp_pos\n{RETURN}"
    with pytest.raises(RefusedError):
        check_source(source, reach.signals)


def test_what_a_function_defines_itself_is_not_the_constant_of_that_name(reach: Task) -> None:
    source = (
        "S = 3.0\nx = 4.0\ndef f(x, s=S):\n    return x * s\ndef compute_reward(tcp_pos):\n"
        f"    S = f(tcp_pos)\n    y = S\n{RETURN}"
    )
    program = check_source(source, reach.signals).program
    assert "def helper_f(x: Tensor, s: float=3.0):\n    return x * s\n" in program
    assert "y = S\n" in program


def test_defaults_keep_the_type_that_is_written(reach: Task) -> None:
    source = (
        "def f(x, k: int=2, b: bool=True, s=1):\n    return x * s\ndef compute_reward(tcp_pos):\n"
        f"    y = f(tcp_pos)\n{RETURN}"
    )
    assert (
        "def helper_f(x: Tensor, k: int=2, b: bool=True, s: float=1.0):"
        in check_source(source, reach.signals).program
    )


def test_nested_normalize_does_not_double_again_and_again(reach: Task) -> None:
    """Each one is printed with its argument twice: 30 of them would
    fill the memory of this very process."""
    nested = "F.normalize(\n" * 30 + "tcp_pos" + ", dim=-1)" * 30
    with pytest.raises(RefusedError, match="normalize is too large"):
        check_source(f"def compute_reward(tcp_pos):\n    x = {nested}\n{RETURN}", reach.signals)
    assert printed("x = F.normalize(F.normalize(tcp_pos, dim=-1), dim=-1)", reach)


def test_a_signal_is_a_tensor_whatever_its_author_took_it_for(reach: Task):
    source = "def compute_reward(tcp_pos: float):\n    r = tcp_pos[:, 0]\n    return r, {'r': r}\n"
    assert "compute_reward(tcp_pos: Tensor)" in check_source(source, reach.signals).program
