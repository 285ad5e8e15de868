using Fabric.Core;
using Fabric.Core.Options;

namespace Fabric.Twins.Tests;

public sealed class TwinFileTests
{
    private const string Moved = """
        assets:
          - id: pump-1
            model: Pump
            path: acme/hamburg/water/line-1/cell-2/pump-1
            signals:
              vibration: { unit: mm/s, minimum: 0, maximum: 50, points: [sensors/dev-17/vib] }
              temperature: { unit: Cel, points: [{ point: sensors/dev-17/t, to: 2026-03-01T00:00:00Z }] }
          - id: pump-2
            model: Pump
            path: acme/hamburg/water/line-1/cell-2/pump-2
            signals:
              temperature:
                unit: Cel
                points: [{ point: sensors/dev-17/t, from: 2026-03-01T00:00:00Z, scale: 0.1, shift: -40 }]
        """;

    [Fact]
    public void At_a_sensor_that_moved_keeps_its_old_asset_for_old_data()
    {
        TwinFile twins = Read(Moved, out OptionDocument document);
        Assert.Empty(document.Problems);
        PointTimeline timeline = twins.Points["sensors/dev-17/t"];
        long moved = new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds() * 1000;
        Assert.Equal("pump-1", timeline.At(moved - 1)!.Asset);
        Assert.Equal("pump-2", timeline.At(moved)!.Asset);
        Assert.Equal("pump-1", timeline.At(long.MinValue)!.Asset);
        Assert.True(timeline.At(moved)!.Converts);
        Assert.Equal(50, twins.Points["sensors/dev-17/vib"].At(0)!.Maximum);
    }

    [Fact]
    public void At_between_intervals_nothing_is_bound()
    {
        var binding = new BindingInterval(10, 20, "a", "M", "p", "s", null, 1, 0, null, null);
        var timeline = new PointTimeline([binding with { FromMicros = 30, ToMicros = 40 }, binding]);
        Assert.Equal(
            [false, true, true, false, false, true, true, false],
            new long[] { 9, 10, 19, 20, 29, 30, 39, 40 }.Select(at => timeline.At(at) is not null));
        Assert.Throws<ArgumentException>(() => new PointTimeline([binding, binding with { FromMicros = 19, ToMicros = 21 }]));
        Assert.Throws<ArgumentException>(() => new PointTimeline([binding with { ToMicros = 10 }]));
    }

    [Fact]
    public void Read_reports_every_mistake_with_its_line()
    {
        Read("""
            assets:
              - id: pump-1
                model: Pump
                path: a/b
                signals:
                  v: { unit: mm/s, minimum: 5, maximum: 1, points: [sensors/dev-17] }
                  t: { points: [{ point: s/d/p, from: yesterday }, { point: s/d/q, from: 2026-01-02, to: 2026-01-01 }] }
                  u: { points: [s/d/p], colour: red }
              - { id: pump-1, model: Pump }
            """, out OptionDocument document);
        Assert.Equal(
            [
                (6, "minimum is greater than maximum"), (6, "expected a point as source/device/point"),
                (7, "expected an instant"), (7, "'to' must be later"), (8, "'s/d/p' already feeds pump-1.t"),
                (8, "unknown key 'colour'"), (9, "missing: expected enterprise"), (9, "appears twice"),
            ],
            document.Problems.Select(problem => (problem.Line, problem.Message))
                .Zip(Expected(document), (actual, expected) => (actual.Line, expected)));
    }

    [Fact]
    public void Hash_depends_on_meaning_and_not_on_order()
    {
        string hash = Read(Moved, out _).Hash;
        Assert.Equal(hash, Read(Moved.Replace("minimum: 0, maximum: 50", "maximum: 50, minimum: 0"), out _).Hash);
        Assert.NotEqual(hash, Read(Moved.Replace("maximum: 50", "maximum: 51"), out _).Hash);
    }

    [Fact]
    public void RecordKey_parts_with_slashes_survive()
    {
        string key = RecordKey.Join("line/1", "dev 17", "ns=2;s=a%b");
        Assert.Equal(3, key.Split('/').Length);
        Assert.Equal(["line/1", "dev 17", "ns=2;s=a%b"], RecordKey.Split(key));
    }

    // The expected fragments, each matched against the problem at its place so that a miss shows the real message.
    private static IEnumerable<string> Expected(OptionDocument document)
    {
        string[] fragments =
        [
            "minimum is greater than maximum", "expected a point as source/device/point", "expected an instant",
            "'to' must be later", "'s/d/p' already feeds pump-1.t", "unknown key 'colour'", "missing: expected enterprise",
            "appears twice",
        ];
        return document.Problems.Select(problem =>
            fragments.FirstOrDefault(fragment => problem.Message.Contains(fragment, StringComparison.Ordinal))
            ?? problem.Message);
    }

    private static TwinFile Read(string yaml, out OptionDocument document)
    {
        document = OptionDocument.Parse(yaml, "twins.yaml", "/", _ => null);
        return TwinFile.Read(document);
    }
}
