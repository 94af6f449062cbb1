"""The GPU simulator on warp's CPU device, against the CPU simulator and against itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor

from rewardsmith_envs import ASSETS
from rewardsmith_envs.simulators.base import FIELDS
from rewardsmith_envs.simulators.cpu import CpuSimulator
from rewardsmith_envs.simulators.scene import SceneError
from tests.on_warp import warp_simulator

if TYPE_CHECKING:
    from rewardsmith_envs.simulators.cuda import WarpSimulator

pytestmark = pytest.mark.slow
N = 4
ARM = slice(0, 9)
BALL = """
<mujoco model="ball">
  <option timestep=".004" integrator="implicitfast" solver="Newton" iterations="5" ls_iterations="8">
    <flag eulerdamp="disable" autoreset="disable"/>
  </option>
  <worldbody>
    <geom type="plane" size="0 0 1"/>
    <body name="ball" pos="0 0 HEIGHT">
      <freejoint/><geom type="sphere" size=".1" mass="1"/><site name="skin" size=".11"/>
    </body>
  </worldbody>
  <sensor>
    <touch name="touch" site="skin"/>
    <framepos name="ball_pos" objtype="body" objname="ball"/>
    <framelinvel name="ball_vel" objtype="body" objname="ball"/>
  </sensor>
  <keyframe><key name="home" qpos="0 0 HEIGHT 1 0 0 0"/></keyframe>
