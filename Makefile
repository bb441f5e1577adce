# Everything one types. `make` alone says what there is.
.DEFAULT_GOAL := help
.PHONY: help environment quickstart test test-envs test-slurm test-kubernetes cluster kubernetes speed speed-features \
	config targets plan fetch keep schema lock clean

PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready
PEERS := .venv-peers
# The environment's programs first: rules call `python`.
RUN := PATH="$(CURDIR)/$(VENV)/bin:$$PATH"
QUICK := results/quick
# What decides the configuration, as options of Snakemake: PROFILE, and lists of files and of key=value.
CONFIGURATION = $(if $(PROFILE),--profile "$(PROFILE)") $(if $(CONFIG),--configfile $(CONFIG)) $(if $(SET),--config $(SET))

help:
	@echo "make quickstart          set up, run the quick profile (synthetic bumps and real digits), show its tables"
	@echo "make test                set up, run all tests"
	@echo "make test-envs           run every rule in an environment of its own, through a stand-in for conda; 8 GB, once"
	@echo "make test-slurm          run the workflow on a real Slurm cluster of five nodes on this machine; root, Debian"
	@echo "make test-kubernetes     run one training as on Kubernetes, over stand-ins for its API and for S3"
	@echo "make speed               time a training step against the published packages', which it installs into $(PEERS)"
	@echo "make speed-features      time features and the Frechet distance against the usual ways; measure what bfloat16 does to FID"
	@echo "make config              print the resolved configuration and its number of runs (*)"
	@echo "make targets             list what snakemake can make, and how many trainings it needs (*)"
	@echo "make plan                say what a run would cost; TARGET=name (*)"
	@echo "make fetch DEST=folder   fill a mirror for machines without internet: data sets, weights, checksums (*)"
	@echo "make keep DEST=folder    copy tables, figures, claims and scores, without data and models; FROM=results/NAME"
	@echo "make cluster             add Snakemake's plug-ins for Slurm and other queues to $(VENV); only for their users"
	@echo "make kubernetes          add Snakemake's plug-ins for Kubernetes and S3 to $(VENV); only for their users"
	@echo "make environment         only set up: $(VENV), with the exact versions of envs/requirements.txt"
	@echo "make schema              write workflow/schemas/config.schema.json again, after a change to config.py"
	@echo "make lock                resolve envs/*.in into the exact versions of envs/*.txt again"
	@echo "make clean               remove $(QUICK)"
	@echo
	@echo "(*) of the configuration that snakemake has with the same options: PROFILE=workflow/profiles/NAME (--profile),"
	@echo "    CONFIG='one.yaml other.yaml' (--configfile, which replaces the profile's own file), SET='key=value' (--config)"

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

test-envs: $(READY)
	@$(RUN) python -m pytest tests/environments

cluster kubernetes: %: $(VENV)/.%

$(VENV)/.cluster $(VENV)/.kubernetes: $(VENV)/.%: envs/%.txt $(READY)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

test-slurm: $(VENV)/.cluster
	@$(RUN) python -m pytest tests/slurm

test-kubernetes: $(VENV)/.kubernetes
	@$(RUN) python -m pytest tests/kubernetes

$(PEERS)/.ready: envs/peers.txt $(READY)
	$(PYTHON) -m venv --clear $(PEERS)
	@echo "Installing the published packages into $(PEERS), about 6 GB: some minutes"
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check -r envs/peers.txt
	@touch $@

speed: $(PEERS)/.ready
	@$(RUN) python tests/speed/compare.py --peers $(PEERS)/bin/python

speed-features: $(READY)
	@$(RUN) python tests/speed/features.py

config: $(READY)
	@$(RUN) python workflow/scripts/config.py $(CONFIGURATION)

targets: $(READY)
	@$(RUN) python workflow/scripts/targets.py $(CONFIGURATION)

plan: $(READY)
	@$(RUN) python workflow/scripts/plan.py $(TARGET) $(CONFIGURATION)

fetch: $(READY)
	@test -n "$(DEST)" || { echo "error: name the folder to fill: make fetch DEST=folder"; exit 1; }
	@$(RUN) python workflow/scripts/fetch.py $(DEST) $(CONFIGURATION)

keep: $(READY)
	@test -n "$(DEST)" || { echo "error: name the folder to copy to: make keep DEST=folder"; exit 1; }
	@$(RUN) python workflow/scripts/keep.py $(or $(FROM),results) $(DEST)

schema: $(READY)
	@$(RUN) python workflow/scripts/config.py --write-schema workflow/schemas/config.schema.json

lock: $(READY)
	@for lock in requirements peers cluster kubernetes; do \
		$(RUN) uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url \
			envs/$$lock.in -o envs/$$lock.txt || exit 1; \
	done

clean:
	rm -rf $(QUICK)
