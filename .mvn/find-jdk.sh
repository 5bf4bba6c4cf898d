# Sourced by mvnw and nextclick: points JAVA_HOME at a JDK 25 or newer, or says what is missing.
# POSIX sh. Order: NEXTCLICK_JAVA_HOME, JAVA_HOME, the java of the PATH, then the usual places.

nextclick_jdk_feature() { # prints the feature version of the JDK in $1, nothing if there is none
  [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 0
  sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release"
}

nextclick_find_jdk() {
  path_java=$(command -v java 2>/dev/null) || path_java=
  while [ -n "$path_java" ] && [ -L "$path_java" ]; do
    link=$(readlink "$path_java")
    case $link in
      /*) path_java=$link ;;
      *) path_java=$(dirname "$path_java")/$link ;;
    esac
  done
  for home in "${NEXTCLICK_JAVA_HOME:-}" "${JAVA_HOME:-}" "${path_java%/bin/java}" \
    /usr/lib/jvm/*25* /opt/java/* /opt/jdk* /usr/lib/jvm/* \
    "${HOME:-/}"/.sdkman/candidates/java/* "${HOME:-/}"/.jdks/* "${HOME:-/}"/.asdf/installs/java/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home; do
    feature=$(nextclick_jdk_feature "$home")
    if [ -n "$feature" ] && [ "$feature" -ge 25 ]; then
      JAVA_HOME=$home
      export JAVA_HOME
      return 0
    fi
  done
  echo "Nextclick needs a JDK 25, and none was found." >&2
  echo "Install one (for example Eclipse Temurin 25) or set NEXTCLICK_JAVA_HOME to where it is." >&2
  echo "Looked at: NEXTCLICK_JAVA_HOME, JAVA_HOME (${JAVA_HOME:-unset}), java on the PATH (${path_java:-none})," >&2
  echo "/usr/lib/jvm, /opt, ~/.sdkman, ~/.jdks, ~/.asdf." >&2
  return 1
}

nextclick_find_jdk || exit 1
