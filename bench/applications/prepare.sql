-- SPDX-License-Identifier: MIT
CREATE TABLE sale AS SELECT i, i::bigint * 7919 % 100003 AS item, i * 31::bigint % 997 AS price, md5(i::text) AS note FROM generate_series(1, ROWS) AS i
CREATE TABLE item AS SELECT i::bigint AS item, md5((i * 3)::text) AS name FROM generate_series(0, 100002) AS i
VACUUM (FREEZE, ANALYZE)
