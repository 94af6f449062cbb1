from rewardsmith.feedback.reflection import reflect
from rewardsmith.records import Candidate, State
from tests.builders import trained


def test_a_training_is_told_in_numbers():
    text = reflect(trained("c0", 0.75, components={"reach": [0.123456, 0.5, 0.9], "effort": [-0.01, -0.01, -0.01]}))
    assert "true score of 0.75 (standard error 0.01)" in text
    assert "success: [-, 0.25, 0.5], max 0.5, mean 0.375, min 0.25" in text
    assert "component reach: [0.123, 0.5, 0.9]" in text
    assert "component effort" in text
    assert "(flat)" in text


def test_the_proxys_total_is_withheld():
    """Eureka withholds it too: the writer should look at the components and the true score."""
    assert "total" not in reflect(trained("c0", 0.75, components={"reach": [1.0]}))


def test_failures_are_told_with_their_cause():
    assert "it fell over" in reflect(trained("c0", None))
    assert "no code" in reflect(Candidate("c1", 0, "initial", (), State.REJECTED, reason="there is no code."))
