# Two commands do everything on a machine with Python (3.10 or newer) and make:
#   make demo   makes .venv, installs ludus there and runs the whole path once; writes demo/report.html
#   make test   the same .venv with what the tests need, then the tests
# Both can be run again at any time; what is already there is kept.

PYTHON ?= python3
# Two processes run the tests, each whole files; JOBS= runs them in one.
JOBS ?= -n 2 --dist loadfile
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps

export NUMBA_CACHE_DIR ?= $(CURDIR)/.cache/numba
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# An editable install of a package that is the repository's root warns of folders with the package's name; there is none.
PIP := PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet

.PHONY: help demo test lint types check bench peers browser clean

help:
	@sed -n '1,4p' Makefile
	@echo '#   make lint, make types   ruff; mypy        make check  lint, types and tests'
	@echo '#   make bench              every benchmark   make peers  venvs of the peers that do not install together'

$(VENV)/bin/python:
	@echo "making the virtual environment $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "ludus needs Python 3.10 or newer, got " + sys.version.split()[0])'
	@$(PYTHON) -m venv $(VENV)

$(STAMPS)/demo: pyproject.toml | $(VENV)/bin/python
	@echo "installing ludus and its plots into $(VENV) (this takes a minute the first time)"
	@$(PIP) --editable '.[plots]'
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/test: pyproject.toml | $(VENV)/bin/python
	@echo "installing ludus with its test extras into $(VENV) (this takes some minutes the first time)"
	@$(PIP) --editable '.[test]'
	@mkdir -p $(STAMPS) && touch $@ $(STAMPS)/demo

demo: $(STAMPS)/demo
	@$(BIN)/python examples/demo.py

test: $(STAMPS)/test browser
	@$(BIN)/python -m pytest $(JOBS) $(ARGS)

# The report's page is tested in a real browser. Debian's chromium is installed if this user may; otherwise say how.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	  { echo "installing chromium for the test of the report's page"; \
	    { apt-get -qq update && apt-get -qq install -y chromium >/dev/null; } || \
	    echo "chromium could not be installed: install it, or set LUDUS_BROWSER to a Chromium's path"; }

lint: $(STAMPS)/test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

# The repository's root is the package `ludus`; a link gives mypy the name.
types: $(STAMPS)/test
	@mkdir -p .cache/types && ln -sfn ../.. .cache/types/ludus
	@MYPYPATH=.cache/types $(BIN)/mypy --cache-dir .cache/mypy -m ludus.cli -m ludus.testing -m ludus.progress -p ludus.games \
	  -p ludus.solvers -p ludus.marl -p ludus.population -p ludus.ratings -p ludus.report

check: lint types test

$(STAMPS)/bench: $(STAMPS)/test
	@echo "installing the peers of the benchmarks into $(VENV) (make peers has those that need an environment of their own)"
	@$(PIP) --editable '.[bench]'
	@touch $@

bench: $(STAMPS)/bench
	@for suite in startup trees solvers dynamics exact sampling matrix league envs ratings; do $(BIN)/python -m benchmarks.$$suite $(ARGS) || exit 1; done

clean:
	rm -rf $(VENV) .cache build *.egg-info demo

# Peers that do not install beside ours have environments of their own under .peers.
peers: .peers/liteefg/bin/python .peers/jaxmarl/bin/python .peers/openspiel/bin/python

.peers/liteefg/bin/python:
	@echo "installing LiteEFG into .peers/liteefg"
	@$(PYTHON) -m venv .peers/liteefg
	@.peers/liteefg/bin/python -m pip install --quiet 'LiteEFG==1.0.0' || { rm -rf .peers/liteefg; exit 1; }

.peers/jaxmarl/bin/python:
	@echo "installing JaxMARL into .peers/jaxmarl"
	@$(PYTHON) -m venv .peers/jaxmarl
	@.peers/jaxmarl/bin/python -m pip install --quiet 'jaxmarl==0.2.0' || { rm -rf .peers/jaxmarl; exit 1; }

# OpenSpiel's psro_v2 imports these, which are no part of its installation.
.peers/openspiel/bin/python:
	@echo "installing OpenSpiel with what its psro_v2 imports into .peers/openspiel"
	@$(PYTHON) -m venv .peers/openspiel
	@.peers/openspiel/bin/python -m pip install --quiet 'open_spiel>=2.0' cvxpy ecos matplotlib networkx || { rm -rf .peers/openspiel; exit 1; }
