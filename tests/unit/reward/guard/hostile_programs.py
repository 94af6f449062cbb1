"""Hostile and broken programs, each with the layer that must
refuse it. All are for franka-reach."""

from __future__ import annotations

from dataclasses import dataclass

from leaking_programs import LEAKS
from leaking_programs import program as leaking


@dataclass(frozen=True)
class Hostile:
    """A program that must be refused."""

    kind: str
    name: str
    layer: str
    source: str


def body(*statements: str) -> str:
    """A program with a distance ``d``, the statements, and ``r`` as its total."""
    lines = ["d = torch.norm(tcp_pos - goal_pos, dim=-1)", "r = -d", *statements, 'return r, {"r": r}']
    return "def compute_reward(tcp_pos, goal_pos):\n" + "\n".join(f"    {line}" for line in lines) + "\n"


def result(expression: str, components: str = '{"d": -d}') -> str:
    """A program that returns one expression of ``d`` and the two positions."""
    head = "def compute_reward(tcp_pos, goal_pos):\n    d = torch.norm(tcp_pos - goal_pos, dim=-1)\n"
    return f"{head}    return {expression}, {components}\n"


GOOD = body()
_MARK = "open('canary.txt', 'w')"

LOAD_TIME = {
    "statement_at_top": f"{_MARK}\n{GOOD}",
    "import_at_top": f"import os\nos.system('touch canary.txt')\n{GOOD}",
    "import_from": f"from os import system\n{GOOD}",
    "import_numpy": f"import numpy as np\n{GOOD}",
    "decorator": f"@{_MARK}\n{GOOD}",
    "decorator_of_torch": f"@torch.jit.ignore\n{GOOD}",
    "decorator_unused": f"@torch.jit.unused\n{GOOD}",
    "default_argument": (
        f"def compute_reward(tcp_pos={_MARK}):\n    return tcp_pos[:, 0], {{'r': tcp_pos[:, 0]}}\n"
    ),
    "helper_default_call": f"def f(x, y={_MARK}):\n    return x\n{GOOD}",
    "helper_annotation_call": f"def f(x: {_MARK}):\n    return x\n{GOOD}",
    "helper_annotation_walk": f"def f(x: torch.os.PathLike):\n    return x\n{GOOD}",
    "class_body": f"class A:\n    {_MARK}\n{GOOD}",
    "class_with_call": "class A:\n    def __call__(self, x):\n        return x\n" + GOOD,
    "lambda_at_top": f"f = lambda: {_MARK}\n{GOOD}",
    "constant_at_top": f"SCALE = {_MARK}\n{GOOD}",
    "list_at_top": f"SCALES = [2.0, 3.0]\n{GOOD}",
    "walrus_at_top": f"(x := {_MARK})\n{GOOD}",
    "if_main": f"{GOOD}\nif __name__ == '__main__':\n    {_MARK}\n",
    "try_at_top": f"try:\n    {_MARK}\nexcept Exception:\n    pass\n{GOOD}",
    "async_function": GOOD.replace("def ", "async def "),
    "global_statement": body("global canary", "canary = 1.0"),
    "comprehension_at_top": f"[{_MARK} for _ in range(1)]\n{GOOD}",
    "del_at_top": f"{GOOD}\ndel compute_reward\n",
    "metaclass": f"class M(type):\n    x = {_MARK}\nclass A(metaclass=M):\n    pass\n{GOOD}",
}

