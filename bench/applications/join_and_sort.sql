-- SPDX-License-Identifier: MIT
SET work_mem = '500MB'
SET max_parallel_workers_per_gather = 0
SELECT count(*), sum(length(note)), max(name) FROM sale JOIN item USING (item) JOIN (SELECT item, max(price) AS most FROM sale GROUP BY item) AS best USING (item) WHERE price <= most
SELECT sum(length(note) * (place % 10)) FROM (SELECT note, row_number() OVER (ORDER BY note) AS place FROM sale) AS sorted
SELECT count(*) FROM sale AS a JOIN sale AS b ON a.i = b.i + 1 AND a.note < b.note
