-- SPDX-License-Identifier: MIT
PRAGMA journal_mode = MEMORY;
CREATE TABLE item (number INTEGER PRIMARY KEY, name TEXT, weight REAL);
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150000)
INSERT INTO item SELECT i, hex(i * 7919) || 'item', i * 0.5 FROM n;
CREATE INDEX item_name ON item (name);
SELECT count(DISTINCT name), sum(weight) FROM item;
