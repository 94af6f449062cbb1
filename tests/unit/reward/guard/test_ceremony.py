"""What serves to run a program elsewhere is left out with a note.

Nothing that does anything is.
"""

from __future__ import annotations

import pytest

from rewardsmith.contracts import Task
from rewardsmith.reward.guard import Guard
from rewardsmith.reward.guard.refusal import RefusedError
from rewardsmith.reward.guard.static import check_source

TAIL = "def compute_reward(tcp_pos):\n    r = tcp_pos[:, 0]\n{0}    return r, {{'r': r}}\n"


def body(line: str) -> str:
    return TAIL.format(f"    {line}\n")


def above(line: str) -> str:
    return f"{line}\n{TAIL.format('')}"


LEFT_OUT = {
    above("import numpy as np"): "import (line 1)",
    above("from __future__ import annotations"): "import (line 1)",
    above("torch.manual_seed(0)"): "seed (line 1)",
    above("Tensor = torch.Tensor"): "name Tensor for a type (line 1)",
    body("print(r)"): "print (line 3)",
    body("print(f'mean {r.mean(dim=-1)}')"): "print (line 3)",
    body("assert r.shape[0] > 0, 'empty'"): "assert (line 3)",
    body("if r.dim() != 1: raise ValueError('shape')"): "check that raises (line 3)",
    TAIL.format("") + "x = torch.rand(4, 3)": "example (line 4)",
    TAIL.format("") + "print(compute_reward(torch.rand(4, 3)))": "example (line 4)",
    TAIL.format("") + "if __name__ == '__main__':\n    print(compute_reward)\n": "__main__ block (line 4)",
}


@pytest.mark.parametrize("source", LEFT_OUT)
def test_it_is_left_out_with_a_note(source: str, reach: Task):
    printed = check_source(source, reach.signals)
    assert printed.notes == (f"left out: {LEFT_OUT[source]}",)
    plain = check_source(TAIL.format(""), reach.signals).program
    assert printed.program.replace("    pass\n", "") == plain


REFUSED = {
    "a module that is read": above("import numpy as np").replace("tcp_pos[:, 0]", "np.abs(tcp_pos[:, 0])"),
    "another module": above("import os"),
    "one among others": above("import torch, os"),
    "a part of another": above("from os import path"),
    "a call at the top": above("torch.set_grad_enabled(False)"),
    "an own function for a seed": "def seed(x):\n    return x\n" + above("seed(0)"),
    "a name for something else": above("T = torch.jit"),
    "nothing but an end": body("raise ValueError('stop')"),
    "an end that is no check": body("if r.dim() == 1:\n        r = r * 2\n        raise ValueError('stop')"),
    "a false assertion": body("assert False"),
    "another main": TAIL.format("") + "if __name__ != '__main__':\n    print(1)\n",
    "a main with an else": (
        TAIL.format("") + "if __name__ == '__main__':\n    print(1)\nelse:\n    import os\n"
    ),
    "a main that imports": TAIL.format("") + "if __name__ == '__main__':\n    import os\n",
    "a main that reaches out": TAIL.format("") + "if __name__ == '__main__':\n    open('x', 'w')\n",
    "a main that loads": TAIL.format("") + "if __name__ == '__main__':\n    torch.load('x')\n",
    "a main that defines": TAIL.format("") + "if __name__ == '__main__':\n    def f():\n        return 1\n",
    "a print that opens": body("print(open('x', 'w'))"),
    "a print of what is inside": body("print(r.__class__)"),
    "a check that imports": body("if __import__('os').system('x'): raise ValueError('x')"),
    "an example that loads": TAIL.format("") + "x = torch.load('x')\n",
    "an example that opens": TAIL.format("") + "open('x', 'w')\n",
    "a constant behind its reader": TAIL.format("    r = r * W\n") + "W = torch.rand(4)\n",
    "an example that is none": "x = torch.rand(4, 3)\n" + TAIL.format(""),
    "an example that changes torch": TAIL.format("") + "torch.abs = torch.neg\n",
    "an example that is the program": TAIL.format("") + "compute_reward = torch.abs\n",
    "an example that fills a table": "t = 1.0\n" + TAIL.format("") + "t[0] = 2.0\n",
    "a type by a name that is taken": above("float = torch.Tensor").replace("tcp_pos[:, 0]", "float(1)"),
    "a name for two types": above("T = torch.Tensor") + "T = float\n",
    "a seed that opens": above("torch.manual_seed(open('x'))"),
    "torch's max by its name": above("from torch import max").replace("tcp_pos[:, 0]", "max(tcp_pos)"),
    "another function by a name": above("from torch import neg as abs").replace("tcp_pos[:, 0]", "abs(1.0)"),
    "a module of numpy": above("import numpy.ctypeslib"),
    "a change in a print": body("print(r.zero_())"),
    "a change in an assertion": body("assert r.mul_(2.0).dim() == 1"),
    "a name in an assertion": body("assert (s := r.sum(dim=-1)).dim() == 0"),
    "an output in a print": body("print(torch.abs(r, out=r))"),
    "a call of one's own in a print": (
        "def twice(x):\n    x *= 2.0\n    return x\n" + body("print(twice(r))")
    ),
    "a call of one's own in a check": (
        "def odd(x):\n    x *= 2.0\n    return x.dim() == 1\n" + body("if odd(r): raise ValueError('odd')")
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_something_is_not_left_out(name: str, reach: Task):
    with pytest.raises(RefusedError) as caught:
        check_source(REFUSED[name], reach.signals)
    assert caught.value.message


def test_a_helper_may_name_its_types_by_such_names(reach: Task):
    source = (
        "T = torch.Tensor\ndef near(x: T) -> T:\n    return torch.exp(-x)\n"
        "def compute_reward(tcp_pos: T):\n    r = near(tcp_pos[:, 0])\n    return r, {'r': r}\n"
    )
    assert check_source(source, reach.signals).notes == ("left out: name T for a type (line 1)",)


def test_the_verdict_says_what_was_left_out(guard: Guard, reach: Task):
    verdict = guard.check(above("torch.manual_seed(0)"), reach)
    assert (verdict.accepted, verdict.text) == (True, "accepted (left out: seed (line 1))")
