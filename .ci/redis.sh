# Sourced by .ci/run. Starts a server for the tests of `glassine/redis`: on loopback, a free port,
# nothing kept on disk, stopped when the shell exits. Without one the run fails: what these tests
# prove is not skipped here.

redis_binary() {
  command -v valkey-server || command -v redis-server
}

# From the operating system's packages, where there is none.
install_redis() {
  redis_binary >/dev/null && return
  local apt=(apt-get)
  [ "$(id -u)" -eq 0 ] || apt=(sudo -n apt-get)
  export DEBIAN_FRONTEND=noninteractive
  "${apt[@]}" update -qq
  local package
  for package in valkey-server redis-server; do
    "${apt[@]}" install -y -qq --no-install-recommends "$package" >/dev/null 2>&1 && break || true
  done
  redis_binary >/dev/null || {
    echo "No valkey-server or redis-server could be installed." >&2
    return 1
  }
}

answers_ping() {
  local reply=""
  { exec 3<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || return 1
  printf 'PING\r\n' >&3
  IFS= read -r -t 1 reply <&3 || true
  exec 3>&- 3<&-
  [ "${reply%$'\r'}" = "+PONG" ]
}

start_redis() {
  # One that somebody else runs serves as well.
  [ -z "${GLASSINE_REDIS_URL:-}" ] || return 0
  install_redis
  redis_folder="$(mktemp -d)"
  local port
  port="$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')"
  "$(redis_binary)" --bind 127.0.0.1 --port "$port" --save "" --appendonly no --daemonize no \
    --maxmemory-policy noeviction --dir "$redis_folder" >"$redis_folder/log" 2>&1 &
  redis_pid=$!
  trap 'kill "$redis_pid" 2>/dev/null || true; wait "$redis_pid" 2>/dev/null || true; rm -rf "$redis_folder"' EXIT
  for _ in $(seq 100); do
    if answers_ping "$port"; then
      export GLASSINE_REDIS_URL="redis://127.0.0.1:$port"
      return
    fi
    kill -0 "$redis_pid" 2>/dev/null || break
    sleep 0.1
  done
  cat "$redis_folder/log" >&2
  echo "The server for the tests did not start." >&2
  return 1
}
