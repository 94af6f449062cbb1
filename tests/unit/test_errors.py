from rewardsmith.errors import NothingTrainedError, RewardsmithError, UsageError, unknown_name


def test_unknown_name_lists_what_is_allowed_and_the_closest():
    error = unknown_name("task", "franka-rech", ["franka-push", "franka-reach"])
    assert (
        str(error)
        == "unknown task 'franka-rech'. Did you mean 'franka-reach'? Allowed: franka-push, franka-reach."
    )


def test_unknown_name_does_not_guess_wildly():
    assert "Did you mean" not in str(unknown_name("task", "zzz", ["franka-push"]))


def test_exit_codes_follow_the_design():
    assert (RewardsmithError.exit_code, UsageError.exit_code, NothingTrainedError.exit_code) == (1, 2, 3)


def test_a_wrong_name_and_a_long_list_are_not_repeated_whole():
    error = str(unknown_name("candidate", "\x1b" + "x" * 10**6, [f"c{n:05d}" for n in range(10_000)]))
    assert len(error) < 2000
    assert "c00099 and 9900 more." in error
