from collections import Counter

import pytest

from rewardsmith.records import Proposal
from rewardsmith_search.evolutionary import EvolutionaryOptions, EvolutionaryStrategy
from rewardsmith_search.islands import World
from tests.builders import trained
from tests.playing import Player


def revolve(seed: int = 0, **options: bool | int | float | str) -> Player:
    return Player(EvolutionaryStrategy(seed, 100_000, EvolutionaryOptions(**options)))


def world(strategy: Player) -> World:
    """What it knows."""
    assert isinstance(strategy.strategy, EvolutionaryStrategy)
    return strategy.strategy._memory


def generation(strategy: Player, scores: dict[int, float], start: int = 0) -> list[Proposal]:
    """Ask for a batch and tell it; who is not in ``scores`` failed."""
    proposals = strategy.ask(10_000)
    strategy.tell(*[trained(f"c{n:03d}", scores.get(n)) for n in range(start, start + len(proposals))])
    return proposals


def living(strategy: Player, islands: list[list[int]], fitness: dict[int, float], proposed: int) -> None:
    """Go on with these programs, after so many proposals that were all told."""
    assert isinstance(strategy.strategy, EvolutionaryStrategy)
    strategy.strategy._memory = World(islands, fitness, told=proposed)
    strategy.strategy._names = [f"c{number:03d}" for number in range(proposed)]
    strategy.proposed = proposed


def islands(strategy: Player) -> list[list[int]]:
    """Who lives where, once what was told is learned."""
    strategy.ask(1)
    return world(strategy).islands


def shares(strategy: Player) -> dict[str, float]:
    """How often each program is a parent in the next batch."""
    count = Counter(parent for proposal in strategy.ask(10_000) for parent in proposal.parents)
    return {parent: number / sum(count.values()) for parent, number in count.items()}


class TestSelection:
    """Two programs of fitness 0.2 and 0.9 on one island. Frequencies of 4000
    draws; three standard deviations are 0.023."""

    def bred(self, low: float = 0.2, high: float = 0.9, **options: float | str) -> dict[str, float]:
        strategy = revolve(0, islands=1, samples=4000, crossover=0.0, **options)
        generation(strategy, {0: low, 1: high})
        return shares(strategy)

    def test_raw_fitness_as_released(self):
        # e^0.9 / (e^0.2 + e^0.9) = 1 / (1 + e^-0.7) = 1 / 1.496585 = 0.668188
        assert self.bred(scale="raw")["c001"] == pytest.approx(0.668188, abs=0.025)

    @pytest.mark.parametrize(("low", "high"), [(0.2, 0.9), (-3000.0, -1.0), (1e-9, 2e-9)])
    def test_fitness_between_the_worst_and_the_best_that_live(self, low: float, high: float):
        # 0 and 1 whatever the unit: e / (e + 1) = 0.731059
        assert self.bred(low, high)["c001"] == pytest.approx(0.731059, abs=0.025)

    def test_temperature(self):
        # exp(1 / 0.5) = e^2: 7.389056 / 8.389056 = 0.880797
        assert self.bred(temperature_start=0.5, temperature_end=0.5)["c001"] == pytest.approx(
            0.880797, abs=0.025
        )

    def test_temperature_falls_with_the_generations(self):
        # Of 8000 candidates the second generation begins at half: 1 -
        # (1 - 0) * 4000/8000 = 0.5, as above.
        assert self.bred(temperature_end=0.0, horizon=8000)["c001"] == pytest.approx(0.880797, abs=0.025)

    def test_no_temperature_at_all_is_greedy(self):
        assert self.bred(temperature_start=0.0, temperature_end=0.0) == {"c001": 1.0}

    def test_islands_are_drawn_by_their_means(self):
        # Alone on their islands, 0.2 and 0.9 are drawn as the means of
        # their islands are: 0.731059 again.
        strategy = revolve(next(filter(self.apart, range(99))), islands=2, samples=4000, crossover=0.0)
        generation(strategy, {0: 0.2, 1: 0.9})
        assert shares(strategy)["c001"] == pytest.approx(0.731059, abs=0.025)

    def test_a_crowded_island_is_no_better_for_its_crowd(self):
        strategy = revolve(islands=2, samples=4, crossover=0.0, temperature_start=0.0, temperature_end=0.0)
        living(strategy, [[0, 1], [2]], {0: 0.6, 1: 0.6, 2: 0.9}, proposed=4)
        assert strategy.ask(4) == [Proposal("mutate", ("c002",))] * 4

    def test_the_temperature_is_one_for_a_generation(self):
        # The second one begins at half of the horizon, so 0.880797 as
        # above, although another quarter is spent.
        strategy = revolve(islands=1, samples=8000, crossover=0.0, temperature_end=0.0, horizon=16000)
        living(strategy, [[0, 1]], {0: 0.2, 1: 0.9}, proposed=12000)
        assert shares(strategy)["c001"] == pytest.approx(0.880797, abs=0.025)

    def apart(self, seed: int) -> bool:
        """Whether the first two programs are to live on different islands with this seed."""
        other = revolve(seed, islands=2, samples=4000, crossover=0.0)
        other.ask(10_000)
        homes = world(other).homes
        return homes[0] != homes[1]


