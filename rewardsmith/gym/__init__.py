"""Gymnasium's side of the house: tasks as its environments, found rewards as its wrappers.

Importing this module registers every task, those of plug-ins too, as ``rewardsmith/TASK-v0``.
"""

try:
    import gymnasium  # noqa: F401  (whether it is there)
except ImportError as error:
    raise ImportError(
        "rewardsmith.gym needs gymnasium, which cannot be imported here. Run pip install "
        "'rewardsmith[gym]', then import it again."
    ) from error

from rewardsmith.gym.proxy import ProxyReward
from rewardsmith.gym.registration import register
from rewardsmith.gym.single import TaskEnv
from rewardsmith.gym.vector import TaskVectorEnv
from rewardsmith.gym.vector_proxy import VectorProxyReward

__all__ = ["ProxyReward", "TaskEnv", "TaskVectorEnv", "VectorProxyReward", "register"]

register()
