# Two commands are enough: `make run` and `make test`. Both set everything up first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready

.PHONY: setup run day test lint gates bench docs lock clean help deb

help:
	@echo "make run    set up and start the kiosk (windows with a display, a headless day without)"
	@echo "make test   set up, lint, types, import rules, tests"
	@echo "make day    a whole scripted day of OFFICE=tempeh, then its windows"
	@echo "make gates  the long tests, then the table of the eighteen promises"
	@echo "make docs   the documentation as web pages, without a network: var/docs/index.html"
	@echo "make deb    the Linux package with everything inside: var/deb/*.deb"
	@echo "make bench  every benchmark as a ratio"

setup: $(STAMP)

$(STAMP): requirements/dev.txt requirements/peers.txt requirements/net.txt tests/contract/tus_peers/package-lock.json pyproject.toml tools/setup.sh
	@PYTHON="$(PYTHON)" VENV="$(VENV)" sh tools/setup.sh
	@touch $@

run: setup
	@$(BIN)/python tools/run.py

# one whole scripted day of OFFICE, then the windows on what it left (no display: the results alone)
OFFICE ?= tempeh
day: setup
	@$(BIN)/ktpel-kiosk demo --day --office $(OFFICE) --out var/day/$(OFFICE)
	@[ -z "$$DISPLAY$$WAYLAND_DISPLAY" ] || $(BIN)/ktpel-kiosk run --office $(OFFICE) --data var/day/$(OFFICE)/kantor

lint: setup
	@$(BIN)/ruff check src tests tools benchmarks migrations
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

# three workers on two cores: a worker waits for half of its time (other processes, disks, timers)
test: lint
	@$(BIN)/python -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder

gates: setup
	@PYTHON="$(PYTHON)" VENV="$(VENV)" sh tools/setup_gates.sh
	@$(BIN)/python tools/gates.py

# the documentation as web pages that need no network: var/docs/index.html
docs: setup
	@$(BIN)/python tools/docs_site.py --out var/docs

bench: setup
	@$(BIN)/python benchmarks/run.py

lock:
	uv pip compile --universal --python-version 3.11 --extra dev --generate-hashes --no-emit-index-url --no-emit-find-links -q -o requirements/dev.txt pyproject.toml
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links -q -o requirements/peers.txt requirements/peers.in
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links -q -o requirements/net.txt requirements/net.in
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links -q -o requirements/s3.txt requirements/s3.in
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links -q -o requirements/freeze.txt requirements/freeze.in
	uv pip compile --universal --python-version 3.11 --no-deps --generate-hashes --no-emit-index-url --no-emit-find-links -q -o requirements/models.txt requirements/models.in

clean:
	rm -rf $(VENV) $(VENV)-s3 $(VENV)-peers $(VENV)-net $(VENV)-node .mypy_cache .ruff_cache .pytest_cache .hypothesis var

# the Linux package, everything inside: var/deb/*.deb
deb: setup
	@$(BIN)/python tools/deb.py
