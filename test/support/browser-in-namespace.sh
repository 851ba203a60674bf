#!/bin/sh
# Stands in for Chromium, and runs it in the namespaces of the process that NAMESPACES_OF names.
exec nsenter --target "$NAMESPACES_OF" --user --net --preserve-credentials "$CHROMIUM" "$@"
