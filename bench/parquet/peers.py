"""Reads and writes sensor rows as Parquet by pyarrow and DuckDB, each with one thread; prints one JSON object.

peers.py make FILE ROWS CODEC | read PEER FILE [COLUMNS] | write PEER FILE OUT CODEC
"""
import json
import resource
import sys
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

GROUP = 100_000


def make(path, rows, codec):
    random = np.random.default_rng(1)
    ids = pa.array([f"sensor-{i:04d}" for i in range(500)])
    status = pa.array(["ok", "warn", "error", "offline"])
    writer = None
    for start in range(0, rows, GROUP):
        n = min(GROUP, rows - start)
        i = np.arange(start, start + n)
        table = pa.table({
            "at": pa.array(1_700_000_000_000 + i * 5 + random.integers(0, 5, n), pa.int64()).cast(pa.timestamp("ms", "UTC")),
            "sensor": pa.DictionaryArray.from_arrays(pa.array(random.integers(0, 500, n).astype(np.int32)), ids),
            "temperature": 20 + 5 * np.sin(i / 1000) + random.normal(0, 0.5, n),
            "humidity": np.round(50 + random.normal(0, 5, n), 2),
            "pressure": np.round(1013 + random.normal(0, 3, n), 1),
            "vibration": random.gamma(2.0, 0.1, n),
            "battery": pa.array(random.uniform(3, 4.2, n).astype(np.float32)),
            "count": pa.array(random.integers(0, 100_000, n).astype(np.int32)),
            "ok": pa.array(random.random(n) < 0.9, mask=random.random(n) < 0.05),
            "note": pa.DictionaryArray.from_arrays(pa.array(random.integers(0, 4, n).astype(np.int32), mask=random.random(n) < 0.3), status),
        })
        writer = writer or pq.ParquetWriter(path, table.schema, compression=codec)
        writer.write_table(table, row_group_size=GROUP)
    writer.close()


def connection():
    import duckdb
    return duckdb.connect(config={"threads": 1})


def read(peer, path, columns):
    if peer == "duckdb":
        # Loading a library is not counted, here as there.
        import duckdb
    start, busy = time.perf_counter(), time.process_time()
    rows = 0
    if peer == "pyarrow":
        for batch in pq.ParquetFile(path).iter_batches(batch_size=65_536, columns=columns, use_threads=False):
            rows += batch.num_rows
    else:
        names = ", ".join(f'"{name}"' for name in columns) if columns else "*"
        reader = connection().sql(f"select {names} from '{path}'").to_arrow_reader(65_536)
        for batch in reader:
            rows += batch.num_rows
    return rows, time.perf_counter() - start, time.process_time() - busy


def write(peer, path, out, codec):
    """Rows, seconds, and CPU seconds of writing alone: reading the input is not counted."""
    rows, seconds, cpu = 0, 0, 0
    file = pq.ParquetFile(path)
    if peer == "pyarrow":
        writer = pq.ParquetWriter(out, file.schema_arrow, compression=codec)
        for group in range(file.num_row_groups):
            table = file.read_row_group(group, use_threads=False)
            start, busy = time.perf_counter(), time.process_time()
            writer.write_table(table, row_group_size=GROUP)
            seconds += time.perf_counter() - start
            cpu += time.process_time() - busy
            rows += table.num_rows
        start, busy = time.perf_counter(), time.process_time()
        writer.close()
        return rows, seconds + time.perf_counter() - start, cpu + time.process_time() - busy
    table = file.read(use_threads=False)
    database = connection()
    database.register("input", table)
    start, busy = time.perf_counter(), time.process_time()
    database.execute(f"copy input to '{out}' (format parquet, row_group_size {GROUP}, compression {codec})")
    return table.num_rows, time.perf_counter() - start, time.process_time() - busy


pa.set_cpu_count(1)
pa.set_io_thread_count(1)
command, *parameters = sys.argv[1:]
if command == "make":
    make(parameters[0], int(parameters[1]), parameters[2])
    print("{}")
else:
    if command == "read":
        rows, seconds, cpu = read(parameters[0], parameters[1], parameters[2].split(",") if len(parameters) > 2 else None)
    else:
        rows, seconds, cpu = write(*parameters)
    print(json.dumps({"rows": rows, "seconds": seconds, "cpu": cpu, "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