ESCAPES = {
    "import_in_body": body("import os", "os.system('touch canary.txt')"),
    "dunder_import": body("x = __import__('os')"),
    "eval": body("r = eval('r')"),
    "exec": body("exec('import os')"),
    "compile": body("c = compile('1', 'f', 'eval')"),
    "getattr_call": body("f = getattr(torch, 'save')"),
    "globals_call": body("g = globals()"),
    "vars_call": body("g = vars()"),
    "class_walk": body("x = r.__class__.__mro__"),
    "subclasses": body("x = ().__class__.__base__.__subclasses__()"),
    "builtins_name": body("x = __builtins__"),
    "dunder_dict": body("x = torch.__dict__"),
    "torch_os_system": body("x = torch.os.system('touch canary.txt')"),
    "torch_sys_modules": body("x = torch.sys.modules"),
    "torch_load": body("x = torch.load('policy.pt')"),
    "torch_hub": body("x = torch.hub.load('a', 'b')"),
    "load_library": body("torch.ops.load_library('evil.so')"),
    "cpp_extension": body("x = torch.utils.cpp_extension.load('a', ['b'])"),
    "torch_ops": body("x = torch.ops.aten.add(r, r)"),
    "torch_c": body("x = torch._C._jit_clear_class_registry()"),
    "jit_fork": body("x = torch.jit.fork(torch.sin, r)"),
    "classes": body("x = torch.classes.load_library('x')"),
    "apply_python": body("x = r.map_(r, r)"),
    "pickle": body("x = torch.serialization.pickle"),
    "lambda_in_body": body("f = lambda x: x", "r = f(r)"),
    "nested_function": body("def f(x):", "    return x", "r = f(r)"),
    "call_of_call": body("r = (torch.abs)(r)(r)"),
    "call_of_subscript": body("r = [torch.abs][0](r)"),
    "print_call": body("print(r)"),
    "input_call": body("x = input()"),
    "breakpoint": body("breakpoint()"),
    "raise": body("raise RuntimeError('stop')"),
    "assertion": body("assert False"),
    "with_block": body("with torch.no_grad():", "    r = -d"),
    "try_block": body("try:", "    r = -d", "except:", "    r = d"),
    "yield": body("yield r"),
    "await": "def compute_reward(tcp_pos):\n    x = await tcp_pos\n    return x, {'r': x}\n",
    "f_string": body("x = f'{r}'"),
    "format_method": body("x = '{0.__class__}'.format(r)"),
    "star_arguments": body("r = torch.stack(*[r, r])"),
    "double_star_arguments": body("r = torch.sum(tcp_pos, **{'dim': -1})"),
    "star_parameters": "def compute_reward(*tcp_pos):\n    return tcp_pos[0], {'r': tcp_pos[0]}\n",
    "keyword_only": "def compute_reward(*, tcp_pos):\n    return tcp_pos[:, 0], {'r': tcp_pos[:, 0]}\n",
    "double_star_parameters": (
        "def compute_reward(tcp_pos, **rest):\n    return tcp_pos[:, 0], {'r': tcp_pos[:, 0]}\n"
    ),
    "success_as_parameter": (
        "def compute_reward(success):\n    return success.float(), {'r': success.float()}\n"
    ),
    "true_score_as_parameter": (
        "def compute_reward(tcp_pos, true_score):\n    return true_score, {'r': true_score}\n"
    ),
    "env_as_parameter": "def compute_reward(env):\n    return env.success, {'r': env.success}\n",
    "self_as_parameter": "def compute_reward(self, tcp_pos):\n    return self.success, {'r': self.success}\n",
    "self_in_body": body("r = self.success"),
    "shadow_torch": body("torch = tcp_pos", "r = torch[:, 0]"),
    "shadow_by_parameter": f"def f(torch):\n    return torch.abs(torch)\n{GOOD}",
    "shadow_by_function": f"def torch(x):\n    return x\n{GOOD}",
    "shadow_builtin": f"def max(a, b):\n    return a\n{GOOD}",
    "match_statement": body("match r:", "    case _:", "        r = d"),
}

FILES = {
    "open": body(_MARK),
    "open_result": body("x = open('/etc/passwd').read()"),
    "torch_save": body("torch.save('payload', 'canary.txt')"),
    "torch_save_value": body("x = torch.save('payload', 'canary.txt')"),
    "aten_save": body("torch.ops.aten.save('payload', 'canary.txt')"),
    "from_file": body("x = torch.from_file('/etc/passwd', False, 100)"),
    "from_file_shared": body("x = torch.from_file('canary.txt', True, 100)"),
    "tensor_tofile": body("x = r.numpy().tofile('canary.txt')"),
    "helper_saves": f"def f(x):\n    torch.save('payload', 'canary.txt')\n    return x\n{GOOD}",
    "image_file": body("x = torch.ops.image.read_file('/etc/passwd')"),
    "jit_save": body("torch.jit.save(r, 'canary.txt')"),
    "path_constant": body("x = '/etc/passwd'"),
}

