import torch

from rewardsmith_envs.random_streams import mix, uniform


def test_mix_is_the_finaliser_of_splitmix64():
    # First outputs of the reference generator with state 0: mix(golden), mix(2 * golden).
    golden = 0x9E3779B97F4A7C15 - 2**64
    first, second = mix(
        torch.tensor([golden, 2 * golden + 2**64 if 2 * golden < -(2**63) else 2 * golden])
    ).tolist()
    assert (first % 2**64, second % 2**64) == (0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4)


def test_streams_do_not_depend_on_their_neighbours():
    seeds, episodes = torch.tensor([5, 9, 13]), torch.tensor([0, 4, 2])
    together = uniform(seeds, episodes, 6)
    alone = torch.cat([uniform(seeds[n : n + 1], episodes[n : n + 1], 6) for n in range(3)])
    assert torch.equal(together, alone)


def test_more_numbers_do_not_change_the_first():
    one = torch.zeros(1, dtype=torch.int64)
    assert torch.equal(uniform(one, one, 8)[:, :3], uniform(one, one, 3))


def test_numbers_are_uniform_and_unrelated():
    draws = uniform(torch.arange(4000), torch.arange(4000) % 7, 5)
    assert float(draws.min()) >= 0.0
    assert float(draws.max()) < 1.0
    # Standard error of a mean of 4000 uniform numbers is 0.289 / 63 = 0.0046.
    assert (draws.mean(0) - 0.5).abs().max() < 0.02
    correlation = torch.corrcoef(draws.T) - torch.eye(5)
    assert correlation.abs().max() < 0.06


def test_episodes_differ():
    seed = torch.tensor([3, 3])
    draws = uniform(seed, torch.tensor([0, 1]), 4)
    assert not torch.equal(draws[0], draws[1])
