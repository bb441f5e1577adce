# All commands of the project. `make` without a target lists them.
.DEFAULT_GOAL := help
.PHONY: help environment quickstart lint test test-all test-envs test-slurm test-kubernetes test-gpu test-report browser cluster kubernetes \
	speed speed-features speed-precision coverage audit config targets plan fetch keep redraw rename schema docs lock clean set-up ready
# `make environment cluster`: the first before the second.
.NOTPARALLEL:

PYTHON ?= python3
VENV := .venv
PEERS := .venv-peers
DOCS := .venv-docs
AUDIT := .venv-audit
# The others depend on requirements, which therefore come first.
LOCKS := requirements $(filter-out requirements,$(basename $(notdir $(wildcard envs/*.in))))
# What installs the packages: pip, or uv, which is faster and has to be on the PATH.
INSTALLER := pip
ENVIRONMENT := $(PYTHON) envs/environment.py --installer "$(INSTALLER)"
# An index of PyTorch's CPU build, which takes 4 GB less. Empty: the build of the lock. Tried with stand-ins only.
TORCH_INDEX :=
# What JAX computes on, as in config.yaml.
ACCELERATOR := cpu
# Rules call `python`, so the programs of the environment come first on the PATH. The PYTHONPATH of the shell would add
# other packages, so it is removed. PYTHONSAFEPATH would hide the package that lies beside the commands. The variables
# of make are removed because a test may start a make of its own.
RUN := env -u PYTHONPATH -u PYTHONHOME -u PYTHONSAFEPATH -u MAKEFLAGS -u MAKELEVEL -u MFLAGS PATH="$(CURDIR)/$(VENV)/bin:$$PATH"
QUICK := results/quick
# Tests run in so many processes, a file at a time. Each takes 3 GB of memory.
WORKERS := 2
IN_PARALLEL := --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder
# Paths that a user names reach commands as they are: neither make nor the shell looks for variables or spaces in them.
override DEST := $(value DEST)
override FROM := $(value FROM)
override PROFILE := $(value PROFILE)
override REPORT := $(value REPORT)
export DEST FROM PROFILE REPORT
# What decides the configuration, as options of Snakemake: PROFILE, and lists of files and of key=value.
CONFIGURATION = $(if $(PROFILE),--profile "$$PROFILE") $(if $(CONFIG),--configfile $(CONFIG)) $(if $(SET),--config $(SET))

help:
	@echo "Use"
	@echo "  make quickstart          install everything, train briefly on bumps and real digits, show the tables (10 to 20 minutes)"
	@echo "  make environment         only install: the exact packages of envs/requirements.txt into $(VENV), 6 GB (3 to 15 minutes)"
	@echo "                           ACCELERATOR=cuda or ACCELERATOR=tpu adds JAX for GPUs or TPUs;"
	@echo "                           TORCH_INDEX=address uses PyTorch's smaller build for CPUs;"
	@echo "                           INSTALLER=uv installs with uv instead of pip, if you have it, which is much faster"
	@echo "  make fetch DEST=folder   download data sets and weights into a folder, for machines without internet (*)"
	@echo "  make keep DEST=folder    copy tables, figures, claims and scores, without data and models; FROM=results/NAME"
	@echo "  make redraw FROM=folder  make tables, figures, claims and report again from such a folder, without training (1 minute)"
	@echo "  make rename FROM=folder  give runs of a version before 0.2 (with commas in their names) today's names; trains nothing"
	@echo "  make cluster             add Snakemake's plug-ins for Slurm and other queues to $(VENV)"
	@echo "  make kubernetes          add Snakemake's plug-ins for Kubernetes and S3 to $(VENV)"
	@echo "  make clean               remove $(QUICK)"
	@echo
	@echo "Look (takes seconds and makes nothing)"
	@echo "  make config              print the whole configuration and its number of runs (*)"
	@echo "  make targets             list everything that snakemake can make, and how many trainings it needs (*)"
	@echo "  make plan                estimate the time and disk space of a run; TARGET=name for one target (*)"
	@echo
	@echo "Develop"
	@echo "  make lint                check the style and the types, without running any test (seconds)"
	@echo "  make test                run lint and the unit tests, some of which plan the workflow; WORKERS=$(WORKERS) processes"
	@echo "  make test-all            also run the workflow from end to end, fill disks and kill trainings, as CI does"
	@echo "  make coverage            run the unit tests, and list the lines and branches of the code that none of them runs"
	@echo "  make test-envs           run every rule in its own environment, with a program that imitates conda (8 GB, once)"
	@echo "  make test-report         open a report in a real browser, if Chromium is installed; REPORT=results/report.html for yours"
	@echo "  make test-slurm          run the workflow on a real Slurm with five nodes on this machine; after tests/slurm/cluster.sh install (10 minutes)"
	@echo "  make test-kubernetes     score one run as on Kubernetes, with programs that imitate its API and S3"
	@echo "  make test-gpu            compare what a GPU computes with the CPU, and print step times (10 minutes); says if there is none"
	@echo "  make speed               compare the time of a training step with the published packages, installed into $(PEERS)"
	@echo "  make speed-features      compare the time of features and of FID with the usual ways, and bfloat16 with float32"
	@echo "  make speed-precision     compare the time of a training step in bfloat16 and in float32 on this processor"
	@echo "  make audit               ask the Python Package Index for known security faults of the packages in envs/*.txt"
	@echo "  make schema              write workflow/schemas/config.schema.json again, after a change of the configuration's keys"
	@echo "  make docs                build the documentation site in site/, in its own environment $(DOCS) (2 minutes, once)"
	@echo "  make lock                write the exact versions of envs/*.in into envs/*.txt; UPGRADE=--upgrade raises versions"
	@echo
	@echo "(*) uses the configuration that snakemake has with the same options: PROFILE=workflow/profiles/NAME (--profile),"
	@echo "    CONFIG='one.yaml other.yaml' (--configfile, which replaces the profile's own file), SET='key=value' (--config)"

# The only target that replaces the environment. All others build it where there is none (`set-up`), or only ask (`ready`).
environment:
	$(if $(filter-out cpu cuda tpu,$(ACCELERATOR)),$(error ACCELERATOR is cpu, cuda or tpu))
	@$(ENVIRONMENT) build $(VENV) envs/requirements.txt --torch-index "$(TORCH_INDEX)"
	@$(if $(filter-out cpu,$(ACCELERATOR)),$(ENVIRONMENT) add $(VENV) envs/$(ACCELERATOR).txt)

set-up:
	@$(ENVIRONMENT) ensure $(VENV) envs/requirements.txt --torch-index "$(TORCH_INDEX)"

ready:
	@$(ENVIRONMENT) check $(VENV) envs/requirements.txt

quickstart: set-up
	@$(RUN) snakemake --profile workflow/profiles/quick
	@$(RUN) python workflow/scripts/show.py $(QUICK)
	@echo "This was a quick run. It shows that the pipeline works. Its numbers say nothing about the paper."

# The checks that read the code without running it.
lint: set-up
	@$(RUN) ruff check workflow tests envs docs
	@$(RUN) ruff format --check workflow tests envs docs
	@$(RUN) snakefmt --check Snakefile workflow/rules
	@$(RUN) pyrefly check --summary=none

test: lint
	@$(RUN) python -m pytest $(IN_PARALLEL) -m "not slow" tests/unit

test-all: lint
	@$(RUN) python -m pytest $(IN_PARALLEL)

coverage: ready
	@$(ENVIRONMENT) add $(VENV) envs/coverage.txt
	@rm -rf .coverage
	@$(RUN) python -m coverage run -m pytest $(IN_PARALLEL) -m "not slow" tests/unit
	@$(RUN) python -m coverage combine --quiet
	@$(RUN) python -m coverage report

test-envs: ready
	@$(RUN) python -m pytest tests/environments

browser cluster kubernetes: ready
	@$(ENVIRONMENT) add $(VENV) envs/$@.txt

test-slurm: cluster
	@$(RUN) python -m pytest tests/slurm

test-report: browser
	@$(RUN) python -m pytest tests/report -rs

# JAX takes the GPU that it finds, and leaves memory to the processes that the tests start.
test-gpu: ready
	@$(RUN) JAX_PLATFORMS= XLA_PYTHON_CLIENT_PREALLOCATE=false python -m pytest tests/gpu tests/unit/test_truncation.py -rs

test-kubernetes: kubernetes
	@$(RUN) python -m pytest tests/kubernetes

speed: ready
	@$(ENVIRONMENT) build $(PEERS) envs/peers.txt
	@$(RUN) python tests/speed/compare.py --peers $(PEERS)/bin/python

speed-features: ready
	@$(RUN) python tests/speed/features.py

speed-precision: ready
	@$(RUN) python tests/speed/precision.py

config: ready
	@$(RUN) python workflow/scripts/config.py $(CONFIGURATION)

targets: ready
	@$(RUN) python workflow/scripts/targets.py $(CONFIGURATION)

plan: ready
	@$(RUN) python workflow/scripts/plan.py $(TARGET) $(CONFIGURATION)

fetch: ready
	@test -n "$$DEST" || { echo "error: name the folder to fill: make fetch DEST=folder"; exit 1; }
	@$(RUN) python workflow/scripts/fetch.py "$$DEST" $(CONFIGURATION)

keep: ready
	@test -n "$$DEST" || { echo "error: name the folder to copy to: make keep DEST=folder"; exit 1; }
	@$(RUN) python workflow/scripts/keep.py "$${FROM:-results}" "$$DEST"

redraw: ready
	@test -n "$$FROM" || { echo "error: name the folder of results: make redraw FROM=docs/example-report"; exit 1; }
	@$(RUN) python workflow/scripts/redraw.py "$$FROM"

rename: ready
	@$(RUN) python workflow/scripts/rename.py "$${FROM:-results}"

schema: ready
	@$(RUN) python workflow/scripts/config.py --write-schema workflow/schemas/config.schema.json

# A link or a page that does not exist is an error.
docs:
	@$(ENVIRONMENT) build $(DOCS) envs/docs.txt
	@env -u PYTHONPATH -u PYTHONHOME $(DOCS)/bin/python -m sphinx --fail-on-warning --keep-going --quiet docs site
	@echo "The documentation: $(CURDIR)/site/index.html"

# A package about which nothing can be learnt is an error. Versions for other systems or Pythons are not asked about.
audit:
	@$(ENVIRONMENT) build $(AUDIT) envs/audit.txt
	@found=; for lock in $(LOCKS); do \
		echo "envs/$$lock.txt"; \
		env -u PYTHONPATH -u PYTHONHOME $(AUDIT)/bin/python -m pip_audit --strict --progress-spinner off \
			--require-hashes --disable-pip --requirement envs/$$lock.txt || found=1; \
	done; test -z "$$found"

# Not `ready`: between two changes of envs/*.in the environment may well be of the lock before.
lock:
	@test -x $(VENV)/bin/uv || { echo "error: uv is missing in $(VENV). Type: make environment"; exit 1; }
	@for lock in $(LOCKS); do \
		$(RUN) uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
			--no-emit-index-url $(UPGRADE) envs/$$lock.in -o envs/$$lock.txt || exit 1; \
	done

clean:
	rm -rf $(QUICK)
