"""Readers of a batch: each gives one row of numbers for every environment, as a torch tensor."""

import re

from . import readers
from .spaces import at

_PART = re.compile(r"\.?([A-Za-z_]\w*)|\[([^\[\]]+)\]")
_KINDS = ("key", "info", "attribute", "function")


def make(reader, sim, folder):
    """A function of observations and info that gives ``(size, width)`` float32 on the sim's device.

    Args:
        reader: Mapping of one kind to what it names, perhaps ``columns``, ``quat``, ``origins``.
        sim: The :class:`batch_pool.Simulation` that is read.
        folder: Where files of functions are.
    """
    kinds = [kind for kind in _KINDS if kind in reader]
    if len(kinds) != 1:
        raise readers.ReaderError(
            "a batch shows %s; this reader has %s" % (", ".join(_KINDS), ", ".join(sorted(reader)))
        )
    name = "%s %r" % (kinds[0], reader[kinds[0]])
    read = _MAKERS[kinds[0]](reader, sim, folder)
    first, last = reader.get("columns") or (None, None)
    turned, moved = reader.get("quat") == "xyzw", reader.get("origins", False)

    def rows(obs, info):
        value = sim.tensor(read(obs, info), name)[:, first:last]
        if turned:
            value = value[:, [3, 0, 1, 2]]
        return value - _origins(sim, value, name) if moved else value

    return rows


def _origins(sim, value, name):
    """Where each environment stands in the one world that holds them all, ``(size, 3)``."""
    if value.shape[1] != 3:
        raise readers.ReaderError(
            "%s gives %d numbers, and `origins` is for 3: a position. Give `columns`" % (name, value.shape[1])
        )
    for owner in (getattr(sim.env, "scene", None), sim.env):
        found = getattr(owner, "env_origins", None)
        if found is not None:
            return sim.tensor(found, "env_origins")
    raise readers.ReaderError("%s has `origins`, and the suite has no env_origins: leave it out" % name)


def _key(reader, sim, folder):
    path = str(reader["key"]).split("/")
    return lambda obs, info: at(obs, path)


def _info(reader, sim, folder):
    path, missing = str(reader["info"]).split("/"), reader.get("missing")

    def read(obs, info):
        for name in path:
            if not isinstance(info, dict) or name not in info:
                if missing is not None:
                    return sim.torch.full((sim.size,), float(missing), device=sim.device)
                known = sorted(map(str, info)) if isinstance(info, dict) else "no parts"
                raise readers.ReaderError("info has no %r; it has %s" % ("/".join(path), known))
            info = info[name]
        return info

    return read


def _attribute(reader, sim, folder):
    parts = parsed(reader["attribute"])

    def read(obs, info):
        value = sim.env
        for name, key in parts:
            value = getattr(value, name) if name else _taken(value, key, sim)
        return value

    return read


def _taken(value, key, sim):
    """What ``[KEY]`` takes: an entry by name, or a place behind the environments' axis."""
    value = getattr(value, "torch", value)
    if isinstance(value, sim.torch.Tensor):
        if not key.isdigit():
            raise readers.ReaderError("[%s] of a tensor is to be a number" % key)
        return value[:, int(key)]
    return value[int(key) if key.isdigit() else key]


def parsed(text):
    """``scene[robot].data.root_pos_w`` as pairs, of which one is None: a name, a key."""
    parts, at_ = [], 0
    while at_ < len(text):
        found = _PART.match(text, at_)
        if not found or not (parts or found.group(1)):
            raise readers.ReaderError(
                "the attribute %r cannot be read from %r on; give names, dots and [KEY]" % (text, text[at_:])
            )
        parts.append(found.groups())
        at_ = found.end()
    return parts


def _function(reader, sim, folder):
    function = readers.load_function(reader["function"], folder)
    return lambda obs, info: function(sim.env, obs, info)


_MAKERS = {"key": _key, "info": _info, "attribute": _attribute, "function": _function}
