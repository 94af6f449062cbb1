"""Rewards for franka-push as language models write them, with all their habits.

The guard must accept every one.
"""

PUSH = {
    "staged_push": """
def compute_reward(tcp_pos, cube_pos, goal_pos, cube_lin_vel):
    reach_dist = torch.norm(tcp_pos - cube_pos, dim=-1)
    push_dist = torch.norm(cube_pos[:, :2] - goal_pos[:, :2], dim=-1)
    reach_temp, push_temp = 0.1, 0.2
    reach = torch.exp(-reach_dist / reach_temp)
    push = torch.exp(-push_dist / push_temp)
    contact = (reach_dist < 0.06).float()
    gated = contact * push
    done = torch.where(push_dist < 0.04, torch.ones_like(push), torch.zeros_like(push))
    total = 0.5 * reach + 1.5 * gated + 5.0 * done
    return total, {"reach": 0.5 * reach, "push": 1.5 * gated, "done": 5.0 * done}
""",
    "quaternion_distance": """
def quat_conjugate(q):
    return torch.cat([q[:, :1], -q[:, 1:]], dim=-1)

def quat_mul(a, b):
    aw, ax, ay, az = a[:, 0], a[:, 1], a[:, 2], a[:, 3]
    bw, bx, by, bz = b[:, 0], b[:, 1], b[:, 2], b[:, 3]
    w = aw * bw - ax * bx - ay * by - az * bz
    x = aw * bx + ax * bw + ay * bz - az * by
    y = aw * by - ax * bz + ay * bw + az * bx
    z = aw * bz + ax * by - ay * bx + az * bw
    return torch.stack([w, x, y, z], dim=-1)

def compute_reward(cube_quat, tcp_quat, cube_pos, goal_pos):
    difference = quat_mul(cube_quat, quat_conjugate(tcp_quat))
    angle = 2.0 * torch.asin(torch.clamp(torch.norm(difference[:, 1:4], p=2, dim=-1), max=1.0))
    place = torch.norm(cube_pos - goal_pos, p=2, dim=-1)
    rotation_temp = 20.0
    turned = 1.0 / (torch.abs(angle) + 0.1)
    total = -10.0 * place + turned + torch.exp(-rotation_temp * angle)
    return total, {"place": -10.0 * place, "turned": turned}
""",
    "unbound_quaternion_yaw": """
def yaw(q):
    w, x, y, z = q.unbind(dim=-1)
    return torch.atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))

def compute_reward(cube_quat, cube_pos, goal_pos):
    turn = yaw(cube_quat)
    straight = torch.cos(turn)
    far = torch.norm((cube_pos - goal_pos)[:, 0:2], dim=-1)
    return straight - 5.0 * far, {"straight": straight, "far": -5.0 * far}
""",
    "rotated_axis": """
def rotate(q, v):
    w = q[:, 0:1]
    u = q[:, 1:]
    t = 2.0 * torch.cross(u, v, dim=-1)
    return v + w * t + torch.linalg.cross(u, t)

def compute_reward(tcp_quat, cube_pos, tcp_pos):
    zeros = torch.zeros_like(tcp_pos[:, 0])
    axis = torch.stack((zeros, zeros, torch.ones_like(zeros)), dim=1)
    pointing = rotate(tcp_quat, axis)
    down = -pointing[:, 2]
    d = (tcp_pos - cube_pos).norm(dim=-1)
    return down - d, {"down": down, "d": -d}
""",
    "cosine_of_push_direction": """
def compute_reward(tcp_pos, cube_pos, goal_pos, cube_lin_vel):
    to_goal = (goal_pos - cube_pos)[:, :2]
    hand = (cube_pos - tcp_pos)[:, :2]
    behind = torch.nn.functional.cosine_similarity(hand, to_goal, dim=-1)
    pushed = torch.cosine_similarity(cube_lin_vel[:, :2], to_goal, dim=1, eps=1e-6)
    apart = torch.nn.functional.pairwise_distance(tcp_pos, cube_pos)
    return behind + pushed - apart, {"behind": behind, "pushed": pushed, "apart": -apart}
""",
    "acos_with_clamp": """
def compute_reward(tcp_quat, cube_quat, tcp_pos, cube_pos):
    dot = torch.sum(tcp_quat * cube_quat, dim=-1).abs().clamp(max=1.0 - 1e-6)
    angle = 2.0 * torch.acos(dot)
    d = torch.norm(tcp_pos - cube_pos, dim=-1)
    return torch.exp(-angle) + torch.exp(-d / 0.05), {"angle": -angle, "d": -d}
""",
    "rotation_matrix_with_bmm": """
def compute_reward(cube_quat, cube_pos, tcp_pos):
    w, x, y, z = cube_quat[:, 0], cube_quat[:, 1], cube_quat[:, 2], cube_quat[:, 3]
    row1 = torch.stack([1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)], dim=-1)
    row2 = torch.stack([2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)], dim=-1)
    row3 = torch.stack([2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)], dim=-1)
    matrix = torch.stack([row1, row2, row3], dim=1)
    local = torch.bmm(matrix.transpose(1, 2), (tcp_pos - cube_pos).unsqueeze(-1)).squeeze(-1)
    face = torch.abs(local).amax(dim=-1)
    return -face, {"face": -face}
""",
    "sigmoid_gates": """
def compute_reward(tcp_pos, cube_pos, goal_pos):
    near = torch.norm(tcp_pos - cube_pos, dim=-1)
    left = torch.norm(cube_pos - goal_pos, dim=-1)
    gate = torch.sigmoid((0.08 - near) / 0.01)
    total = torch.tanh(1.0 - near) + gate * (1.0 - torch.tanh(10.0 * left))
    return total, {"near": -near, "gate": gate, "left": -left}
""",
    "height_and_tilt": """
def compute_reward(cube_pos, cube_quat, tcp_pos, cube_ang_vel):
    tilt = 1.0 - 2.0 * (cube_quat[:, 1] ** 2 + cube_quat[:, 2] ** 2)
    fell = (cube_pos[:, 2] < 0.0).float()
    low = torch.exp(-torch.abs(tcp_pos[:, 2] - 0.03) / 0.02)
    spin = -0.001 * torch.sum(cube_ang_vel * cube_ang_vel, dim=-1)
    total = 0.1 * tilt + 0.3 * low + spin - 10.0 * fell
    return total, {"tilt": 0.1 * tilt, "low": 0.3 * low, "spin": spin, "fell": -10.0 * fell}
""",
    "log_distance": """
def compute_reward(cube_pos, goal_pos, tcp_pos):
    d = torch.norm(cube_pos - goal_pos, dim=-1)
    precise = -torch.log(d + 1e-3) - 0.1 * torch.log1p(d)
    reach = torch.rsqrt(torch.sum((tcp_pos - cube_pos) ** 2, dim=-1) + 1e-2)
    return precise + 0.1 * reach, {"precise": precise, "reach": 0.1 * reach}
""",
    "huber": """
def huber(x, delta: float):
    a = torch.abs(x)
    return torch.where(a < delta, 0.5 * a ** 2, delta * (a - 0.5 * delta))

def compute_reward(cube_pos, goal_pos, tcp_pos):
    place = -huber(torch.norm(cube_pos - goal_pos, dim=-1), 0.1)
    reach = -huber(torch.norm(tcp_pos - cube_pos, dim=-1), 0.1)
    return place + 0.2 * reach, {"place": place, "reach": 0.2 * reach}
""",
    "weights_as_tensor": """
def compute_reward(cube_pos, goal_pos, tcp_pos, actions):
    weights = torch.tensor([1.0, 0.3, 0.01], device=cube_pos.device)
    terms = torch.stack([
        -torch.norm(cube_pos - goal_pos, dim=-1),
        -torch.norm(tcp_pos - cube_pos, dim=-1),
        -torch.sum(actions ** 2, dim=-1),
    ], dim=-1)
    total = (terms * weights).sum(dim=-1)
    return total, {"place": terms[:, 0], "reach": terms[:, 1], "effort": terms[:, 2]}
""",
    "nested_where_stages": """
def compute_reward(tcp_pos, cube_pos, goal_pos):
    r = torch.norm(tcp_pos - cube_pos, dim=-1)
    p = torch.norm(cube_pos - goal_pos, dim=-1)
    stage = torch.where(r > 0.1, 0.0, torch.where(p > 0.04, 1.0, 2.0))
    total = stage + torch.where(stage < 0.5, 1.0 - torch.tanh(5.0 * r), 1.0 - torch.tanh(5.0 * p))
    return total, {"stage": stage, "reach": -r, "push": -p}
""",
    "nan_to_num_and_softmax": """
def compute_reward(tcp_pos, cube_pos, goal_pos):
    d = torch.stack([torch.norm(tcp_pos - cube_pos, dim=-1), torch.norm(cube_pos - goal_pos, dim=-1)], dim=-1)
    share = torch.nn.functional.softmax(-d, dim=-1)
    soft = torch.logsumexp(-d, dim=-1)
    total = torch.nan_to_num(soft + share[:, 1], nan=0.0, posinf=0.0, neginf=0.0)
    return total, {"share": share[:, 1], "soft": soft}
""",
    "detached_contiguous_clone": """
def compute_reward(tcp_pos, cube_pos, goal_pos):
    place = (cube_pos - goal_pos).detach().clone().contiguous()
    d = place.view(-1, 3).norm(dim=-1)
    near = (tcp_pos - cube_pos).reshape(tcp_pos.shape[0], 3).norm(dim=-1).flatten()
    return -d - 0.1 * near, {"place": -d, "near": -0.1 * near}
""",
    "expanded_target": """
def compute_reward(tcp_pos, cube_pos, goal_pos):
    up = torch.tensor([0.0, 0.0, 1.0], device=tcp_pos.device).expand(tcp_pos.shape[0], -1)
    lift = torch.sum((tcp_pos - cube_pos) * up, dim=-1)
    near = (cube_pos - goal_pos).norm(dim=-1) < 0.1
    level = torch.abs(lift) < 0.05
    only_one = (near ^ level).float() + torch.logical_xor(near, level).float()
    steps = lift // 0.1 + torch.heaviside(lift, torch.tensor(0.0))
    return only_one + 0.1 * steps - lift ** 2, {"only_one": only_one, "steps": 0.1 * steps}
""",
    "normalised_quaternion": """
def compute_reward(tcp_pos, cube_pos, cube_quat):
    q = cube_quat / torch.norm(cube_quat, dim=-1, keepdim=True)
    upright = 1 - 2 * (q[:, 1] ** 2 + q[:, 2] ** 2)
    reach = -torch.norm(tcp_pos - cube_pos, dim=-1)
    return reach + upright, {"reach": reach, "upright": upright}
""",
    "large_component_of_a_bounded_total": """
def compute_reward(cube_pos, goal_pos, cube_lin_vel):
    speed = torch.exp(cube_lin_vel[:, 0] / 0.02)
    far = torch.log(torch.norm(cube_pos - goal_pos, dim=-1))
    total = torch.clamp(speed, min=-10, max=100) - (far > -2.0).float()
    return total, {"speed": speed, "far": far, "on_the_way": far > -2.0}
""",
    "keepdim_broadcast": """
def compute_reward(tcp_pos, cube_pos, goal_pos):
    way = goal_pos - cube_pos
    unit = way / (torch.linalg.norm(way, dim=-1, keepdim=True) + 1e-6)
    along = torch.sum((tcp_pos - cube_pos) * unit, dim=-1, keepdim=True)
    side = torch.norm((tcp_pos - cube_pos) - along * unit, dim=-1)
    total = -side - torch.relu(along[:, 0] + 0.03) - way.norm(dim=-1)
    return total, {"side": -side, "along": along.squeeze(-1)}
""",
}
