"""Rewards for franka-reach as language models write them, with all their habits.

The guard must accept every one.
"""

REACH = {
    "constants_above_the_functions": """
import torch

DISTANCE_WEIGHT: float = 2.0
TEMPERATURE = 0.1
PENALTY = -0.01


def near(x, temperature=TEMPERATURE):
    return torch.exp(-x / temperature)


def compute_reward(tcp_pos, goal_pos, actions):
    distance = DISTANCE_WEIGHT * near(torch.norm(tcp_pos - goal_pos, dim=-1))
    effort = PENALTY * torch.sum(actions**2, dim=-1)
    return distance + effort, {"distance": distance, "effort": effort}
""",
    "exp_of_distance_with_temperature": '''
def compute_reward(
    tcp_pos: torch.Tensor, goal_pos: torch.Tensor
) -> Tuple[torch.Tensor, Dict[str, torch.Tensor]]:
    """Reward for reaching the goal.

    Args:
        tcp_pos: position of the tool.
    """
    # Temperature of the exponential
    distance_temp: float = 0.2
    distance = torch.norm(goal_pos - tcp_pos, p=2, dim=-1)
    distance_reward = torch.exp(-distance / distance_temp)
    total_reward = distance_reward
    return total_reward, {"distance_reward": distance_reward}
''',
    "constant_tensors_as_temperatures": """
def compute_reward(tcp_pos, goal_pos, actions):
    temp1 = torch.tensor(0.1)
    temp2 = torch.tensor(2.0, device=tcp_pos.device, dtype=torch.float32)
    dist = torch.norm(tcp_pos - goal_pos, dim=-1)
    near = torch.exp(-dist / temp1)
    effort = -torch.sum(torch.square(actions), dim=-1) / temp2
    return near + 0.01 * effort, {"near": near, "effort": effort}
""",
    "target_point_as_tensor": """
def compute_reward(tcp_pos, tcp_quat, goal_pos):
    down = torch.tensor([0.0, 1.0, 0.0, 0.0], device=tcp_quat.device)
    alignment = torch.abs(torch.sum(tcp_quat * down, dim=-1))
    distance = (tcp_pos - goal_pos).norm(dim=-1)
    reward = 1.0 / (1.0 + 10.0 * distance ** 2) + 0.1 * alignment
    return reward, {"distance": -distance, "alignment": alignment}
""",
    "zeros_sized_by_a_signal": """
def compute_reward(tcp_pos, goal_pos):
    total = torch.zeros(tcp_pos.shape[0], device=tcp_pos.device)
    distance = torch.linalg.norm(tcp_pos - goal_pos, dim=-1)
    total += -distance
    total += torch.where(distance < 0.05, torch.ones_like(distance), torch.zeros_like(distance))
    return total, {"distance": -distance}
""",
    "ones_sized_by_num_envs": """
def compute_reward(tcp_pos, goal_pos):
    num_envs = tcp_pos.size(0)
    alive = 0.1 * torch.ones((num_envs,), device=tcp_pos.device)
    scale = torch.full((num_envs,), 0.5, device=tcp_pos.device)
    distance = torch.norm(tcp_pos - goal_pos, dim=1)
    return alive - scale * distance, {"alive": alive, "distance": -scale * distance}
""",
    "norm_methods": """
def compute_reward(tcp_pos, goal_pos, tcp_lin_vel, joint_vel):
    a = (tcp_pos - goal_pos).norm(dim=-1)
    b = tcp_lin_vel.norm(p=2, dim=1)
    c = joint_vel.norm(2, dim=-1, keepdim=True).squeeze(-1)
    d = torch.linalg.vector_norm(joint_vel, ord=1, dim=-1)
    reward = torch.exp(-5 * a) - 0.01 * b - 0.001 * c - 0.0001 * d
    return reward, {"a": a, "b": b, "c": c, "d": d}
""",
    "ellipsis_indexing": """
def compute_reward(tcp_pos, goal_pos):
    height = tcp_pos[..., 2]
    flat = torch.norm(tcp_pos[..., :2] - goal_pos[..., :2], dim=-1)
    rise = torch.abs(height - goal_pos[..., 2])
    total = torch.exp(-flat / 0.1) + torch.exp(-rise / 0.1)
    return total, {"flat": -flat, "rise": -rise}
""",
    "math_constants_and_functions": """
import math
def compute_reward(tcp_pos, goal_pos, joint_pos):
    sigma = math.sqrt(0.02)
    dist = torch.norm(tcp_pos - goal_pos, dim=-1)
    gauss = torch.exp(-0.5 * (dist / sigma) ** 2) / (sigma * math.sqrt(2.0 * math.pi))
    centred = torch.cos(joint_pos[:, 0] + math.pi / 2.0 - math.radians(90.0))
    floor = math.exp(-2.0)
    return gauss + 0.01 * centred + floor, {"gauss": gauss, "centred": centred}
""",
    "functional_relu_and_softplus": """
import torch.nn.functional as F
def compute_reward(tcp_pos, goal_pos, joint_vel):
    dist = torch.norm(tcp_pos - goal_pos, dim=-1)
    too_fast = F.relu(joint_vel.abs() - 1.5).sum(dim=-1)
    far = torch.nn.functional.softplus(dist - 0.3)
    return -dist - 0.1 * too_fast - far, {"dist": -dist, "too_fast": -0.1 * too_fast, "far": -far}
""",
    "normalize_directions": """
def compute_reward(tcp_pos, goal_pos, tcp_lin_vel):
    direction = torch.nn.functional.normalize(goal_pos - tcp_pos, dim=-1)
    heading = F.normalize(tcp_lin_vel, p=2, dim=1, eps=1e-6)
    progress = torch.sum(direction * tcp_lin_vel, dim=-1)
    agreement = (direction * heading).sum(-1)
    return torch.tanh(progress) + 0.1 * agreement, {"progress": progress, "agreement": agreement}
""",
    "a_local_called_reward": """
def compute_reward(tcp_pos, goal_pos):
    error = torch.norm(tcp_pos - goal_pos, dim=-1)
    reward = -error
    reward = reward + 0.5 * (error < 0.02).float()
    rewards = {"error": -error, "bonus": 0.5 * (error < 0.02).float()}
    return reward, rewards
""",
    "helper_with_declared_float": """
def tolerance(x: torch.Tensor, margin: float) -> torch.Tensor:
    return torch.exp(-(x / margin) ** 2)

def compute_reward(tcp_pos, goal_pos):
    d = torch.norm(tcp_pos - goal_pos, dim=-1)
    wide, narrow = tolerance(d, 0.3), tolerance(d, margin=0.03)
    return wide + narrow, {"wide": wide, "narrow": narrow}
""",
    "helper_without_types": """
def _shaped(distance, temperature):
    return 1.0 - torch.tanh(distance / temperature)

def compute_reward(tcp_pos, goal_pos):
    temperature = 0.1
    d = torch.norm(tcp_pos - goal_pos, dim=-1)
    near = _shaped(d, temperature)
    far = _shaped(d, 1)
    return near + far, {"near": near, "far": far}
""",
    "helper_with_default_and_integers": """
def gauss(x, sigma=0.1, weight: float = 1):
    return weight * torch.exp(-0.5 * torch.square(x / sigma))

def compute_reward(tcp_pos, goal_pos, joint_vel):
    d = torch.norm(tcp_pos - goal_pos, dim=-1)
    still = gauss(joint_vel.norm(dim=-1), sigma=2, weight=0.1)
    total = gauss(d) + gauss(d, 0.02, 3) + still
    return total, {"still": still, "near": gauss(d)}
""",
    "helpers_calling_helpers": """
def gap(a, b):
    return torch.norm(a - b, dim=-1)

def closeness(a, b, scale):
    return torch.exp(-gap(a, b) / scale)

def compute_reward(tcp_pos, goal_pos):
    close = closeness(tcp_pos, goal_pos, 0.15)
    return close, {"close": close, "gap": -gap(tcp_pos, goal_pos)}
""",
    "decorated_and_typed": """
from typing import Tuple, Dict
import torch
from torch import Tensor

@torch.jit.script
def compute_reward(tcp_pos: Tensor, goal_pos: Tensor, actions: Tensor) -> Tuple[Tensor, Dict[str, Tensor]]:
    dist: Tensor = torch.norm(tcp_pos - goal_pos, dim=-1)
    action_penalty: Tensor = torch.sum(actions ** 2, dim=-1)
    total: Tensor = -1.0 * dist - 0.005 * action_penalty
    parts: Dict[str, Tensor] = {"dist": -dist, "action_penalty": -0.005 * action_penalty}
    return total, parts
""",
    "comments_in_any_alphabet": """
# ================================================================
# Reward for reaching: r = exp(-d / \u03c4)  \u2014 d in metres, \u03c4 = 0.1
# ================================================================
def compute_reward(tcp_pos, goal_pos):
    # 1) distance \u2192 reward
    d = torch.norm(tcp_pos - goal_pos, dim=-1)  # type: ignore
    r = torch.exp(-d / 0.1)  # -------------------------------------------- in (0, 1]
    return r, {"r": r}
""",
    "where_with_scalar_branches": """
def compute_reward(tcp_pos, goal_pos):
    d = torch.norm(tcp_pos - goal_pos, dim=-1)
    bonus = torch.where(d < 0.02, 1.0, 0.0)
    ramp = torch.where((d > 0.1) & (d < 0.5) | (d == 0.0), d, 0.1)
    outside = torch.where(~(d < 0.5), -1.0, 0.0)
    return bonus - ramp + outside, {"bonus": bonus, "ramp": ramp, "outside": outside}
""",
    "where_with_tensor_constants": """
def compute_reward(tcp_pos, goal_pos):
    d = torch.norm(tcp_pos - goal_pos, dim=-1)
    bonus = torch.where(d < 0.02, torch.tensor(5.0, device=d.device), torch.tensor(0.0, device=d.device))
    near = torch.minimum(1.0 / (d + 1e-3), torch.tensor(10.0))
    return bonus + near, {"bonus": bonus, "near": near}
""",
    "clamps": """
def compute_reward(tcp_pos, goal_pos, tcp_lin_vel):
    d = torch.norm(tcp_pos - goal_pos, dim=-1)
    a = d.clamp(min=0)
    b = torch.clamp(1.0 - d, 0.0, 1.0)
    c = torch.clip(d, max=0.5)
    e = tcp_lin_vel[:, 2].clamp(-1, 1)
    f = torch.clamp_min(d - 0.1, 0.0)
    return b - 0.1 * a - 0.1 * c - 0.01 * e - f, {"b": b, "c": c}
""",
    "powers": """
def compute_reward(tcp_pos, goal_pos, actions, previous_actions):
    d2 = (tcp_pos - goal_pos).pow(2).sum(dim=-1)
    rate = (actions - previous_actions).square().sum(dim=-1)
    root = torch.sqrt(d2 + 1e-8)
    inverse = torch.pow(root + 0.1, -1)
    return -root - 0.01 * rate + 0.1 * inverse, {"root": -root, "rate": -0.01 * rate}
""",
    "unsqueeze_and_stack": """
def compute_reward(tcp_pos, goal_pos):
    to_goal = goal_pos - tcp_pos
    d = torch.norm(to_goal, dim=-1)
    unit = to_goal / (d.unsqueeze(-1) + 1e-6)
    up = unit[:, 2]
    worst = torch.stack([d, torch.abs(to_goal[:, 0]), up.abs()], dim=-1).max(dim=-1).values
    least = torch.min(torch.stack((d, up), dim=1), dim=1)[0]
    return -worst + 0.1 * least, {"worst": -worst, "least": least}
""",
    "signal_as_component": """
def compute_reward(tcp_pos, goal_pos):
    height = tcp_pos[:, 2]
    d = torch.norm(tcp_pos - goal_pos, dim=-1)
    return -d, {"height": height, "distance": d}
""",
    "reassigned_signal": """
def compute_reward(tcp_pos, goal_pos, actions):
    actions = torch.clamp(actions, -1.0, 1.0)
    tcp_pos = tcp_pos - goal_pos
    d = torch.norm(tcp_pos, dim=-1)
    actions *= 0.5
    effort = torch.sum(torch.abs(actions), dim=-1)
    return -d - 0.01 * effort, {"d": -d, "effort": -0.01 * effort}
""",
    "branch_on_a_constant": """
def compute_reward(tcp_pos, goal_pos):
    use_bonus = True
    d = torch.norm(tcp_pos - goal_pos, dim=-1)
    total = -d
    if use_bonus:
        total = total + (d < 0.02).float()
    else:
        total = total * 2.0
    scale = 2.0 if use_bonus else 1.0
    return scale * total, {"distance": -d}
""",
    "smoothness_and_limits": """
def compute_reward(joint_pos, joint_vel, actions, previous_actions, tcp_pos, goal_pos):
    reach = -torch.norm(tcp_pos - goal_pos, dim=-1)
    jerk = -torch.norm(actions - previous_actions, dim=-1)
    limit = -torch.relu(torch.abs(joint_pos) - 2.5).sum(dim=-1)
    speed = -joint_vel.abs().mean(dim=-1)
    top = -torch.amax(joint_vel.abs(), dim=-1)
    total = 2.0 * reach + 0.05 * jerk + 0.1 * limit + 0.01 * speed + 0.001 * top
    return total, {"reach": reach, "jerk": jerk, "limit": limit, "speed": speed, "top": top}
""",
    "numpy_style_axis": """
def compute_reward(tcp_pos, goal_pos):
    d = torch.sum((tcp_pos - goal_pos) ** 2, axis=-1, keepdims=True).squeeze(-1)
    return -d, {"d": -d}
""",
    "components_read_back": """
def compute_reward(tcp_pos, goal_pos, joint_vel):
    components = {"distance": -torch.norm(tcp_pos - goal_pos, dim=-1), "calm": -0.01 * joint_vel.norm(dim=-1)}
    total = components["distance"] + components["calm"]
    return total, components
""",
    "sparse_with_int_conversion": """
def compute_reward(tcp_pos, goal_pos):
    d = torch.norm(tcp_pos - goal_pos, dim=-1)
    success = (d < 0.02).to(torch.float32)
    near = torch.logical_and(d < 0.1, d > 0.02).to(dtype=torch.float32)
    band = torch.lt(d, 0.3).type_as(d)
    return success + 0.1 * near + 0.01 * band, {"success": success, "near": near}
""",
    "scalar_arithmetic": """
def compute_reward(tcp_pos, goal_pos):
    total = 0.0
    weights = 3
    offset = torch.exp(-2.0)
    d = torch.norm(tcp_pos - goal_pos, dim=-1)
    total += weights * torch.exp(-d / max(0.1, 0.05)) + offset
    total -= abs(-0.5)
    return total, {"d": -d}
""",
}
