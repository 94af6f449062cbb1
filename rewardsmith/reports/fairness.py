"""On what terms studies were made, and whether these are equal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import is_dataclass, replace

from rewardsmith.capabilities import REPEATING
from rewardsmith.config import StudyConfig
from rewardsmith.consent import FREE
from rewardsmith.origins import Origin, origins
from rewardsmith.records import RunState
from rewardsmith.reports.advice import BASELINE
from rewardsmith.reports.models import ModelUse, in_words, models_used
from rewardsmith.study import Study

_ACCESS = ("key_variable", "key_file", "concurrency", "retries", "pause_s", "threads", "replay", "logprobs")
_NO_TERMS = frozenset(
    {
        "task",
        "strategy",
        "strategy_options",
        "feedback",
        "tell_goal",
        "fitness",
        "confirm",
        "tune",
        "start_policy",
        "start_share",
        "seed",
        "baselines",
        "training.slots",
        "training.overlap",
        "executor",
        "workers",
        "devices",
        *(f"llm.{n}" for n in _ACCESS),
    }
)
"""What is compared, or told of in words of its own, and what decides neither what a search finds
nor what it costs. All else in a config is a term, so that a new field is one without a word."""


def method(study: Study) -> str:
    """The name under which a study is compared: its strategy, with a preset behind a colon.

    Where a language model was told less than usual, or scores and policies are treated otherwise
    than usual, the name says so: then the comparison shows what that is worth.
    """
    config = study.config
    preset = config.strategy_options.get("preset")
    name = f"{config.strategy}:{preset}" if preset else config.strategy
    name += f" {config.fitness}" * (config.fitness != "score")
    name += f" confirm {config.confirm:g}" * (config.confirm > 0)
    name += f" tune {config.tune}" * (config.tune > 0)
    if config.start_policy != "scratch":
        name += f" from {config.start_policy}" + f" by {config.start_share:g}" * (config.start_share < 1)
    usual = replace(config, feedback=None, tell_goal="on").told
    if config.writer == FREE or config.told == usual:
        return name
    less, more = ([p for p in a if p not in b] for a, b in ((usual, config.told), (config.told, usual)))
    return name + "".join(f" {word} {'+'.join(p)}" for word, p in (("without", less), ("with", more)) if p)


def describe_terms(studies: Sequence[Study]) -> Iterator[str]:
    """One line per task, of its first study; :func:`find_faults` tells where others differ."""
    tasks = {study.config.task: study for study in reversed(studies)}
    for task in dict.fromkeys(study.config.task for study in studies):
        config = _config(tasks[task])
        steps = next((run.env_steps for run in tasks[task].runs if run.state == RunState.TRAINED), None)
        each = (
            "no training is at its end yet" if steps is None else f"{steps:,} environment steps per training"
        )
        fresh = (
            f"winners trained again on {config.final_seeds} fresh seed{'s' * (config.final_seeds != 1)} each"
        )
        if config.finalist_count > 1:
            seeds = f"{config.finalist_seeds} fresh seed{'s' * (config.finalist_seeds != 1)}"
            fresh = f"winners chosen among the best {config.finalist_count} by {seeds}, {fresh}"
        yield (
            f"{task}: {config.candidates} candidates per search, {each}, {config.episodes} held-out "
            "episodes per score, "
            f"{fresh}, writer {config.writer}"
        )


def describe_origins(studies: Sequence[Study]) -> Iterator[str]:
    """What simulated every task, and what its numbers are worth, of all its studies."""
    for task, known in _origins_by_task(studies).items():
        if versions := " / ".join(dict.fromkeys(origin.text for origin in known if origin.text)):
            yield f"{task}: simulated by {versions}"
        for words in dict.fromkeys(REPEATING[origin.repeats] for origin in known if origin.repeats != "bit"):
            yield f"{task}: {words}"
        for native in dict.fromkeys(origin.native for origin in known if origin.native):
            yield f"{task}: native is the suite's own reward: {native}"


def _origins_by_task(studies: Sequence[Study]) -> dict[str, list[Origin]]:
    found: dict[str, list[Origin]] = {}
    for study in studies:
        found.setdefault(study.config.task, []).extend(origins(study.store))
    return found


def find_faults(studies: Sequence[Study]) -> Iterator[str]:
    """Everything that makes the comparison unfair."""
    for task in dict.fromkeys(study.config.task for study in studies):
        own = [study for study in studies if study.config.task == task]
        used = {study: models_used(study.store.calls()) for study in own}
        different = list(_differences([_config(study) for study in own]))
        if not any(what.startswith("llm.") for what in different):
            different += _other_models(list(used.values()))
        for what in different:
            yield f"the studies of {task} are not on equal terms: they differ in {what}."
        for study, uses in used.items():
            if len(uses) > 1:
                yield (
                    f"{study.folder.name} was written by several language models, or under several "
                    f"settings: {in_words(uses)}."
                )
        versions = dict.fromkeys(origin.text for origin in _origins_by_task(own)[task])
        if len(versions) > 1:
            each = " / ".join(text or "unknown" for text in versions)
            yield f"{task} was simulated by different versions ({each}), with which scores may change."
        yield from _faulty_seeds(task, own)
        yield from _only_first_draws(task, own)
        for name in dict.fromkeys(map(method, own)):
            options = {str(study.config.strategy_options) for study in own if method(study) == name}
            if len(options) > 1:
                yield (
                    f"studies of {name} differ in strategy_options ({' / '.join(sorted(options))}), but "
                    "are taken for one method."
                )


def _config(study: Study) -> StudyConfig:
    """The config, with the candidates that a flag of ``resume`` allowed beyond it."""
    return replace(study.config, candidates=max(study.config.candidates, len(study.candidates)))


def _faulty_seeds(task: str, studies: Sequence[Study]) -> Iterator[str]:
    seeds = {
        name: sorted(s.config.seed for s in studies if method(s) == name)
        for name in dict.fromkeys(map(method, studies))
    }
    if len({tuple(dict.fromkeys(own)) for own in seeds.values()}) > 1:
        each = ", ".join(f"{name} {' '.join(map(str, dict.fromkeys(own)))}" for name, own in seeds.items())
        yield (
            f"the seeds on {task} are not the same for all ({each}), so some had other fresh seeds and "
            "episodes."
        )
    for name, own in seeds.items():
        if twice := sorted({seed for seed in own if own.count(seed) > 1}):
            yield (
                f"{name} ran more than once on {task} with seed {' '.join(map(str, twice))}; these are "
                "not independent repeats."
            )


def _only_first_draws(task: str, studies: Sequence[Study]) -> Iterator[str]:
    """Methods that never came to revise a program: they are random samples by another name."""
    for name in dict.fromkeys(method(study) for study in studies if study.config.strategy != BASELINE):
        candidates = [
            candidate for study in studies if method(study) == name for candidate in study.candidates
        ]
        if candidates and not any(candidate.parents for candidate in candidates):
            yield (
                f"{name} revised no program on {task}: its first draws filled its candidates, so its "
                "searches are random samples and say nothing of it."
            )


def _differences(configs: Sequence[StudyConfig]) -> Iterator[str]:
    """All terms that are not the same, with their values."""
    terms = [_terms(config) for config in configs]
    for name in dict.fromkeys(name for config in configs for name in _terms(config) if name not in _NO_TERMS):
        values = {str(own.get(name, "preset")) for own in terms}  # only settings of trainings can be left out
        if len(values) > 1 and any(_in_force(config, name) for config in configs):
            yield f"{name} ({' / '.join(sorted(values))})"


def _other_models(used: Sequence[Sequence[ModelUse]]) -> Iterator[str]:
    """What answered, where configs do not tell: environment or ``resume`` may name the model."""
    answered = {" and ".join(sorted({use.text for use in uses})) for uses in used if uses}
    if len(answered) > 1:
        yield f"the language model that answered ({' / '.join(sorted(answered))})"


def _terms(config: StudyConfig) -> dict[str, object]:
    """Every field by its name in a config file, with those of groups behind a dot."""
    terms: dict[str, object] = {}
    for name, value in vars(config).items():
        if is_dataclass(value):
            terms |= {f"{name}.{inner}": own for inner, own in vars(value).items()}
        elif name == "training":
            terms |= {f"{name}.{inner}": own for inner, own in config.training.items()}
        else:
            terms[name] = value
    return terms


def _in_force(config: StudyConfig, name: str) -> bool:
    """Whether a search reads a field at all."""
    group = name.partition(".")[0]
    used = {"race": config.racing != "off", "screen": config.screening != "off", "llm": config.writer != FREE}
    return used.get(group, True)
