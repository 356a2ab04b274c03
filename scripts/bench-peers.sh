#!/usr/bin/env bash
# Installs the npm peers of the benches under bench/peers (not kept in git) and exports the benches' models to ONNX there, with the Python of
# scripts/python-venv.sh. The benches leave out by name what is not there.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p bench/peers/onnx
[ -f bench/peers/package.json ] || echo '{ "private": true }' > bench/peers/package.json
npm install --prefix bench/peers --ignore-scripts --no-audit --no-fund --no-save \
  @tensorflow/tfjs@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0 onnxruntime-node arquero@8.0.0
if [ -x bench/.venv/bin/python ]; then
  bench/.venv/bin/pip install --quiet onnx onnxscript
  bench/.venv/bin/python bench/networks/export-onnx.py bench/peers/onnx
fi
