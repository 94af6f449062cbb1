from rewardsmith.seeds import derive
from rewardsmith.training.streams import environment_seeds


def test_seeds_are_stable_and_differ_by_purpose():
    assert derive("training", 0, "c000") == derive("training", 0, "c000")
    purposes = [
        ("training", 0, "c000"),
        ("training", 0, "c001"),
        ("training", 1, "c000"),
        ("final", 0, 0),
        ("evaluation", "search", 0),
    ]
    assert len({derive(*purpose) for purpose in purposes}) == len(purposes)


def test_a_seed_is_half_of_the_first_eight_bytes_of_a_hash():
    # printf 'str:rewardsmith/str:training/int:0/str:c000' | sha256sum:
    # what a study began with must stay so.
    assert derive("training", 0, "c000") == 0x5093B613F25A0A00 // 2


def test_a_number_and_its_text_are_different_purposes():
    assert derive(1) != derive("1")


def test_training_and_held_out_environments_never_share_a_stream():
    seeds = list(range(50))
    training = set(environment_seeds("training", seeds, 256).tolist())
    heldout = set(environment_seeds("heldout", seeds, 256).tolist())
    assert len(training) == len(heldout) == 50 * 256
    assert not training & heldout


def test_equal_seeds_give_equal_environments():
    streams = environment_seeds("heldout", [7, 7], 4)
    assert streams[:4].tolist() == streams[4:].tolist()
