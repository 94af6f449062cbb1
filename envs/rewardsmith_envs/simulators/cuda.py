"""The GPU simulator: mujoco-warp, with every control step captured as one graph."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from pathlib import Path
from typing import Any

import mujoco
import mujoco_warp as mjw
import torch
import warp as wp
from torch import Tensor

from rewardsmith_envs.simulators.base import FIELDS, STATE
from rewardsmith_envs.simulators.buffers import OWN, Budget, at_home
from rewardsmith_envs.simulators.kernels import clear, lose, watch
from rewardsmith_envs.simulators.scene import LoadedScene, SceneError

_INNER = ("time", "act", "qacc_warmstart")
"""What a state has beside :data:`STATE`."""
mj: Any = mujoco
"""The module is compiled and without stubs."""


class WarpSimulator(LoadedScene):
    """Resident states in float32, seen by torch without a copy.

    Nothing waits for the GPU: graphs are launched on the stream that was torch's current one when
    the simulator was made, and torch's own work goes there, too. Warp adds up contacts in any
    order, so on a GPU two runs from the same seeds agree until contacts amplify rounding. On warp's
    CPU device, which is there for tests, they agree to the bit.

    With MuJoCo's C engine it agrees to about 1e-6, contacts included, with two exceptions: a
    contact at exactly zero distance may begin a physics step earlier or later, and where a capsule
    stands steeply on a plane the pyramid of friction has other horizontal axes (mujoco-warp 4.0.0),
    so that legs slide a little differently.
    """

    def __init__(
        self,
        scene: Path | str,
        num_envs: int,
        decimation: int,
        device: str,
        contacts: int,
        constraints: int,
        *,
        capture: bool = True,
    ) -> None:
        """Load a scene and compile its kernels: minutes the first time, and seconds from then on.

        Args:
            scene: An MJCF file or text (see :func:`rewardsmith_envs.simulators.scene.load_model`)
                with a keyframe named ``home``.
            num_envs: Number of copies.
            decimation: Physics steps per control step.
            device: ``cuda``, or ``cpu`` for warp's own CPU device.
            contacts: Room for contacts, per world on average.
            constraints: Room for constraint rows in every world.
            capture: Whether graphs are captured; without them every kernel is launched from Python,
                many times slower.

        Raises:
            SceneError: The scene cannot be loaded, mujoco-warp lacks one of its features, or its
                home pose alone needs more room.
        """
        super().__init__(scene, decimation)
        self.num_envs = num_envs
        home = at_home(self.model)
        self._budget = Budget(self.scene, num_envs, contacts, constraints)
        self._budget.check_home(home)
        wp.config.log_level = wp.LOG_WARNING
        self._warp_device = wp.get_device(device)
        with wp.ScopedDevice(self._warp_device):
            self._load(home, contacts, constraints)
        self._all = {name: self._view(name) for name in FIELDS}
        self._inner = [wp.to_torch(getattr(self._data, name)) for name in _INNER]
        self._fields = self._all
        self.device = self._fields["qpos"].device
        self._rows = torch.arange(num_envs, device=self.device)
        self._keys = wp.to_torch(self._keyframes)
        self._needed = wp.to_torch(self._peaks)
        self._stream = wp.stream_from_torch(self.device) if self.device.type == "cuda" else None
        self._step, self._reset, self._forward = self._prepare(capture)
        self.reset(torch.ones(num_envs, dtype=torch.bool, device=self.device))
        self._forward()

    def __getitem__(self, field: str) -> Tensor:
        """The live ``(num_envs, ...)`` float32 tensor of one field.

        Within :meth:`write`, a float64 copy of a state field.
        """
        return self._fields[field]

    @property
    def control_range(self) -> tuple[Tensor, Tensor]:
        """Least and greatest value of every control, two of ``(controls,)`` float32."""
        low, high = (
            torch.from_numpy(self.model.actuator_ctrlrange).to(self.device, torch.float32).unbind(dim=1)
        )
        return low, high

    def step(self) -> None:
        """Advance ``decimation`` physics steps.

        A world without room for its constraints becomes non-finite.

        Raises:
            SceneError: A step before had more contacts than all worlds together have room for. On a
                GPU that is noticed some steps late.
        """
        self._step()
        self._budget.check(self._needed)

    def reset(self, mask: Tensor) -> None:
        """Put the environments of ``mask`` at the home keyframe.

        Derived fields wait for :meth:`forward`.
        """
        self._keys.fill_(-1)[: self.num_envs].masked_fill_(mask, self.model.key("home").id)
        self._reset()

    def rearrange(self, kept: Tensor, total: int) -> None:
        """Move whole states, solver warm starts included.

        Worlds that are not needed stand at the home keyframe and are still simulated.
        """
        held = [field[kept].clone() for field in (*(self._all[name] for name in STATE), *self._inner)]
        self._keys.fill_(self.model.key("home").id)
        self._reset()
        for field, rows in zip((*(self._all[name] for name in STATE), *self._inner), held, strict=True):
            field[: len(kept)] = rows
        self.num_envs = total
        self._rows = torch.arange(total, device=self.device)
        self._fields = {name: field[:total] for name, field in self._all.items()}
        self._forward()

    def write(self, mask: Tensor, change: Callable[[Tensor], None]) -> None:
        """Let ``change`` write the states of all environments, and keep those of ``mask``.

        It writes in float64 copies.
        """
        live = self._fields
        self._fields = live | {name: live[name].double() for name in STATE}
        try:
            change(self._rows)
            for name in STATE:
                chosen = mask.view(-1, *[1] * (live[name].dim() - 1))
                live[name].copy_(torch.where(chosen, self._fields[name], live[name]))
        finally:
            self._fields = live

    def forward(self, mask: Tensor) -> bool:
        """Recompute the derived fields, of all environments.

        Whether ``mask`` is empty is not asked, as the answer would have to wait.
        """
        self._forward()
        return True

    def camera(self, width: int, height: int, name: str) -> Callable[[int], Tensor]:
        """Set up a camera (see :class:`rewardsmith_envs.simulators.renderer.SceneCamera`)."""
        from rewardsmith_envs.simulators.renderer import SceneCamera

        camera = SceneCamera(self.source, width, height, name)
        state = mj.MjData(self.model)

        def draw(index: int) -> Tensor:
            for field in STATE:
                getattr(state, field)[:] = self._fields[field][index].cpu().numpy()
            return camera.picture(state)

        return draw

    def _load(self, home: Any, contacts: int, constraints: int) -> None:
        """Model, data and what the kernels read and write beside them, on the device."""
        self._model, self._data = self._put(home, contacts, constraints)
        late = self.model.sensor_needstage == mj.mjtStage.mjSTAGE_ACC.value
        self._late_sensors, self._early_sensors = self._columns(late), self._columns(~late)
        self._keyframes = wp.full(self.num_envs, self.model.key("home").id, dtype=int)
        self._peaks = wp.zeros(2, dtype=int)
        self._lost = wp.zeros(self.num_envs, dtype=int)

    def _put(self, home: Any, contacts: int, constraints: int) -> tuple[Any, Any]:
        """Model and data on the device."""
        model = copy(self.model)
        # mujoco-warp has none, and refuses the flag
        model.opt.disableflags &= ~mj.mjtDisableBit.mjDSBL_AUTORESET.value
        try:
            on_device = mjw.put_model(model)
        except (NotImplementedError, ValueError) as error:
            raise SceneError(
                f"{self.scene} has a feature that mujoco-warp cannot simulate: {error} Every task "
                "must run on both simulators: leave it out."
            ) from None
        on_device.opt.warn_overflow = 0  # `Budget` says it, once
        # at 0 nothing is looked for, and nobody would notice
        room = {"nconmax": max(contacts, 1), "njmax": max(constraints, 1)}
        return on_device, mjw.put_data(model, home, nworld=self.num_envs, **room)

    def _columns(self, chosen: Any) -> Any:
        """The columns of ``sensordata`` of some sensors."""
        sensors = [self.model.sensor(int(n)) for n in chosen.nonzero()[0]]
        columns = [int(sensor.adr[0]) + offset for sensor in sensors for offset in range(int(sensor.dim[0]))]
        return wp.array(columns, dtype=int)

    def _view(self, name: str) -> Tensor:
        """A field as MuJoCo shapes it: a matrix is a row of nine."""
        view = wp.to_torch(getattr(self._data, name))
        return view.flatten(start_dim=2) if view.dim() > 3 else view

    def _prepare(self, capture: bool) -> list[Callable[[], None]]:
        """Launchers of a control step, of a reset and of the derived fields."""
        parts = (self._run_step, self._run_reset, self._see)
        with wp.ScopedDevice(self._warp_device):
            # compiles, outside of a capture; a step starts where `_see` has been
            for part in (self._see, *parts):
                part()
            if not capture:
                return [self._eager(part) for part in parts]
            launchers = [self._captured(part) for part in parts]
        wp.synchronize_device(self._warp_device)
        return launchers

    def _captured(self, part: Callable[[], None]) -> Callable[[], None]:
        with wp.ScopedCapture(self._warp_device) as capture:
            part()
        graph: Any = capture.graph
        return lambda: wp.capture_launch(graph, stream=self._stream)

    def _eager(self, part: Callable[[], None]) -> Callable[[], None]:
        def launch() -> None:
            with wp.ScopedDevice(self._warp_device), wp.ScopedStream(self._stream):
                part()

        return launch

    def _run_step(self) -> None:
        """Physics steps find derived fields there already, and leave them at the new state."""
        data = self._data
        found = [data.nacon, data.ncollision, data.nefc, data.overflow, data.njmax, int(OWN)]
        self._lost.zero_()
        for _ in range(self.decimation):
            wp.launch(watch, dim=data.nworld, inputs=found, outputs=[self._peaks, self._lost])
            self._clear(self._late_sensors)
            mjw.step2(self._model, data)
            self._see()
        wp.launch(lose, dim=data.nworld, inputs=[self._lost], outputs=[data.qpos])

    def _run_reset(self) -> None:
        mjw.reset_data_keyframe(self._model, self._data, self._keyframes)

    def _see(self) -> None:
        """Positions, velocities and their sensors.

        Forces, and sensors of forces, stay those of the latest physics step.

        As ``mjw.step1``, which would clear the sensors of forces, too.
        """
        self._clear(self._early_sensors)
        mjw.fwd_position(self._model, self._data)
        mjw.sensor_pos(self._model, self._data)
        mjw.fwd_velocity(self._model, self._data)
        mjw.sensor_vel(self._model, self._data)

    def _clear(self, columns: Any) -> None:
        """Some sensors only write what they find, and some add it up."""
        wp.launch(clear, dim=self._data.nworld, inputs=[columns], outputs=[self._data.sensordata])
