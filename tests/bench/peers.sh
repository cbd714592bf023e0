#!/usr/bin/env bash
# One peer of the harness laid out in DIR: sets it up, or starts it, measures it and stops it, with
# the settings RESULTS.md names. SECS and REPS say for how long and how often; figures are added to
# DIR/results/all.jsonl. For scripts/bench --peers.
set -euo pipefail

usage() {
  echo "usage: peers.sh DIR setup|measure|stop fastapi|emmett|django|pgbench|nginx|redis|kafka-streams" >&2
  exit 2
}
(($# == 3)) || usage
cd "$1"
what=$2 peer=$3
clients=64

on_postgres() {
  bash pg/start.sh
  bash pg/schema.sh excl # of two bookings that overlap the exclusion constraint refuses one
}

setup() {
  chmod 755 . # postgres and nginx's workers are other users
  mkdir -p results
  case $peer in
    fastapi | django | emmett | pgbench) bash pg/setup.sh ;;&
    fastapi | django | emmett | nginx | redis) bash "$peer/setup.sh" ;;
    pgbench) ;;
    kafka-streams)
      bash kstreams/setup.sh
      rm -rf kstreams/kafka # what earlier runs' changelogs left
      [[ -e data/expect.json ]] || python3 data/gen_events.py # written after the events
      ;;
    *) usage ;;
  esac
}

streams() {
  local label=$1 changelog=$2 state=$PWD/kstreams/state
  $DRV --peer kafka-streams --work W4 --label "$label" --watch "$PWD/kstreams/kafka" \
    --reps "$REPS" --pre "rm -rf $state" -- java -Xmx1500m -cp "kstreams/target/w4-1.jar:kstreams/target/libs/*" \
    w4.Streams 127.0.0.1:39092 2 "$changelog" "$state" 1000000
}

measure() {
  set +u # the harness's own scripts
  . load/lib.sh
  DRV="$DRV --tries 1" # once more, if others were busy
  trap stop EXIT
  case $peer in
    fastapi)
      on_postgres
      bash fastapi/start.sh 2 excl 16
      w1 fastapi "2 workers" 18002 uvicorn,spawn_main,postgres "bash pg/check.sh"
      ;;
    django)
      on_postgres
      bash django/start.sh 4 16 excl
      w1 django "4 workers" 18001 gunicorn,postgres "bash pg/check.sh"
      ;;
    emmett)
      bash pg/start.sh
      bash emmett/start.sh 2 0
      w1 emmett "2 processes, no projection" 18003 server.mjs,postgres "bash emmett/check.sh"
      ;;
    pgbench)
      on_postgres
      $DRV --peer pgbench --foreign 9 --work W1 --label "no HTTP" --watch postgres --reps "$REPS" \
        --check "bash pg/check.sh" -- bash pg/pgb.sh w1 "$SECS"
      ;;
    nginx)
      CACHE=1 bash nginx/start.sh
      head -n 6000 nginx/d/ids >nginx/d/ids6k
      w2 nginx "files, open_file_cache" 18005 nginx nginx/d/ids6k
      ;;
    redis)
      bash redis/start.sh everysec
      $DRV --peer redis --work W3 --label "GEOADD" --watch redis-server --reps "$REPS" -- \
        load/resp 16379 "$clients" 1 "$SECS" rgeo 1
      ;;
    kafka-streams)
      bash kstreams/start.sh
      streams changelog 1
      streams "no changelog" 0
      ;;
    *) usage ;;
  esac
}

stop() {
  case $peer in
    fastapi | django | emmett | nginx | redis) bash "$peer/stop.sh" || true ;;&
    kafka-streams) bash kstreams/stop.sh || true ;;
    fastapi | django | emmett | pgbench) bash pg/stop.sh || true ;;
  esac
}

case $what in
  setup | measure | stop) $what ;;
  *) usage ;;
esac
