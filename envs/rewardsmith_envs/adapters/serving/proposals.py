"""What of an environment could be a signal: names and where they are read, nothing measured yet."""

import numpy as np

from . import readers

_WHOLE, _COLUMNS, _PLACES, _JOINTS, _ATTRIBUTE = 9, 30, 12, 40, 16
"""Numbers of a part that is one signal, of one that is read by columns; things of a scene; numbers
of an attribute."""
_REVEALING = ("success", "score", "reward", "done", "action")
_TELLING = (
    "goal", "target", "obj", "cube", "block", "ball", "puck", "peg", "tip", "hand", "palm", "torso", "grasp",
    "grip",
)  # fmt: skip
_TOUCH = ("tch", "touch")
"""How sites of touch sensors are called; there are many."""
_FREE, _BALL = 0, 1


def parts(obs):
    """Keys of an observation with their sizes; one without a name where it is plain."""
    return [{"key": key, "size": int(np.size(value))} for key, value in _leaves(obs)]


def _leaves(obs, path=""):
    if not isinstance(obs, dict):
        return [(path, obs)]
    return [
        leaf
        for name, value in obs.items()
        for leaf in _leaves(value, path + "/" + str(name) if path else str(name))
    ]


def scene(env):
    """Names of bodies, sites and joints where MuJoCo's own bindings are; else none of them."""
    try:
        model, _ = readers.mujoco_of(env)
    except readers.ReaderError:
        return {}
    kinds = (("body", "bodies"), ("site", "sites"), ("joint", "joints"))
    return {plural: [name for name in readers.names(model, kind) if name] for kind, plural in kinds}


def propose(env, obs):
    """Readers, those first whose names say most."""
    found = scene(env)
    keys = [{"key": key} for key, value in _leaves(obs) if key and np.size(value) <= _WHOLE]
    goals = [reader for reader in keys if "desired" in reader["key"]]
    wanted = goals + (_of_scene(env, found) if found else [])
    wanted += [reader for reader in keys if reader not in goals]
    wanted += [{"attribute": name} for name in _attributes(env)]
    if found:
        return wanted
    for key, value in _leaves(obs):
        size = int(np.size(value))
        if key and _WHOLE < size <= _COLUMNS:
            wanted += [{"key": key, "columns": [at, at + 1]} for at in range(size)]
        elif not key and size <= _COLUMNS:
            wanted += [{"slice": [at, at + 1]} for at in range(size)]
    return wanted


def _of_scene(env, found):
    model, _ = readers.mujoco_of(env)
    joints = readers.names(model, "joint")
    kinds = [int(kind) for kind in model.jnt_type]
    bodies = readers.names(model, "body")
    free = [bodies[int(model.jnt_bodyid[at])] for at, kind in enumerate(kinds) if kind == _FREE]
    plain = [name for name, kind in zip(joints, kinds) if name and kind not in (_FREE, _BALL)][:_JOINTS]
    wanted = []
    for name in sorted(found["sites"], key=lambda name: not _is_thing(name))[:_PLACES]:
        wanted += [{"site": name}, {"site": name, "quantity": "linvel"}]
    for name in [name for name in free if name][:_PLACES]:
        wanted += [{"body": name, "quantity": what} for what in ("pos", "quat", "linvel")]
    wanted += [{"body": name} for name in found["bodies"] if _is_thing(name)][:_PLACES]
    if plain:
        wanted += [{"joint": plain}, {"joint": plain, "quantity": "vel"}]
    return wanted


def _is_thing(name):
    """Whether a name is that of something a reward might be about."""
    low = name.lower()
    return any(word in low for word in _TELLING) and not low.startswith(_TOUCH)


def _attributes(env):
    """Numbers that the environment keeps under a name of its own; no counters."""
    kept = vars(env.unwrapped)
    return [name for name in sorted(kept) if _is_telling(name) and _is_numbers(kept[name])]


def _is_telling(name):
    return not name.startswith("_") and not any(word in name.lower() for word in _REVEALING)


def _is_numbers(value):
    if isinstance(value, float):
        return True
    return (
        isinstance(value, (np.ndarray, np.floating))
        and np.issubdtype(value.dtype, np.floating)
        and value.ndim <= 1
        and 0 < value.size <= _ATTRIBUTE
    )
