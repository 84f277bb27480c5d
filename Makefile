# Everything a person needs: `make run`, `make test`, `make bench`, `make crash`, `make manage CMD='…'`. `make` lists them.

.DEFAULT_GOAL := help
.PHONY: help run test bench crash manage lint lock clean
# A second job would start the service while it is still being set up.
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

PYTHON := .venv/bin/python
LOCAL := -m assurance.project.local
CMD ?=
ARGS ?=

# Any Python from 3.11 on. As root on Debian, one is installed when there is none.
FIND_PYTHON = \
	find_python() { \
		for name in python3.11 python3 python3.12 python3.13 python3.14; do \
			if command -v $$name >/dev/null && \
				$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
			then echo $$name; return 0; fi; \
		done; \
		return 1; \
	}; \
	python=$$(find_python) || { \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "Installing Python ..."; \
			{ apt-get update -qq && apt-get install -yqq --no-install-recommends python3 python3-venv; } \
				>/dev/null 2>&1; \
			python=$$(find_python); \
		fi; \
	}; \
	[ -n "$$python" ] || { \
		echo "Python 3.11 or newer is needed. On Debian or Ubuntu: sudo apt-get install python3 python3-venv"; \
		exit 1; \
	}

SET_UP = $(FIND_PYTHON); "$$python" assurance/project/local/system.py

help:
	@echo "make run            the whole service on http://localhost:8000, with a demonstration (PORT= to change)"
	@echo "make test           every check and test (ARGS='-k letter' for some of the tests)"
	@echo "make bench          how fast it is, as a table"
	@echo "make crash          a hundred letters issued while worker, broker and database are killed twenty times"
	@echo "make manage CMD='…' one management command on the service's database"
	@echo "make lint           only the checks that need no database"
	@echo "make lock           choose the versions of Python packages again (UPGRADE=1 for the newest)"
	@echo "make clean          remove everything that was made here, the demonstration data included"

# The last command replaces the shell, so that a request to end reaches the service itself.
run:
	@$(SET_UP) run && $(PYTHON) -m assurance.project.frontend && exec $(PYTHON) $(LOCAL).run

test:
	@$(SET_UP) test && $(PYTHON) -m assurance.project.frontend && exec $(PYTHON) $(LOCAL).test --all $(ARGS)

bench:
	@$(SET_UP) test && $(PYTHON) -m assurance.project.frontend && exec $(PYTHON) $(LOCAL).test pytest tests/bench.py tests/bench_picture.py -q -s $(ARGS)

crash:
	@$(SET_UP) test && CRASH_LETTERS=100 CRASH_KILLS=20 exec $(PYTHON) $(LOCAL).test pytest tests/letters/test_crashes.py -q $(ARGS)

manage:
	@$(SET_UP) run && exec $(PYTHON) $(LOCAL).manage $(CMD)

lint:
	@$(SET_UP) test && exec $(PYTHON) $(LOCAL).test --lint

lock:
	@$(SET_UP) test && exec $(PYTHON) $(LOCAL).lock $(if $(UPGRADE),--upgrade)

clean:
	@[ ! -x $(PYTHON) ] || $(PYTHON) $(LOCAL).clean
	@rm -rf .venv .local static/build static/fonts .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@find assurance -name '*.mo' -delete
	@echo "Clean."
