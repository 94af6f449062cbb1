"""Programs where Python and what the guard prints could differ: the same, or refused."""

from __future__ import annotations


def program(*statements: str, above: str = "") -> str:
    """With a distance d, a direction v, a truth value near, and r as the total."""
    lines = [
        "v = tcp_pos - goal_pos", "d = torch.norm(v, dim=-1)", "near = d < 0.4", "r = -d", *statements,
        'return r, {"r": r, "d": d}',
    ]  # fmt: skip
    return f"{above}def compute_reward(tcp_pos, goal_pos, cube_pos):\n" + "".join(
        f"    {line}\n" for line in lines
    )


SAME = {
    "one tensor twice from a helper": program(
        "a, b = f(d)", "a += 1.0", "r = -b", above="def f(x):\n    z = x * 1.0\n    return z, z\n"
    ),
    "one tensor under two keys from a helper": program(
        "q = f(d)",
        "a = q['a']",
        "a += 1.0",
        "r = -q['b']",
        above="def f(x):\n    z = x * 1.0\n    return {'a': z, 'b': z}\n",
    ),
    "double minus of a constant": program("r = torch.exp(-d / 0.1) - d * -FAR", above="FAR = -0.5\n"),
    "double minus of an int": program("r = d * -LOW", above="LOW = -2\n"),
    "minus of a default": program("r = f(d)", above="S = -0.5\ndef f(x, s=-S):\n    return x * s\n"),
    "signs in a row": program("r = d - -0.5 * - - -2 - +1 + -+-3"),
    "minus of True": program("r = d * -True"),
    "power before minus": program("r = d * -2 ** 2 + (-2) ** 2 * d + 2 ** -1"),
    "helper called pow": program("r = pow(d, 10.0)", above="def pow(x, p):\n    return torch.exp(-x * p)\n"),
    "helper called round": program("r = round(d)", above="def round(x):\n    return x * 2.0\n"),
    "helper called sum": program("r = sum(x=d, y=2)", above="def sum(x, y=1.0):\n    return x + y\n"),
    "helper called as another is printed": program(
        "r = f(d) + helper_f(d)", above="def f(x):\n    return x\ndef helper_f(x):\n    return x * 3.0\n"
    ),
    "helper called as a local is": program(
        "helper_f = d * 2.0", "r = f(helper_f)", above="def f(x):\n    return x + 1.0\n"
    ),
    "not before other operators": program(
        "r = torch.where(~near & (d > 0.1), d, 0.0)", "r = r + (~near | near).float()"
    ),
    "or before and": program("if True or d.dim() == 1 and False:", "    r = d * 3.0"),
    "not before a name in in": program("inside = d.dim() == 2", "r = d if not inside else -d"),
    "floor of floats": program("r = d * (1.0 // 0.1) + (-7.5 % 2) + d // 0.1"),
    "whole powers": program("r = d * (2 ** 3 // 3) + torch.full((d.shape[0],), 2 ** 2) * 0.1"),
    "least of an int and a float": program("r = d * min(1, 2.5) + max(3, 2.5)"),
    "math that TorchScript lacks": program(
        "r = d * math.hypot(3.0, 4.0) + math.log2(8) + math.trunc(-2.5) + math.remainder(5.0, 3.0)"
    ),
    "and and or of known numbers": program("r = d * (0.5 and 2) + (0 or 3.0) * r"),
    "shift": program("r = d * (3 << 2)"),
    "name of the total as a component": program("place = -d", "r = place", "r += 0.1 * v[:, 0]", "d = place"),
    "three names": program("a = r", "b = a", "a -= d", "r = a * 1.0 + b"),
    "alias of a number": program("w = 2.0", "u = w", "w += 1", "r = d * w * u"),
    "alias in one branch": program(
        "a = d", "if d.dim() == 1:", "    a = r", "b = a * 1.0", "b += 1.0", "r = b"
    ),
    "dictionary that is older": program('c = {"x": r, "y": d}', "r += 1.0", 'return r + c["x"], c'),
    "signal changed": program("tcp_pos *= 2.0", "r = tcp_pos[:, 0] + d"),
    "same key twice": program('return r, {"x": d, "y": r, "x": r}'),
    "own names": program(
        "max = d * 2.0", "list = max + 1.0", "range, inf, nan = d, list, max", "r = range + inf * nan"
    ),
    "constant below": program("r = d * LATE") + "LATE = -2.0\n",
    "linalg.norm": program(
        "r = torch.linalg.norm(v, 1, -1) + torch.linalg.norm(v, dim=1) + torch.norm(v, 3, -1)"
    ),
    "truth values of where": program(
        "a = torch.where(near, True, False)", "b = near.where(near, True)", "r = d * ~a + ((a + b) + (b + b))"
    ),
    "a truth value meets a truth tensor": program(
        "a = near + True",
        "b = True * (d.dim() == 1) * near",
        "a += B",
        "r = d * (a + b + a)",
        above="B = True\n",
    ),
    "a truth value meets numbers": program(
        "r = (True + d) * True + torch.where(near, True, 0) + torch.add(d, True)"
    ),
    "a declared truth value": program(
        "a = f(near, True) + g(near)",
        "r = d * (a + a)",
        above="def g(x, s=True):\n    return x * s\ndef f(x, s: bool = False):\n    return x * s\n",
    ),
    "a truth value by its default": program(
        "r = f(d) * f(d, s=d.dim() > 1)", above="def f(x, s=False):\n    return x if s else x + 1.0\n"
    ),
    "float(helper)": program("r = torch.where(near, f(2), f(3))", above="def f(s):\n    return s * 1.5\n"),
}


