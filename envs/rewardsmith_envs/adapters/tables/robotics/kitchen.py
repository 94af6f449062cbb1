"""Functions of the kitchen's task files."""


def microwave(env, obs, info):
    """Whether the suite counts the microwave as open after this step."""
    return "microwave" in info["step_task_completions"]
