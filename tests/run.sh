#!/usr/bin/env bash
# Builds everything and runs every test: bash tests/run.sh
# Ends with "N passed, N failed[, N skipped]"; fails if a test fails, if the build fails or if no test ran.
# Needs the .NET 10 SDK. PostgreSQL is installed with apt-get if it is missing and this is root on Debian.
#
#   MIMGRAINS_SEEDS     how many seeds the simulation runs (default: what the suite says)
#   MIMGRAINS_LONG=1    tests of processes that are cut short by default run in full
#   MIMGRAINS_TIMINGS=1 tests of processes fail where they take longer than an idle machine needs
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# No build server may outlive this script.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false

work=$(mktemp -d "${TMPDIR:-/tmp}/mimgrains-tests.XXXXXX")
pg_bin=""
pg_started=""

stop() {
    local status=$?
    trap - EXIT INT TERM
    [ -z "$pg_started" ] || as_postgres "$pg_bin/pg_ctl" -D "$work/pg/data" -m immediate -w stop >"$work/stop.log" 2>&1 \
        || cat "$work/stop.log" >&2
    rm -rf "$work"
    exit "$status"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# PostgreSQL refuses to run as root.
as_postgres() {
    if [ "$(id -u)" -eq 0 ]; then
        (cd "$work/pg" && runuser -u postgres -- "$@")
    else
        "$@"
    fi
}

find_postgres() {
    local initdb
    if initdb=$(command -v initdb); then
        pg_bin=$(dirname "$(readlink -f "$initdb")")
    elif [ -x /usr/lib/postgresql/15/bin/initdb ]; then
        pg_bin=/usr/lib/postgresql/15/bin
    else
        return 1
    fi
}

install_postgres() {
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        echo "PostgreSQL 15 is missing: install it (Debian: postgresql-15), or put its initdb on PATH." >&2
        exit 1
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q
    apt-get install -y -q --no-install-recommends postgresql-common
    # Only the programs are wanted, not a server of the machine.
    mkdir -p /etc/postgresql-common/createcluster.d
    echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.d/mimgrains-tests.conf
    apt-get install -y -q --no-install-recommends postgresql-15
}

start_postgres() {
    local port attempt
    if [ "$(id -u)" -eq 0 ] && ! id postgres >/dev/null 2>&1; then
        useradd --system --no-create-home --shell /usr/sbin/nologin postgres
    fi
    mkdir "$work/pg"
    echo mimgrains >"$work/pg/password"
    chmod 711 "$work"
    [ "$(id -u)" -ne 0 ] || chown -R postgres "$work/pg"
    as_postgres "$pg_bin/initdb" -D "$work/pg/data" -U postgres -A scram-sha-256 --pwfile="$work/pg/password" \
        --locale=C --encoding=UTF8 --no-sync >"$work/initdb.log" 2>&1 || { cat "$work/initdb.log" >&2; exit 1; }
    for attempt in 1 2 3 4 5 6 7 8 9 10; do
        port=$((20000 + RANDOM % 10000))
        if as_postgres "$pg_bin/pg_ctl" -D "$work/pg/data" -l "$work/pg/log" -w start -o "-p $port -k $work/pg \
            -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200" >"$work/start.log" 2>&1; then
            pg_started=yes
            export MIMGRAINS_TEST_PG="Host=127.0.0.1;Port=$port;Username=postgres;Password=mimgrains;Database=postgres"
            return
        fi
    done
    echo "PostgreSQL does not start:" >&2
    cat "$work/start.log" "$work/pg/log" >&2
    exit 1
}

# Prints one number of a result file's counters.
counter() {
    sed -n "s/.*<Counters [^>]*\b$1=\"\([0-9]*\)\".*/\1/p" "$2"
}

passed=0
failed=0
skipped=0

run_project() {
    local name total executed bad
    name=$(basename "$1" .csproj)
    local trx="$work/results/$name.trx" status=0
    echo "== $name"
    dotnet test "$1" -c Release --no-build --results-directory "$work/results" --logger "trx;LogFileName=$name.trx" \
        --logger "console;verbosity=normal" --blame-hang-timeout 5m --blame-hang-dump-type none \
        >"$work/$name.log" 2>&1 || status=$?
    if [ "$status" -ne 0 ]; then
        cat "$work/$name.log"
    fi
    bad=0
    if [ -f "$trx" ]; then
        total=$(counter total "$trx")
        executed=$(counter executed "$trx")
        bad=$(counter failed "$trx")
        passed=$((passed + $(counter passed "$trx")))
        skipped=$((skipped + total - executed))
        failed=$((failed + bad))
        echo "   $(counter passed "$trx") passed, $bad failed, $((total - executed)) skipped"
    fi
    # A test process that hung, crashed or found no test leaves no failed test behind: it counts as one.
    if [ "$bad" -eq 0 ] && { [ "$status" -ne 0 ] || [ ! -f "$trx" ]; }; then
        [ "$status" -ne 0 ] || cat "$work/$name.log"
        echo "   $name did not run to its end (exit status $status)"
        failed=$((failed + 1))
    fi
}

find_postgres || { install_postgres; find_postgres; }
dotnet restore MimGrains.sln -v q
dotnet build MimGrains.sln -c Release --no-restore -v q
start_postgres

for project in tests/*Tests/*.csproj tests/MimGrains.Simulation/*.csproj; do
    [ ! -f "$project" ] || run_project "$project"
done

if [ "$skipped" -gt 0 ]; then
    echo "$passed passed, $failed failed, $skipped skipped"
else
    echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ] && [ $((passed + failed)) -gt 0 ]
