"""Prints the figures of the source files of examples/air-quality, from the CSV files alone: what
test/examples/air-quality/data.test.ts expects of beijing-air.parquet. Standard library only.

    python3 scripts/air-quality-figures.py ../shared/data/beijing-air > test/examples/air-quality/data.json
"""

import csv
import glob
import gzip
import json
import math
import sys
from datetime import datetime, timedelta, timezone

COLUMNS = {
    "PM2.5": "pm25", "PM10": "pm10", "SO2": "so2", "NO2": "no2", "CO": "co", "O3": "o3",
    "TEMP": "temperature", "PRES": "pressure", "DEWP": "dewPoint", "RAIN": "rain", "WSPM": "windSpeed",
}  # fmt: skip

rows = []
for path in glob.glob(f"{sys.argv[1]}/*.csv.gz"):
    with gzip.open(path, "rt") as file:
        rows += list(csv.DictReader(file))

beijing = timezone(timedelta(hours=8))
times = [datetime(int(r["year"]), int(r["month"]), int(r["day"]), int(r["hour"]), tzinfo=beijing) for r in rows]
columns = {}
for source, name in COLUMNS.items():
    values = [float(row[source]) for row in rows if row[source] != "NA"]
    columns[name] = {"nulls": len(rows) - len(values), "min": min(values), "max": max(values), "sum": math.fsum(values)}

winds = [row["wd"] for row in rows]
sample = {}
for row, time in zip(rows, times):
    if row["station"] == "Dingling" and time == datetime(2015, 6, 1, 12, tzinfo=beijing):
        sample = {COLUMNS[source]: None if row[source] == "NA" else float(row[source]) for source in COLUMNS}
        sample["windDirection"] = None if row["wd"] == "NA" else row["wd"]

print(json.dumps({
    "rows": len(rows),
    "stations": sorted({row["station"] for row in rows}),
    "first": min(times).astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    "last": max(times).astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    "columns": columns,
    "windDirection": {"nulls": winds.count("NA"), "distinct": len(set(winds) - {"NA"})},
    "dinglingNoonOfJune1st2015": sample,
}, indent=2))  # fmt: skip
