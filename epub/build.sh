#!/usr/bin/env bash
# The book as an EPUB, made of the built book (`mdbook build`) by pandoc: epub/build.sh [FILE]
# The same sources give the same bytes: the date is that of the last commit, or what SOURCE_DATE_EPOCH says.
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
out=${1:-target/while-you-wait.epub}
pandoc=$(.tools/bin/python -c 'import pypandoc; print(pypandoc.get_pandoc_path())')
[[ -f target/book/print.html ]] || { echo "no built book: bash .ci/run book"; exit 1; }
: "${SOURCE_DATE_EPOCH:=$(git log -1 --format=%ct 2>/dev/null || echo 1767225600)}" # no history: the year 2026 begins
export SOURCE_DATE_EPOCH

"$pandoc" --from epub/book.lua target/book/print.html target/book/toc.html book.toml \
  --to epub3 --output "$out" --metadata-file epub/metadata.yaml --css epub/book.css --epub-cover-image epub/cover.png \
  --split-level 2 --toc --toc-depth 2 --syntax-highlighting none --fail-if-warnings
