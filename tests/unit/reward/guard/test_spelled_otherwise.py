"""Other spellings are accepted and mean what they mean in Python; lookalikes are refused."""

from __future__ import annotations

import pytest
from both_ways import compare
from corner_cases import program
from spelled_otherwise import SPELLED

from rewardsmith.contracts import Task
from rewardsmith.registry import TASKS
from rewardsmith.reward.guard import Guard
from rewardsmith.reward.guard.refusal import RefusedError
from rewardsmith.reward.guard.states import make_states
from rewardsmith.reward.guard.static import check_source


@pytest.fixture(scope="module")
def push() -> Task:
    return TASKS.load("franka-push")


@pytest.mark.parametrize("name", SPELLED)
def test_the_same_values_as_in_python(name: str, push: Task):
    states = make_states(push.signals, 64, {})
    outcome = compare(SPELLED[name], push.signals, (states.ordinary, states.wide))
    assert (outcome.refused, outcome.python_stops, outcome.difference) == ("", "", "")


@pytest.mark.parametrize("name", SPELLED)
def test_the_whole_guard_accepts(name: str, guard: Guard, push: Task):
    verdict = guard.check(SPELLED[name], push)
    assert verdict.accepted, verdict.text
    assert check_source(verdict.program, push.signals).program == verdict.program


