#!/usr/bin/env bash
# Records an AOT cache: what the JVM learns of the service's classes and methods in one start, so that later starts
# need not learn it again. It is of use to the same JDK on the same class path; others leave it alone.
#
# usage: deploy/record-aot.sh JAVA JVM_OPTIONS_FILE CLASS_PATH CACHE
set -euo pipefail
java=$1 cache=$4
service=("@$2" -cp "$3" io.nextclick.serving.cli.Nextclick)

work=$(mktemp -d)
trap 'rm -rf "$work" "$cache.partial"' EXIT
cat >"$work/service.yml" <<YAML
store: {path: $work/store, minFreeSpace: 1MiB}
kafka: none
model: {directory: $work/models, active: aot/v1}
server:
  applicationConnectors: [{type: http, bindHost: 127.0.0.1, port: 0}]
  adminConnectors: [{type: http, bindHost: 127.0.0.1, port: 0}]
YAML

{
  "$java" "${service[@]}" models new "$work/models" --name=aot --model-version=v1 &&
    "$java" -XX:AOTCacheOutput="$cache.partial" "${service[@]}" serve --check --config "$work/service.yml"
} >"$work/log" 2>&1 || {
  tail -n 20 "$work/log" >&2
  exit 1
}
mv "$cache.partial" "$cache"