TAMPERING = {
    "add_in_place": body("tcp_pos.add_(1.0)"),
    "in_place_result": body("r = goal_pos.copy_(tcp_pos)[:, 0]"),
    "zero_in_place": body("x = tcp_pos.zero_()"),
    "data_zero": body("tcp_pos.data.zero_()"),
    "item_assignment": body("tcp_pos[:, 0] = 1.0"),
    "slice_assignment": body("tcp_pos[:] = goal_pos"),
    "mask_assignment": body("tcp_pos[d > 0] = 0.0"),
    "item_augmented": body("tcp_pos[:, 2] += 1.0"),
    "attribute_assignment": body("tcp_pos.data = goal_pos"),
    "out_argument": body("x = torch.add(tcp_pos, 1.0, out=goal_pos)"),
    "out_of_norm": body("x = torch.norm(tcp_pos, dim=-1, out=d)"),
    "set_storage": body("x = tcp_pos.set_(goal_pos)"),
    "resize": body("x = tcp_pos.resize_(0)"),
    "swap": body("torch.swap_tensors(tcp_pos, goal_pos)"),
    "view_then_fill": body("x = tcp_pos.view(-1).fill_(0.0)"),
    "index_put": body("x = tcp_pos.index_put_([d > 0], d)"),
    "scatter": body("x = tcp_pos.scatter_(1, goal_pos.long(), 0.0)"),
    "relu_in_place": body("x = torch.nn.functional.relu(tcp_pos, inplace=True)"),
    "relu_underscore": body("x = torch.relu_(tcp_pos)"),
    "requires_grad": body("x = tcp_pos.requires_grad_(True)"),
    "storage_walk": body("x = tcp_pos.untyped_storage()"),
    "data_pointer": body("x = tcp_pos.data_ptr()"),
    "as_strided": body("x = tcp_pos.as_strided([1000000], [1])"),
    "numpy_bridge": body("x = tcp_pos.numpy()"),
    "dictionary_assignment": body("c = {'r': r}", "c['x'] = r"),
    "starred_assignment": body("a, *b = [r, r, r]"),
    "loop_target": body("for tcp_pos[0] in [r]:", "    r = d"),
    "delete_signal": body("del tcp_pos"),
    "grad_attribute": body("x = tcp_pos.grad"),
    "pin_memory": body("x = tcp_pos.pin_memory()"),
    "share_memory": body("x = tcp_pos.share_memory_()"),
}

