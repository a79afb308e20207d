# Sourced by .ci/run. Makes a virtual environment with CPEX and the plugins of its authors from PyPI,
# for the tests of guests. Where that cannot be had, it is said, and the tests are skipped.

# CPEX needs Python 3.11.
cpex_interpreter() {
  local name
  for name in python3 python3.14 python3.13 python3.12 python3.11; do
    "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null &&
      command -v "$name" && return
  done
  return 1
}

# From the operating system's packages, where there is none.
install_python() {
  cpex_interpreter >/dev/null && return
  local apt=(apt-get)
  [ "$(id -u)" -eq 0 ] || apt=(sudo -n apt-get)
  export DEBIAN_FRONTEND=noninteractive
  "${apt[@]}" update -qq || true
  "${apt[@]}" install -y -qq --no-install-recommends python3 python3-venv >/dev/null || true
  cpex_interpreter >/dev/null || {
    echo "CPEX needs Python 3.11 or later with venv, and none could be installed." >&2
    return 1
  }
}

cpex_folder="$PWD/build/cpex"

make_cpex() {
  # One that somebody else made serves as well.
  [ -z "${GLASSINE_CPEX_PYTHON:-}" ] || return 0
  # One that was begun and not finished is made anew.
  cmp -s "$cpex_folder/done" tools/real/cpex-requirements.txt && return
  rm -rf "$cpex_folder"
  install_python &&
    "$(cpex_interpreter)" -m venv "$cpex_folder" &&
    timeout 300 "$cpex_folder/bin/python" -m pip install --quiet --disable-pip-version-check \
      --only-binary :all: --requirement tools/real/cpex-requirements.txt &&
    cp tools/real/cpex-requirements.txt "$cpex_folder/done"
}

use_cpex() {
  [ -z "${GLASSINE_CPEX_PYTHON:-}" ] || return 0
  if [ -f "$cpex_folder/done" ]; then
    export GLASSINE_CPEX_PYTHON="$cpex_folder/bin/python"
  else
    echo "CPEX could not be installed from PyPI: the tests with it are skipped." >&2
  fi
}