REFUSED = {
    "a key that is not there": (program("c = {}", "c['a'] = d", "r = c['b']"), "there is no 'b' in c here."),
    "a key that is changed before": (program("c = {}", "c['a'] += d"), "there is no 'a' in c here."),
    "keys on one way only": (
        program("c = {}", "if d.dim() == 1:", "    c['a'] = d", "r = sum(c.values())"),
        "a dictionary has other keys on one way than on the other.",
    ),
    "a change after it was handed on": (
        program("c = {'a': d}", "e = c", "c['b'] = d", "r = e['a']"),
        "c changes after it was handed on.",
    ),
    "a dictionary made of itself": (
        program("c = {'a': d, 'b': r}", "c['e'] = d", "c = {'a': c['b'], 'b': c['a']}"),
        "c is made of itself here.",
    ),
    "keys that are computed": (program("c = {}", "c[0] = r"), "only plain local names, columns and masks"),
    "a signal that is written to": (program("tcp_pos['a'] = r"), "only plain local names, columns and masks"),
    "one state written": (program("v[0] = 1.0"), "only plain local names, columns and masks"),
    "a number of one state written": (program("v[0, 1] = d[1]"), "only plain local names, columns and masks"),
    "some states written": (program("v[:2, 1] = d[:2]"), "only plain local names, columns and masks"),
    "every second state written": (program("d[::2] = 0.0"), "only plain local names, columns and masks"),
    "every second column written": (program("v[:, ::2] = 0.0"), "only plain local names, columns and masks"),
    "a computed column written": (
        program("v[:, v.dim()] = 0.0"),
        "only plain local names, columns and masks",
    ),
    "a part of what is read": (
        program("x = v[:, 0]", "v[:, 0] = 1.0", "r = x"),
        "may share its memory with x",
    ),
    "a whole of what is written": (program("x = v[:, 0]", "x[near] = 1.0", "r = v.sum(-1)"), "with v"),
    "a signal written": (program("tcp_pos[:, 2] = 0.0", "r = tcp_pos.sum(-1)"), "the caller's tensor"),
    "a part of a signal written": (
        program("x = tcp_pos[:, 2]", "x[near] = 0.0", "r = x"),
        "the caller's tensor",
    ),
    "a helper that writes": (
        program("r = f(d)", above="def f(x):\n    x[x < 0.1] = 0.0\n    return x\n"),
        "the caller's tensor",
    ),
    "what stands at several places": (
        program("x = (d * 1.0)[:, None].expand(-1, 3)", "x[:, 0] = 0.0", "r = x[:, 1]"),
        "x may hold one number at several places",
    ),
    "a part of what stands at several places": (
        program(
            "x, y = f(d).split([2, 1], dim=1)",
            "x[x > 0.3] = 0.0",
            "r = x[:, 1]",
            above="def f(x):\n    return torch.broadcast_to(x[:, None] * 2.0, (x.shape[0], 3))\n",
        ),
        "x may hold one number at several places",
    ),
    "columns moved within a tensor": (
        program("x = v * 1.0", "x[:, 1:] = x[:, :2]", "r = x[:, 2]"),
        "this is a part of x itself",
    ),
    "columns added within a tensor": (
        program("x = v * 1.0", "y = x[:, :2]", "x[:, 1:] += y", "r = x[:, 2]"),
        "this is a part of x itself",
    ),
    "a row of a matrix moved within it": (
        program("m = v[:, :, None] * v[:, None, :]", "m[:, 1] = m.view(-1, 9)[:, 1:4]", "r = m[:, 1, 2]"),
        "this is a part of m itself",
    ),
    "either of two, chosen twice": (
        program(
            "a, b = d * 1.0, d * 2.0",
            "x = a if d.dim() == 1 else b",
            "y = a if d.dim() == 2 else b",
            "x += 1.0",
            "r = x + y",
        ),
        "x may share its memory with y",
    ),
    "either of two, chosen twice by a helper": (
        program(
            "x, y = f(d * 1.0, r)",
            "x[near] = 1.0",
            "r = x + y",
            above="def f(a, b):\n    x = a\n    y = b\n    if a.dim() == 1:\n        x = b\n"
            "    if a.dim() == 2:\n        y = a\n    return x, y\n",
        ),
        "x may share its memory with",
    ),
    "the mean of a mask": (program("r[near] = d[near].mean()"), "mean without dim"),
    "a mask that is read": (program("r = d * d[near].sum()"), "sum without dim"),
    "a method that is written to": (program("d.data[near] = 0.0"), "only plain local names"),
    "a mask as a list": (
        program("r = v[:, [True, False, True]].sum(-1)"),
        "a list in an index may only pick columns",
    ),
    "a computed list": (
        program("r = v[:, [v.dim(), 0]].sum(-1)"),
        "a list in an index may only pick columns",
    ),
    "a list behind a number": (
        program("r = v[0, [0, 1]].sum(-1)"),
        "a list in an index may only pick columns",
    ),
    "lists in lists": (
        program("r = v" + "[:, [0, 1, 2, 0, 1, 2]]" * 12 + ".sum(-1)"),
        "too much is picked by a list",
    ),
    "an enormous sum": (program("r = sum([" + ", ".join(["d"] * 40) + "])"), "a sum of more than 32 terms."),
    "a loss of all": (program("r = F.mse_loss(tcp_pos, goal_pos)"), "mse_loss without reduction='none'"),
    "a loss with its mean": (
        program("r = F.l1_loss(v, v, reduction='mean')"),
        "l1_loss without reduction='none'",
    ),
    "an equation with dots": (
        program("r = torch.einsum('...i,...i->...', v, v)"),
        "strings are only allowed",
    ),
    "an equation elsewhere": (program("r = torch.norm('ij->i', v)"), "strings are only allowed"),
    "an equation without an arrow": (program("r = torch.einsum('ij,ij', v, v)"), "strings are only allowed"),
    "a setting that is computed": (
        program("r = r * k").replace("cube_pos):", "cube_pos, k=torch.tensor(1.0)):"),
        "'k' is not a signal",
    ),
    "a signal with a default": (
        program("r = -d").replace("cube_pos):", "cube_pos=0.5):"),
        "takes signals only, without defaults",
    ),
    "a setting without a value": (
        program("r = r * k").replace("cube_pos):", "cube_pos, k: float):"),
        "not a signal",
    ),
    "numpy's infinity": (program("r = d * np.inf"), ""),
    "an import of what is not there": (program("r = load('x')", above="from torch import load\n"), ""),
    "an import under a name that is taken": (
        program("r = abs(d)", above="from torch import neg as abs\n"),
        "only functions and plain numbers",
    ),
    "a star": (program("r = norm(d)", above="from torch import *\n"), "norm() is not a known function."),
    "a decorator that does something": (program("r = d", above="@torch.jit.unused\n"), "decorators"),
    "weights that are signals": (
        program("w = v", "w = w / w.sum()"),
        "sum without dim takes all environments",
    ),
    "weights that were weights": (
        program("w = torch.tensor([1.0, 2.0, 3.0])", "w = w * v", "w = w / w.sum()"),
        "sum without dim",
    ),
    "weights in a branch": (
        program("w = torch.tensor([1.0])", "if v.dim() == 2:", "    w = d", "r = d / w.sum()"),
        "sum without dim",
    ),
    "weights of a helper": (
        program("r = f(d)", above="def f(w):\n    return w / w.sum()\n"),
        "sum without dim",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_only_looks_like_one_is_refused(name: str, push: Task):
    source, message = REFUSED[name]
    with pytest.raises(RefusedError) as caught:
        check_source(source, push.signals)
    assert message in caught.value.message
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("source", "layer"),
    [
        (program("r = sum([d, r])", above="def sum(x):\n    return x\n"), "compile"),
        (program("r = np.abs(d)"), "compile"),
        (program("r = v[[0, 1], [0, 1]]"), "graph"),
        (program("r = v[[0, 1]].sum(-1)"), "graph"),
        (program("c = {}", "c[d] = r"), "compile"),
        (program("r[near] = d[near].mean(dim=0)"), "graph"),
        (program("v[:, 0] = d.flip(0)", "r = v.sum(-1)"), "graph"),
        (program("v[:, 0] = d[None, :].amax(-1)", "r = v.sum(-1)"), "graph"),
        (program("d[..., 0] = 1.0", "r = d"), "graph"),
        (program("i = near.long()", "r[i] = 1.0"), "probe"),
        (program("r[near.long().cumsum(0) > 1] = 1.0"), "graph"),
        (program("r[near.any(dim=0)] = 1.0"), "graph"),
        (program("v[v > 0] = torch.softmax(v[v > 0], dim=-1)", "r = v.sum(-1)"), "probe"),
        (program("v[v > 0] = v[v > 0].norm(dim=-1, keepdim=True)", "r = v.sum(-1)"), "probe"),
        (program("k = d.dim() == 1", "v[k] = v[k].norm(dim=1, keepdim=True)"), "compile"),
        (
            program(
                "w = torch.tensor([1.0, 2.0, 3.0])",
                "w[w > 1.5] = torch.softmax(w[w > 1.5], dim=-1)",
                "r = v @ w",
            ),
            "probe",
        ),
        (
            program(
                "r = f(d)",
                above="def f(x):\n    y = x * 1.0\n    y[x > 0] = y[x > 0].cumsum(dim=-1)\n    return y\n",
            ),
            "syntax",
        ),
        (program("x = torch.zeros(2, 2)", "x[torch.ones(2) > 0] = 1.0", "r = d * x[0, 1]"), "probe"),
        (program("r = total(v, 0)", above="def total(x, axis):\n    return x.sum(dim=axis)\n"), "graph"),
        (program("r = part(v, 2.0)", above="def part(x, k):\n    return x[:, k]\n"), "compile"),
    ],
)
def test_later_layers_refuse(source: str, layer: str, guard: Guard, push: Task):
    assert guard.check(source, push).layer == layer


METHOD = (
    "def compute_reward(self):\n    env = self.env\n    d = torch.norm(env.tcp_pos - self.goal_pos, dim=-1)\n"
    "{0}    return -d, {{'d': -d}}\n"
)


def test_a_method_takes_the_signals_that_it_reads(guard: Guard, push: Task):
    verdict = guard.check(METHOD.format(""), push)
    assert verdict.text == (
        "accepted (signals that the method reads of its object are taken for its parameters)"
    )
    assert verdict.program.startswith("def compute_reward(tcp_pos: Tensor, goal_pos: Tensor)")


@pytest.mark.parametrize(
    "line", ["d = d * env.success", "d = d + self.goal", "env.tcp_pos = d", "d = f(self)", "self.d = d"]
)
def test_a_method_reads_nothing_else(line: str, push: Task):
    with pytest.raises(RefusedError) as caught:
        check_source(METHOD.format(f"    {line}\n"), push.signals)
    assert caught.value.line == 4


@pytest.mark.parametrize(
    ("statement", "hint"),
    [
        ("r = quat_gap_error(v, v)", "There is quat_angle(a, b)"),
        ("r = torch.clmp(d)", "The nearest that is: torch.clamp."),
        ("r = d.conj()", "quat_conjugate"),
        ("r = torch.randn_like(d)", "Leave out everything random."),
        ("r = exp(d)", "There is torch.exp."),
        ("r = shaped(d)", "define a helper with def."),
    ],
)
def test_a_hint_names_what_there_is(statement: str, hint: str, push: Task):
    with pytest.raises(RefusedError) as caught:
        check_source(program(statement), push.signals)
    assert hint in caught.value.hint
