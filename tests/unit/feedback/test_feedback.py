from dataclasses import replace

from rewardsmith.feedback.feedback import Seen, gather
from rewardsmith.records import Candidate, CandidateState, Curve, Rung, RunState, Score, Trial
from tests.builders import trained


def reflect(trial: Trial) -> str:
    """What is told where only a score and curves are."""
    return gather(trial, Seen((), {trial.id: trial}, 50, True, {})).text


def test_a_training_is_told_in_numbers():
    text = reflect(
        trained("c0", 0.75, components={"reach": [0.123456, 0.5, 0.9], "effort": [-0.01, -0.01, -0.01]})
    )
    assert "true score of 0.75 (standard error 0.01)" in text
    assert "true score: [0.25, 0.5], max 0.5, mean 0.375, min 0.25" in text
    assert "component reach: [0.5, 0.9]" in text, "its first epoch is of staggered episodes"
    assert "components are means per control step" in text
    assert "component effort" in text
    assert "(flat)" in text
    assert "success" not in text  # for a metric it would be false, and what is measured is not told


def test_the_proxys_total_is_withheld():
    """Eureka withholds it too: the writer should look at the components and the true score."""
    assert "total" not in reflect(trained("c0", 0.75, components={"reach": [1.0]}))


def test_failures_are_told_with_their_cause():
    assert "it fell over" in reflect(trained("c0", None))
    rejected = Candidate("c1", 0, "initial", state=CandidateState.REJECTED, reason="there is no code.")
    assert "no code" in reflect(Trial(rejected))


def test_of_several_trainings_the_last_is_told():
    """The program failed in the first one, and was repaired."""
    failed, mended = trained("c0", None), trained("c0", 0.75, components={"reach": [1.0]})
    assert reflect(replace(mended, runs=(*failed.runs, *mended.runs))) == reflect(mended)
    again = trained("c0", None, run={"cause": "it fell over once more"})
    assert "it fell over once more" in reflect(replace(again, runs=(*failed.runs, *again.runs)))


def test_an_evicted_training_is_told_as_far_as_it_went():
    rungs = (
        Rung(3_200, Score(0.0, 0.01, 16), 1, 0),
        Rung(6_400, Score(0.0625, 0.01, 16), 3, 0),
        Rung(12_800, Score(0.125, 0.03125, 32), 9, 4),
    )
    shown = {"reach": [0.123456, 0.5, 0.9]}
    text = reflect(
        replace(
            trained("c0", 0.75, components=shown, run={"state": RunState.EVICTED, "rungs": rungs}), score=None
        )
    )
    assert (
        "only for 12,800 steps. On 32 fresh episodes it then had a true score of 0.125 (standard error "
        "0.0312)"
    ) in text
    assert "4 of 9 earlier rewards had more after as many steps" in text
    assert "component reach: [0.5, 0.9]" in text
    assert "6,400" not in text
    assert "0.75" not in text


def test_rungs_that_let_a_training_pass_are_not_told():
    passed = {"rungs": (Rung(12_800, Score(0.125, 0.03, 32), 9, 1),)}
    shown = {"reach": [1.0]}
    assert reflect(trained("c0", 0.75, components=shown, run=passed)) == reflect(
        trained("c0", 0.75, components=shown)
    )


def test_epochs_are_those_of_the_longest_curve():
    curves = (Curve("success", (0.5,) * 3), Curve("episode_length", (50.0,) * 49))
    assert "every 4 of 49 epochs" in reflect(trained("c0", 0.75, run={"progress": curves}))
    assert "every 1 of 0 epochs" in reflect(trained("c0", 0.75, run={"progress": ()}))
