"""A file of sensor readings to Arrow columns, one thread. Prints rows per second of CPU time, the best of five.

    peers.py PEER KIND FILE      # PEER: duckdb, polars; KIND: json, iso (json with ISO dates), csv
"""
import os
import resource
import sys

os.environ["POLARS_MAX_THREADS"] = "1"
peer, kind, path = sys.argv[1:]


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def duckdb_reader():
    import duckdb

    time = "TIMESTAMP" if kind == "iso" else "BIGINT"
    columns = f"{{ts:'{time}',sensor_id:'VARCHAR',temp:'DOUBLE',hum:'DOUBLE',pres:'DOUBLE',ok:'BOOLEAN'}}"
    reader = (
        f"read_csv('{path}', header=false, columns={columns})"
        if kind == "csv"
        else f"read_json('{path}', format='newline_delimited', columns={columns})"
    )
    connection = duckdb.connect()
    connection.execute("set threads = 1")
    return lambda: sum(batch.num_rows for batch in connection.sql(f"select * from {reader}").to_arrow_reader(100_000))


def polars_reader():
    import polars as pl

    names = ["ts", "sensor_id", "temp", "hum", "pres", "ok"]
    types = [pl.String if kind == "iso" else pl.Int64, pl.String, pl.Float64, pl.Float64, pl.Float64, pl.Boolean]
    schema = dict(zip(names, types))

    def read():
        frame = pl.read_csv(path, has_header=False, schema=schema) if kind == "csv" else pl.read_ndjson(path, schema=schema)
        if kind == "iso":
            frame = frame.with_columns(pl.col("ts").str.to_datetime(time_unit="ms", time_zone="UTC"))
        return frame.to_arrow().num_rows

    return read


read = {"duckdb": duckdb_reader, "polars": polars_reader}[peer]()
best = 0.0
for _ in range(5):
    start = cpu()
    rows = read()
    best = max(best, rows / (cpu() - start))
print(best)
