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
