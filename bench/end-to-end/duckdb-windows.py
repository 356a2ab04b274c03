"""J1 as duckdb computes it, compared with the windows that were published, value by value.

usage: duckdb-windows.py RECORDS WINDOWS
RECORDS holds one record a line, some of them broken; WINDOWS one published window a line.
prints {"windows": n, "published": n, "differing": n, "example": ...}: windows that only one side has, or whose values differ. Means may differ by the order of their sums.
"""
import json
import sys

import duckdb

records, windows = sys.argv[1], sys.argv[2]
connection = duckdb.connect()
connection.execute("SET threads = 2")
connection.execute(
    """
    CREATE TABLE wanted AS
    SELECT sensor, ts - ts % 10000 AS start, avg(temp) AS mean, min(temp) AS low, max(temp) AS high, count(*) AS rows
    FROM read_json(?, format = 'newline_delimited', ignore_errors = true,
      columns = {ts: 'BIGINT', sensor: 'VARCHAR', temp: 'DOUBLE', pressure: 'DOUBLE', humidity: 'DOUBLE', ok: 'BOOLEAN'})
    WHERE temp BETWEEN -60 AND 100 AND humidity BETWEEN 0 AND 100
    GROUP BY ALL
    """,
    [records],
)
connection.execute(
    """
    CREATE TABLE found AS
    SELECT sensor, "windowStart" AS start, mean, min AS low, max AS high, count AS rows
    FROM read_json(?, format = 'newline_delimited',
      columns = {sensor: 'VARCHAR', "windowStart": 'BIGINT', mean: 'DOUBLE', min: 'DOUBLE', max: 'DOUBLE', count: 'DOUBLE'})
    """,
    [windows],
)
differing = connection.execute(
    """
    SELECT wanted, found FROM wanted FULL JOIN found USING (sensor, start)
    WHERE wanted.rows IS DISTINCT FROM found.rows OR wanted.low IS DISTINCT FROM found.low OR wanted.high IS DISTINCT FROM found.high
      OR abs(wanted.mean - found.mean) > 1e-9 * abs(wanted.mean)
    """
).fetchall()
(count,) = connection.execute("SELECT count(*) FROM wanted").fetchone()
(published,) = connection.execute("SELECT count(*) FROM found").fetchone()
example = str(differing[0]) if differing else None
print(json.dumps({"windows": count, "published": published, "differing": len(differing), "example": example}))
