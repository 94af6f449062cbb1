import pytest

from rewardsmith.cache import cache_folder, known_speed, remember_speed


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_the_last_speed_of_each_task_trainer_and_device_is_kept():
    assert known_speed("a", "population", "cpu") is None
    remember_speed("a", "population", "cpu", 100_000, 50.0)
    remember_speed("b", "population", "cpu", 1_000, 50.0)
    remember_speed("a", "population", "cpu", 300_000, 50.0)
    remember_speed("a", "population", "cuda", 5_000_000, 50.0)
    remember_speed("a", "rl-games", "cpu", 200_000, 50.0)
    assert known_speed("a", "population", "cpu") == 6_000.0
    assert known_speed("b", "population", "cpu") == 20.0
    assert known_speed("a", "population", "cuda") == 100_000.0
    assert known_speed("a", "rl-games", "cpu") == 4_000.0


def test_short_trainings_do_not_count():
    remember_speed("a", "population", "cpu", 1_000, 1.0)
    assert known_speed("a", "population", "cpu") is None


@pytest.mark.parametrize("text", ["", "[1]", '{"a cpu": "fast"}', '{"a cpu": -1}', "\x00"])
def test_a_damaged_file_is_no_speed(text: str):
    cache_folder().mkdir(parents=True)
    (cache_folder() / "speed.json").write_text(text, encoding="utf-8")
    assert known_speed("a", "population", "cpu") is None


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be", encoding="utf-8")
    remember_speed("a", "population", "cpu", 100_000, 50.0)
    assert known_speed("a", "population", "cpu") is None
