"""Readers: where the numbers of a signal, of success or of a metric come from."""

import importlib.util
import os

import numpy as np

from .spaces import at

_KINDS = ("slice", "key", "info", "body", "site", "joint", "attribute", "function")


class ReaderError(Exception):
    """A reader names what the environment does not have."""


def make(reader, env, folder):
    """A function of observation and info that gives a flat float64 array.

    Args:
        reader: Mapping of one kind to what it names, and perhaps ``quantity``, ``columns``,
            ``quat`` and ``sign``.
        env: The environment, made and reset.
        folder: Where files of functions are.
    """
    kinds = [kind for kind in _KINDS if kind in reader]
    if len(kinds) != 1:
        raise ReaderError("a reader has one of %s; this one has %s" % (", ".join(_KINDS), kinds or "none"))
    read = _MAKERS[kinds[0]](reader, env, folder)
    columns, order = reader.get("columns"), reader.get("quat")
    if columns:
        first, last = columns
        whole = read
        read = lambda obs, info: whole(obs, info)[first:last]  # noqa: E731
    if order == "xyzw":
        turned = read
        read = lambda obs, info: turned(obs, info)[[3, 0, 1, 2]]  # noqa: E731
    return read


def make_batched(reader, folder):
    """A function of a batch's observations and info that gives rows of numbers.

    A ``function`` is called once for all rows, without an environment.
    """
    if "function" in reader:
        function = load_function(reader["function"], folder)
        read = lambda obs, info: function(None, obs, info)  # noqa: E731
    elif "info" in reader:
        read = _info_of_batch(reader)
    elif "slice" in reader:
        begin, end = reader["slice"]
        read = lambda obs, info: obs[:, begin:end]  # noqa: E731
    else:
        path = str(reader["key"]).split("/")
        read = lambda obs, info: at(obs, path)  # noqa: E731
    first, last = reader.get("columns") or (None, None)
    order = [3, 0, 1, 2] if reader.get("quat") == "xyzw" else slice(None)

    def rows(obs, info):
        value = np.array(read(obs, info), np.float64)  # a copy, as in _flat
        return value.reshape(len(value), -1)[:, first:last][:, order]

    return rows


def _info_of_batch(reader):
    name = reader["info"]

    def read(obs, info):
        if name not in info:
            raise ReaderError("info has no %r; it has %s" % (name, sorted(map(str, info))))
        return info[name]

    return read


def _flat(value):
    return np.array(value, np.float64).reshape(-1)  # a copy: the environment goes on writing to its own


def _slice(reader, env, folder):
    first, last = reader["slice"]
    return lambda obs, info: _flat(obs[first:last])


def _key(reader, env, folder):
    path = str(reader["key"]).split("/")

    def read(obs, info):
        for name in path:
            obs = obs[name]
        return _flat(obs)

    return read


def _info(reader, env, folder):
    name, missing = reader["info"], reader.get("missing")

    def read(obs, info):
        if name not in info and missing is None:
            raise ReaderError(
                "info has no %r after this step; it has %s. Give `missing: 0` if it may lack it"
                % (name, sorted(map(str, info)))
            )
        return _flat(info.get(name, missing))

    return read


def _attribute(reader, env, folder):
    path = reader["attribute"].split(".")

    def read(obs, info):
        value = env.unwrapped
        for name in path:
            value = getattr(value, name)
        return _flat(value)

    return read


def _function(reader, env, folder):
    function = load_function(reader["function"], folder)
    return lambda obs, info: _flat(function(env, obs, info))


def load_function(text, folder):
    """The function ``FILE.py:NAME``; the user's own, from the folder of the task file."""
    file, _, name = text.rpartition(":")
    path = os.path.join(folder, file)
    if not file.endswith(".py") or not os.path.isfile(path):
        raise ReaderError("there is no file %r in %s; give FILE.py:NAME" % (file, folder))
    spec = importlib.util.spec_from_file_location("task_functions_" + os.path.basename(file)[:-3], path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not callable(getattr(module, name, None)):
        raise ReaderError("%s has no function %r" % (path, name))
    return getattr(module, name)


def mujoco_of(env):
    """Model and data of an environment on MuJoCo's own Python bindings."""
    plain = env.unwrapped
    model, data = getattr(plain, "model", None), getattr(plain, "data", None)
    if hasattr(model, "nq") and hasattr(data, "qpos"):
        return model, data
    raise ReaderError(
        "body, site and joint need an environment with MuJoCo's `model` and `data`; this one has none"
    )


def names(model, kind):
    """Of all bodies, sites or joints, in the model's order; some may have none."""
    return [
        getattr(model, kind)(number).name
        for number in range(getattr(model, "n" + {"joint": "jnt"}.get(kind, kind)))
    ]


def _thing(model, kind, name):
    known = names(model, kind)
    if name not in known:
        raise ReaderError("the scene has no %s %r; it has %s" % (kind, name, ", ".join(filter(None, known))))
    return known.index(name)


def _placed(kind):
    def make(reader, env, folder):
        import mujoco

        model, data = mujoco_of(env)
        number, what = _thing(model, kind, reader[kind]), reader.get("quantity", "pos")
        if what == "pos":
            place = data.xpos if kind == "body" else data.site_xpos
            return lambda obs, info: _flat(place[number])
        if what == "quat":
            turn = np.zeros(4)

            def quat(obs, info):
                if kind == "body":
                    return _flat(data.xquat[number])
                mujoco.mju_mat2Quat(turn, data.site_xmat[number])
                return turn.copy()

            return quat
        if what in ("linvel", "angvel"):
            moving = np.zeros(6)
            object_kind = mujoco.mjtObj.mjOBJ_XBODY if kind == "body" else mujoco.mjtObj.mjOBJ_SITE
            part = slice(3, 6) if what == "linvel" else slice(0, 3)

            def velocity(obs, info):  # of the origin of its frame, along the axes of the world
                mujoco.mj_objectVelocity(model, data, object_kind, number, moving, 0)
                return moving[part].copy()

            return velocity
        raise ReaderError("quantity is %r; a %s has pos, quat, linvel, angvel" % (what, kind))

    return make


def _joint(reader, env, folder):
    model, data = mujoco_of(env)
    names = reader["joint"]
    joints = [_thing(model, "joint", name) for name in (names if isinstance(names, list) else [names])]
    what = reader.get("quantity", "pos")
    if what not in ("pos", "vel"):
        raise ReaderError("quantity is %r; a joint has pos and vel" % what)
    widths = {0: (7, 6), 1: (4, 3)}  # free and ball joints; others have one number
    index = []
    for joint in joints:
        first = int((model.jnt_qposadr if what == "pos" else model.jnt_dofadr)[joint])
        width = widths.get(int(model.jnt_type[joint]), (1, 1))[what == "vel"]
        index += range(first, first + width)
    values = data.qpos if what == "pos" else data.qvel
    return lambda obs, info: _flat(values[index])


_MAKERS = {
    "slice": _slice,
    "key": _key,
    "info": _info,
    "body": _placed("body"),
    "site": _placed("site"),
    "joint": _joint,
    "attribute": _attribute,
    "function": _function,
}
