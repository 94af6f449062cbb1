"""A body's velocity is that of the point that its position names."""

from types import SimpleNamespace
from typing import Any

import mujoco
import pytest

from rewardsmith_envs.adapters.serving import readers

HAMMER = """<mujoco><worldbody><body name="hammer" pos="0 0 1"><joint type="hinge" axis="0 0 1"/>
<geom size="0.1" pos="1 0 0"/><site name="head" pos="1 0 0"/></body></worldbody></mujoco>"""


def test_it_is_not_that_of_the_centre_of_mass():
    simulator: Any = mujoco
    model = simulator.MjModel.from_xml_string(HAMMER)
    data = simulator.MjData(model)
    env = SimpleNamespace(unwrapped=SimpleNamespace(model=model, data=data))
    data.qvel[0] = 3.0
    simulator.mj_forward(model, data)
    moved = {
        name: readers.make({**thing, "quantity": "linvel"}, env, ".")({}, {}).tolist()
        for name, thing in {"body": {"body": "hammer"}, "site": {"site": "head"}}.items()
    }
    assert moved == {"body": pytest.approx([0, 0, 0]), "site": pytest.approx([0, 3, 0])}
