"""duckdb on one thread: a file of sensor readings (json or csv) to Arrow. Prints rows per second of CPU time, the best of five."""
import resource
import sys

import duckdb

kind, path = sys.argv[1:]
columns = "{ts:'BIGINT',sensor_id:'VARCHAR',temp:'DOUBLE',hum:'DOUBLE',pres:'DOUBLE',ok:'BOOLEAN'}"
reader = {
    "json": f"read_json('{path}', format='newline_delimited', columns={columns})",
    "csv": f"read_csv('{path}', header=false, columns={columns})",
}[kind]
connection = duckdb.connect()
connection.execute("set threads = 1")


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


best = 0.0
for _ in range(5):
    start = cpu()
    rows = sum(batch.num_rows for batch in connection.sql(f"select * from {reader}").to_arrow_reader(100_000))
    best = max(best, rows / (cpu() - start))
print(best)
