"""Policy files that run commands, do not fit or never end."""

from __future__ import annotations

import io
import pickle
import zipfile

import torch

from tests.hostile.altering import Forge, Mail
from tests.hostile.forgery import POLICY, Forgery, cut


class _Touch:
    """A pickle that runs a command."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        import os

        return os.system, ("touch precious/new",)


def _policy_file(content: bytes) -> Forge:
    def forge(mail: Mail) -> None:
        (mail.study / POLICY).write_bytes(content)

    return forge


def _saved(**changes: object) -> bytes:
    """A policy file with some entries changed."""
    data: dict[str, object] = {
        "hidden": torch.tensor([8]), "activation": "tanh", "parameters": torch.zeros(500),
        "observation_mean": torch.zeros(1, 30), "observation_variance": torch.ones(1, 30),
    }  # fmt: skip
    file = io.BytesIO()
    torch.save(data | changes, file)
    return file.getvalue()


def _zip_with_pickle(content: bytes) -> bytes:
    """A policy file whose pickle is another one."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(_saved())) as honest, zipfile.ZipFile(file, "w") as forged:
        for name in honest.namelist():
            forged.writestr(name, content if name.endswith("data.pkl") else honest.read(name))
    return file.getvalue()


def _zip_bomb() -> bytes:
    """300 MB of zeros in a few hundred kilobytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as forged:
        forged.writestr("archive/data.pkl", b"\x80\x02}q\x00.")
        with forged.open("archive/data/0", "w", force_zip64=True) as entry:
            for _ in range(300):
                entry.write(bytes(1 << 20))
    return file.getvalue()


POLICIES = [
    Forgery("policy file", "a command as an old pickle", _policy_file(pickle.dumps(_Touch()))),
    Forgery("policy file", "a command in an archive", _policy_file(_zip_with_pickle(pickle.dumps(_Touch())))),
    *(
        Forgery("policy file", f"broken pickle {number}", _policy_file(_zip_with_pickle(content)))
        for number, content in enumerate(
            (b"", b"\x80\x02.", b"\x80\x02h\x05.", b"\x80\x02K\x01K\x02R.", b"\x80\x02]q\x00K\x01b.")
        )
    ),
    Forgery(
        "policy file", "layers that are too wide", _policy_file(_saved(hidden=torch.tensor([30_000, 30_000])))
    ),
    Forgery("policy file", "too many layers", _policy_file(_saved(hidden=torch.full((200_000,), 8)))),
    Forgery("policy file", "layers of no width", _policy_file(_saved(hidden=torch.tensor([-8])))),
    Forgery("policy file", "layers that are numbers", _policy_file(_saved(hidden=torch.tensor(8.0)))),
    Forgery(
        "policy file",
        "numbers without an end",
        _policy_file(_saved(observation_mean=torch.full((1, 30), torch.nan))),
    ),
    Forgery(
        "policy file",
        "one number for all",
        _policy_file(_saved(parameters=torch.zeros(1).expand(1 << 40)[:500])),
    ),
    Forgery("policy file", "an unknown activation", _policy_file(_saved(activation="\x1b[2J"))),
    Forgery("policy file", "zeros that multiply", _policy_file(_zip_bomb())),
    Forgery("policy file", "nothing", _policy_file(b"")),
    Forgery("policy file", "cut off", cut(POLICY, 700)),
]
