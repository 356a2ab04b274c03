"""Compares what scripts/parquet-roundtrip.ts wrote with the fixtures that it read, by pyarrow and by DuckDB."""
import pathlib
import sys

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

written = pathlib.Path(sys.argv[1])
fixtures = pathlib.Path("test/connectors/parquet/fixtures")


def plain(type):
    """The layouts that our reader turns into others, without a change of values."""
    if pa.types.is_large_string(type) or pa.types.is_string_view(type):
        return pa.string()
    if pa.types.is_large_binary(type):
        return pa.binary()
    if isinstance(type, pa.DictionaryType):
        return plain(type.value_type)
    return type


def exact(type):
    """Python's own times have no nanoseconds: those are compared as integers."""
    return pa.int64() if str(type).startswith(("timestamp[ns", "time64[ns", "duration[ns")) else type


def normal(table):
    return table.cast(pa.schema([(field.name, plain(field.type)) for field in table.schema])).combine_chunks().replace_schema_metadata(None)


def values(table):
    return str(table.cast(pa.schema([(field.name, exact(field.type)) for field in table.schema])).to_pylist())


for fixture in sorted(fixtures.glob("*.parquet")):
    if fixture.stem.startswith("no-"):
        continue
    theirs = normal(pq.read_table(fixture, partitioning=None))
    ours = normal(pq.read_table(written / fixture.stem, partitioning=None))
    assert theirs.schema.equals(ours.schema), f"pyarrow: {fixture.stem}: {theirs.schema} became {ours.schema}"
    assert values(theirs) == values(ours), f"pyarrow: {fixture.stem} differs"
    query = "select * from '{}'"
    [file] = (written / fixture.stem).glob("*.parquet")
    left, right = (normal(duckdb.sql(query.format(path)).to_arrow_table()) for path in (fixture, file))
    # DuckDB reads INT96 as microseconds; we write the nanoseconds that it holds.
    assert values(left) == values(right.cast(left.schema)), f"DuckDB: {fixture.stem} differs"
    print(f"{fixture.stem}: {ours.num_rows} rows, {ours.num_columns} columns: same by pyarrow and DuckDB")

def every_type(rows):
    """The rows of `everyType` in scripts/parquet-roundtrip.ts."""
    types = {
        "flag": (pa.bool_(), lambda n: n % 3 == 0),
        "i8": (pa.int8(), lambda n: n % 256 - 128),
        "u16": (pa.uint16(), lambda n: n % 65_536),
        "i32": (pa.int32(), lambda n: n * 7 - 100_000),
        "u32": (pa.uint32(), lambda n: 4_294_967_295 - n),
        "i64": (pa.int64(), lambda n: n * 4_000_000_007 - 5),
        "u64": (pa.uint64(), lambda n: 18_446_744_073_709_551_615 - n),
        "f32": (pa.float32(), lambda n: float("nan") if n % 13 == 1 else n / 4),
        "f64": (pa.float64(), lambda n: float("nan") if n % 13 == 1 else n % 1_000 / 8),
        "few": (pa.string(), lambda n: f"tëxt {n % 41}"),
        "many": (pa.string(), lambda n: "x" * (n % 23) + str(n)),
        "long": (pa.string(), lambda n: "y" * 3_000 if n % 101 == 0 else ""),
        "bytes": (pa.binary(), lambda n: bytes((n & 255, n >> 8 & 255))),
        "category": (pa.string(), lambda n: f"c{n % 300}"),
    }
    return pa.table({name: pa.array([None if n % 7 == 3 else value(n) for n in range(rows)], type) for name, (type, value) in types.items()})


expected = every_type(60_000)
for folder in sorted(written.glob("types-*")):
    [file] = folder.glob("*.parquet")
    read = pq.read_table(file)
    assert str(read.schema.field("category").type).startswith("dictionary"), "Arrow's own schema is kept"
    by_duckdb = duckdb.sql(f"select * from '{file}'").to_arrow_table()
    for table in (normal(read), normal(by_duckdb)):
        for name in expected.column_names:
            assert str(table[name].to_pylist()) == str(expected[name].to_pylist()), f"{folder.name}: {name} differs"
    metadata = pq.read_metadata(file)
    for group in range(metadata.num_row_groups):
        rows = expected.slice(group * 50_000, 50_000)
        for index, name in enumerate(expected.column_names):
            statistics = metadata.row_group(group).column(index).statistics
            values = [value for value in rows[name].to_pylist() if value is not None and value == value]
            assert statistics.null_count == rows[name].null_count, f"{folder.name}: {name}: nulls"
            # Long strings have none of ours, and a shortened one of the library's.
            assert name == "long" or (statistics.min, statistics.max) == (min(values), max(values)), f"{folder.name}: {name}: {statistics}"
    # DuckDB passes over row groups by the statistics.
    assert duckdb.sql(f"select count(*) from '{file}' where i32 >= 250000").fetchall() == [(sum(1 for value in expected["i32"].to_pylist() if value is not None and value >= 250_000),)]
    print(f"{folder.name}: {read.num_rows} rows of every type: same by pyarrow and DuckDB, statistics too; {file.stat().st_size} bytes")

for name, columns, rows in (("wide", 2_000, 30), ("giant", 3, 5_000_000)):
    table = pq.read_table(written / name)
    assert (table.num_columns, table.num_rows) == (columns, rows)
    for column in {0, 1, columns - 1}:
        assert table[f"c{column}"][-1].as_py() == (rows - 1) * column
    [file] = (written / name).glob("*.parquet")
    metadata = pq.read_metadata(file)
    assert duckdb.sql(f"select sum(c1) from '{file}'").fetchall()[0][0] == rows * (rows - 1) / 2
    print(f"{name}: {rows} rows, {columns} columns, {metadata.num_row_groups} row groups, {file.stat().st_size} bytes; origin {metadata.metadata[b'millrace.origin'].decode()}")
    assert metadata.row_group(0).column(1).statistics.max == metadata.row_group(0).num_rows - 1
