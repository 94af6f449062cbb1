"""What tasks tell of hands and their things, against the compiled scenes and what they do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from rewardsmith.registry import TASKS
from rewardsmith_envs.robots.shadow import TIPS
from tests.scenes import Model, environment, geom, kg, m, model_of, mu, told


def allegro(model: Model) -> Iterator[str]:
    index = model.actuator("index0")
    yield f"{index.forcerange[1]:g} Nm at most"
    yield f"radius of {m(geom(model, 'index_distal').size[0])}"
    skin = geom(model, "palm").pos[0] + geom(model, "palm").size[0]
    assert model.site("palm").pos[0] == pytest.approx(skin)
    yield from block(model, geom(model, "palm"))


def block(model: Model, hand: Any) -> Iterator[str]:
    thing = geom(model, "object")
    yield f"edges of {m(2 * thing.size[0])} and weighs {kg(model, 'object')}"
    yield f"friction at the hand has a coefficient of {mu(thing, hand)}"


def shadow(model: Model, prefix: str = "") -> Iterator[str]:
    finger, thumb = geom(model, f"{prefix}FF_distal"), geom(model, f"{prefix}TH_distal")
    yield f"radius of {m(finger.size[0])} (thumb {m(thumb.size[0])})"
    for tip, last in ((f"{prefix}FF_tip", finger), (f"{prefix}TH_tip", thumb)):
        assert model.site(tip).pos[2] == pytest.approx(last.pos[2] + last.size[1] + last.size[0])
    palm = geom(model, f"{prefix}palm")
    assert model.site(f"{prefix}palm").pos[1] == pytest.approx(palm.pos[1] - palm.size[1])
    bending = [model.joint(f"{prefix}{name}J{n}").range for name in TIPS[:4] for n in range(3)]
    assert {tuple(span) for span in bending} == {(0.0, 1.571)}, "straight and at a right angle"


def shadow_hand(model: Model) -> Iterator[str]:
    yield from shadow(model)
    yield from block(model, geom(model, "palm"))


def two_hands(model: Model) -> Iterator[str]:
    assert [*shadow(model, "left_")] == [*shadow(model, "right_")]
    yield from shadow(model, "right_")
    if "right_slide_x" in {model.joint(n).name for n in range(model.njnt)}:
        for side in ("right", "left"):
            slide, hinge = model.joint(f"{side}_slide_x").range[1], model.joint(f"{side}_hinge_z").range[1]
            yield f"by up to {slide:g} m along and {hinge:g} rad about"


def touch(model: Model, body: str, number: int = 0) -> str:
    """Friction of a geom of a body at the hands."""
    return mu(geom(model, body, number), geom(model, "right_palm"))


def table(model: Model) -> Iterator[str]:
    top = model.geom("table")
    (x, y, z), (a, b, c) = top.pos, top.size
    yield f"The table is {m(z + c)} high and reaches from {x - a:g} to {m(x + a)} along x"
    yield f"and from {y - b:g} to {m(y + b)} along y"


def block_stack(model: Model) -> Iterator[str]:
    yield from table(model)
    assert kg(model, "right_cube") == kg(model, "left_cube")
    yield f"Each block weighs {kg(model, 'left_cube')}"
    yield f"friction everywhere has a coefficient of {touch(model, 'left_cube')}"


def grasp_and_place(model: Model) -> Iterator[str]:
    yield from table(model)
    yield f"The block weighs {kg(model, 'block')}, the bucket {kg(model, 'bucket')}"
    yield f"the bar of its handle is {m(2 * geom(model, 'bucket', 7).size[0])} thick"
    assert touch(model, "block") == touch(model, "bucket", 7)
    yield f"everywhere has a coefficient of {touch(model, 'block')}"


def two_doors(model: Model) -> Iterator[str]:
    leaf, bar, joint = geom(model, "left_leaf"), geom(model, "left_leaf", 1), model.joint("left_door")
    yield f"Each leaf is {m(leaf.pos[0] + leaf.size[0] + 0.01)} wide, weighs {kg(model, 'left_leaf', 1)}"
    yield f"{joint.frictionloss[0]:g} Nm of friction and {joint.damping[0]:g} Nm per rad/s"
    yield f"{m(2 * bar.size[0])} thick and {m(2 * bar.size[1])} long"
    yield f"with {m(abs(bar.pos[1]) - bar.size[0] - leaf.size[1])} of room"
    yield f"hands has a coefficient of {touch(model, 'left_leaf', 1)}"


def kettle(model: Model) -> Iterator[str]:
    pot = geom(model, "kettle")
    yield from table(model)
    yield f"The kettle weighs {kg(model, 'kettle')} with its loose lid"
    yield f"is {m(2 * pot.size[0])} wide and {m(2 * pot.size[1])} high"
    yield f"the bucket weighs {kg(model, 'bucket')}"
    assert geom(model, "kettle", 3).size[0] == geom(model, "bucket", 6).size[0]
    yield f"Bars of handles are {m(2 * geom(model, 'kettle', 3).size[0])} thick"
    yield f"everywhere has a coefficient of {touch(model, 'kettle', 3)}"
    yield f"spout is {m(model.site('spout').pos[2])} above the bottom of the kettle"
    yield f"the opening {m(model.site('opening').pos[2])} above"


def swing_cup(model: Model) -> Iterator[str]:
    wall = geom(model, "cup", 1)
    yield from table(model)
    yield f"The cup weighs {kg(model, 'cup')} with its loose lid"
    yield f"{m(2 * (wall.pos[0] + wall.size[0]))} wide and {m(wall.pos[2] + wall.size[2])} high"
    yield f"handles are {m(2 * geom(model, 'cup', 9).size[0])} thick"
    yield f"everywhere has a coefficient of {touch(model, 'cup', 9)}"


def lift_underarm(model: Model) -> Iterator[str]:
    bracket, bar, wall = geom(model, "object", 9), geom(model, "object", 11), geom(model, "object", 3)
    assert wall.pos[1] == pytest.approx(0.1), "the wall on the +y side"
    yield f"{kg(model, 'lid')} of the pot's {kg(model, 'object')} is the lid"
    yield f"slides up by {m(model.joint('lid').range[1])} at most"
    yield f"The bars are {m(2 * bar.size[0])} thick"
    yield f"{m(bar.pos[1] - bar.size[0] - wall.pos[1] - wall.size[0])} away from the wall"
    assert touch(model, "lid") == mu(bracket, geom(model, "right_palm")) == touch(model, "object", 11)
    yield f"coefficient of {touch(model, 'lid')} at bars and lid"
    yield f"of {touch(model, 'object', 3)} at the pot"


def bottle_cap(model: Model) -> Iterator[str]:
    cap = geom(model, "cap")
    assert touch(model, "object") == touch(model, "cap")
    yield f"bottle and cap at the hands has a coefficient of {touch(model, 'cap')}"
    assert cap.size[0] == cap.size[1]
    yield f"a cylinder {m(2 * cap.size[0])} wide and high"


def egg(model: Model) -> Iterator[str]:
    yield f"egg at the hands has a coefficient of {touch(model, 'object')}"


OWN: dict[str, Callable[[Model], Iterator[str]]] = {
    "allegro-hand": allegro,
    "shadow-block-stack": block_stack,
    "shadow-bottle-cap": bottle_cap,
    "shadow-catch-abreast": egg,
    "shadow-catch-underarm": egg,
    "shadow-door-close-outward": two_doors,
    "shadow-grasp-and-place": grasp_and_place,
    "shadow-hand": shadow_hand,
    "shadow-kettle": kettle,
    "shadow-lift-underarm": lift_underarm,
    "shadow-over": egg,
    "shadow-swing-cup": swing_cup,
}


@pytest.mark.parametrize("name", OWN)
def test_numbers_are_those_of_the_scene(name: str):
    task = TASKS.load(name)
    told(task, OWN[name](model_of(task)))


@pytest.mark.parametrize("name", [name for name in OWN if name not in ("allegro-hand", "shadow-hand")])
def test_numbers_of_both_hands_are_those_of_the_scene(name: str):
    task = TASKS.load(name)
    told(task, two_hands(model_of(task)))


@pytest.mark.parametrize("name", ["allegro-hand", "shadow-hand"])
def test_orientations_are_as_far_apart_and_the_block_as_high_as_the_task_says(name: str):
    env = environment(TASKS.load(name), 256)
    signals = env._sense()
    agreement = (signals["object_quat"] * signals["goal_quat"]).sum(dim=1).abs()
    assert (2.0 * torch.acos(agreement.clamp(max=1.0))).min() >= 0.5, (
        "the block starts as the goal before was"
    )
    height = (signals["object_pos"] - signals["goal_pos"])[:, 2]
    assert float(height.mean()) == pytest.approx(0.03, abs=0.002)
    assert float((height - 0.03).abs().max()) <= 0.01 + 1e-6


def test_actions_of_zero_half_close_the_hand():
    env = environment(TASKS.load("shadow-over"), 1)
    step = [env.step(torch.zeros(1, env.action_size)) for _ in range(60)][-1]
    bent = step.signals["left_joint_pos"][0, 3:6]
    assert bent[0] == pytest.approx(0.785, abs=0.1)
    assert bent[1:].mean() == pytest.approx(0.785, abs=0.1)
