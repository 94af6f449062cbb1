"""Programs that take too much time, memory or room in a parser."""

from __future__ import annotations

from reward_bodies import body, result

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
    "repeat": body("x = tcp_pos.repeat(100000, 100000)", "r = r + x[0, 0]"),
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
    "einsum": body("x = torch.einsum('i,j,k->ijk', d, d, d)", "r = r + x[:, 0, 0]"),
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
RESOURCE_LAYERS = {
    "repeat": "graph",
    "einsum": "graph",
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
