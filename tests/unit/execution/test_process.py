from collections.abc import Iterator

import pytest

from rewardsmith.execution.process import JsonProcess, ProcessDiedError, ProcessSilentError


@pytest.fixture
def child() -> Iterator[JsonProcess]:
    process = JsonProcess("tests.children.odd")
    yield process
    process.kill()


def ask(child: JsonProcess, line: str, timeout_s: float = 20.0) -> str:
    child.send(line)
    return child.receive(timeout_s)


def test_answers_lines(child: JsonProcess):
    assert ask(child, "echo") == "echo"
    assert len(ask(child, "long")) == 1_000_000


def test_stray_prints_do_not_reach_the_parent(child: JsonProcess):
    assert ask(child, "print") == "printed"


def test_secrets_stay_with_the_parent(child: JsonProcess, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    assert ask(child, "secret") == "nothing"


def test_a_crash_is_reported_with_its_last_words_and_the_next_line_starts_anew(child: JsonProcess):
    with pytest.raises(ProcessDiedError, match=r"killed by signal 11: last words"):
        ask(child, "crash")
    assert ask(child, "echo") == "echo"


def test_an_exit_is_reported_with_its_code(child: JsonProcess):
    with pytest.raises(ProcessDiedError, match="exit code 3"):
        ask(child, "exit")


def test_silence_is_an_error(child: JsonProcess):
    assert ask(child, "echo") == "echo"
    with pytest.raises(ProcessSilentError, match=r"no answer within 0\.2 s"):
        ask(child, "sleep", 0.2)
