// SPDX-License-Identifier: MIT
// duckdb.js MODULES ROWS: a join, a group and a sort, in DuckDB.
'use strict';
const [modules, rows] = process.argv.slice(2);
const {DuckDBInstance} = require(`${modules}/@duckdb/node-api`);

const queries = [
    `CREATE TABLE sale AS SELECT i, i * 7919 % 100003 AS item,
        i * 31 % 997 AS price, md5(i::VARCHAR) AS note
        FROM range(1, ${rows}) AS r (i)`,
    `SELECT count(*), sum(length(a.note)) FROM sale AS a
        JOIN sale AS b ON a.i = b.i + 1 AND a.note < b.note`,
    `SELECT count(*), sum(total) FROM
        (SELECT item, price % 7, sum(price) AS total FROM sale GROUP BY ALL)`,
    `SELECT sum(length(note) * (place % 10)) FROM (SELECT note,
        row_number() OVER (ORDER BY note) AS place FROM sale)`,
];

async function main() {
    const instance = await DuckDBInstance.create(':memory:', {threads: '2'});
    const connection = await instance.connect();
    for (const query of queries) {
        const reader = await connection.runAndReadAll(query);
        console.log(reader.getRows().join(' '));
    }
}
main();
