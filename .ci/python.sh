# Sourced by .ci/run. Makes virtual environments with what the tests take from PyPI. Where one cannot
# be had, it is said, and the tests that need it are skipped.

# CPEX needs Python 3.11.
python_interpreter() {
  local name
  for name in python3 python3.14 python3.13 python3.12 python3.11; do
    "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null &&
      command -v "$name" && return
  done
  return 1
}

# From the operating system's packages, where there is none.
install_python() {
  python_interpreter >/dev/null && return
  local apt=(apt-get)
  [ "$(id -u)" -eq 0 ] || apt=(sudo -n apt-get)
  export DEBIAN_FRONTEND=noninteractive
  "${apt[@]}" update -qq || true
  "${apt[@]}" install -y -qq --no-install-recommends python3 python3-venv >/dev/null || true
  python_interpreter >/dev/null || {
    echo "Python 3.11 or later with venv is needed, and none could be installed." >&2
    return 1
  }
}

# make_python NAME VARIABLE: build/NAME, with what tools/real/NAME-requirements.txt lists.
make_python() {
  local folder="$PWD/build/$1" requirements="tools/real/$1-requirements.txt"
  # One that somebody else made serves as well.
  [ -z "${!2:-}" ] || return 0
  # One that was begun and not finished is made anew.
  cmp -s "$folder/done" "$requirements" && return
  rm -rf "$folder"
  install_python &&
    "$(python_interpreter)" -m venv "$folder" &&
    timeout 300 "$folder/bin/python" -m pip install --quiet --disable-pip-version-check \
      --only-binary :all: --requirement "$requirements" &&
    cp "$requirements" "$folder/done"
}

# use_python NAME VARIABLE: exports its interpreter.
use_python() {
  [ -z "${!2:-}" ] || return 0
  if [ -f "$PWD/build/$1/done" ]; then
    export "$2=$PWD/build/$1/bin/python"
  else
    echo "$1 could not be installed from PyPI: the tests with it are skipped." >&2
  fi
}
