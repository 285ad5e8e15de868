using System.Globalization;
using System.Text;
using Fabric.Connectors.Payload;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Connectors.Tests.Mapping;

public class PayloadTimeTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("2026-03-09T10:14:33Z", 1773051273000000)]
    [InlineData("2026-03-09T10:14:33.5Z", 1773051273500000)]
    [InlineData("2026-03-09T10:14:33.123456Z", 1773051273123456)]
    [InlineData("2026-03-09T10:14:33.123456999Z", 1773051273123456)]
    [InlineData("2026-03-09T10:14:33,25Z", 1773051273250000)]
    [InlineData("2026-03-09 10:14:33", 1773051273000000)]
    [InlineData("2026-03-09T10:14Z", 1773051240000000)]
    [InlineData("2026-03-09", 1773014400000000)]
    [InlineData("2026-03-09T12:14:33+02:00", 1773051273000000)]
    [InlineData("2026-03-09T12:14:33+0200", 1773051273000000)]
    [InlineData("2026-03-09T12:14:33+02", 1773051273000000)]
    [InlineData("2026-03-09T04:44:33-05:30", 1773051273000000)]
    [InlineData("20260309T101433Z", 1773051273000000)]
    [InlineData("2016-12-31T23:59:60Z", 1483228800000000)]
    [InlineData("1969-12-31T23:59:59.999999Z", -1)]
    [InlineData("0001-01-01T00:00:00Z", -62135596800000000)]
    [InlineData("9999-12-31T23:59:59.999999Z", 253402300799999999)]
    public void TryText_reads_ISO_8601(string text, long expected)
    {
        Assert.True(PayloadTime.TryText(Encoding.UTF8.GetBytes(text), TimeZoneInfo.Utc, out long micros));
        Assert.Equal(expected, micros);
    }

    [Theory]
    [InlineData("")]
    [InlineData("never")]
    [InlineData("20260309")]
    [InlineData("2026-3-9")]
    [InlineData("2026-02-30")]
    [InlineData("2026-13-01")]
    [InlineData("0000-01-01")]
    [InlineData("2026-03-09T")]
    [InlineData("2026-03-09T24:00:00Z")]
    [InlineData("2026-03-09T10:60:00Z")]
    [InlineData("2026-03-09T10:14:61Z")]
    [InlineData("2026-03-09T10:14:33.Z")]
    [InlineData("2026-03-09T10:14:33+1")]
    [InlineData("2026-03-09T10:14:33+01:")]
    [InlineData("2026-03-09T10:14:33+19:00")]
    [InlineData("2026-03-09T10:14:33Zx")]
    [InlineData("2026-0309")]
    [InlineData("03/09/2026")]
    [InlineData("0001-01-01T00:00:00+02:00")]
    public void TryText_refuses_what_is_no_time(string text) =>
        Assert.False(PayloadTime.TryText(Encoding.UTF8.GetBytes(text), TimeZoneInfo.Utc, out _));

    [Theory]
    [InlineData("2026-01-15 12:00:00", "2026-01-15T11:00:00Z")]
    [InlineData("2026-07-15 12:00:00", "2026-07-15T10:00:00Z")]
    [InlineData("2026-10-25 02:30:00", "2026-10-25T01:30:00Z")] // the hour that comes twice: standard time
    [InlineData("2026-03-29 02:30:00", "2026-03-29T01:30:00Z")] // the hour that is left out: as if nothing had changed
    [InlineData("2026-07-15 12:00:00Z", "2026-07-15T12:00:00Z")]
    public void TryText_reads_local_time_of_a_zone(string text, string expected)
    {
        TimeZoneInfo berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        Assert.True(PayloadTime.TryText(Encoding.UTF8.GetBytes(text), berlin, out long micros));
        Assert.Equal(DateTimeOffset.Parse(expected, CultureInfo.InvariantCulture), DateTimeOffset.UnixEpoch.AddTicks(micros * 10));
    }

    [Theory]
    [InlineData("1773051273", "Seconds", 1773051273000000)]
    [InlineData("1773051273.123456789", "Seconds", 1773051273123456)]
    [InlineData("1.773051273e9", "Seconds", 1773051273000000)]
    [InlineData("1773051273123", "Milliseconds", 1773051273123000)]
    [InlineData("1773051273123.4567", "Milliseconds", 1773051273123456)]
    [InlineData("1773051273123456", "Microseconds", 1773051273123456)]
    [InlineData("1773051273123456789", "Nanoseconds", 1773051273123456)]
    [InlineData("-1", "Nanoseconds", -1)]
    [InlineData("-0.0000001", "Seconds", -1)]
    [InlineData("0", "Milliseconds", 0)]
    public void TryNumber_reads_epochs(string text, string unit, long expected)
    {
        Assert.True(PayloadTime.TryNumber(Encoding.UTF8.GetBytes(text), Enum.Parse<TimeUnit>(unit), out long micros));
        Assert.Equal(expected, micros);
    }

    [Theory]
    [InlineData("9223372036854775807", "Seconds")]
    [InlineData("-9223372036854775808", "Milliseconds")]
    [InlineData("1e300", "Seconds")]
    [InlineData("79228162514264337593543950335", "Nanoseconds")]
    [InlineData("NaN", "Seconds")]
    [InlineData("", "Seconds")]
    [InlineData("12x", "Seconds")]
    public void TryNumber_refuses_what_no_time_is(string text, string unit) =>
        Assert.False(PayloadTime.TryNumber(Encoding.UTF8.GetBytes(text), Enum.Parse<TimeUnit>(unit), out _));

    /// <summary>Against .NET's own formatter, at every precision and offset.</summary>
    [Fact]
    public void TryText_reads_what_dotnet_writes()
    {
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int round = 0; round < 20_000; round++)
        {
            var utc = new DateTime(random.NextInt64(DateTime.UnixEpoch.Ticks / 2, DateTime.MaxValue.Ticks - TimeSpan.TicksPerDay) / 10 * 10, DateTimeKind.Utc);
            int offset = random.Next(-14 * 60, (14 * 60) + 1);
            var time = new DateTimeOffset(utc).ToOffset(TimeSpan.FromMinutes(offset));
            string text = time.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffffzzz", CultureInfo.InvariantCulture);
            Assert.True(PayloadTime.TryText(Encoding.UTF8.GetBytes(text), TimeZoneInfo.Utc, out long micros), text);
            Assert.Equal((utc.Ticks - DateTime.UnixEpoch.Ticks) / 10, micros);
        }
    }
}
