#!/bin/bash
# From a fresh clone to a federation that runs: installs what is missing, builds, and runs the demo.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/install-deps.sh build run
echo "building; a minute or two where nothing is built yet"
tools/build.sh release:programs
exec examples/demo/run.sh build/release </dev/null
