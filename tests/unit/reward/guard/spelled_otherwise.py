"""Programs for franka-push in spellings that people and models use beside the plain ones.

Every one is to be accepted, with the values that it has in plain PyTorch.
"""

from __future__ import annotations

from corner_cases import program

SPELLED = {
    "numbers of both kinds in a tensor": program(
        "v = cube_pos + torch.tensor([-0.03, 0, 0])", "r = v[:, 0] - d"
    ),
    "nested numbers of both kinds": program("m = torch.tensor([[1, 0, 0], [0, 0.5, True]])", "r = v @ m[1]"),
    "a tuple of both kinds": program("r = (v * torch.tensor((1, 0.5, 0))).sum(dim=-1)"),
    "a named list of both kinds": program("w = [0.5, 1, 2]", "r = (v * torch.tensor(w)).sum(-1) * w[1]"),
    "whole numbers stay whole": program("w = torch.tensor([1, 2, 3])", "r = d * (w // 2)[2] + d * w.sum()"),
    "as_tensor": program("r = (v * torch.as_tensor([1.0, 0, 2])).sum(dim=-1)"),
    "a helper that picks a column": program(
        "r = column(v)", above="def column(v, axis=2):\n    return v[:, axis]\n"
    ),
    "a helper that picks an axis": program(
        "r = long(v, -1) + long(v, axis=1)", above="def long(x, axis):\n    return torch.norm(x, dim=axis)\n"
    ),
    "a helper that cuts": program(
        "r = part(v, 1)", above="def part(x, n):\n    return x[:, : n + 1].sum(dim=-1) * n\n"
    ),
    "a number handed on": program(
        "r = outer(v, 0)",
        above="def pick(x, i):\n    return x[:, i]\ndef outer(x, i):\n    return pick(x, i) + pick(x, 2)\n",
    ),
    "a truth value handed on": program(
        "r = signed(d, True) + signed(v[:, 0], flip=False)",
        above="def signed(x, flip):\n    return -x if flip else x\n",
    ),
    "a number that stays a float": program("r = f(d, 2)", above="def f(x, k):\n    return x / k + x ** k\n"),
    "a column that is written": program("v[:, 2] = 0.0", "v[..., 0] *= d", "r = -v.norm(dim=-1)"),
    "columns that are written": program(
        "v[:, 0:2] = v[:, 1:3] * 2", "v[:, -1:] += d[:, None]", "w = v", "w[:, :] = w + 1", "r = v.sum(-1)"
    ),
    "a column of whole numbers": program("n = v.long()", "n[:, 1] = 1.7", "r = n.sum(-1).float()"),
    "a mask that is written": program(
        "r[near] = 1.0", "r[(d < 0.3) & ~near] += 1", "m = r < 0", "r[m] = 2.0 * d[m] - v[m].norm(dim=-1)"
    ),
    "minus zero is written": program(
        "x = v * 1.0",
        "x[:, 0] = -0.0",
        "r[near] = -0.0",
        "r = torch.copysign(d, x[:, 0]) + torch.copysign(d, r)",
    ),
    "a mask of one axis for a column": program("x = d[:, None] * 1.0", "x[near] = 0.0", "r = x[:, 0]"),
    "columns beside each other": program(
        "v[..., 0] = v[..., 1]", "v[:, 1] += v[:, 0]", "v[:, 1:] *= v[:, :2].clone()", "r = v.sum(-1)"
    ),
    "more made of what a mask picks": program("r[near] = torch.norm(v[near], dim=-1) * d[near].exp()"),
    "one of two, chosen once": program(
        "a = d * 1.0",
        "if d.dim() == 1:",
        "    x = y = a",
        "else:",
        "    x = y = d * 3.0",
        "x += 1.0",
        "r = x * y",
    ),
    "a mask of a mask": program("near[r < -0.1] = False", "r = near.float()"),
    "a part written under two names": program(
        "q = {'a': d}", "x = q['a']", "x[near] = 0.0", "r = q['a'] + x"
    ),
    "a column of a copy of a signal": program(
        "x = tcp_pos.clone()", "x[:, 2] = 0", "r = x.sum(-1) + v[:, 2]"
    ),
    "columns by a list": program("r = v[:, [0, 2]].abs().sum(dim=-1) + v[..., [1, 0]][:, 1]"),
    "columns by a tuple and from the end": program("r = v[:, (0, -1)].norm(dim=-1)"),
    "columns of a stack": program("m = torch.stack([v, -v], dim=1)", "r = m[:, [1, 0], :].sum(-1)[:, 0]"),
    "rows of constants by a list": program(
        "w = torch.tensor([[1.0, 2.0], [3.0, 4.0]])", "r = d * w[[1, 0]][0, 1]"
    ),
    "axis and keepdims": program("r = torch.sum(v, axis=1) + v.mean(axis=-1, keepdims=True)[:, 0]"),
    "joined": program(
        "r = torch.hstack([v[:, :2], d[:, None]]).sum(dim=1) + torch.column_stack((d, r)).amax(dim=1)",
        "r = r + torch.vstack([d, r]).sum(dim=0) + torch.concatenate([v, v], axis=1)[:, 5]",
    ),
    "repeated": program(
        "n = v.shape[0]",
        "home = torch.tensor([0.4, 0, 0.3]).repeat(n, 1) + torch.tensor([0.1, 0.2, 0.3]).tile((n, 1))",
        "r = (v - home).norm(dim=-1) + torch.broadcast_to(torch.tensor([1.0, 2.0, 3.0]), (n, 3))[:, 1]",
    ),
    "products": program(
        "m = torch.tensor([[1.0, 0.2], [0.3, 1.0], [0.0, 2.0]])",
        "r = (v @ m).sum(-1) + torch.matmul(v, m)[:, 0] + v.matmul(m[:, 1]) + torch.inner(v, m.T)[:, 1]",
        "r = r + torch.bmm(v.unsqueeze(1), v.unsqueeze(2)).flatten() + torch.linalg.vecdot(v, v)",
    ),
    "einsum": program(
        "r = torch.einsum('bi,bi->b', v, v) + torch.einsum('bi, i -> b', v, torch.tensor([1.0, 2.0, 3.0]))"
    ),
    "sums of lists": program("r = sum([d, r, 0.5 * d]) + sum((d, d)) + sum([d], 2.0)"),
    "a dictionary filled by key": program(
        "parts = {}", "parts['a'] = d", "parts['b'] = parts['a'] * 2.0", "r = parts['a'] + parts['b']"
    ).replace('{"r": r, "d": d}', "parts"),
    "a declared dictionary": program(
        "parts: Dict[str, torch.Tensor] = dict()", "parts['a'] = d", "parts['a'] += 1.0", "r = d * parts['a']"
    ).replace('{"r": r, "d": d}', "parts"),
    "a dictionary in two steps": program(
        "parts = {'a': d, 'b': -d}",
        "parts.update({'c': r, 'a': r})",
        "parts.update(e=d)",
        "r = d - parts['c']",
    ).replace('{"r": r, "d": d}', "parts"),
    "a dictionary in branches": program(
        "parts = dict(a=d)",
        "if d.dim() == 1:",
        "    parts['b'] = d * 2.0",
        "else:",
        "    parts['b'] = d",
        "r = sum(parts.values()) / len(parts)",
    ).replace('{"r": r, "d": d}', "parts"),
    "two names of what is filled": program(
        "parts = {}", "x = d * 1.0", "parts['a'] = x", "x += 1.0", "r = parts['a'] + x"
    ).replace('{"r": r, "d": d}', "parts"),
    "values of a dictionary": program(
        "parts = {'a': d, 'b': -2.0 * d}",
        "r = torch.sum(torch.stack(list(parts.values())), dim=0)",
        "r = r + 2.0 * torch.stack(tuple(parts.values()), 1)[:, 0]",
    ).replace('{"r": r, "d": d}', "parts"),
    "a new dictionary of the same name": program(
        "parts = {'a': d}",
        "parts['b'] = d",
        "whole = parts",
        "parts = {'c': whole['a']}",
        "r = parts['c'] + sum(parts.values())",
    ).replace('{"r": r, "d": d}', "parts"),
    "a dictionary in the call": program("r = -d").replace('{"r": r, "d": d}', "dict(near=r, far=d)"),
    "components of other kinds": program("n = 3").replace(
        '{"r": r, "d": d}',
        '{"near": near, "scale": 0.1, "n": n, "on": True, "one": torch.tensor(2.0), "d": d}',
    ),
    "settings of the entry": program("r = torch.exp(-d / temp) * k").replace(
        "cube_pos):", "cube_pos, temp: float = 0.1, k=2):"
    ),
    "settings that are constants": program("r = torch.exp(-d / temp)", above="SCALE = 0.5\n").replace(
        "cube_pos):", "cube_pos, temp: float = SCALE):"
    ),
    "numbers by other names": program("r = d * math.e + d / math.tau + d * torch.e - math.pi"),
    "names that are imported": program(
        "r = norm(v, dim=-1) + minimum(d, r) * pi + long(v, v)",
        above="from torch import norm, minimum\nfrom math import pi\n"
        "from torch.nn.functional import cosine_similarity as long\n",
    ),
    "losses": program(
        "r = F.mse_loss(tcp_pos, goal_pos, reduction='none').sum(-1)",
        "r = r - torch.nn.functional.l1_loss(input=tcp_pos, target=goal_pos, reduction='none').mean(dim=1)",
    ),
    "moved": program("r = torch.tensor(0.5).to('cpu') * d.cpu() + d.to(torch.float32).type(torch.float32)"),
    "a tensor that asks for nothing": program("r = d * torch.tensor([1.0, 2.0], requires_grad=False)[1]"),
    "shapes": program(
        "m = v.unsqueeze(-1) * v.unsqueeze(1)",
        "r = m.permute(0, 2, 1)[:, 0, 1] + m.mT[:, 2, 0] + m.swapaxes(-1, 1)[:, 0, 2] + v.T[0]",
        "r = r + m.diagonal(dim1=-2, dim2=-1).sum(-1) + v.unflatten(1, (3, 1))[:, 1, 0] + d.ravel() * v.ndim",
    ),
    "along an axis": program(
        "r = v.cumsum(dim=1)[:, 1] + v.cumprod(dim=-1)[:, 2] + v.flip([1])[:, 0]",
        "r = r + torch.diff(v, dim=1)[:, 0]",
        "best = torch.max(v, dim=1)",
        "r = r + best.values + best.indices + v.sort(dim=1).values[:, 0] + v.argmin(dim=1)",
        "r = r + v.median(dim=1).values",
    ),
    "more elementwise": program(
        "r = torch.copysign(d, v[:, 0]) + torch.lerp(d, r, 0.3) + torch.logaddexp(d, r) + torch.sgn(v[:, 1])",
        "r = r + torch.asinh(d) + torch.erfc(d) + torch.sinc(d) + torch.fmax(d, r) + torch.fmin(d, v[:, 2])",
        "r = r + F.logsigmoid(d) + torch.addcmul(d, r, r, value=0.5) + d.masked_fill(near, 0.0)",
        "r = torch.nan_to_num(r + torch.xlogy(d, d)) + torch.nansum(v, dim=-1)",
        "r = r + torch.signbit(v[:, 0]).float()",
        "r = r + torch.log_softmax(v, dim=-1)[:, 0] + torch.count_nonzero(v > 0.1, dim=-1)",
    ),
    "weights that are normalised": program(
        "w = torch.tensor([1.0, 2.0, 5.0])",
        "w = w / w.sum()",
        "r = (v * w).sum(dim=-1) / torch.max(w) + d * w.norm()",
    ),
    "a table": program("r = torch.tensor([0.5, 1.5]).index_select(0, near.long()) * d"),
}
