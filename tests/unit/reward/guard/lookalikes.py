"""Rewards that only look as if environments depended on each other, or whose numbers round."""

from __future__ import annotations

from leaking_programs import program

_HONEST = {
    "columns": (
        "r = tcp_pos[:, 2] + tcp_pos[..., 0] + tcp_pos[:, :2].sum(dim=-1) "
        "+ tcp_pos[:, None].sum(dim=-1)[:, 0]",
    ),
    "whole_slice": ("r = d[:] + tcp_pos[:][:, 1] + d[: d.shape[0]]",),
    "stacked_in_front": ("r = torch.stack([d, -2.0 * d]).sum(0) + torch.stack([d, 3.0 * d], dim=0)[1]",),
    "stacked_list": (
        "terms = [d, r, d * d]",
        "r = torch.stack(terms).sum(dim=0) - torch.stack(terms).amax(dim=0)",
    ),
    "new_axis_in_front": ("r = tcp_pos[None].sum(dim=-1)[0] - d.unsqueeze(0).squeeze(0)",),
    "transposed": (
        "x, y, z = tcp_pos.transpose(0, 1).unbind(0)",
        "r = x + y - z - tcp_pos.transpose(0, 1).norm(dim=0)",
    ),
    "columns_joined": ("r = -torch.cat([tcp_pos, goal_pos[:, :1], d[:, None]], dim=-1).norm(dim=-1)",),
    "groups": (
        "r = -tcp_pos.view(-1, 1, 3).norm(dim=-1).view(-1)",
        "r = r - tcp_pos.reshape(-1, 1).abs().view(-1, 3).sum(-1)",
    ),
    "flattened_twice": ("r = -tcp_pos.flatten(1).sum(dim=-1) - d.unsqueeze(-1).flatten()",),
    "sized": (
        "n = tcp_pos.shape[0]",
        "r = r + torch.zeros(n) + torch.ones(n, 3).sum(-1) + torch.full((n,), 0.5)",
    ),
    "sized_by_len": (
        "r = r + torch.zeros(len(d)) + torch.tensor([0.0, 1.0, 2.0]).expand(d.size(0), 3).mean(dim=-1)",
    ),
    "unpacked_size": (
        "n, k = tcp_pos.shape",
        "r = r * k + torch.zeros(n) + torch.zeros(tcp_pos.size())[:, 0]",
    ),
    "same_number": ("if tcp_pos.shape[0] == goal_pos.shape[0]:", "    r = 2.0 * r"),
    "number_of_columns": (
        "r = r / tcp_pos.shape[-1] + tcp_pos.shape[1] * d",
        "if tcp_pos.size(1) > 2:",
        "    r = 2.0 * r",
    ),
    "by_rank": ("r = total(tcp_pos) + total(d)",),
    "constants_first": (
        "w = torch.tensor([[1.0, 2.0, 3.0], [0.0, 1.0, 0.0]])",
        "r = r + (tcp_pos * w[0]).sum(-1) + w.sum(dim=0)[1]",
    ),
    "matrices": (
        "m = torch.stack([tcp_pos, goal_pos, tcp_pos], dim=1)",
        "r = -torch.bmm(m, m.transpose(1, 2)).mean(dim=(1, 2))",
    ),
    "placed": (
        "t = torch.zeros_like(d)",
        "r = r + torch.tensor([0.0, 1.0], dtype=d.dtype, device=d.device)[1] + t.to(d.dtype)",
    ),
    "split_columns": (
        "a, b = torch.split(tcp_pos, [1, 2], dim=-1)",
        "r = a[:, 0] - b.norm(dim=-1) + tcp_pos.chunk(3, dim=1)[2][:, 0]",
    ),
    "near_nothing": ("r = -torch.norm(tcp_pos - tcp_pos * 1.0000001, dim=-1) - d",),
    "steep": ("r = torch.exp(-100.0 * d) + 1.0 / (d + 1e-6)",),
    "directions": (
        "u = (tcp_pos - goal_pos) / (d.unsqueeze(-1) + 1e-6)",
        "r = u[:, 0] * 100.0 + (tcp_lin_vel * u).sum(dim=-1)",
    ),
    "large_base": ("r = 9e5 + d",),
    "large_terms": ("r = (1e5 + d * d) - 1e5 + torch.sin(d) - 1e4 * torch.exp(-d) + 1e4",),
    "steps": (
        "r = torch.floor(1000.0 * d) + torch.round(d * 1e4) * 1e-3 + (d < 0.3).float() * 100.0 + d // 0.01",
    ),
    "rough": ("r = torch.sin(1e5 * d) + torch.cos(3e4 * tcp_pos[:, 0])",),
    "tails": (
        "r = torch.exp(-(d / 0.01) ** 2) + torch.nn.functional.softplus(d) + torch.sinh(d) - torch.cosh(d)",
    ),
    "angles": (
        "c = (tcp_pos * goal_pos).sum(dim=-1) / (tcp_pos.norm(dim=-1) * goal_pos.norm(dim=-1) + 1e-9)",
        "r = torch.acos(c.clamp(-1, 1))",
    ),
    "signs": (
        "r = torch.sign(tcp_pos[:, 0] - goal_pos[:, 0]) + torch.sign(d - tcp_pos.norm(dim=-1)) "
        "+ torch.atan2(d, tcp_pos[:, 1])",
    ),
    "logarithms": ("r = torch.log(d + 1e-9) + torch.log1p(d) - torch.rsqrt(d + 1e-8)",),
    "hstacks": (
        "a = torch.hstack([tcp_pos[:, :2], d[:, None]])",
        "r = a.sum(-1) - torch.column_stack((d, d)).mean(dim=1) + torch.vstack((d, r)).sum(dim=0)",
    ),
    "repeated_target": (
        "home = torch.tensor([0.4, 0.0, 0.3]).repeat(tcp_pos.shape[0], 1)",
        "r = -torch.norm(tcp_pos - home, dim=-1) + tcp_pos.repeat(1, 2)[:, 4] + tcp_pos.tile(2)[:, 5]",
    ),
    "matrix_products": (
        "w = torch.tensor([[1.0, 0.5], [0.0, 2.0], [1.0, 1.0]])",
        "r = (tcp_pos @ w).sum(dim=-1) + torch.matmul(tcp_pos, torch.tensor([1.0, 2.0, 3.0]))",
        "r = r + torch.mv(goal_pos, w[:, 0]) + torch.mm(goal_pos, w)[:, 1] + torch.inner(tcp_pos, w.T)[:, 0]",
    ),
    "batched_matrices": (
        "m = tcp_pos.unsqueeze(-1) * goal_pos.unsqueeze(1)",
        "r = (m @ tcp_pos.unsqueeze(-1)).squeeze(-1).sum(-1) + m.diagonal(dim1=1, dim2=2).sum(-1)",
        "r = r + m.mT[:, 0, 1] + m.permute(0, 2, 1)[:, 1, 2] + m.swapaxes(1, 2)[:, 0, 2]",
    ),
    "einsums": (
        "m = torch.einsum('bi,bj->bij', tcp_pos, goal_pos)",
        "r = torch.einsum('bi,bi->b', tcp_pos, goal_pos) + torch.einsum('bij, bj -> bi', m, tcp_pos)[:, 0]",
    ),
    "along_columns": (
        "a = tcp_pos.cumsum(dim=1)[:, 2] + torch.sort(tcp_pos, dim=-1).values[:, 0]",
        "b = torch.flip(tcp_pos, [1])[:, 0] + torch.diff(tcp_pos, dim=1).sum(-1) + tcp_pos.median(dim=1)[0]",
        "r = a + b + tcp_pos.argmax(dim=-1) + torch.count_nonzero(tcp_pos > 0.1, dim=1)",
    ),
    "weights_normalised": (
        "w = torch.tensor([1.0, 2.0, 3.0], device=d.device)",
        "w = w / w.sum()",
        "r = -(tcp_pos * w).sum(dim=-1) / torch.max(w) - d * torch.norm(w)",
    ),
    "columns_by_a_list": (
        "r = tcp_pos[:, [0, 2]].sum(-1) - goal_pos[..., [1, -1]].norm(dim=-1)",
        "r = r + tcp_pos[:, None, [2]][:, 0, 0]",
    ),
    "table": ("t = torch.tensor([0.0, 1.0, 4.0])", "r = d + t.index_select(0, (d * 9).long().clamp(0, 2))"),
    "unflattened_columns": (
        "r = tcp_pos.unflatten(1, (3, 1)).sum(-1)[:, 2] + d.ravel() + d.unflatten(0, (-1, 1))[:, 0]",
    ),
    "filled_by_key": (
        "c = {}",
        "c['near'] = torch.exp(-d)",
        "c['low'] = tcp_pos[:, 2]",
        "r = sum(c.values()) + torch.stack(list(c.values()), dim=-1).amax(dim=-1)",
    ),
    "of_the_prelude": (
        "u = normalize(tcp_pos)",
        "q = quat_from_angle_axis(d, u)",
        "r = quat_rotate(q, goal_pos)[:, 0] + tolerance(d, bounds=(0.0, 0.1), margin=0.5, sigmoid='linear')",
    ),
    "sum_of_many": ("r = -torch.cat([tcp_pos, goal_pos, tcp_lin_vel], dim=-1).square().sum(dim=-1) * 1e3",),
}
"""Must be accepted, always: they look alike, or are of numbers that round badly."""
_HONEST_HELPERS = {"by_rank": "def total(x):\n    if x.dim() > 1:\n        x = x.sum(dim=-1)\n    return x\n"}

LOOKALIKES: dict[str, str] = {
    name: program(*statements, before=_HONEST_HELPERS.get(name, "")) for name, statements in _HONEST.items()
}