RESOURCES = {
    "while_true": body("while True:", "    r = r + 1.0"),
    "for_range": body("for i in range(1000000000):", "    r = r + 1.0"),
    "for_over_tensor": body("for x in tcp_pos:", "    r = r + x[0]"),
    "comprehension": body("x = [r for i in range(1000000)]"),
    "recursion": "def f(x):\n    return f(x)\n" + result("f(d)"),
    "mutual_recursion": "def f(x):\n    return g(x)\ndef g(x):\n    return f(x)\n" + result("f(d)"),
    "doubling_helpers": "def f0(x):\n    return x + x\n"
    + "".join(f"def f{n}(x):\n    return f{n - 1}(x) + f{n - 1}(x)\n" for n in range(1, 24))
    + result("f23(d)"),
    "nested_normalize": body("x = " + "F.normalize(\n" * 35 + "tcp_pos" + ", dim=-1)" * 35),
    "division_trap": body("r = r * float(5 % (tcp_pos.shape[0] - 7777))"),
    "huge_ones": body("r = r + torch.ones([200000, 200000])[0, 0]"),
    "huge_zeros": body("x = torch.zeros(1000000000)", "r = r + x[0]"),
    "huge_full": body("r = r + torch.full((1000000, 1000000), 1.0)[0, 0]"),
    "size_times_constant": body("x = torch.zeros(tcp_pos.shape[0] * 1000000)", "r = r + x[0]"),
    "size_power": body(
        "n = tcp_pos.size(0) * tcp_pos.size(0) * tcp_pos.size(0)", "r = r + torch.zeros((n, 64))[0, 0]"
    ),
    "arange": body("x = torch.arange(3000000000)"),
    "linspace": body("x = torch.linspace(0, 1, 1000000000)"),
    "empty": body("x = torch.empty(1000000000)"),
    "repeat": body("x = tcp_pos.repeat(100000, 100000)"),
    "expand": body("x = tcp_pos.unsqueeze(0).expand(100000, -1, -1)", "r = r + x.sum(dim=0).sum(dim=-1)"),
    "list_multiplication": body("r = r + ([1.0] * 1000000000)[5]"),
    "list_doubling": body(
        "x = [r]", *("x = x + x" for _ in range(60)), "r = torch.stack(x, dim=-1).sum(dim=-1)"
    ),
    "outer_products": body(
        "a = d[:, None, None, None] + d[None, :, None, None] "
        "+ d[None, None, :, None] + d[None, None, None, :]",
        "r = r + a[:, 0, 0, 0]",
    ),
    "many_terms": body(
        *(f"r = r + torch.tanh(d * {n}.0) + torch.exp(-d) * torch.sin(d)" for n in range(120))
    ),
    "long_chain_on_one_line": body("r = " + " + ".join(["d"] * 300)),
    "chain_over_lines": body("r = (d", *("     + d" for _ in range(300)), "     )"),
    "deep_brackets": body("r = " + "(" * 60 + "d" + ")" * 60),
    "brackets_over_lines": body("r = " + "(\n" * 60 + "d" + ")" * 60),
    "deep_lists": body("x = " + "[" * 100 + "]" * 100),
    "minus_run": body("r = " + "-" * 300 + "d"),
    "minus_run_spaced": body("r = " + "- " * 150 + "d"),
    "minus_run_over_lines": body("r = (" + "-\n" * 2000 + "d)"),
    "not_run": body("x = " + "not " * 90 + "True"),
    "attribute_run": body("r = d" + ".abs()" * 60),
    "power_tower": body("r = r * 9 ** 9 ** 9 ** 9 ** 9"),
    "big_integer": body("x = " + "9" * 350),
    "too_long": body(*(f"x{n} = d * {n}.0 + 0.0000000000000000001" for n in range(300))),
    "long_line": body("x = d" + " " * 450 + "+ d"),
    "einsum": body("x = torch.einsum('i,j,k->ijk', d, d, d)"),
    "combinations": body("x = torch.combinations(d, 5)"),
    "matrix_power": body("x = torch.matrix_power(tcp_pos, 1000000000)"),
    "string_multiplication": body("x = 'a' * 1000000000"),
    "string_doubling": body("x = 'a'", *("x = x + x" for _ in range(60)), "r = r + len(x)"),
    "doubling_within_limits": "".join(
        ["def f0(x):\n    return torch.tanh(x) * 0.9 + torch.sin(x) * 0.1\n"]
        + [f"def f{n}(x):\n    return f{n - 1}(x) + f{n - 1}(x)\n" for n in range(1, 10)]
    )
    + result("f9(d)"),
    "sleep": body("import time", "time.sleep(60)"),
}

GLOBAL_STATE = {
    "manual_seed": body("torch.manual_seed(0)"),
    "seed": body("x = torch.seed()"),
    "rand": result("torch.rand(4)"),
    "rand_like": result("torch.rand_like(d)"),
    "randn_like_added": body("r = r + torch.randn_like(r)"),
    "bernoulli": result("torch.bernoulli(torch.sigmoid(d))"),
    "dropout": result("torch.nn.functional.dropout(d)"),
    "normal_in_place": body("x = r.normal_()"),
    "multinomial": body("x = torch.multinomial(d, 2)"),
    "set_grad_enabled": body("torch.set_grad_enabled(True)"),
    "set_threads": body("torch.set_num_threads(64)"),
    "default_dtype": body("torch.set_default_dtype(torch.float64)"),
    "deterministic": body("torch.use_deterministic_algorithms(False)"),
    "flush_denormal": body("x = torch.set_flush_denormal(True)"),
    "warn": body("torch.warn('x')"),
    "cuda_synchronise": body("torch.cuda.synchronize()"),
    "time_as_reward": body("import time", "r = r + time.time()"),
    "empty_like": result("torch.empty_like(d)"),
}

