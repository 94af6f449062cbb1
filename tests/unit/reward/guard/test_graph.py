"""Layer 5 on its own: programs that no earlier layer saw, compiled as they stand."""

from __future__ import annotations

import pytest

from rewardsmith.reward.guard.graph import check_graph
from rewardsmith.reward.guard.refusal import RefusedError
from rewardsmith.reward.program import RewardProgram

pytestmark = pytest.mark.usefixtures("unchecked")  # it would be refused before the layer under test sees it

HEAD = "def compute_reward(a: Tensor, b: Tensor) -> Tuple[Tensor, Dict[str, Tensor]]:\n"


def compiled(*statements: str, head: str = "") -> RewardProgram:
    lines = [*statements, "return r, {'r': r}"]
    return RewardProgram(head + HEAD + "".join(f"    {line}\n" for line in lines))


REFUSED = {
    "save": ["torch.save('payload', 'canary')", "r = a[:, 0]"],
    "aten_save": ["torch.ops.aten.save('payload', 'canary')", "r = a[:, 0]"],
    "from_file": ["r = torch.from_file('/etc/passwd', False, 64)"],
    "add_in_place": ["a.add_(1.0)", "r = a[:, 0]"],
    "slice_assignment": ["a[:, 0] = b[:, 0]", "r = a[:, 0]"],
    "whole_assignment": ["a[:] = b", "r = a[:, 0]"],
    "mask_assignment": ["a[a > 0.0] = 0.0", "r = a[:, 0]"],
    "augmented": ["a += 1.0", "r = a[:, 0]"],
    "out": ["torch.add(a, 1.0, out=b)", "r = a[:, 0]"],
    "data": ["a.data.zero_()", "r = a[:, 0]"],
    "data_read": ["r = a.data[:, 0]"],
    "set": ["a.set_(b)", "r = a[:, 0]"],
    "resize": ["a.resize_([1])", "r = b[:, 0]"],
    "view_then_fill": ["a.view(-1).fill_(0.0)", "r = a[:, 0]"],
    "operator_copy": ["torch.ops.aten.copy_(a, b)", "r = a[:, 0]"],
    "dictionary_write": ["c = {'x': a[:, 0]}", "c['y'] = b[:, 0]", "r = c['x']"],
    "list_append": ["c = [a[:, 0]]", "c.append(b[:, 0])", "r = c[0]"],
    "list_doubling": ["c = [a[:, 0]]", "c = c + c", "r = torch.stack(c, dim=-1).sum(dim=-1)"],
    "while_loop": ["r = a[:, 0]", "while True:", "    r = r + 1.0"],
    "for_loop": ["r = a[:, 0]", "for i in range(1000):", "    r = r + b[:, 0]"],
    "comprehension": ["c = [x.sum() for x in [a, b]]", "r = a[:, 0] + c[0]"],
    "print": ["print(a)", "r = a[:, 0]"],
    "raise": ["r = a[:, 0]", "if a.size(0) > 3:", "    raise RuntimeError('x')"],
    "assertion": ["assert a.size(0) > 3", "r = a[:, 0]"],
    "rand": ["r = torch.rand([64])"],
    "rand_like": ["r = torch.rand_like(a)[:, 0]"],
    "bernoulli": ["r = torch.bernoulli(a)[:, 0]"],
    "dropout": ["r = torch.dropout(a, 0.5, True)[:, 0]"],
    "manual_seed": ["torch.manual_seed(0)", "r = a[:, 0]"],
    "set_grad": ["torch.set_grad_enabled(True)", "r = a[:, 0]"],
    "requires_grad": ["r = a.requires_grad_(True)[:, 0]"],
    "empty": ["r = torch.empty([64])"],
    "huge_ones": ["r = a[:, 0] + torch.ones([100000, 100000])[0, 0]"],
    "size_times_number": ["r = torch.zeros([a.size(0) * 1000000])"],
    "arange": ["r = torch.arange(3000000000)"],
    "repeat": ["r = a.repeat([100000, 1])[:, 0]"],
    "expand": ["r = a.expand([100000, -1, -1]).sum(dim=0)[:, 0]"],
    "as_strided": ["r = a.as_strided([64], [3], 1)"],
    "item": ["r = b[:, 0] * a[0, 0].item()"],
    "tensor_condition": ["r = a[:, 0]", "if bool(a[0, 0] > 0.0):", "    r = b[:, 0]"],
    "remainder_by_a_size": ["r = a[:, 0] * float(5 % (a.size(0) - 6144))"],
    "remainder_of_a_size": ["r = a[:, 0] * float(a.size(0) % -1)"],
    "quotient_by_a_size": ["r = a[:, 0] * float(-9223372036854775807 // (a.size(0) - 6143))"],
    "remainder_of_a_truth": ["r = a[:, 0] * float((a.size(0) > 3) % (a.size(0) - 64))"],
    "tensor_to_float": ["r = a[:, 0] * float(b[0, 0])"],
    "indexing_by_tensor": ["r = a[b[:, 0] > 0.0][:, 0]"],
    "python_norm": ["r = torch.norm(a, dim=-1)"],
    "fork": ["r = torch.jit.wait(torch.jit.fork(torch.relu, a))[:, 0]"],
    "many": ["r = a[:, 0]", *("r = torch.tanh(r * 2.0 + 1.0)" for _ in range(700))],
    "device_compared": ["r = a[:, 0]", "if a.device == b.device:", "    r = b[:, 0]"],
    "device_chosen": ["r = a[:, 0] * (2.0 if torch.zeros([1]).device != a.device else 1.0)"],
    "device_in_a_list": ["c = [a.device, b.device]", "r = a[:, 0] * (2.0 if c[0] == c[1] else 1.0)"],
    "dtype_compared": ["r = a[:, 0] * (2.0 if a.dtype == torch.float32 else 1.0)"],
    "dtype_as_a_number": ["r = a[:, 0] * a.dtype"],
    "dtype_in_a_tensor": ["r = a[:, 0] + torch.tensor([a.dtype])[0]"],
    "layout_compared": ["r = a[:, 0] * (2.0 if a.layout == b.layout else 1.0)"],
    "helper_writes": ["r = f(a)[:, 0]"],
}
HELPERS = {"helper_writes": "def f(x: Tensor) -> Tensor:\n    return x.mul_(0.0)\n"}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    try:
        program = compiled(*REFUSED[name], head=HELPERS.get(name, ""))
    except RuntimeError:
        pytest.skip("TorchScript itself refuses it")
    with pytest.raises(RefusedError) as caught:
        check_graph(program.function)
    assert caught.value.layer == "graph"


