#!/bin/sh
# Installs the servers that the tests talk to from the system's packages, where it may:
# as root on a system with apt, or through sudo where CI says that nobody minds.
set -eu

packages=
want() { # want PACKAGE PROGRAM...: one of the programs must be there
  package=$1
  shift
  for program in "$@"; do
    command -v "$program" >/dev/null 2>&1 && return
    ls $program >/dev/null 2>&1 && return
  done
  packages="$packages $package"
}

want postgresql postgres '/usr/lib/postgresql/*/bin/postgres'
want redis-server redis-server
want rabbitmq-server rabbitmq-server /usr/sbin/rabbitmq-server
want default-jre-headless java
want maven mvn
want prometheus prometheus
want prometheus-alertmanager prometheus-alertmanager
want libfaketime '/usr/lib/*/faketime/libfaketimeMT.so.1'
[ -z "$packages" ] && exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
  if [ -z "${CI:-}" ] || ! sudo -n true 2>/dev/null; then
    echo "tests need servers that are not here; as root: apt-get install$packages" >&2
    exit 0
  fi
  as_root="sudo -n"
fi
if ! command -v apt-get >/dev/null 2>&1; then
  echo "tests need servers that are not here; Debian calls them:$packages" >&2
  exit 0
fi
echo "installing the servers that tests talk to:$packages"
$as_root apt-get update -qq
$as_root env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -qq --no-install-recommends $packages >/dev/null
# Tests start their own; nobody asked for one that watches this machine all day.
for service in prometheus prometheus-alertmanager; do
  case " $packages " in *" $service "*) ;; *) continue ;; esac
  $as_root systemctl disable --now "$service" >/dev/null 2>&1 ||
    $as_root service "$service" stop >/dev/null 2>&1 || true
done