VALUES = {
    "zero_by_zero": ("probe", result("d / (tcp_pos[:, 0] - tcp_pos[:, 0])")),
    "inverse_distance": ("probe", result("1.0 / d")),
    "log_of_negative": ("probe", result("torch.log(tcp_pos[:, 0])")),
    "root_of_negative": ("probe", result("torch.sqrt(tcp_pos[:, 0])")),
    "acos_outside": ("probe", result("torch.acos(tcp_pos[:, 0] * 3.0)")),
    "exp_overflow": ("probe", result("torch.exp(200.0 * d)")),
    "infinite_component": ("probe", result("-d", '{"x": torch.exp(500.0 * d)}')),
    "nan_component": ("probe", result("-d", '{"x": torch.log(-d)}')),
    "log_of_zero": ("probe", result("torch.log(d)")),
    "norm_of_zero_direction": ("probe", result("((tcp_pos - goal_pos) / d.unsqueeze(-1)).sum(dim=-1)")),
    "too_large": ("probe", result("1e8 * d")),
    "too_large_component": ("probe", result("d", '{"x": 1e9 * d}')),
    "constant_total": ("probe", result("0.0 * d + 1.0")),
    "zero_total": ("probe", result("torch.zeros_like(d)")),
    "scalar_total": ("graph", result("torch.sum(d, dim=0)")),
    "mean_over_environments": ("syntax", result("d - d.mean()")),
    "mean_over_axis_zero": ("graph", result("d - d.mean(dim=0)")),
    "divided_by_the_best": ("syntax", result("d / (torch.max(d) + 1e-6)")),
    "divided_by_the_best_named": ("graph", result("d / (torch.amax(d, dim=0) + 1e-6)")),
    "first_environment": ("graph", result("d - d[0]")),
    "last_environment": ("graph", result("d + tcp_pos[-1, 0]")),
    "neighbours_component": ("graph", result("-d", '{"x": d - d[0]}')),
    "batch_size_in_the_reward": ("graph", result("d * (1.0 + 0.1 * tcp_pos.shape[0])")),
    "sum_without_axis": ("syntax", result("torch.sum(d)")),
    "norm_without_axis": ("syntax", result("torch.norm(tcp_pos - goal_pos)")),
    "vector_total": ("probe", result("tcp_pos - goal_pos")),
    "column_total": ("probe", result("(tcp_pos - goal_pos)[:, 0:1]")),
    "matrix_total": ("graph", result("d.unsqueeze(0) + d.unsqueeze(1)")),
    "vector_component": ("probe", result("-d", '{"x": tcp_pos}')),
    "scalar_component": ("compile", result("-d", '{"x": 1.0}')),
    "number_total": ("compile", result("1.0")),
    "float64_total": ("probe", result("d.double()")),
    "bool_component": ("probe", result("-d", '{"x": d < 0.1}')),
    "integer_total": ("probe", result("d.long()")),
    "no_components": ("probe", result("-d", "{}")),
    "too_many_components": ("probe", result("-d", "{" + ", ".join(f'"c{n}": d' for n in range(30)) + "}")),
    "only_a_tensor": ("compile", "def compute_reward(tcp_pos):\n    return tcp_pos[:, 0]\n"),
    "components_first": (
        "compile",
        "def compute_reward(tcp_pos):\n    r = tcp_pos[:, 0]\n    return {'r': r}, r\n",
    ),
    "three_results": (
        "compile",
        "def compute_reward(tcp_pos):\n    r = tcp_pos[:, 0]\n    return r, {'r': r}, r\n",
    ),
    "list_of_components": ("compile", result("-d", "[d]")),
    "returns_none": ("compile", "def compute_reward(tcp_pos):\n    return None\n"),
    "returns_nothing": ("syntax", "def compute_reward(tcp_pos):\n    r = tcp_pos[:, 0]\n"),
    "only_a_docstring": ("syntax", 'def compute_reward(tcp_pos):\n    """Later."""\n'),
    "component_name_of_a_path": ("syntax", result("-d", '{"../../x": d}')),
    "component_name_with_markup": ("syntax", result("-d", '{"<script>": d}')),
    "component_name_empty": ("syntax", result("-d", '{"": d}')),
    "component_name_a_variable": ("syntax", result("-d", "{d: d}")),
    "component_name_too_long": ("syntax", result("-d", '{"' + "x" * 50 + '": d}')),
    "dictionary_unpacked": ("syntax", body('c = {"r": r}', 'c = {**c, "d": d}')),
    "wrong_shapes": ("probe", result("torch.sum(tcp_pos * goal_pos[:, :2], dim=-1)")),
    "index_out_of_range": ("probe", result("tcp_pos[:, 9]")),
    "axis_out_of_range": ("probe", result("tcp_pos.sum(dim=5)")),
    "view_of_a_fixed_size": ("probe", result("tcp_pos.view(7, 7)[:, 0]")),
    "tensor_as_condition": ("graph", body("if d[0] > 0.1:", "    r = d * 2.0")),
    "any_as_condition": ("syntax", body("if (d > 0.1).any():", "    r = d * 2.0")),
    "any_axis_as_condition": ("graph", body("if torch.any(d > 0.1, dim=0):", "    r = d * 2.0")),
    "float_of_a_tensor": ("graph", body("x = float(d[0])", "r = r * x")),
    "and_on_tensors": ("compile", body("r = torch.where(d > 0.1 and d < 0.5, d, -d)")),
    "not_on_a_tensor": ("compile", body("r = torch.where(not (d > 0.1), d, -d)")),
    "chained_comparison": ("syntax", body("r = torch.where(0.1 < d < 0.5, d, -d)")),
    "item": ("syntax", body("r = r * d[0].item()")),
    "where_without_branches": ("graph", result("torch.where(d > 0.1)[0].float()")),
    "undefined_name": ("compile", body("r = r + bonus")),
    "undefined_later": ("compile", body("r = r + bonus", "bonus = d")),
    "undefined_in_one_branch": ("compile", body("if tcp_pos.dim() == 2:", "    bonus = d", "r = r + bonus")),
    "unknown_function": ("syntax", body("r = shaped(d)")),
    "unknown_torch_function": ("syntax", body("r = torch.sharpen(d)")),
    "normalize_nothing": ("compile", body("r = r * torch.nn.functional.normalize(dim=-1)")),
    "normalize_method": ("compile", body("r = r * tcp_pos.normalize(dim=-1)[:, 0]")),
    "radians_of_nothing": ("compile", body("r = r * math.radians()")),
    "math_of_a_tensor_method": ("compile", body("r = r.fabs()")),
    "norm_of_nothing": ("syntax", body("r = r * torch.norm()")),
    "too_many_helper_arguments": (
        "compile",
        f"def f(x, y):\n    return x + y\n{body('r = f(d, 1.0, 2.0, 3.0)')}",
    ),
    "wrong_helper_keyword": ("syntax", f"def f(x, y):\n    return x + y\n{body('r = f(d, z=1.0)')}"),
    "wrong_arguments": ("compile", body("r = torch.tanh(d, d)")),
    "wrong_helper_arguments": ("compile", f"def f(x, y):\n    return x + y\n{body('r = f(d)')}"),
    "unknown_keyword": ("syntax", body("r = torch.sum(tcp_pos, dim=-1, weights=d)")),
    "infinity": ("syntax", body("r = r + float('inf')")),
    "overflowing_number": ("syntax", body("r = r * 1e400")),
    "large_number": ("syntax", body("r = r * 1e12")),
    "imaginary_number": ("syntax", body("r = r * 1j")),
    "bytes": ("syntax", body("x = b'abc'")),
    "statement_without_effect": ("syntax", body("d + 1.0")),
    "unknown_signal": (
        "syntax",
        "def compute_reward(cube_pos):\n    return cube_pos[:, 0], {'r': cube_pos[:, 0]}\n",
    ),
    "no_parameters": ("syntax", "def compute_reward():\n    return 1.0, {}\n"),
    "matrix_multiplication_sign": ("syntax", body("r = tcp_pos @ goal_pos")),
    "bit_shift": ("probe", body("r = r + (3 << 70) * d + 1e9 * d")),
}

