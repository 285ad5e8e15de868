using Fabric.Core.Options;
using Fabric.Lakehouse.Tables;

namespace Fabric.Lakehouse.Tests.Tables;

public sealed class TableOptionsTests
{
    [Fact]
    public void Read_everything_said()
    {
        TableDefinition table = Read(
            """
            t:
              topic: shop.orders
              explode: order.items
              time: created_at
              received: received_at
              partitioning: date
              flush: { rows: 10, bytes: 1MiB, every: 5s }
            """, null, out IReadOnlyList<OptionProblem> problems)!;
        Assert.Empty(problems);
        Assert.Equal(
            new TableDefinition(
                "t", "shop.orders", null, "order.items", "created_at", "received_at", TablePartitioning.Date,
                new FlushPolicy(10, 1 << 20, TimeSpan.FromSeconds(5))), table);
    }

    [Fact]
    public void Read_nothing_said_takes_the_fabrics_topic_and_defaults()
    {
        TableDefinition table = Read("t: { }", "f.t", out IReadOnlyList<OptionProblem> problems)!;
        Assert.Empty(problems);
        Assert.Equal(new TableDefinition("t", "f.t", null, null, null, null, TablePartitioning.Date, FlushPolicy.Default), table);
    }

    [Theory]
    [InlineData("t: { }", "topic")]
    [InlineData("t: { topic: x, explode: 'a..b' }", "joined by dots")]
    [InlineData("t: { topic: x, partitioning: hour }", "date")]
    [InlineData("t: { topic: x, partitioning: none, time: a }", "partitioning: none")]
    [InlineData("t: { topic: x, explod: a }", "did you mean 'explode'")]
    [InlineData("t_v2: { topic: x }", "_v and a number")]
    [InlineData("T: { topic: x }", "no name for a table")]
    [InlineData("t: { topic: x, flush: { rows: 0 } }", "rows")]
    public void Read_mistakes_are_reported(string yaml, string expected)
    {
        Read(yaml, null, out IReadOnlyList<OptionProblem> problems);
        OptionProblem problem = Assert.Single(problems);
        Assert.Contains(expected, problem.ToString(), StringComparison.Ordinal);
    }

    private static TableDefinition? Read(string yaml, string? topic, out IReadOnlyList<OptionProblem> problems)
    {
        var document = OptionDocument.Parse(yaml, "fabric.yaml", ".", _ => null);
        var root = new OptionReader(document, document.Root);
        string name = root.Node.Entries[0].Key;
        TableDefinition? table = TableOptions.Read(root.Section(name)!, name, topic, FlushPolicy.Default);
        problems = document.Problems;
        return table;
    }
}