REFUSED = {
    "r = r * math.pi(3)": "math.pi is a value and cannot be called",
    "r = r * math.pi.x": ".x is not in the reward language",
    "r = torch.nn(r)": "torch.nn holds functions and is not one",
    "r = torch.linalg(r)": "torch.linalg holds functions and is not one",
    "r = torch.nn.functional(r)": "torch.nn.functional holds functions and is not one",
    "x = torch.linalg": "torch.linalg holds functions and is not one",
    "r = Tensor(r)": "Tensor() is not a known function",
    "r = torch.Tensor(r)": "torch.Tensor is a type, not a value",
    "x = Tensor": "Tensor is a type, not a value",
    "x = torch.exp": "the function torch.exp is not called",
    "x = d.sum": "the function .sum is not called",
    "x = max": "the function max is not called",
    "x = torch": "torch is a module, not a value",
    "x = math": "math is a module, not a value",
    "r = torch.float(r)": "torch.float is a type and cannot be called",
    "r = r * torch.float32": "a type is not a number",
    "r = r * d.dtype": "a type is not a number",
    "r = math.relu(r)": "there is no math.relu",
    "r = d.zeros_like() + r": "tensors have no .zeros_like()",
    "r = min(r, d)": "min cannot compare tensors",
    "r = r * 2 ** d.dim()": "a power of whole numbers is a float",
    "r = r * min(True, d.dim() > 1)": "min of truth values is a whole number",
    "r = r + torch.full((d.shape[0],), True)": "full makes whole numbers of a truth value",
    "r = r * (1.0 / 0.0)": "this fails in Python: float division by zero",
    "r = r * math.sqrt(-1.0)": "this fails in Python: math domain error",
    "r = r * (-8.0) ** 0.5": "complex",
    "r = r * (1000000000 * 1000000000 * 1000000000)": "grows beyond 64 bits",
    "r = r * (d.dim() or 2)": "and and or of numbers differ",
    "x = d.dim() is 1": "is and is not differ",
    "x = tcp_pos[:, 2]; x -= 0.1; r = r + tcp_pos[:, 2]": "x may share its memory with tcp_pos",
    "x = torch.unsqueeze(dim=-1, input=d); x += 0.1; r = r + d": "x may share its memory with d",
    "x = tcp_pos[:, 2]; tcp_pos *= 2.0; r = r + x": "tcp_pos may share its memory with x",
    "max = d; r = max(r, d)": "max is a value here and cannot be called",
    "Ellipsis = d": "the name Ellipsis is taken",
    "r = torch.linalg.norm(v.unsqueeze(-1) * v.unsqueeze(1), ord=2, dim=(1, 2))": "takes one axis",
}
