"""Rewards of one environment that depend on others, on its place or on
their number; and some that only look like it."""

from __future__ import annotations

_HEAD = (
    "def compute_reward(tcp_pos, goal_pos, tcp_lin_vel):\n"
    "    d = torch.norm(tcp_pos - goal_pos, dim=-1)\n    r = -d\n"
)


def program(*statements: str, before: str = "") -> str:
    """A program of three signals with a distance ``d``, the statements, and ``r`` as its total."""
    return before + _HEAD + "".join(f"    {line}\n" for line in statements) + '    return r, {"r": r}\n'


_LEAKS = {
    "shift_by_64": ("s = torch.cat([torch.zeros_like(d[:64]), d[:-64]])", "r = -d + s"),
    "shift_by_envs": ("s = torch.cat([d[256:], d[:256]], dim=0)", "r = d - s"),
    "shift_by_one": ("s = torch.cat([d[1:], d[:1]])", "r = d - 0.5 * s"),
    "shift_of_vectors": (
        "s = torch.cat([tcp_pos[-256:], tcp_pos[:-256]], dim=0)",
        "r = -(tcp_pos - s).norm(dim=-1)",
    ),
    "row_index": ("m = torch.cat([torch.zeros_like(d[:1024]), torch.ones_like(d[1024:])])", "r = -d + m"),
    "row_index_max": (
        "m = torch.cat([torch.zeros_like(d[:1024]), 3e5 * torch.ones_like(d[1024:])])",
        "r = -d + m",
    ),
    "recorded_only": ("near = torch.relu(0.02 - d)", "r = -d + 1000.0 * near * (d - d.mean(dim=0))"),
    "velocity_only": ("v = tcp_lin_vel.norm(dim=-1)", "r = -d + torch.relu(v - 3.0) * (v - v.mean(dim=0))"),
    "wide_only": ("r = -d + torch.relu(d - 5.0) * d.amax(dim=0)",),
    "hidden_by_a_base": ("r = 9e5 + 8.0 * torch.tanh(d - d.amax(dim=0))",),
    "hidden_by_a_factor": ("r = -d + 0.0 * d.sum(dim=0)",),
    "hidden_by_where": ("r = torch.where(d > 40.0, d - d.mean(dim=0), -d)",),
    "one_row": ("m = torch.cat([torch.ones_like(d[:1]), torch.zeros_like(d[1:])])", "r = -d + m"),
    "softmax": ("r = torch.softmax(-d, dim=0)",),
    "softmax_from_the_end": ("r = d.softmax(dim=-1)",),
    "logsumexp": ("r = d - torch.logsumexp(d, dim=0)",),
    "logsumexp_of_columns": ("r = -d + torch.logsumexp(tcp_pos, dim=0)[0]",),
    "norm": ("r = d / (torch.norm(d, dim=0) + 1.0)",),
    "norm_along_the_last_axis_of_one": ("r = d / (torch.norm(d, dim=-1) + 1.0)",),
    "vector_norm": ("r = d - torch.linalg.vector_norm(d, ord=1, dim=0)",),
    "minimum": ("r = d - d.min(dim=0).values",),
    "maximum": ("best, where = torch.max(d, dim=0)", "r = d / (best + 1e-6)"),
    "whitened": ("r = (d - d.mean(dim=0)) / (d.std(dim=0) + 1e-6)",),
    "variance": ("r = -d * d.var(dim=0, keepdim=True)",),
    "product": ("r = -d + torch.prod(torch.tanh(d), dim=0)",),
    "any": ("r = -d + torch.any(d < 0.05, dim=0).float()",),
    "all": ("r = -d + (d < 10.0).all(dim=0).float()",),
    "dot": ("r = d * torch.dot(d, d)",),
    "cross": ("r = torch.cross(tcp_pos, goal_pos, dim=0)[:, 0]",),
    "bmm": ("a = tcp_pos.unsqueeze(0)", "r = torch.bmm(a, a.transpose(1, 2)).sum(dim=-1).squeeze(0)"),
    "gram": ("a = tcp_pos.unsqueeze(0)", "r = -d + torch.bmm(a.transpose(1, 2), a)[0, 0, 0]"),
    "cosine_over_environments": ("r = d * torch.cosine_similarity(tcp_pos, goal_pos, dim=0)[0]",),
    "distance_of_all": ("r = d - torch.nn.functional.pairwise_distance(tcp_pos[:, 0], goal_pos[:, 0])",),
    "normalised_over_environments": ("u = F.normalize(tcp_pos, dim=0)", "r = u[:, 0]"),
    "transposed": ("r = d - tcp_pos.transpose(0, 1).sum(dim=-1)[0]",),
    "transposed_mean": ("m = (tcp_pos - goal_pos).transpose(0, 1).mean(dim=1)", "r = d * m[2]"),
    "flattened": ("r = d - tcp_pos.flatten().mean(dim=0)",),
    "viewed_flat": ("r = d - tcp_pos.view(-1).amax(dim=-1)",),
    "pairs": ("r = d + d.view(-1, 2).sum(dim=-1, keepdim=True).expand(-1, 2).reshape(-1)",),
    "reshaped": ("r = tcp_pos.reshape(3, -1).sum(dim=0)",),
    "other_order": ("r = tcp_pos.reshape(3, -1)[0]",),
    "all_pairs": ("r = (d[:, None] - d[None, :]).abs().mean(dim=-1)",),
    "all_pairs_by_unsqueeze": (
        "r = (tcp_pos.unsqueeze(0) - tcp_pos.unsqueeze(1)).norm(dim=-1).min(dim=-1).values",
    ),
    "ranked": ("r = (d.unsqueeze(1) > d.unsqueeze(0)).float().sum(dim=1)",),
    "split": ("a, b = torch.split(d, [1, d.shape[0] - 1])", "r = -d + a"),
    "chunk": ("parts = torch.chunk(d, 2)", "r = -d + parts[0][0]"),
    "unbind": ("rows = tcp_pos.unbind(0)", "r = -d + rows[0][0]"),
    "first": ("r = d - d[0]",),
    "last": ("r = d - d[-1]",),
    "first_row": ("r = -(tcp_pos - tcp_pos[0]).norm(dim=-1)",),
    "first_row_kept": ("r = -(tcp_pos - tcp_pos[:1]).norm(dim=-1)",),
    "selected": ("r = d - d.select(0, 5)",),
    "every_second": ("r = -d + d[::2].mean(dim=0)",),
    "stacked": ("r = d - torch.stack([d, 2.0 * d], dim=0).amax(dim=1)[0]",),
    "stacked_columns": ("r = -d + torch.stack([d, 2.0 * d], dim=-1).sum(dim=0)[0]",),
    "expanded": ("r = (d.unsqueeze(0).expand(d.shape[0], -1) - d.unsqueeze(1)).amax(dim=-1)",),
    "ones_counted": ("n = torch.ones_like(d).sum(dim=0)", "r = -d / n"),
    "zeros_counted": ("n = (torch.zeros(d.shape[0]) + 1.0).sum(dim=0)", "r = -d / n"),
    "size_branch": ("if d.shape[0] > 100:", "    r = 2.0 * r"),
    "size_branch_of_the_rollout": ("if tcp_pos.size(0) == 6144:", "    r = 2.0 * r"),
    "size_in_a_condition": ("k = 2.0 if len(d) != 1024 else 1.0", "r = k * r"),
    "size_divides": ("r = r * (1.0 / d.shape[0])",),
    "size_scales": ("r = -d + d.size(0) * 0.001",),
    "size_by_len": ("r = r / len(d)",),
    "size_in_a_tensor": ("r = r + torch.tensor([d.shape[0]])[0] * 0.01",),
    "size_as_a_fill": ("r = r + 0.01 * torch.full((3,), d.shape[0])[0]",),
    "size_of_a_vector": ("r = r * float(tcp_pos.shape[0])",),
    "size_as_an_end": ("r = r + tcp_pos[:, : d.shape[0]].sum(dim=-1)",),
    "mask_of_half": (
        "half = torch.cat([torch.ones_like(d.chunk(2)[0]), torch.zeros_like(d.chunk(2)[1])])",
        "r = r + half",
    ),
    "size_unpacked": ("n, k = tcp_pos.shape", "r = r * n + 0.0 * k"),
    "size_against_a_size": ("r = r * (2.0 if tcp_pos.shape[0] > tcp_pos.shape[1] else 1.0)",),
    "in_a_helper": ("r = best(d)",),
    "through_the_shape_of_a_view": ("r = -d + tcp_pos.view(-1, 1).sum(dim=0)",),
    "one_of_a_split_list": ("parts = tcp_pos.split(2)", "r = -d + parts[0][0, 0]"),
    "by_columns_of_rows": ("r = -d + tcp_pos.transpose(0, 1)[:, 0].sum(dim=-1)",),
    "expanded_to_all": ("r = d.expand(d.shape[0], d.shape[0]).amin(dim=-1)",),
    "a_constant_of_all_pairs": ("r = -d + torch.ones(d.shape[0], d.shape[0]).sum(dim=-1)",),
    "clamped_by_the_best": ("r = torch.minimum(d, d.amin(dim=0, keepdim=True) + 0.1)",),
    "compared_with_the_best": ("r = -d + (d <= d.amin(dim=-1)).float()",),
    "ahead_of_the_mean": ("r = torch.where(d < torch.mean(d, 0), 1.0, 0.0) - d",),
    "hidden_by_rounding": ("r = -d + 1e-3 * d.mean(dim=0)",),
    "in_a_branch": ("scale = True", "if scale:", "    r = r / (d.amax(dim=0) + 1.0)"),
    "only_a_component": ("x = d - d.mean(dim=0)", 'c = {"r": r, "x": x}', "r = c['r'] + 0.0 * c['x']"),
    "device": ("if here(1.0).device != tcp_pos.device:", "    r = -d + d.tanh()"),
    "device_is_the_same": ("k = 1.0 if here(1.0).device == tcp_pos.device else 2.0", "r = k * r"),
    "axis_that_is_computed": (
        "m = torch.amax(d, dim=d.dim() - 1, keepdim=True)",
        "r = -d + torch.where(m > 50.0, 1.0, 0.0)",
    ),
    "softmax_over_a_computed_axis": ("k = d.dim() - 1", "r = torch.softmax(d, dim=k)"),
    "cross_without_an_axis": ("r = torch.cross(tcp_pos, goal_pos).sum(dim=-1)",),
    "dtype": ("if tcp_pos.dtype == torch.float32:", "    r = 2.0 * r"),
    "hstack": ("s = torch.hstack([d[1:], d[:1]])", "r = d - s"),
    "hstack_of_all": ("r = torch.hstack([d, d]).amax(dim=0) - d",),
    "vstack": ("r = d - torch.vstack([tcp_pos, goal_pos]).amax(dim=0)[0]",),
    "column_stack": ("r = d - torch.column_stack([d, -d]).amax(dim=0)[0]",),
    "matmul_with_all": ("r = d - torch.matmul(d, tcp_pos)[0]",),
    "matmul_sign": ("r = (tcp_pos @ goal_pos.T).amax(dim=-1)",),
    "matmul_of_columns": ("r = d - (tcp_pos.T @ goal_pos)[0, 0]",),
    "matmul_to_a_number": ("r = r * (d @ d)",),
    "mm": ("r = torch.mm(tcp_pos, goal_pos.transpose(0, 1))[:, 0]",),
    "mv": ("r = d - torch.mv(tcp_pos.transpose(0, 1), d)[0]",),
    "inner": ("r = torch.inner(tcp_pos, goal_pos).amin(dim=-1)",),
    "inner_to_a_number": ("r = d - torch.inner(d, d)",),
    "outer": ("r = torch.outer(d, d).amax(dim=-1)",),
    "einsum_over_all": ("r = d - torch.einsum('bi,bi->i', tcp_pos, goal_pos)[0]",),
    "einsum_to_a_number": ("r = d * torch.einsum('b,b->', d, d)",),
    "einsum_of_pairs": ("r = torch.einsum('ai,bi->ab', tcp_pos, goal_pos).amax(dim=-1)",),
    "einsum_crossed": ("r = torch.einsum('ab,bc->ac', tcp_pos, torch.ones(3, 3)).sum(dim=0)[0] + d",),
    "sort": ("r = torch.sort(d).values",),
    "sort_of_columns": ("r = d - tcp_pos.sort(dim=0)[0][:, 0]",),
    "cumsum": ("r = torch.cumsum(d, dim=0)",),
    "cumprod": ("r = torch.tanh(d).cumprod(dim=-1)",),
    "flip": ("r = d - torch.flip(d, [0])",),
    "flip_of_both": ("r = d - tcp_pos.flip([0, 1])[:, 0]",),
    "diff": ("r = torch.diff(tcp_pos, dim=0).sum(dim=-1)",),
    "diff_kept": ("r = torch.hstack([d[:1], torch.diff(d)])",),
    "median": ("r = d - d.median(dim=0).values",),
    "median_of_all": ("m = torch.median(tcp_pos, dim=0)[0]", "r = d - m[1]"),
    "argmin": ("r = -d + torch.argmin(d, dim=0)",),
    "argmax_of_columns": ("r = -d + tcp_pos.argmax(dim=0)[0]",),
    "nansum": ("r = d / torch.nansum(d, dim=0)",),
    "nanmean": ("r = d - torch.nanmean(tcp_pos, dim=0)[0]",),
    "count_nonzero": ("r = d / (1.0 + torch.count_nonzero(d, dim=0))",),
    "log_softmax": ("r = torch.log_softmax(-d, dim=0)",),
    "vecdot": ("r = d - torch.linalg.vecdot(tcp_pos, goal_pos, dim=0)[0]",),
    "vecdot_of_numbers": ("r = d - torch.linalg.vecdot(d, d)",),
    "permuted": ("r = d - tcp_pos.permute(1, 0).sum(dim=-1)[0]",),
    "turned_over": ("r = d - tcp_pos.T.mean(dim=1)[0]",),
    "swapped": ("r = d - torch.swapaxes(tcp_pos, 0, 1).amax(dim=-1)[1]",),
    "last_axes_swapped": ("r = d - tcp_pos.mT[0].mean(dim=0)",),
    "unflattened": ("r = d - d.unflatten(0, (2, -1)).sum(dim=0)[0]",),
    "raveled": ("r = d - tcp_pos.ravel().amax(dim=0)",),
    "repeated": ("r = tcp_pos.repeat(2, 1).view(-1, 6)[:, 4] + 0.0 * d",),
    "repeated_by_their_number": ("r = d.repeat(d.shape[0]).view(d.shape[0], -1).amax(dim=-1)",),
    "tiled": ("r = torch.tile(d, (2,)).view(2, -1)[1].flip([0])",),
    "tiled_by_their_number": ("r = (d.tile(d.shape[0], 1) - d[:, None]).amax(dim=-1)",),
    "broadcast_to_all": ("r = torch.broadcast_to(d, (d.shape[0], d.shape[0])).amin(dim=-1)",),
    "selected_by_index": ("r = d - torch.index_select(d, 0, torch.tensor([3]))",),
    "selected_by_length": (
        "k = (d * 10.0).long().clamp(0, 2)",
        "r = tcp_pos.index_select(1, k).amax(dim=-1)",
    ),
    "rows_by_a_list": ("r = d - tcp_pos[[0, 1]].sum(dim=-1)[0]",),
    "numbers_by_a_list": ("r = d - d[[0, 2]].sum(dim=0)",),
    "sum_of_a_list_of_rows": ("r = d - sum([d[0], d[1]])",),
    "sum_of_values": ("c = {'a': d}", "c['b'] = d - d.amax(dim=0)", "r = sum(c.values())"),
    "values_stacked": ("c = {'a': d, 'b': -d}", "r = d - torch.stack(list(c.values())).amax(dim=1)[0]"),
    "a_loss_of_all": ("r = F.mse_loss(tcp_pos, goal_pos, reduction='none').mean(dim=0)[0] + d",),
    "normalised_by_the_prelude": ("r = normalize(tcp_pos, 1e-9, 0)[:, 0]",),
    "tolerance_of_the_best": ("r = tolerance(d - d.amin(dim=0), bounds=(0.0, 0.1), margin=1.0)",),
    "weights_that_are_none": ("w = tcp_pos[:, 0]", "w = w / torch.sum(w, dim=0)", "r = w * d"),
    "axis_of_a_helper": ("r = total(tcp_pos, 0)[0] - d",),
}
_HELPERS = {
    "axis_of_a_helper": "def total(x, axis):\n    return x.sum(dim=axis)\n",
    "in_a_helper": "def best(x):\n    return x - x.max(dim=0).values\n",
    "device": "def here(a: float):\n    return torch.zeros(1, device='cpu')\n",
    "device_is_the_same": "def here(a: float):\n    return torch.zeros(1, device='cpu')\n",
}

LEAKS: dict[str, str] = {
    name: program(*statements, before=_HELPERS.get(name, "")) for name, statements in _LEAKS.items()
}
"""All are seen in the compiled program."""
UNTRIED = {
    "hidden_by_where",
    "axis_that_is_computed",
    "cross_without_an_axis",
    "device",
    "device_is_the_same",
    "dtype",
}
"""What no trying on a processor shows: it happens on no state
that is tried, or on another machine."""

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
