#!/usr/bin/env bash
# Runs all tests: installs and starts what they need, and stops it again. Ends with the line `N passed, N failed`.
#
#   MIMGRAINS_SEEDS   how many seeds the simulation runs (default: what the suite says)
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1
configuration=Release
work=$(mktemp -d)
results=$work/results
pgdata=

say() { echo "[$(date +%T)] $*"; }

# PostgreSQL refuses to run as root: as root it is run as the user postgres.
as_postgres() { if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi; }

stop_all() {
    local code=$?
    if [ -n "$pgdata" ]; then as_postgres "$pgbin/pg_ctl" -D "$pgdata" -m immediate -w stop >/dev/null 2>&1 || true; fi
    rm -rf "$work"
    exit "$code"
}
trap stop_all EXIT

find_postgres() {
    local found
    for found in /usr/lib/postgresql/*/bin "$(dirname "$(command -v initdb || echo /nowhere/initdb)")"; do
        if [ -x "$found/initdb" ] && [ -x "$found/pg_ctl" ] && [ -x "$found/postgres" ]; then echo "$found"; return; fi
    done
}

free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 10000))
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then echo "$port"; return; fi
    done
}

install_postgres() {
    if [ -z "$(find_postgres)" ]; then
        say "installing PostgreSQL"
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql-15 >/dev/null
    fi
    pgbin=$(find_postgres)
    if [ "$(id -u)" = 0 ] && ! id postgres >/dev/null 2>&1; then useradd --system --home-dir / postgres; fi
}

start_postgres() {
    local port
    port=$(free_port)
    chmod 755 "$work"
    mkdir "$work/postgres"
    if [ "$(id -u)" = 0 ]; then chown postgres "$work/postgres"; fi
    as_postgres "$pgbin/initdb" -D "$work/postgres/data" -U postgres -A trust >"$work/initdb.log"
    pgdata=$work/postgres/data
    as_postgres "$pgbin/pg_ctl" -D "$pgdata" -w -l "$work/postgres/log" \
        -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories='$work/postgres' -c max_connections=200" start >/dev/null
    export MIMGRAINS_TEST_PG="Host=127.0.0.1;Port=$port;Username=postgres;Database=postgres"
    say "PostgreSQL $("$pgbin/postgres" --version | grep -o '[0-9.]*' | head -n 1) on port $port"
}

# Adds up what the result files say; prints nothing but the last line.
total() {
    local file counters passed=0 failed=0 skipped=0
    for file in "$results"/*.trx; do
        [ -f "$file" ] || continue
        counters=$(grep -o '<Counters [^>]*>' "$file")
        passed=$((passed + $(attribute passed "$counters")))
        failed=$((failed + $(attribute failed "$counters") + $(attribute error "$counters") + $(attribute timeout "$counters")))
        skipped=$((skipped + $(attribute notExecuted "$counters")))
    done
    ((passed + failed > 0)) || failed=1
    ((failed > 0 || broken == 0)) || failed=$broken
    if ((skipped > 0)); then echo "$passed passed, $failed failed, $skipped skipped"; else echo "$passed passed, $failed failed"; fi
    ((failed == 0))
}

attribute() { sed -n "s/.*[ ]$1=\"\([0-9]*\)\".*/\1/p" <<<"$2"; }

install_postgres
say "building"
dotnet build MimGrains.sln -c "$configuration" -v quiet --nologo
start_postgres
broken=0
for project in tests/*.Tests tests/MimGrains.Simulation; do
    [ -d "$project" ] || continue
    name=$(basename "$project")
    say "$name"
    if ! dotnet test "$project" -c "$configuration" --no-build --nologo -v quiet --results-directory "$results" \
        --logger "trx;LogFileName=$name.trx" --blame-hang-timeout 5m --blame-hang-dump-type none; then
        broken=$((broken + 1))
    fi
    # A test host that died has left no results.
    [ -f "$results/$name.trx" ] || broken=$((broken + 1))
done
total
