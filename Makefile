# Every target does its own set-up: `make demo` and `make test` work on a fresh clone.
# Microsoft's own client listens on every address and wants the machine to itself.
PLAYGROUND = tests/bot/teams/test_playground.py
.PHONY: help setup demo test check format widget npm lock clean bench bench-timing soak fuzz faults

help:            ## this list
	@grep -hE '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup:           ## .venv from the lock file
	@.ci/setup run

demo: setup      ## real usage through Segue, on one page
	@.venv/bin/segue demo

test:            ## everything that is tested (installs a browser where there is none)
	@.ci/setup browser
	@set -a; . .venv/browser/env; .venv/bin/python -m pytest -n $${WORKERS:-3} --dist loadfile --no-loadscope-reorder \
	  --ignore $(PLAYGROUND)
	@set -a; . .venv/browser/env; .venv/bin/python -m pytest -x $(PLAYGROUND)

check:           ## format, lint, types, import rules, generated files
	@.ci/setup dev
	@.venv/bin/ruff format --check --quiet .
	@.venv/bin/ruff check --quiet .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-logo
	@.venv/bin/python -m segue.generated --check
	@.venv/bin/python -m tests.widget.build --check

format:          ## let ruff have its way
	@.ci/setup dev
	@.venv/bin/python -m segue.generated
	@.venv/bin/ruff format --quiet . && .venv/bin/ruff check --quiet --fix .

widget:          ## what vendors load, out of widget/v1
	@.ci/setup browser
	@.venv/bin/python -m tests.widget.build

npm:             ## the package segue-widget, packed into dist/
	@.ci/setup browser
	@.venv/bin/python -m tests.widget.npm

bench:           ## how fast it decides (a backtest, a daily pass over 100,000 accounts) and takes usage in
	@.ci/setup dev
	@.venv/bin/python -m bench.speed
	@.venv/bin/python -m bench.ingest
	@.venv/bin/python -m bench.slack
	@.venv/bin/python -m bench.streams

bench-timing: setup  ## how well timed the asks are on real usage (SEGUE_TIMING: where the benchmark is)
	@.venv/bin/python -m bench.timing --preset balanced

soak:            ## 10,000 account-years through the laws of restraint (YEARS=, JOBS=, SEED=)
	@.ci/setup dev
	@.venv/bin/python -m tests.engine.lives_soak --years $(or $(YEARS),10000) --jobs $(or $(JOBS),1) --seed $(or $(SEED),1)

fuzz:            ## ask whatever /schema allows, on both databases (EXAMPLES=, SEED=)
	@.ci/setup dev
	@.venv/bin/python -m tests.api.fuzz --examples $(or $(EXAMPLES),500) --seed $(or $(SEED),1)

faults:          ## kills, full disks, fail-over and wrong clocks under load: lost, doubled, told twice (ONLY=, SECONDS=)
	@.ci/setup dev
	@.venv/bin/python -m tests.faults --seconds $(or $(SECONDS),5) $(if $(ONLY),--only "$(ONLY)")

lock:            ## resolve the dependencies anew, for every platform and Python from 3.11
	@.ci/setup dev
	@.venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --all-extras pyproject.toml -o requirements.lock
	@.venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --all-extras --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean:           ## forget the environment and the demo's files
	@rm -rf .venv tests/node_modules .demo
