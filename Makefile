# Everything one types. `make` alone says what there is.
.DEFAULT_GOAL := help
.PHONY: help environment quickstart test config targets schema lock clean

PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready
# The environment's programs first: rules call `python`.
RUN := PATH="$(CURDIR)/$(VENV)/bin:$$PATH"
QUICK := results/quick

help:
	@echo "make quickstart          set up, run the quick profile (synthetic bumps and real digits), show its tables"
	@echo "make test                set up, run all tests"
	@echo "make config              print the resolved configuration and its number of runs; CONFIG=file.yaml overlays"
	@echo "make targets             list what snakemake can make: one target per table and figure"
	@echo "make environment         only set up: $(VENV), with the exact versions of envs/requirements.txt"
	@echo "make schema              write workflow/schemas/config.schema.json again, after a change to config.py"
	@echo "make lock                resolve envs/requirements.in into envs/requirements.txt again"
	@echo "make clean               remove $(QUICK)"

environment: $(READY)

$(READY): envs/requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
		|| { echo "error: Python 3.11 to 3.13 is needed, $$($(PYTHON) --version) found. Use: make PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	@echo "Installing about 6 GB of packages into $(VENV): some minutes"
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r envs/requirements.txt
	@touch $@

quickstart: $(READY)
	@$(RUN) snakemake --profile workflow/profiles/quick
	@echo && cat $(QUICK)/tables/*.md
	@echo && echo "Report, tables and figures: $(CURDIR)/$(QUICK)/report.html, $(QUICK)/tables, $(QUICK)/figures"
	@echo "This was a quick run: it shows that the pipeline works, and reproduces nothing of the paper."

test: $(READY)
	@$(RUN) ruff check workflow tests
	@$(RUN) ruff format --check workflow tests
	@$(RUN) snakefmt --check Snakefile workflow/rules
	@$(RUN) python -m pytest

config: $(READY)
	@$(RUN) python workflow/scripts/config.py $(CONFIG)

targets: $(READY)
	@$(RUN) snakemake --list-target-rules

schema: $(READY)
	@$(RUN) python workflow/scripts/config.py --write-schema workflow/schemas/config.schema.json

lock: $(READY)
	@$(RUN) uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url \
		envs/requirements.in -o envs/requirements.txt

clean:
	rm -rf $(QUICK)