</mujoco>
"""


def on_warp(
    scene: str = "cartpole.xml", num_envs: int = N, contacts: int = 16, constraints: int = 64
) -> WarpSimulator:
    return warp_simulator(scene, num_envs, 4, contacts, constraints)


def on_cpu(scene: str = "cartpole.xml") -> CpuSimulator:
    return CpuSimulator(scene if "<" in scene else ASSETS / scene, N, 4, 1)


def ball(height: float) -> str:
    return BALL.replace("HEIGHT", f"{height:g}")


def only(*rows: int) -> Tensor:
    return torch.isin(torch.arange(N), torch.tensor(rows))


def push_cart(sim: WarpSimulator | CpuSimulator, steps: int) -> None:
    """Every cart its own way."""
    for step in range(steps):
        sim["ctrl"][:, 0] = torch.linspace(-1.0, 1.0, N)[: sim.num_envs] * (1.0 - step / 20)
        sim.step()


def swing_arm(sim: WarpSimulator | CpuSimulator, steps: int) -> None:
    """Every arm its own way, up and away from the cube."""
    for _ in range(steps):
        sim["ctrl"][:, 0] += torch.linspace(-0.03, 0.03, N)
        sim["ctrl"][:, 1] -= torch.linspace(0.005, 0.02, N)
        sim.step()


def state(sim: WarpSimulator) -> dict[str, Tensor]:
    return {name: sim[name].clone() for name in FIELDS}


@pytest.fixture(scope="module")
def cart() -> WarpSimulator:
    return on_warp()


@pytest.fixture(scope="module")
def arm() -> WarpSimulator:
    return on_warp("franka_push.xml")


def home(sim: WarpSimulator | CpuSimulator) -> None:
    everyone = torch.ones(sim.num_envs, dtype=torch.bool)
    sim.reset(everyone)
    sim.forward(everyone)


def test_carts_move_as_on_the_cpu(cart: WarpSimulator):
    """40 control steps of 4 physics steps; float32 against float64, nothing else differs."""
    home(cart)
    expected = on_cpu()
    push_cart(cart, 40)
    push_cart(expected, 40)
    assert expected["qpos"].abs().max() > 0.5
    assert torch.allclose(cart["qpos"].double(), expected["qpos"], atol=1e-5)
    assert torch.allclose(cart["qvel"].double(), expected["qvel"], atol=1e-4)


def test_arms_move_as_on_the_cpu_and_cubes_rest(arm: WarpSimulator):
    """Contacts of the resting cube only: what touches hard goes
    other ways in float32 sooner or later."""
    home(arm)
    expected = on_cpu("franka_push.xml")
    swing_arm(arm, 20)
    swing_arm(expected, 20)
    assert (expected["qpos"][:, ARM] - expected["qpos"][:1, ARM]).abs().max() > 0.3
    for name in FIELDS:
        assert arm[name].shape == expected[name].shape, name
        tolerance = 1e-3 if name == "qvel" else 1e-4
        assert torch.allclose(arm[name].double(), expected[name], atol=tolerance), name


def test_the_home_pose_is_the_cpus(arm: WarpSimulator):
    home(arm)
    expected = on_cpu("franka_push.xml")
    home(expected)
    for name in FIELDS:
        assert torch.allclose(arm[name].double(), expected[name], atol=1e-5), name


@pytest.mark.parametrize("written", [False, True])
def test_derived_fields_are_those_of_the_present_state(arm: WarpSimulator, written: bool):
    """After a step, and after a write and `forward`: a CPU simulator that
    is put into the same state says the same."""
    home(arm)
    swing_arm(arm, 3)
    if written:
        arm["qpos"][1:3, :7] += 0.1
        arm.forward(only(1, 2))
    fresh = on_cpu("franka_push.xml")
    for name in ("qpos", "qvel", "mocap_pos"):
        fresh[name][:] = arm[name]
    fresh.forward(torch.ones(N, dtype=torch.bool))
    for name in ("site_xmat", "xanchor", "xaxis", "sensordata"):
        assert torch.allclose(arm[name].double(), fresh[name], atol=1e-5), name


def test_torch_and_warp_share_their_memory(cart: WarpSimulator):
    home(cart)
    before = {name: cart[name].data_ptr() for name in FIELDS}
    push_cart(cart, 2)
    home(cart)
    push_cart(cart, 2)
    assert {name: cart[name].data_ptr() for name in FIELDS} == before
    assert cart["qvel"][0, 0] < 0 < cart["qvel"][-1, 0], "what torch wrote into `ctrl` moved the carts"


def test_a_reset_leaves_the_other_worlds_alone(cart: WarpSimulator):
    home(cart)
    push_cart(cart, 20)
    undisturbed = cart["qpos"].clone()
    home(cart)
    push_cart(cart, 10)
    before = state(cart)
    cart.reset(only(1, 3))
    cart.forward(only(1, 3))
    for name in FIELDS:
        assert torch.equal(cart[name][[0, 2]], before[name][[0, 2]]), name
    assert cart["qpos"][[1, 3]].abs().max() == 0 == cart["sensordata"][[1, 3]].abs().max()
    for step in range(10, 20):
        cart["ctrl"][:, 0] = torch.linspace(-1.0, 1.0, N) * (1.0 - step / 20)
        cart.step()
    assert torch.equal(cart["qpos"][[0, 2]], undisturbed[[0, 2]])
    assert not torch.equal(cart["qpos"][[1, 3]], undisturbed[[1, 3]])


def test_what_is_written_for_others_is_forgotten(cart: WarpSimulator):
    home(cart)
    seen = []

    def change(rows: Tensor) -> None:
        seen.append(rows)
        cart["qpos"][rows, 1] = 0.25 + rows.double()
        cart["qvel"][rows] += 1.0

    cart.write(only(2), change)
    assert cart["qpos"][:, 1].tolist() == [0.0, 0.0, 2.25, 0.0]
    assert cart["qvel"].tolist() == [[0.0, 0.0], [0.0, 0.0], [1.0, 1.0], [0.0, 0.0]]
    assert seen[0].tolist() == [0, 1, 2, 3]


def test_worlds_do_not_depend_on_how_many_there_are(cart: WarpSimulator):
    home(cart)
    push_cart(cart, 10)
    alone = on_warp(num_envs=1)
    push_cart(alone, 10)
    assert torch.equal(alone["qpos"][0], cart["qpos"][0])


def test_a_captured_graph_does_what_its_kernels_do(arm: WarpSimulator):
    eager = warp_simulator("franka_push.xml", N, 4, capture=False)
    for sim in (arm, eager):
        home(sim)
        swing_arm(sim, 3)
        sim.reset(only(0))
        sim.forward(only(0))
        swing_arm(sim, 2)
    for name in FIELDS:
        assert torch.equal(arm[name], eager[name]), name


def test_touch_is_that_of_the_latest_physics_step_as_on_the_cpu():
    """A ball falls, lands and is put back into the air: its touch
    must neither add up nor be forgotten."""
    sim, expected = on_warp(ball(0.15)), on_cpu(ball(0.15))
    touch = sim.sensor("touch")
    forces = []
    for _ in range(12):
        sim.step()
        expected.step()
        assert torch.allclose(sim["sensordata"].double(), expected["sensordata"], atol=1e-3, rtol=1e-3)
        forces.append(float(sim["sensordata"][0, touch]))
    assert min(forces) == 0
    assert max(forces) > 5  # N; at rest it is 9.81
    for either in (sim, expected):
        either.reset(only(1))
        either.forward(only(1))
    assert sim["sensordata"][:, touch][1] == 0
    assert sim["sensordata"][:, touch][0] == forces[-1]
    assert torch.allclose(sim["sensordata"].double(), expected["sensordata"], atol=1e-3, rtol=1e-3)


def land(sim: WarpSimulator) -> None:
    for _ in range(12):
        sim.step()


def test_a_world_with_too_many_constraints_is_lost_and_no_other():
    """A contact of a ball has four rows: two for each direction of
    friction. The second stays in the air."""

    def lift(rows: Tensor) -> None:
        sim["qpos"][:, 2] = 2.0

    sim = on_warp(ball(0.15), constraints=3)
    sim.write(only(1), lift)
    land(sim)
    assert sim["qpos"].isfinite().all(dim=1).tolist() == [False, True, False, False]
    sim.reset(only(0))
    sim.forward(only(0))
    sim.step()
    assert sim["qpos"].isfinite().all(dim=1).tolist() == [True, True, False, False]


def test_too_many_contacts_are_an_error_that_names_the_setting():
    """The room is shared: one world may have more than its part, all together may not."""
    two = '<body pos="1 0 .15"><freejoint/><geom type="sphere" size=".1" mass="1"/></body></worldbody>'
    scene = (
        ball(0.15)
        .replace("</worldbody>", two)
        .replace('qpos="0 0 0.15 1 0 0 0"', 'qpos="0 0 .15 1 0 0 0 1 0 .15 1 0 0 0"')
    )
    words = (
        "it came to 2 contacts or near pairs of geoms per world on average, but the task's `contacts` "
        "is 1. Raise `contacts` to 3"
    )
    with pytest.raises(SceneError, match=words):
        land(on_warp(scene, contacts=1))


def test_a_home_pose_that_needs_more_room_is_refused_at_once():
    with pytest.raises(
        SceneError,
        match=(
            r"franka_push\.xml: <key name='home'> alone has 4 contacts .*"
            r"`contacts` is 3\. Raise `contacts` to 6"
        ),
    ):
        on_warp("franka_push.xml", contacts=3)


def test_what_mujoco_warp_lacks_is_refused_by_name():
    scene = ball(0.15).replace('autoreset="disable"', 'autoreset="disable" midphase="disable"')
    with pytest.raises(
        SceneError,
        match=r"'<mujoco model=.ball.> .*' has a feature that mujoco-warp cannot simulate: mjDSBL_MIDPHASE",
    ):
        on_warp(scene)
