# Every habit in one word. Nothing here is needed: each recipe is one plain command, and it can be typed instead.

set positional-arguments

# show this list
default:
    @just --list --unsorted

# open the book in the browser
read:
    cargo run

# list the programs that `run` and `python` know
list:
    @echo "just run NAME:" && ls examples/*/examples/*.rs 2>/dev/null | sed 's|.*/|  |; s|\.rs$||'
    @echo "just python NAME:" && ls examples/*/python/*.py 2>/dev/null | sed 's|.*/|  |; s|\.py$||'

# run a program of the book, with its arguments
run NAME *ARGS:
    @shift; cargo run --example {{ quote(NAME) }} -- "$@"

# run the Python twin of a program, with its arguments
python NAME *ARGS: venv
    @shift; .venv/bin/python examples/*/python/{{ quote(NAME) }}.py "$@"

# do the exercises: each time you save one, it is checked
course:
    @command -v rustlings >/dev/null || { echo "rustlings is missing: cargo install rustlings --locked"; exit 1; }
    cd course && rustlings

# prove the exercises: solutions pass, wrong answers are rejected
judge *ARGS:
    cargo run --quiet --package wrong-answers -- "$@"

# measure every model in both languages: half an hour, and `just bench quick` two minutes
bench SIZE='full' *ARGS: venv
    @shift; cargo run --release --quiet -p bench -- {{ quote(SIZE) }} --python .venv/bin/python "$@"

# run every test
test:
    cargo test

# run programs again and keep what they print: all of them, or only those named
record *NAME:
    cargo run -- record "$@"

# draw the pictures of the recorded runs anew, from their data
redraw:
    cargo run -- record --redraw

# let the compiler answer the wrong turns again, and keep what it says
wrong-turns:
    TRYBUILD=overwrite cargo test --test wrong_turns

# build the book into target/book, and look for warnings in mdBook's log
build:
    bash .ci/run book links

# the book as an EPUB: target/while-you-wait.epub
epub:
    bash .ci/run book epub

# the book on paper: target/while-you-wait.pdf
pdf:
    bash .ci/run book pdf

# Markdown and spelling
lint:
    bash .ci/run markdown spelling

# the HTML of the built book, by the Nu checker
html:
    bash .ci/run book html

# every page in a real browser
browser:
    bash .ci/run book browser

# Lighthouse on two pages; it also fails below 95 in performance, so leave the machine alone meanwhile
lighthouse:
    LIGHTHOUSE=strict bash .ci/run book lighthouse

# the explorable: its simulation against the recordings, then its page in a browser
explore:
    bash .ci/run book
    cd tests/browser && ../../.tools/bin/node --test --test-concurrency=1 simulation.test.mjs explore.test.mjs

# the quick checks: format, spelling, clippy
check:
    bash .ci/run fmt spelling clippy

# everything that has to hold before a change lands
ci:
    CI=true bash .ci/run

# install what the Python twins need into .venv, unless it is there
venv:
    @test -x .venv/bin/python || python3 -m venv .venv
    @cmp -s requirements.txt .venv/installed.txt || .venv/bin/python -m pip install --disable-pip-version-check --quiet -r requirements.txt
    @cp requirements.txt .venv/installed.txt
