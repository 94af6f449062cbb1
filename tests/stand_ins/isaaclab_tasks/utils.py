"""Configurations by id."""

from types import SimpleNamespace

from isaaclab.managers import TerminationTermCfg


def parse_env_cfg(name, device, num_envs):
    cfg = SimpleNamespace(
        scene=SimpleNamespace(num_envs=num_envs), device=device, episode_length_s=0.5, wrapped=False
    )
    if "Managed" in name:
        cfg.terminations = SimpleNamespace(
            time_out=TerminationTermCfg(lambda env: env._late(), time_out=True),
            fell=TerminationTermCfg(lambda env: env.scene.local()[:, 0] < -0.5),
        )
    return cfg
