# Shared by scripts/run, scripts/test and scripts/check: makes .venv with exactly the locked packages, and the
# front-end files. Sourced, not run. Expects to stand in the checkout's top folder.

say() { printf '%s\n' "$*" >&2; }

# python3.11 or newer
find_python() {
  for candidate in "${PYTHON:-}" python3 python3.11 python3.12 python3.13; do
    [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1 || continue
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return 0
    fi
  done
  say "Python 3.11 eller nyere mangler. Kør: sudo apt-get install python3"
  return 1
}

# Debian keeps venv in a package of its own
ensure_venv_module() {
  "$1" -c 'import venv, ensurepip' 2>/dev/null && return 0
  local package
  package="$("$1" -c 'import sys; print(f"python3.{sys.version_info[1]}-venv")')"
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    say "Installerer $package …"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$package"; } >/dev/null 2>&1 || true
  fi
  "$1" -c 'import venv, ensurepip' 2>/dev/null && return 0
  say "Pakken $package mangler. Kør: sudo apt-get install $package"
  return 1
}

# set_up LOCKFILE: .venv holds the packages of LOCKFILE, exactly and with verified hashes. The development lock
# holds everything the product's own lock does, so it serves for both.
set_up() {
  local lock="$1" python run dev
  run="run $(cat requirements.lock | sha256sum | cut -d' ' -f1)"
  dev="dev $(cat requirements.lock requirements-dev.lock | sha256sum | cut -d' ' -f1)"
  if [ ! -x .venv/bin/python ] || ! .venv/bin/python -c '' 2>/dev/null; then
    python="$(find_python)" || return 1
    ensure_venv_module "$python" || return 1
    say "Laver .venv …"
    "$python" -m venv --clear .venv || return 1
  fi
  local wanted="$run"
  [ "$lock" = requirements-dev.lock ] && wanted="$dev"
  if ! grep -qsxe "$wanted" -e "$dev" .venv/locked; then
    say "Henter låste pakker ($lock) …"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock" || {
      say "Pakkerne kunne ikke hentes. Se linjerne ovenfor, og prøv igen, når der er net."
      return 1
    }
    printf '%s\n' "$wanted" >.venv/locked
  fi
  .venv/bin/python scripts/assets/fetch || return 1
  export PYTHONPATH="$PWD${PYTHONPATH:+:$PYTHONPATH}"
}