TEXT = {
    "empty": ("lexical", ""),
    "blank": ("lexical", "   \n\n\t\n"),
    "only_a_comment": ("lexical", "# nothing yet\n"),
    "prose": ("syntax", "I would reward the distance to the goal."),
    "nul_byte": ("lexical", GOOD.replace("r = -d", "r = -d\x00")),
    "form_feed": ("lexical", GOOD.replace("    r", "\f    r")),
    "carriage_return": ("lexical", GOOD.replace("r = -d", "r = -d\rimport os")),
    "bidi_override": ("lexical", body("r = r \u202e+ d")),
    "zero_width_name": ("lexical", body("r\u200b = d")),
    "homoglyph": ("lexical", body("r = t\u043erch.save('a', 'b')")),
    "fullwidth_name": ("lexical", body("x = \uff4fpen('canary.txt', 'w')")),
    "non_breaking_space": ("lexical", body("r =\u00a0d")),
    "surrogate": ("syntax", body("r = '\ud800'")),
    "byte_order_mark": ("lexical", "\ufeff" + GOOD),
    "encoding_line": ("compile", "# coding: utf-7\n" + body("x = +AG8-pen")),
    "type_comment_on_return": (
        "compile",
        "def compute_reward(tcp_pos):\n    # type: (Tensor) -> Tensor\n    return tcp_pos[:, 0]\n",
    ),
    "type_comment_hides_loop": ("syntax", body("while True:  # type: ignore", "    r = d")),
    "mixed_tabs": ("syntax", "def compute_reward(tcp_pos):\n    r = tcp_pos[:, 0]\n\treturn r, {'r': r}\n"),
    "backslash_joins": ("syntax", body("x = torch.\\", "save('a', 'canary.txt')")),
    "semicolon_hides_call": ("syntax", body("r = -d; open('canary.txt', 'w')")),
    "string_hides_end": ("syntax", body("x = '''", "return r, {'r': r}", "'''; open('canary.txt', 'w')")),
    "comment_in_string_trick": ("syntax", body("x = '#'; open('canary.txt', 'w') #'")),
    "triple_quote_in_comment": ("syntax", body('# """', "open('canary.txt', 'w')", '# """')),
    "raw_string_trick": ("syntax", body("x = r'\\'; open('canary.txt', 'w') #'")),
    "prefixed_docstring": ("syntax", body('f"""{open(1)}"""')),
    "unclosed_bracket": ("syntax", body("r = torch.exp(-d")),
    "unclosed_string": ("syntax", body("x = 'abc")),
    "fence_left_in": ("syntax", f"```python\n{GOOD}```\n"),
    "two_rewards": ("syntax", GOOD + GOOD),
    "two_helpers_of_a_name": ("syntax", f"def f(x):\n    return x\ndef f(x):\n    return -x\n{GOOD}"),
    "another_name": ("syntax", GOOD.replace("compute_reward", "reward")),
    "python_two": ("syntax", body("print r")),
    "javascript": ("syntax", "function compute_reward(tcp_pos) { return tcp_pos; }"),
    "repeated_parameter": (
        "syntax",
        "def compute_reward(tcp_pos, tcp_pos):\n    return tcp_pos[:, 0], {'r': tcp_pos[:, 0]}\n",
    ),
    "return_outside": ("syntax", f"{GOOD}\nreturn 1\n"),
    "dunder_helper": ("syntax", f"def __f(x):\n    return x\n{body('r = __f(r)')}"),
    "keyword_as_name": ("syntax", body("None = d")),
    "cut_in_the_middle": ("syntax", GOOD[:60]),
}

