"""What tasks tell of arms and other robots, against the compiled scenes and what they do."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch

from rewardsmith.registry import TASKS
from rewardsmith_envs import ASSETS
from rewardsmith_envs.tasks.base import SimulatedTask
from tests.physics import simulated_tasks
from tests.physics_pairs import mj
from tests.scenes import Model, environment, geom, kg, m, model_of, mu, told

LATCH_RAD = 0.66
FRANKA = [name for name in TASKS.names() if name.startswith("franka-")]


def franka(model: Model) -> Iterator[str]:
    pad, hand, tcp = model.geom("left_pad"), model.geom("hand"), model.site("tcp").pos[2]
    end = model.body("left_finger").pos[2] + pad.pos[2] + pad.size[2]
    yield f"a pad {m(2 * pad.size[0])} wide along x and {m(2 * pad.size[1])} thick along y"
    yield f"ends {m(end - tcp)} below the tool centre point"
    yield f"begins {m(tcp - hand.pos[2] - hand.size[2])} above it"
    yield f"{m(2 * hand.size[0])} wide along x and {m(2 * hand.size[1])} along y"


def cube(model: Model) -> Iterator[str]:
    table, pad, block = (model.geom(name) for name in ("table", "left_pad", "cube"))
    yield f"cube weighs {kg(model, 'cube')}"
    yield f"{mu(table, block)} on the table and {mu(pad, block)} at the fingertips"


def stack(model: Model) -> Iterator[str]:
    table, pad, block, lower = (model.geom(name) for name in ("table", "left_pad", "cube", "lower_cube"))
    assert kg(model, "cube") == kg(model, "lower_cube")
    yield f"Each cube weighs {kg(model, 'cube')}"
    assert mu(block, lower) == mu(block, table)
    yield f"{mu(block, lower)} between cubes and on the table and {mu(pad, block)} at the fingertips"


def peg(model: Model) -> Iterator[str]:
    yield f"The peg weighs {kg(model, 'peg')}"
    yield f"{mu(geom(model, 'block'), model.geom('peg'))} at the block"
    yield f"{mu(model.geom('left_pad'), model.geom('peg'))} at the fingertips"
    yield f"The block is {m(2 * geom(model, 'block').size[0])} wide along x and y"


def drawer(model: Model) -> Iterator[str]:
    bar, joint, front = model.geom("handle"), model.joint("drawer"), geom(model, "drawer")
    yield f"{m(2 * bar.size[0])} thick and {m(2 * bar.size[1])} long"
    yield f"with {m(-bar.pos[0] - bar.size[0] - front.size[0])} of room"
    yield f"The drawer weighs {kg(model, 'drawer')}"
    yield f"{joint.frictionloss[0]:g} N of friction and {joint.damping[0]:g} N per m/s"
    yield f"coefficient of {mu(bar, model.geom('left_pad'))}"


def door(model: Model) -> Iterator[str]:
    spring, joint, bar = model.joint("handle"), model.joint("door"), model.geom("lever")
    force = spring.stiffness[0] * LATCH_RAD / model.site("handle").pos[1]
    yield f"the lever is {LATCH_RAD} rad down; its spring then presses back with {force:.0f} N"
    yield f"{m(2 * bar.size[0])} thick; fingertips touch it with a friction coefficient of "
    yield f"coefficient of {mu(bar, model.geom('left_pad'))}"
    yield f"The door weighs {kg(model, 'door', 1)} "
    yield f"{joint.frictionloss[0]:g} Nm of friction and {joint.damping[0]:g} Nm per rad/s"


def ground(model: Model, body: str) -> str:
    coefficient = mu(model.geom("ground"), geom(model, body))
    return f"Friction with the ground is high: its coefficient is {coefficient}"


def ant(model: Model) -> Iterator[str]:
    hip, ankle, home = model.joint("hip1").range, model.joint("ankle2").range, model.key("home").qpos
    yield f"The robot weighs {kg(model, 'torso', 1)}"
    yield f"torso is a ball of radius {m(geom(model, 'torso').size[0])}"
    yield f"legs have a radius of {m(geom(model, 'front_left').size[0])}"
    yield f"hips at {home[7]:g} rad, of {hip[0]:g} to {hip[1]:g}"
    yield f"ankles at {home[8]:g} rad, of {ankle[0]:g} (straightest) to {ankle[1]:g}"
    yield f"1 is {model.actuator_gear[0, 0]:g} Nm"
    yield ground(model, "front_left")


def humanoid(model: Model) -> Iterator[str]:
    home = {model.joint(n + 1).name: model.key("home").qpos[7 + n] for n in range(21)}
    gear = {name: f"{model.actuator_gear[n, 0]:g} Nm" for n, name in enumerate(home)}
    yield ground(model, "right_foot")
    bent = {name: f"({angle:g})" for name, angle in home.items() if angle and not name.startswith("left_")}
    assert len(bent) == 5
    yield f"but for knees {bent['right_knee']}, hips forward {bent['right_hip_y']}"
    yield f"ankles {bent['right_ankle_y']}, shoulders aside {bent['right_shoulder_x']}"
    yield f"and elbows {bent['right_elbow']}"
    assert gear["waist_x"] == gear["right_shoulder_x"] == gear["right_shoulder_y"]
    yield f"1 is {gear['waist_x']} at waist and shoulders"
    yield f"{gear['right_hip_x']} at hips (forward {gear['right_hip_y']})"
    yield f"{gear['right_knee']} at knees, {gear['right_ankle_x']} at ankles"
    yield f"and {gear['right_elbow']} at elbows"


def anymal(model: Model) -> Iterator[str]:
    x, y, z = 2 * geom(model, "base").size
    yield f"a box of {x:g} x {y:g} x {m(z)}"
    yield f"thighs are {m(2 * geom(model, 'LF_thigh').size[1])} long"
    foot = geom(model, "LF_shank", 2)
    yield f"shanks {m(-foot.pos[2])}, and feet are balls of radius {m(foot.size[0])}"
    low, high = model.actuator_ctrlrange.T
    assert (low + high) / 2 == pytest.approx(model.key("home").qpos[7:]), "0 is the standing pose"
    yield f"1 an angle of {(high - low)[0] / 2:g} rad more"
    yield ground(model, "LF_shank")


def quadcopter(model: Model) -> Iterator[str]:
    thrust, most = float(model.body_subtreemass[0]) * 9.81 / 4, model.actuator_ctrlrange[-1, 1]
    yield f"Hovering takes {thrust:.2f} N from each rotor, an action of {2 * thrust / most - 1:.2f}"
    yield f"rotors are at {m(model.body('rotor1').pos[0])} along x and y"


def cartpole(model: Model) -> Iterator[str]:
    pole = model.body("pole").subtreemass[0]
    yield f"The cart weighs {model.body('cart').subtreemass[0] - pole:g} kg, the pole {pole:g} kg"


def ball_balance(model: Model) -> Iterator[str]:
    yield f"The ball weighs {kg(model, 'ball')} and rolls with a friction coefficient of "
    yield f"coefficient of {mu(geom(model, 'ball'), geom(model, 'plate'))}"
    yield f"plate and legs weigh {kg(model, 'plate', 1)}"
    yield f"1 is {model.actuator_ctrlrange[0, 1]:g} rad"


OWN: dict[str, Callable[[Model], Iterator[str]]] = {
    "franka-door": door,
    "franka-drawer": drawer,
    "franka-lift": cube,
    "franka-peg": peg,
    "franka-pick-place": cube,
    "franka-push": cube,
    "franka-stack": stack,
    "ant": ant,
    "anymal": anymal,
    "ball-balance": ball_balance,
    "cartpole": cartpole,
    "humanoid": humanoid,
    "quadcopter": quadcopter,
}


@pytest.mark.parametrize("name", OWN)
def test_numbers_are_those_of_the_scene(name: str):
    task = TASKS.load(name)
    told(task, OWN[name](model_of(task)))


@pytest.mark.parametrize("name", FRANKA)
def test_numbers_of_the_arm_are_those_of_the_scene(name: str):
    task = TASKS.load(name)
    told(task, franka(model_of(task)))


@pytest.mark.parametrize("task", simulated_tasks().values(), ids=lambda task: task.name)
def test_every_task_tells_what_ends_an_episode_early(task: SimulatedTask):
    endless = type(task).failed is SimulatedTask.failed
    told(task, ("Nothing ends an episode early." if endless else "An episode ends early when ",))


def test_the_tool_moves_by_two_centimetres_at_full_command():
    env = environment(TASKS.load("franka-lift"), 5)
    ways = torch.tensor([[1.0, 0, 0], [0, 1.0, 0], [0, -1.0, 0], [0, 0, 1.0], [0, 0, -1.0]])
    places = [env.step(torch.cat((ways, torch.ones(5, 1)), dim=1)).signals["tcp_pos"] for _ in range(8)]
    steps = torch.stack(places).diff(dim=0).norm(dim=2)
    assert steps.min() > 0.016
    assert steps.max() < 0.024


def test_the_gripper_turns_to_point_straight_down():
    env = environment(TASKS.load("franka-reach"), 64)
    step = [env.step(torch.zeros(64, 3)) for _ in range(20)][-1]
    x, y = step.signals["tcp_quat"][:, 1], step.signals["tcp_quat"][:, 2]
    assert (x.square() + y.square() > 0.9999).all(), "it points down within 0.02 rad"


@pytest.mark.parametrize(("angle", "free"), [(LATCH_RAD - 0.02, False), (LATCH_RAD + 0.02, True)])
def test_the_latch_comes_free_where_the_task_says(angle: float, free: bool):
    model = mj.MjModel.from_xml_path(str(ASSETS / "franka_door.xml"))
    data = mj.MjData(model)
    mj.mj_resetDataKeyframe(model, data, 0)
    data.qpos[0] = 1.5  # the arm is out of the way
    for _ in range(300):
        data.joint("handle").qpos, data.joint("handle").qvel = angle, 0.0
        data.joint("door").qfrc_applied = 10.0
        mj.mj_step(model, data)
    assert (data.joint("door").qpos[0] > 0.5) == free


def test_anymal_stands_as_high_as_it_says():
    env = environment(TASKS.load("anymal"), 8)
    step = [env.step(torch.zeros(8, 12)) for _ in range(60)][-1]
    assert float(step.signals["base_pos"][:, 2].mean()) == pytest.approx(0.585, abs=0.003)


@pytest.mark.parametrize(
    ("name", "most"), [("ant", 0.2), ("humanoid", 0.1), ("anymal", 0.2), ("quadcopter", 0.2)]
)
def test_joints_start_as_near_to_the_pose_as_the_task_says(name: str, most: float):
    task = TASKS.load(name)
    angles = environment(task, 256)._sense()["joint_pos"]
    home = torch.from_numpy(model_of(task).key("home").qpos[7 : 7 + angles.shape[1]])
    assert 0.95 * most < float((angles - home).abs().max()) <= most + 1e-6
    told(task, (f"{most:g} rad",))


def test_the_base_gives_facts_of_actions_robot_and_scene_in_this_order():
    class Still(SimulatedTask):
        own_facts = ("A thing weighs 1 kg.",)

        def robot_facts(self) -> tuple[str, ...]:
            return ("An arm moves.",)

        robot = scatter = observe = None  # pyright: ignore[reportAssignmentType]

    assert Still().facts == (
        "Actions are clipped to [-1, 1].",
        "An arm moves.",
        "A thing weighs 1 kg.",
        "Nothing ends an episode early.",
    )