class TestOperators:
    def test_a_copied_migrant_is_no_partner_for_itself(self):
        # By the first version's reset the best of an island may live on a second one, too.
        strategy = revolve(islands=2, samples=20, crossover=1.0, between_islands=True)
        living(strategy, [[0], [0]], {0: 0.5}, proposed=20)
        assert set(strategy.ask(100)) == {Proposal("mutate", ("c000",))}
        living(strategy, [[0], [0, 1]], {0: 0.5, 1: 0.5}, proposed=20)
        assert {tuple(sorted(proposal.parents)) for proposal in strategy.ask(100)} <= {
            ("c000", "c001"),
            ("c000",),
        }

    def test_the_first_generation_is_written_from_nothing(self):
        assert revolve(samples=5).ask(100) == [Proposal("initial")] * 5

    def test_all_of_it_is_written_from_nothing_whatever_is_known(self):
        strategy = revolve(samples=5, barrier=False)
        assert strategy.ask(2) + strategy.ask(1) == [Proposal("initial")] * 3
        strategy.tell(trained("c000", 0.5))
        assert strategy.ask(100) == [Proposal("initial")] * 2

    def test_it_is_repeated_as_long_as_all_fail(self):
        strategy = revolve(samples=5)
        for number in range(3):
            assert generation(strategy, {}, 5 * number) == [Proposal("initial")] * 5

    def test_all_of_it_is_kept_whatever_its_fitness(self):
        strategy = revolve(islands=1, samples=12, capacity=8)
        generation(strategy, {n: n / 10 for n in range(12)})
        assert islands(strategy) == [list(range(12))]

    def test_half_are_crossovers_of_two_and_half_mutations_of_one(self):
        strategy = revolve(islands=1, samples=4000)
        generation(strategy, {0: 0.1, 1: 0.2, 2: 0.3})
        count = Counter((p.operator, len(p.parents), len(set(p.parents))) for p in strategy.ask(10_000))
        assert set(count) == {("crossover", 2, 2), ("mutate", 1, 1)}
        assert count[("crossover", 2, 2)] / 4000 == pytest.approx(0.5, abs=0.025)

    def test_two_are_enough_for_a_crossover(self):
        strategy = revolve(islands=1, samples=4, crossover=1.0)
        generation(strategy, {1: 0.5, 2: 0.5})
        assert {(p.operator, *sorted(p.parents)) for p in strategy.ask(100)} == {
            ("crossover", "c001", "c002")
        }

    def test_a_crossover_takes_an_island_that_has_two(self):
        strategy = revolve(islands=2, samples=20, crossover=1.0)
        living(strategy, [[0], [1, 2]], {0: 0.9, 1: 0.5, 2: 0.5}, proposed=20)
        assert {(p.operator, *sorted(p.parents)) for p in strategy.ask(20)} == {("crossover", "c001", "c002")}

    @pytest.mark.parametrize("between_islands", [False, True])
    def test_a_crossover_without_two_parents_is_a_mutation(self, between_islands: bool):
        strategy = revolve(islands=3, samples=4, crossover=1.0, between_islands=between_islands)
        generation(strategy, {2: 0.5})
        assert strategy.ask(100) == [Proposal("mutate", ("c002",))] * 4

    def test_parents_live_on_one_island(self):
        strategy = revolve(islands=4, samples=40, crossover=1.0)
        generation(strategy, {n: n / 40 for n in range(40)})
        proposals = strategy.ask(1000)
        homes = {f"c{n:03d}": home for home, island in enumerate(world(strategy).islands) for n in island}
        assert {len({homes[parent] for parent in p.parents}) for p in proposals} == {1}

    def test_in_the_first_version_they_live_on_two_and_the_child_on_the_weaker(self):
        strategy = revolve(preset="paper", islands=4, samples=40, crossover=1.0)
        generation(strategy, {n: n / 40 for n in range(40)})
        proposals = strategy.ask(1000)
        after = world(strategy)
        homes = {n: home for home, island in enumerate(after.islands) for n in island}
        mean = {
            home: sum(after.fitness[n] for n in island) / len(island)
            for home, island in enumerate(after.islands)
            if island
        }
        for proposal, (home, _) in zip(proposals, after.homes.values(), strict=True):
            first, second = (homes[int(parent[1:])] for parent in proposal.parents)
            assert first != second
            assert home == min(first, second, key=mean.__getitem__)


