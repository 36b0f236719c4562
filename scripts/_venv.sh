# Read by the other scripts (`source`): finds Python >= 3.11 and makes .venv with what the project needs.
# Nothing is installed outside the project's folder.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Prints the name of an interpreter that is new enough; PYTHON names another one.
python_311() {
  local candidate
  for candidate in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11 python; do
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  echo "Python 3.11 or newer with its venv module is needed (on Debian: apt install python3-venv);" >&2
  echo "set PYTHON to its path if it has another name." >&2
  return 1
}

# make_venv EXTRA: .venv holds the project (editable) with that extra; done again when pyproject.toml has changed.
make_venv() {
  local extra=$1 done python wanted stamp="$ROOT/.venv/installed-$1"
  wanted=$(cksum < "$ROOT/pyproject.toml")
  # dev has everything that the other extras have.
  for done in "$stamp" "$ROOT/.venv/installed-dev"; do
    if [ -f "$done" ] && [ "$(cat "$done")" = "$wanted" ]; then
      return
    fi
  done
  if [ ! -x "$ROOT/.venv/bin/python" ]; then
    python=$(python_311) || return 1
    "$python" -m venv "$ROOT/.venv" || return 1
  fi
  echo "installing sigv4-runtime[$extra] into .venv (once)" >&2
  "$ROOT/.venv/bin/python" -m pip install --quiet --disable-pip-version-check --editable "$ROOT[$extra]" >&2 || return 1
  echo "$wanted" > "$stamp"
}
