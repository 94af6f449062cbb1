"""A trained policy as an ordinary network, to be run without rewardsmith."""

from __future__ import annotations

import io
import logging
import warnings
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor, nn

from rewardsmith.errors import UsageError
from rewardsmith.training.policy_file import TrainedPolicy
from rewardsmith.training.ppo import Activation

_MODULES: dict[Activation, type[nn.Module]] = {"tanh": nn.Tanh, "elu": nn.ELU}


class PortablePolicy(nn.Module):
    """A slot's deterministic policy: observations ``(n, inputs)`` to ``(n, actions)`` in [-1, 1].

    Normalisation is part of it: it takes observations as the environment gives them.
    """

    def __init__(self, trained: TrainedPolicy, slot: int = 0) -> None:
        """Copy what acting takes; the critic stays behind."""
        super().__init__()
        mean, scale = trained.normaliser.constants(slot)
        self.register_buffer("mean", mean)
        self.register_buffer("inverse_scale", scale.reciprocal())
        modules: list[nn.Module] = []
        for weight, bias in trained.policy.actor(slot):
            layer = nn.Linear(weight.shape[0], weight.shape[1])
            layer.load_state_dict({"weight": weight.T, "bias": bias})
            modules += [layer, _MODULES[trained.policy.activation]()]
        self.layers = nn.Sequential(*modules[:-1])

    def forward(self, observation: Tensor) -> Tensor:
        """Normalise, act, and keep to the range."""
        normalised = ((observation - self.get_buffer("mean")) * self.get_buffer("inverse_scale")).clamp(
            -5.0, 5.0
        )
        return self.layers(normalised).clamp(-1.0, 1.0)


def as_torchscript(policy: PortablePolicy) -> bytes:
    """The policy as a TorchScript file: ``torch.jit.load`` runs it from Python and C++."""
    example = torch.zeros(1, policy.get_buffer("mean").shape[-1])
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.trace(policy.eval(), example), buffer)
    return buffer.getvalue()


def require_onnx() -> None:
    """Look for the extra.

    Raises:
        UsageError: It is not installed.
    """
    if not all(map(find_spec, ("onnx", "onnxscript"))):
        raise UsageError(
            "ONNX files need two more packages: pip install 'rewardsmith[onnx]', then export again, or "
            "leave --onnx out."
        )


def save_onnx(policy: PortablePolicy, path: Path) -> None:
    """Write the policy as ONNX: ``observation (n, inputs)`` to ``action (n, actions)``, any ``n``.

    Raises:
        UsageError: The extra ``[onnx]`` is not installed.
    """
    require_onnx()
    # else it lists optional packages that it did not find
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    example = torch.zeros(2, policy.get_buffer("mean").shape[-1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch's exporter, about itself
        torch.onnx.export(
            policy.eval(),
            (example,),
            path,
            input_names=["observation"],
            output_names=["action"],
            dynamic_shapes={"observation": {0: torch.export.Dim("n")}},
            external_data=False,
            verbose=False,
        )
