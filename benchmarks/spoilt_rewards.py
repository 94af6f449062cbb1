"""Rewards for franka-reach and the quadcopter, each with one fault put in on purpose."""

from __future__ import annotations

_REACH = """
def compute_reward(tcp_pos, goal_pos, actions, joint_pos):
    distance = torch.norm(goal_pos - tcp_pos, dim=-1)
    approach = 1.0 - torch.tanh(5.0 * distance)
    precision = torch.exp(-((distance / 0.02) ** 2))
    effort = -0.01 * torch.sum(actions ** 2, dim=-1)
    {fault}
    return approach + precision + effort + fault, {{
        "approach": approach, "precision": precision, "effort": effort, "fault": fault
    }}
"""
"""The human reward of franka-reach, with one term more."""

SPOILT: dict[str, dict[str, str]] = {
    "franka-reach": {
        "none": _REACH.format(fault="fault = 0.2 * torch.exp(-distance / 0.1)"),
        "dead term": _REACH.format(fault="fault = 1.0 + 0.001 * approach"),
        "unreachable gate": _REACH.format(fault="fault = 5.0 * (distance < 1e-5).float()"),
        "flooding": _REACH.format(fault="fault = 20.0 * torch.sin(20.0 * joint_pos[:, 6])"),
        "reversed sign": _REACH.format(fault="fault = 0.5 * torch.tanh(5.0 * distance)"),
        "noise collapsed": _REACH.format(fault="fault = -2.0 * torch.sum(actions ** 2, dim=-1)"),
        "proxy up, truth flat": (
            "def compute_reward(tcp_pos):\n    up = 5.0 * tcp_pos[:, 2]\n    out = tcp_pos[:, 0]\n"
            '    return up + out, {"up": up, "out": out}\n'
        ),
        "saturated early": (
            "def compute_reward(tcp_pos, goal_pos):\n"
            "    near = 1.0 - torch.tanh(torch.norm(goal_pos - tcp_pos, dim=-1) / 0.03 - 2.0)\n"
            '    return torch.clamp(near, max=1.0), {"near": near}\n'
        ),
    },
    "quadcopter": {
        "ending early": (
            "def compute_reward(base_pos, goal_pos):\n"
            "    far = -1.0 - torch.norm(goal_pos - base_pos, dim=-1)\n"
            '    return far, {"far": far}\n'
        ),
    },
}
"""By task and the diagnosis that is right; ``none`` has no fault."""
