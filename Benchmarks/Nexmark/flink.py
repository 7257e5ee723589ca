#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the queries on Apache Flink, over the CSV files that
`nexmark-export --headless` wrote.

Usage: flink.py DIRECTORY EVENTS QUERY…

Needs Java and the package apache-flink. One process, parallelism 1, rows go nowhere; what
Flink's own benchmark sets (mini-batches, split distinct aggregates) is set. Each query runs
once over few rows, so that it is compiled, then over all of them; so does the reading of
the same columns with every row filtered out. Prints one JSON object a query: processor
nanoseconds of the Java process per event, as they are and without start-up and parsing.
"""

import json
import os
import pathlib
import re
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
# By default a quarter of the machine's memory, of which statistics by day and channel fill all.
os.environ.setdefault("JAVA_TOOL_OPTIONS", "-Xmx12g")
WARM_UP_ROWS = 100_000
COLUMNS = {
    "person": "n BIGINT, id BIGINT, name STRING, emailAddress STRING, creditCard STRING, "
    "city STRING, state STRING",
    "auction": "n BIGINT, id BIGINT, itemName STRING, description STRING, initialBid BIGINT, "
    "reserve BIGINT",
    "bid": "n BIGINT, auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING",
}
BEHIND = {
    "person": "extra STRING",
    "auction": "expires BIGINT, seller BIGINT, category BIGINT, extra STRING",
    "bid": "extra STRING",
}


def queries():
    """Statements and the columns they read, by name."""
    text = (HERE / "flink.sql").read_text(encoding="utf-8")
    parts = re.split(r"^-- (q\d+) reads (.*)\n", text, flags=re.MULTILINE)
    return {
        name: (reads, statement.strip())
        for name, reads, statement in zip(parts[1::3], parts[2::3], parts[3::3])
    }


def processor_seconds():
    """What the Java process below this one has used."""
    total = 0.0
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid():
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def environment(directory):
    from pyflink.table import EnvironmentSettings, TableEnvironment

    tables = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
    for key, value in {
        "parallelism.default": "1",
        "table.local-time-zone": "UTC",
        "table.exec.mini-batch.enabled": "true",
        "table.exec.mini-batch.allow-latency": "2 s",
        "table.exec.mini-batch.size": "50000",
        "table.optimizer.distinct-agg.split.enabled": "true",
    }.items():
        tables.get_config().set(key, value)
    for table in COLUMNS:
        tables.execute_sql(
            f"CREATE TABLE {table} ({COLUMNS[table]}, `dateTime` BIGINT, {BEHIND[table]}, "
            "rt AS TO_TIMESTAMP_LTZ(`dateTime`, 3), "
            "WATERMARK FOR rt AS rt - INTERVAL '4' SECOND) "
            f"WITH ('connector' = 'filesystem', 'path' = '{directory}/{table}.csv', "
            "'format' = 'csv')"
        )
    tables.execute_sql(
        "CREATE TEMPORARY VIEW bid_by_clock AS SELECT bidder, PROCTIME() AS came FROM bid"
    )
    return tables


def run(tables, statement):
    """Runs a statement into nothing; answers the processor seconds it took."""
    before = processor_seconds()
    rows = tables.sql_query(statement)
    rows.execute_insert(sink(tables, rows)).wait()
    return processor_seconds() - before


sinks = {}


def sink(tables, rows):
    """A table of the rows' types that drops them."""
    types = sql_types(rows)
    key = (id(tables), *types)
    if key not in sinks:
        sinks[key] = f"nothing_{len(sinks)}"
        columns = ", ".join(f"f{index} {kind}" for index, kind in enumerate(types))
        tables.execute_sql(f"CREATE TABLE {sinks[key]} ({columns}) WITH ('connector' = 'blackhole')")
    return sinks[key]


def sql_types(rows):
    """The SQL types of a table's columns, as Java prints them."""
    columns = rows._j_table.getResolvedSchema().getColumns()
    types = [columns.get(index).getDataType().getLogicalType() for index in range(columns.size())]
    return [
        kind.asSerializableString().replace(" *ROWTIME*", "").replace(" NOT NULL", "")
        for kind in types
    ]


def floors(reads):
    """Statements that parse what a query reads and let nothing through."""
    return [
        f"SELECT {columns} FROM {table.strip()} WHERE CHAR_LENGTH(CAST({columns.split(',')[0]} AS STRING)) < 0"
        for table, columns in (part.split(":") for part in reads.split(";"))
    ]


def shorten(directory, target):
    for table in COLUMNS:
        with open(f"{directory}/{table}.csv", encoding="utf-8") as source:
            with open(f"{target}/{table}.csv", "w", encoding="utf-8") as file:
                for _, line in zip(range(WARM_UP_ROWS), source):
                    file.write(line)


def measure(large, small, reads, statement):
    """Processor seconds of a query and of what is not the query in it."""
    for text in (*floors(reads), statement):
        run(small, text)
    parsing = sum(run(large, text) for text in floors(reads))
    return run(large, statement), parsing


def main():
    directory, events, *names = sys.argv[1:]
    known = queries()
    with tempfile.TemporaryDirectory() as short:
        shorten(directory, short)
        small, large = environment(short), environment(directory)
        for name in names or known:
            if name not in known:
                continue
            gross, parsing = measure(large, small, *known[name])
            scale = 1e9 / int(events)
            print(
                json.dumps(
                    {
                        "query": name,
                        "events": int(events),
                        "nanosecondsPerEvent": round((gross - parsing) * scale, 2),
                        "grossNanosecondsPerEvent": round(gross * scale, 2),
                        "parsingNanosecondsPerEvent": round(parsing * scale, 2),
                    }
                ),
                flush=True,
            )


if __name__ == "__main__":
    main()
