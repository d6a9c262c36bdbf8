#!/bin/bash
# Runs a command without address space randomisation where the system allows: ThreadSanitizer's shadow needs certain
# addresses free, and much entropy takes them at random.
if setarch -R true 2>/dev/null; then exec setarch -R "$@"; fi
exec "$@"