@pytest.mark.parametrize("result", ["Tensor", "Tuple[Dict[str, Tensor], Tensor]", "Tuple[Tensor, Tensor]"])
def test_another_result(result: str) -> None:
    value = {
        "Tensor": "a",
        "Tuple[Dict[str, Tensor], Tensor]": "{'r': a}, a",
        "Tuple[Tensor, Tensor]": "a, a",
    }[result]
    program = RewardProgram(f"def compute_reward(a: Tensor) -> {result}:\n    return {value}\n")
    with pytest.raises(RefusedError, match="returns"):
        check_graph(program.function)


@pytest.mark.parametrize(
    "statement",
    [
        "r = torch.zeros([a.size(0)]) + a[:, 0]",
        (
            "n, k = a.shape\n"
            "    r = torch.zeros([n, k], device=a.device, dtype=b.dtype)[:, 0] + a[:, 0].to(b.device)"
        ),
        "r = torch.ones(a.size()).sum(dim=-1) * a[:, 0]",
        "r = torch.full([a.shape[0], 3], 0.5).sum(dim=-1) * a[:, 0]",
        "r = torch.stack(list_of, dim=-1).sum(dim=-1)",
        "r = torch.min(a, dim=-1).values",
        "r = torch.where(a[:, 0] > 0.0, a[:, 0], b[:, 0])",
    ],
)
def test_accepted(statement: str) -> None:
    check_graph(compiled("list_of = [a[:, 0], b[:, 1]]", statement).function)


def test_the_line_is_named() -> None:
    with pytest.raises(RefusedError) as caught:
        check_graph(compiled("x = a[:, 0]", "r = torch.rand_like(x)").function)
    assert caught.value.line == 3
