namespace Fabric.DuckDb;

/// <summary>What a statement does, numbered as in DuckDB's C API (<c>duckdb_statement_type</c>).</summary>
public enum DuckDbStatementKind
{
    Invalid = 0,

    /// <summary>SELECT, FROM, VALUES, WITH, DESCRIBE, SHOW, SUMMARIZE: reads and nothing else.</summary>
    Select = 1,
    Insert = 2,
    Update = 3,

    /// <summary>EXPLAIN, and EXPLAIN ANALYZE, which runs what it explains.</summary>
    Explain = 4,
    Delete = 5,
    Prepare = 6,
    Create = 7,
    Execute = 8,
    Alter = 9,
    Transaction = 10,
    Copy = 11,
    Analyze = 12,
    VariableSet = 13,
    CreateFunction = 14,
    Drop = 15,
    Export = 16,
    Pragma = 17,
    Vacuum = 18,
    Call = 19,
    Set = 20,
    Load = 21,
    Relation = 22,
    Extension = 23,
    LogicalPlan = 24,
    Attach = 25,
    Detach = 26,
    Multi = 27,
}
