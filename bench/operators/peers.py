"""Polars and duckdb, one thread each, on the shapes of data that bench/operators.ts gives to our operators.

    peers.py CASE PEER ROWS   # prints rows a second
"""
import os
import sys
import time

os.environ["POLARS_MAX_THREADS"] = "1"
import duckdb  # noqa: E402
import numpy as np  # noqa: E402
import polars as pl  # noqa: E402

case, peer, rows = sys.argv[1], sys.argv[2], int(sys.argv[3])
random = np.random.default_rng(1)


def table(count, step=10, keys=500, ids=1_000_000):
    return pl.DataFrame({
        "t": np.arange(count, dtype=np.int64) * step,
        "key": pl.Series(random.integers(0, keys, count)).cast(pl.String).cast(pl.Categorical),
        "id": random.integers(0, ids, count).astype(np.int32),
        "a": random.random(count),
        "b": random.random(count),
    })


data = table(rows)
other = table(rows // 4, step=40) if case == "as-of" else None

if peer == "duckdb":
    db = duckdb.connect()
    db.execute("set threads to 1")
    db.register("data_view", data.to_arrow())
    db.execute("create table data as select t, key::varchar as key, id, a, b from data_view")
    if case == "window":
        db.execute("create type keys as enum (select distinct key from data order by key)")
        db.execute("create table coded as select t, key::keys as key, a from data")
    if other is not None:
        db.register("other_view", other.to_arrow())
        db.execute("create table other as select t, key::varchar as key, a as price from other_view")
    sql = {
        "filter": "create or replace table out as select *, a * 2 + b as c from data where a > 0.5",
        "window": "create or replace table out as select t // 60000 as w, key, count(*), avg(a), min(a), max(a) from data group by all",
        "as-of": "create or replace table out as select data.*, price from data asof left join other on data.key = other.key and data.t >= other.t",
        "dedupe": "create or replace table out as select id, min(t) from data group by id",
    }[case]
    work = [lambda: db.execute(sql)]
    if case == "window":
        work.append(lambda: db.execute(sql.replace("from data", "from coded")))
else:
    in_order = data.with_columns(pl.col("t").set_sorted())
    aggregates = [pl.len(), pl.mean("a").alias("m"), pl.min("a").alias("l"), pl.max("a").alias("h")]
    work = {
        "filter": lambda: data.filter(pl.col("a") > 0.5).with_columns(c=pl.col("a") * 2 + pl.col("b")),
        "window": lambda: data.group_by(pl.col("t") // 60000, "key").agg(*aggregates),
        "as-of": lambda: data.join_asof(other.rename({"a": "price"}).select("t", "key", "price"), on="t", by="key", check_sortedness=False),
        "dedupe": lambda: data.unique("id", keep="first", maintain_order=True),
    }[case]
    work = [work]
    if case == "window":
        work.append(lambda: in_order.group_by_dynamic("t", every="60000i", group_by="key").agg(*aggregates))

# Of several ways to ask for the same result the fastest counts.
best = min((lambda start: (way(), time.perf_counter() - start)[1])(time.perf_counter()) for _ in range(3) for way in work)
print((rows + (0 if other is None else len(other))) / best)