class TestGenerations:
    def test_a_child_below_the_mean_of_its_island_is_not_kept(self):
        strategy = revolve(islands=1, samples=2, migration=0.0)
        generation(strategy, {0: 0.2, 1: 0.6})
        generation(strategy, {2: 0.39, 3: 0.4}, start=2)  # the mean is 0.4
        assert islands(strategy) == [[0, 1, 3]]

    def test_no_migration_after_the_first_generation(self):
        strategy = revolve(islands=2, samples=20, migration=1.0)
        generation(strategy, {n: n / 20 for n in range(20)})
        assert sorted(n for island in islands(strategy) for n in island) == list(range(20))

    def test_migration_after_each_of_the_others(self):
        strategy = revolve(islands=2, samples=20, migration=1.0)
        generation(strategy, {n: n / 20 for n in range(20)})
        generation(strategy, {}, start=20)
        assert sorted(map(len, islands(strategy)))[0] == 2, "the weaker one: its champion and a migrant"

    def test_without_a_barrier_children_come_from_whoever_lives_now(self):
        strategy = revolve(islands=1, samples=4, crossover=0.0, barrier=False)
        assert strategy.ask(4) == [Proposal("initial")] * 4
        assert strategy.ask(1) == [], "nobody lives yet"
        strategy.tell(trained("c003", 0.5))
        assert strategy.ask(1) == [Proposal("mutate", ("c003",))]

    def test_without_a_barrier_the_rest_of_a_generation_is_bred_when_it_is_asked_for(self):
        strategy = revolve(
            islands=1, samples=4, crossover=0.0, temperature_start=0.0, temperature_end=0.0, barrier=False
        )
        strategy.ask(4)
        strategy.tell(trained("c003", 0.5))
        assert strategy.ask(1) == [Proposal("mutate", ("c003",))]
        strategy.tell(trained("c000", 0.9))
        assert strategy.ask(100) == [Proposal("mutate", ("c000",))] * 3

    def migrated(self, seed: int, **options: float | str) -> tuple[list[list[int]], list[int]]:
        """Islands and whose fitness is known, after one more generation of one failure,
        with 0.9, 0.5 and 0.1 on one island of two."""
        strategy = revolve(seed, islands=2, samples=1, migration=1.0, **options)
        living(strategy, [[0, 1, 2], [3]], {0: 0.9, 1: 0.5, 2: 0.1, 3: 0.1}, proposed=4)
        strategy.ask(1)
        strategy.tell(trained("c004", None))
        strategy.ask(1)
        return world(strategy).islands, list(world(strategy).fitness)

    def test_migrants_are_drawn_at_a_temperature_of_one(self):
        # 0.5 and 0.1 are 0.5 and 0 of the range: e^0.5 / (e^0.5 + 1) = 0.622459;
        # three standard deviations of 2000 are 0.033.
        drawn = [self.migrated(seed, temperature_start=9.0)[0][1] for seed in range(2000)]
        assert drawn.count([1, 3]) / 2000 == pytest.approx(0.622459, abs=0.033)

    def test_the_dead_leave_nothing_behind(self):
        assert self.migrated(0, reset="empty") == ([[0, 1, 2], [0]], [0, 1, 2])
        strategy = revolve(islands=1, samples=2, capacity=2, migration=0.0)
        generation(strategy, {0: 0.2, 1: 0.6})
        generation(strategy, {2: 0.1, 3: 0.7}, start=2)
        strategy.ask(1)
        assert world(strategy).fitness == {1: 0.6, 3: 0.7}
