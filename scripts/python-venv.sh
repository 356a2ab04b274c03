#!/usr/bin/env bash
# Makes bench/.venv with the Python peers: PyTorch, numpy, safetensors, pyarrow, duckdb and polars, from the package index that pip is set to.
# Used by scripts/torch-reference*.py (recorded values) and by the benches; nothing in the package needs it.
set -euo pipefail
cd "$(dirname "$0")/.."
python3 -m venv bench/.venv
bench/.venv/bin/pip install --quiet torch numpy safetensors pyarrow duckdb polars
bench/.venv/bin/python -c 'import torch; print("torch", torch.__version__)'
