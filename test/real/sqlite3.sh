# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# needs: sqlite3

run sqlite3 -batch base.db <"$DATA/work.sql"
run sqlite3 base.db .dump | cksum
run sqlite3 base.db 'vacuum; pragma integrity_check; select count(*) from t'
run sqlite3 base.db 'select * from none' || echo "status $?"
