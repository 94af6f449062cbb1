"""Gymnasium's side of the house: tasks as its environments, found rewards as its wrappers.

Importing this module registers every task, those of plug-ins too, as ``rewardsmith/TASK-v0``.
"""

from importlib.util import find_spec

if find_spec("gymnasium") is None:
    raise ImportError(
        "rewardsmith.gym needs gymnasium, which is not installed. Run pip install 'rewardsmith[gym]', "
        "then import it again."
    )

from rewardsmith.gym.proxy import ProxyReward
from rewardsmith.gym.registration import register
from rewardsmith.gym.single import TaskEnv
from rewardsmith.gym.vector import TaskVectorEnv
from rewardsmith.gym.vector_proxy import VectorProxyReward

__all__ = ["ProxyReward", "TaskEnv", "TaskVectorEnv", "VectorProxyReward", "register"]

register()
