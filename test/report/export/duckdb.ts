import { DuckDBInstance } from '@duckdb/node-api';

/** What DuckDB makes of a Parquet file. */
export interface ParquetFile {
  /** By column, in their order. */
  readonly types: Readonly<Record<string, string>>;
  /** Each value as DuckDB's own text of it, which is exact; null where it is null. */
  readonly rows: readonly Readonly<Record<string, string | null>>[];
  readonly rowGroups: number;
}

export async function readWithDuckDb(path: string): Promise<ParquetFile> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    const file = `'${path.replaceAll("'", "''")}'`;
    await connection.run("SET TimeZone = 'UTC'");
    const described = await connection.runAndReadAll(`SELECT column_name, column_type FROM (DESCRIBE FROM ${file})`);
    const read = await connection.runAndReadAll(`SELECT COLUMNS(*)::VARCHAR FROM ${file}`);
    const groups = await connection.runAndReadAll(`SELECT num_row_groups FROM parquet_file_metadata(${file})`);
    return {
      types: Object.fromEntries(described.getRows().map(([name, type]) => [String(name), String(type)])),
      rows: read
        .getRowObjects()
        .map((row) =>
          Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === null ? null : String(value)])),
        ),
      rowGroups: Number(groups.getRows()[0]?.[0]),
    };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