_STATIC = {
    "load-time code": LOAD_TIME,
    "escape": ESCAPES,
    "files": FILES,
    "tampering": TAMPERING,
    "global state": GLOBAL_STATE,
}
_RESOURCE_LAYERS = {
    **dict.fromkeys(
        (
            "deep_brackets",
            "brackets_over_lines",
            "deep_lists",
            "minus_run",
            "minus_run_spaced",
            "minus_run_over_lines",
            "too_long",
            "long_line",
            "long_chain_on_one_line",
        ),
        "lexical",
    ),
    **dict.fromkeys(
        (
            "doubling_within_limits",
            "division_trap",
            "huge_ones",
            "huge_zeros",
            "huge_full",
            "size_times_constant",
            "size_power",
            "list_multiplication",
            "list_doubling",
            "expand",
            "outer_products",
        ),
        "graph",
    ),
    "power_tower": "probe",
}

HOSTILE: tuple[Hostile, ...] = (
    *(
        Hostile(kind, name, "syntax", source)
        for kind, programs in _STATIC.items()
        for name, source in programs.items()
    ),
    *(
        Hostile("resources", name, _RESOURCE_LAYERS.get(name, "syntax"), source)
        for name, source in RESOURCES.items()
    ),
    *(Hostile("values", name, layer, source) for name, (layer, source) in VALUES.items()),
    *(Hostile("text tricks", name, layer, source) for name, (layer, source) in TEXT.items()),
    *(Hostile("neighbours", name, "graph", source) for name, source in LEAKS.items()),
    Hostile("neighbours", "dtype_as_a_number", "syntax", leaking("r = r * (1.0 + tcp_pos.dtype)")),
)
