"""Writes the Parquet files that test/connectors/parquet reads, by pyarrow and DuckDB, each beside its rows as text.

    bench/.venv/bin/pip install pyarrow duckdb
    bench/.venv/bin/python scripts/parquet-fixtures.py [FOLDER]

A row's text is JSON as `rowJson` writes it: instants as ISO 8601 with the digits of their unit, 64-bit integers and decimals
exact, bytes as base64, times of day and durations as integers of their unit.
"""
import base64
import datetime as dt
import decimal
import json
import pathlib
import sys

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "test/connectors/parquet/fixtures")
folder.mkdir(parents=True, exist_ok=True)
D = decimal.Decimal
DIGITS = {"s": 0, "ms": 3, "us": 6, "ns": 9}


def number(value):
    if value != value or value in (float("inf"), float("-inf")):
        return json.dumps({"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)])
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def instant(value, unit):
    per_second = 10 ** DIGITS[unit]
    seconds, fraction = divmod(value, per_second)
    text = (dt.datetime(1970, 1, 1) + dt.timedelta(seconds=seconds)).isoformat()
    return json.dumps(text + ("." + str(fraction).zfill(DIGITS[unit]) if DIGITS[unit] else "") + "Z")


def text_of(scalar, type):
    if isinstance(type, pa.DictionaryType):
        return text_of(scalar.value if scalar.is_valid else pa.scalar(None, type.value_type), type.value_type)
    if not scalar.is_valid:
        return "null"
    if pa.types.is_timestamp(type):
        return instant(scalar.value, type.unit)
    if pa.types.is_date(type):
        return json.dumps(str(scalar.as_py()))
    if pa.types.is_time(type) or pa.types.is_duration(type):
        return str(scalar.value)
    if pa.types.is_decimal(type):
        return format(scalar.as_py(), "f")
    if pa.types.is_boolean(type):
        return "true" if scalar.as_py() else "false"
    if pa.types.is_integer(type):
        return str(scalar.as_py())
    if pa.types.is_floating(type):
        return number(float(scalar.as_py()))
    if pa.types.is_binary(type) or pa.types.is_large_binary(type) or pa.types.is_fixed_size_binary(type) or pa.types.is_binary_view(type):
        return json.dumps(base64.b64encode(scalar.as_py()).decode())
    if pa.types.is_map(type):
        entries = [(entry["key"], entry["value"]) for entry in scalar.values] if scalar.values is not None else []
        return "{" + ",".join(f"{json.dumps(str(key))}:{text_of(value, type.item_type)}" for key, value in entries) + "}"
    if pa.types.is_struct(type):
        return "{" + ",".join(f"{json.dumps(f.name)}:{text_of(scalar[f.name], f.type)}" for f in type) + "}"
    if pa.types.is_list(type) or pa.types.is_large_list(type) or pa.types.is_fixed_size_list(type):
        return "[" + ",".join(text_of(item, type.value_type) for item in scalar.values) + "]"
    return json.dumps(scalar.as_py(), ensure_ascii=False)


def record(name):
    table = pq.read_table(folder / f"{name}.parquet", partitioning=None)
    rows = []
    for row in range(table.num_rows):
        members = [f"{json.dumps(f.name)}:{text_of(table.column(f.name)[row], f.type)}" for f in table.schema]
        rows.append("{" + ",".join(members) + "}")
    (folder / f"{name}.rows.ndjson").write_text("".join(row + "\n" for row in rows), encoding="utf8")
    print(f"{name}: {table.num_rows} rows, {len(table.schema)} columns, {(folder / f'{name}.parquet').stat().st_size} bytes")


def write(name, table, **options):
    pq.write_table(table, folder / f"{name}.parquet", **{"compression": "snappy", **options})
    record(name)


numbers = pa.table({
    **{f"i{bits}": pa.array([2 ** (bits - 1) - 1, None, -(2 ** (bits - 1))], getattr(pa, f"int{bits}")()) for bits in (8, 16, 32, 64)},
    **{f"u{bits}": pa.array([2**bits - 1, None, 5], getattr(pa, f"uint{bits}")()) for bits in (8, 16, 32, 64)},
    "f16": pa.array([1.5, None, -0.25], pa.float16()),
    "f32": pa.array([1.5, None, float("-inf")], pa.float32()),
    "f64": pa.array([float("nan"), None, float("inf")]),
    "bool": pa.array([True, None, False]),
    "dec4": pa.array([D("-1.10"), None, D("99.99")], pa.decimal128(4, 2)),
    "dec15": pa.array([D("1234567890.12345"), None, D("-0.00001")], pa.decimal128(15, 5)),
    "dec38": pa.array([D("12345678901234567890123456789.123456789"), None, D("-1.5")], pa.decimal128(38, 9)),
    "dec70": pa.array([D("1" * 60 + ".0123456789"), None, D("-7")], pa.decimal256(70, 10)),
})
times = pa.table({
    **{f"ts_{unit}": pa.array([1_700_000_000 * 10 ** DIGITS[unit] + (DIGITS[unit] > 0) * 7, None, -1], pa.timestamp(unit)) for unit in DIGITS},
    **{f"tz_{unit}": pa.array([1_700_000_000 * 10 ** DIGITS[unit], None, -1], pa.timestamp(unit, tz=zone))
       for unit, zone in (("ms", "UTC"), ("us", "Europe/Berlin"), ("ns", "+05:30"))},
    "date32": pa.array([19_000, None, -1], pa.date32()),
    "date64": pa.array([19_000 * 86_400_000, None, -86_400_000], pa.date64()),
    "time_ms": pa.array([5_000, None, 7], pa.time32("ms")),
    "time_us": pa.array([5_000, None, 7], pa.time64("us")),
    "time_ns": pa.array([5_000, None, 7], pa.time64("ns")),
    **{f"dur_{unit}": pa.array([5, None, -7], pa.duration(unit)) for unit in DIGITS},
})
texts = pa.table({
    "utf8": pa.array(["é😀", None, ""]),
    "large": pa.array(["x", None, "yz"], pa.large_string()),
    "view": pa.array(["a view of more than twelve bytes", None, "short"], pa.string_view()),
    "category": pa.array(["a", None, "b"]).dictionary_encode(),
    "category8": pa.array(["a", None, "b"]).cast(pa.dictionary(pa.int8(), pa.string())),
    "bytes": pa.array([b"\xff\x00", None, b""]),
    "large_bytes": pa.array([b"\xff\x00", None, b""], pa.large_binary()),
    "fixed_bytes": pa.array([b"abc", None, b"xyz"], pa.binary(3)),
})
nested = pa.table({
    "list": pa.array([[1, None], None, []], pa.list_(pa.int32())),
    "large_list": pa.array([[1, None], None, []], pa.large_list(pa.int32())),
    "fixed_list": pa.array([[1.5, 2.5], None, [3.5, None]], pa.list_(pa.float32(), 2)),
    "struct": pa.array([{"x": 1, "y": "q"}, None, {"x": None, "y": "r"}]),
    "map": pa.array([[("k", 1), ("l", None)], None, []], pa.map_(pa.string(), pa.int32())),
    "deep": pa.array([[{"a": [1, 2], "b": {"c": "z"}}], None, [None, {"a": None, "b": None}]],
                     pa.list_(pa.struct([("a", pa.list_(pa.int64())), ("b", pa.struct([("c", pa.string())]))]))),
})
exact = pa.table({
    "instants": pa.array([[1_700_000_000_000_001 * n, None] if n % 5 else None for n in range(20)], pa.list_(pa.timestamp("us"))),
    "record": pa.array([{"at": n * 1_000_000_001, "sum": D(n) / 100, "day": n, "raw": bytes([n]), "id": 2**64 - 1 - n, "in": {"none": None}} if n % 7 else None for n in range(20)],
                       pa.struct([("at", pa.timestamp("ns", "UTC")), ("sum", pa.decimal128(20, 2)), ("day", pa.date32()), ("raw", pa.binary()), ("id", pa.uint64()),
                                  ("in", pa.struct([("none", pa.null())]))])),
    "large": pa.array([[[n], None, []] if n % 3 else [] for n in range(20)], pa.large_list(pa.list_(pa.int64()))),
    "map": pa.array([[(n * 2**55, [f"v{n}", None])] for n in range(20)], pa.map_(pa.int64(), pa.list_(pa.string()))),
    "pairs": pa.array([[{"a": n}, None] if n % 4 else None for n in range(20)], pa.list_(pa.struct([("a", pa.decimal128(9, 3))]), 2)),
    "words": pa.array([["a", f"b{n % 3}"] for n in range(20)], pa.list_(pa.dictionary(pa.int32(), pa.string()))),
    "none": pa.nulls(20),
    "code": pa.array([2**60 + n % 3 if n % 4 else None for n in range(20)], pa.int64()).dictionary_encode(),
    "price": pa.array([D(n % 3) / 10 if n % 4 else None for n in range(20)], pa.decimal128(9, 2)).dictionary_encode(),
    "day": pa.array([dt.date(2024, 1, 1 + n % 3) if n % 4 else None for n in range(20)]).dictionary_encode(),
})
write("numbers", numbers)
write("times", times, compression="zstd")
write("texts", texts, compression="gzip")
write("nested", nested, compression="brotli", data_page_version="2.0")
write("exact", exact)
write("plain-v1", numbers.select(["i64", "f64", "u16", "bool"]), version="1.0", use_dictionary=False, compression="none")
write("int96", times.select(["ts_us"]), use_deprecated_int96_timestamps=True, store_schema=False)
write("encodings", pa.table({"d": pa.array(range(40)), "s": pa.array([f"text {i // 3}" for i in range(40)]), "f": pa.array([i / 8 for i in range(40)])}),
      use_dictionary=False, compression="lz4",
      column_encoding={"d": "DELTA_BINARY_PACKED", "s": "DELTA_BYTE_ARRAY", "f": "BYTE_STREAM_SPLIT"})
write("no-rows", numbers.slice(0, 0))
write("no-columns", pa.table({"x": [1, 2, 3]}).select([]))

database = duckdb.connect()
database.execute(f"""copy (select * from (values
  (1::tinyint, 2::usmallint, 9007199254740993::bigint, 1.5::float, 2.25::decimal(10,2), 'duck'::varchar, date '2024-02-29',
   timestamp '2024-02-29 12:34:56.789012', timestamptz '2024-02-29 12:34:56+00', [1, 2, null], {{'a': 1, 'b': 'x'}}, map {{'k': 5}}, '\\xAA\\xBB'::blob,
   true, time '01:02:03', 'happy'::enum('sad', 'happy')),
  (null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null)
) t(i8, u16, i64, f32, dec, text, day, ts, tz, list, struct, map, blob, flag, clock, mood)) to '{folder}/duckdb.parquet' (format parquet, compression zstd)""")
record("duckdb")
