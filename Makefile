# Everything runs in .venv, made on first use. Once installed, nothing here needs a network.
PYTHON ?= $(firstword $(foreach p,python3.11 python3.12 python3.13 python3,$(shell command -v $(p) 2>/dev/null)))
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

TESTS := $(BIN)/python -m pytest --numprocesses 2 --dist loadfile

.PHONY: demo demo-model test test-slow test-all test-suites lint package bench starts pictures clean

demo: .venv/.runtime  ## a small reward search, 1 to 2 minutes on two cores
	$(BIN)/rewardsmith search franka-reach --strategy eureka --writer grammar --candidates 12 --seed 0 --training.env-steps 100000

demo-model: .venv/.runtime  ## rewards that a frontier model wrote, trained here: about 2 minutes on two cores
	@echo "recorded: the model's four replies. Made here: checking, training and scoring of what it wrote."
	$(BIN)/rewardsmith search franka-push --strategy eureka --writer replay --from results/real-model/push-eureka-0 \
	  --candidates 4 --finalists 1 --final-seeds 0 --no-baselines --training.env-steps 400000

test: .venv/.dev  ## what finds most faults per minute
	@echo "about 6 minutes on two quiet cores"
	$(TESTS) -m "not slow and not gpu and not fuzz and not suites"

test-slow: .venv/.dev  ## the others
	@echo "about 15 minutes on two quiet cores"
	$(TESTS) -m "slow and not gpu and not fuzz and not suites"

test-all: test test-slow

test-suites: .venv/.dev  ## ready tasks of the suites that are installed (`rewardsmith suites`)
	@echo "about 2 minutes for each of the tasks"
	$(BIN)/python -m pytest -m suites tests/suites

lint: .venv/.dev  ## style, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports --no-logo

package: .venv/.dev  ## wheel and sdist, each installed outside the checkout and tried
	$(BIN)/python tests/package_smoke.py

bench: .venv/.runtime  ## throughput of this machine
	$(BIN)/rewardsmith bench

starts: .venv/.runtime  ## envs/rewardsmith_envs/tasks/starts.json, where the episodes of all tasks start
	$(BIN)/python -m rewardsmith_envs.starts

pictures: .venv/.dev  ## docs/tasks/*.png, all of them or TASKS="ant cartpole"
	for task in $${TASKS:-$$($(BIN)/python -c 'from rewardsmith.registry import TASKS; print(*TASKS.names())')}; do \
	  $(BIN)/rewardsmith render $$task --policy zero --width 480 --height 360 --out docs/tasks/$$task.png || exit 1; done

clean:
	rm -rf .venv

.venv/.torch: constraints.txt
	$(PYTHON) -m venv .venv
	$(PIP) install --constraint constraints.txt torch
	touch $@

.venv/.runtime: .venv/.torch pyproject.toml
	$(PIP) install --constraint constraints.txt --editable .
	touch $@

.venv/.dev: .venv/.torch pyproject.toml
	$(PIP) install --constraint constraints.txt --editable ".[dev]"
	touch .venv/.runtime $@
