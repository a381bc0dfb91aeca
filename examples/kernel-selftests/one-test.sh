#!/bin/sh
# Runs one test of test_progs in a guest. Standard output has what failed or was skipped: assertions, subtests and the test. Standard error
# has the summary. TEST.log has everything: each subtest, and the logs of those that failed.
test_progs -a "$1" >"$1.log" 2>&1
status=$?
# The logs of what failed come twice, the second time at the end.
sed -n -e '/^All error logs:/q' -e 's|^#[0-9][0-9/]* *||' -e '/:FAIL/p' -e '/[:(]SKIP/p' "$1.log"
grep '^Summary: ' "$1.log" >&2
exit "$status"
