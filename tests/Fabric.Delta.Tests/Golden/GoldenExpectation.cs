namespace Fabric.Delta.Tests.Golden;

/// <summary>What must come out of one golden table.</summary>
internal abstract record GoldenExpectation
{
    /// <summary>Every row, as <see cref="RowText"/> writes it, in any order.</summary>
    public sealed record Rows(Func<IEnumerable<string>> All) : GoldenExpectation;

    /// <summary>Too many or random rows: a query over view <c>t</c>, and its single row.</summary>
    public sealed record Summary(string Sql, string Row) : GoldenExpectation;

    /// <summary>A log without data files: the state is checked, as the log's paths of active files and of tombstones.</summary>
    public sealed record LogOnly(long Version, string[] Files, string[] Tombstones) : GoldenExpectation;

    /// <summary>Refused with this code and, when it is about features, with exactly these names.</summary>
    public sealed record Refused(string Code, params string[] Features) : GoldenExpectation;
}
