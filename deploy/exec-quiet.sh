#!/usr/bin/env bash
# Executes a JVM in place of this shell, so that process id, signals and exit status are its own; its standard error
# lacks one line, which the JVM prints with every start: that the vector module is an incubator module.
#
# usage: deploy/exec-quiet.sh JAVA ARGUMENT...
#
# What Java code prints goes past the filter (nextclick.stderr, see StandardError.java): a terminal stays one, and
# nothing waits in a pipe when the process ends.
set -euo pipefail
java=$1
shift
if [ ! -e /dev/fd/2 ]; then exec "$java" "$@"; fi # closed: there is nothing to filter
exec 3>&2
exec 2> >(trap '' INT TERM HUP && exec grep -v --line-buffered '^WARNING: Using incubator modules: jdk.incubator.vector$' >&3 3>&-)
exec "$java" -Dnextclick.stderr=3 "$@"
