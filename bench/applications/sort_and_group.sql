-- SPDX-License-Identifier: MIT
-- For sqlite3: a cache of 256 MB, and sorting in memory.
PRAGMA cache_size = -256000;
PRAGMA temp_store = MEMORY;
CREATE TABLE sale (shop INTEGER, item INTEGER, price INTEGER, note TEXT);
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ROWS)
INSERT INTO sale SELECT i * 7919 % 1000, i * 104729 % 50000, i * 31 % 997,
    hex(i * 7919) || ' bought' FROM n;
CREATE INDEX sale_item ON sale (item, price);
SELECT count(*), sum(total) FROM (SELECT shop, sum(price) AS total FROM sale
    GROUP BY shop ORDER BY total);
SELECT sum(length(note) * rank) FROM (SELECT note, row_number() OVER
    (ORDER BY price, note) % 10 AS rank FROM sale);
