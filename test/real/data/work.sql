-- SPDX-License-Identifier: MIT
pragma journal_mode = wal;
pragma synchronous = off;
pragma cache_size = -60000;
create table t (n integer primary key, word text, value real, data blob);

begin;
with recursive numbers (n) as (
    select 1 union all select n + 1 from numbers where n < 200000
)
insert into t
    select n, 'word' || (n * 7919 % 1009), n / 7.0, zeroblob(n % 40)
    from numbers;
create index words on t (word, n);
commit;

select count(*), sum(n), printf('%.3f', sum(value)), sum(length(data)) from t;
select word, count(*), max(n) from t group by word order by 2 desc, 1 limit 5;
select length(group_concat(word, ',')) from t;
select count(*) from t as a join t as b on b.n = a.n * 2 where a.word < b.word;
select n, sum(n) over (order by n rows 10 preceding) from t order by n desc
    limit 3;

-- Large values: all zero, then used, then made again.
create table large (data blob);
insert into large values (zeroblob(30000000));
select hex(substr(data, 29999990)), length(data),
    data = zeroblob(30000000) from large;
update large set data = cast(replace(hex(zeroblob(5000000)), '0', 'xy')
    as blob);
select length(data), hex(substr(data, 19999995)) from large;
select length(json_group_array(json_object('n', n, 'word', word))) from t;
select max(length(printf('%5000000d', n))) from t where n < 4;
pragma integrity_check;
