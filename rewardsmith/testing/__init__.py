"""Contract suites: what a plug-in owes a search, each point a check of its own.

One module for each seam: ``tasks``, ``strategies``, ``writers``, ``trainers``, ``scorers`` and
``executors``. Each has ``CHECKS``, plain functions that take the plug-in and raise an
:class:`AssertionError` that says what was given, what the contract says and what to do. So a suite
needs no framework, and with pytest each check is a test with a name::

    import pytest
    from rewardsmith.testing import tasks

    @pytest.mark.parametrize("check", tasks.CHECKS)
    def test_my_task(check):
        check(MY_TASK)

Where a plug-in alone is not enough, a check takes a case: the plug-in and what it is to be called
with, such as ``strategies.StrategyCase(MyStrategy, MyStrategy.Options(samples=4))``. A check that
does not concern a plug-in, such as one about waiting for whole batches where a strategy does not
wait, passes. ``python -O`` checks nothing.
"""
