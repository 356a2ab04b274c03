"""Records what duckdb makes of seeded data, for test/operators/goldens.test.ts: windows, joins and aggregates.

    bench/.venv/bin/python scripts/operator-goldens.py   # writes test/operators/goldens.jsonl
"""
import json
import os
import random

import duckdb

HOUR = 3_600_000
random.seed(20)

# Readings: station (s0..s7, some null), hour fraction in order, value with nulls, count of few distinct values, word.
readings = []
time = 0
for _ in range(1500):
    time += random.randrange(0, 40 * 60_000)
    readings.append({
        "station": None if random.random() < 0.03 else f"s{random.randrange(8)}",
        "at": time,
        "value": None if random.random() < 0.1 else round(random.gauss(50, 20), 3),
        "count": random.randrange(40),
        "word": random.choice(["fine", "dust", "rain", "", "wind"]),
    })
quotes = []
time = 0
for _ in range(700):
    time += random.randrange(1, 90 * 60_000)
    quotes.append({"station": f"s{random.randrange(8)}", "at": time, "price": round(random.uniform(1, 100), 3)})

db = duckdb.connect()
db.execute("create table r(id int, station varchar, t bigint, value double, count int, word varchar)")
db.executemany("insert into r values (?, ?, ?, ?, ?, ?)", [(i, r["station"], r["at"], r["value"], r["count"], r["word"]) for i, r in enumerate(readings)])
db.execute("create table q(station varchar, t bigint, price double)")
db.executemany("insert into q values (?, ?, ?)", [(q["station"], q["at"], q["price"]) for q in quotes])

AGGREGATES = """count(*), count(value), sum(value), avg(value), min(value), max(value), var_samp(value), stddev_samp(value),
  first(value order by id) filter (value is not null), last(value order by id) filter (value is not null),
  quantile_cont(value, 0.5), quantile_cont(value, 0.9), count(distinct count), corr(value, count)"""


def rows(sql):
    # NaN is how duckdb writes the correlation with a constant; JSON has no NaN.
    return [[None if cell != cell else cell for cell in row] for row in db.execute(sql).fetchall()]


result = {
    "duckdb": duckdb.__version__,
    "readings": [[r["station"], r["at"], r["value"], r["count"], r["word"]] for r in readings],
    "quotes": [[q["station"], q["at"], q["price"]] for q in quotes],
    # start, station, aggregates
    "tumbling": rows(f"select t // (6 * {HOUR}::bigint) * 6 * {HOUR}::bigint as s, station, {AGGREGATES} from r group by all order by s, station"),
    # 12 h windows every 4 h, by start; values as the window sees them in time order
    "hopping": rows(f"""
        select s, station, count(*), sum(value), var_samp(value), min(value) from r, (select unnest(range(-12 * {HOUR}::bigint, 1500 * {HOUR}::bigint, 4 * {HOUR}::bigint)) as s)
        where t >= s and t < s + 12 * {HOUR} group by all order by s, station"""),
    # sessions: a pause of 3 h or more of a station ends one
    "sessions": rows(f"""
        with marked as (select *, case when t - lag(t) over (partition by station order by id) < 3 * {HOUR} then 0 else 1 end as fresh from r),
        numbered as (select *, sum(fresh) over (partition by station order by id) as session from marked)
        select min(t), max(t), station, count(*), avg(value) from numbered group by station, session order by max(t), min(t), station"""),
    # per reading the price as of its time, none older than 8 h
    "backward": rows(f"select id, case when r.t - q.t <= 8 * {HOUR} then price end from r asof left join q on r.station = q.station and r.t >= q.t order by id"),
    "forward": rows(f"select id, case when q.t - r.t <= 8 * {HOUR} then price end from r asof left join q on r.station = q.station and r.t <= q.t order by id"),
    # pairs within 1 h before and 2 h after
    "interval": rows(f"select id, price from r join q on r.station = q.station and q.t between r.t - {HOUR} and r.t + 2 * {HOUR} order by id, price"),
    "describe": rows("select station, count(value), avg(value), stddev_samp(value), min(value), max(value) from r group by station order by station"),
    "rolling": rows("""select id, avg(value) over w, min(value) over w, max(value) over w from r
        window w as (partition by station order by id rows between 4 preceding and current row) order by id"""),
    "lag": rows("select id, lag(value, 1) over w, lag(value, 3) over w from r window w as (partition by station order by id) order by id"),
}
path = os.path.join(os.path.dirname(__file__), "..", "test", "operators", "goldens.jsonl")
with open(path, "w") as out:
    for name, table in result.items():
        json.dump({"name": name, "rows": table}, out, separators=(",", ":"))
        out.write("\n")
print(os.path.getsize(path), {name: len(table) for name, table in result.items() if isinstance(table, list)})
