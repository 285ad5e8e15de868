namespace Fabric.Core.Tests;

public sealed class ObservedTimeTests
{
    private const long Day = 86_400_000_000;

    [Theory]
    [InlineData(0, 0)]
    [InlineData(Day - 1, 0)]
    [InlineData(Day, 1)]
    [InlineData(-1, -1)]
    [InlineData(-Day, -1)]
    [InlineData(-Day - 1, -2)]
    [InlineData(long.MaxValue, 2_932_896)]
    [InlineData(long.MinValue, -719_162)]
    public void DayOf_rounds_towards_the_past(long micros, int day) => Assert.Equal(day, ObservedTime.DayOf(micros));

    [Theory]
    [InlineData(Day, false)]
    [InlineData(Day + 1, true)]
    [InlineData(-400 * Day, false)]
    [InlineData((-400 * Day) - 1, true)]
    public void IsSuspect_beyond_the_bounds(long ahead, bool expected)
    {
        const long received = 20_000 * Day;
        Assert.Equal(expected, ObservedTime.IsSuspect(received + ahead, received));
        Assert.Equal(
            expected ? 20_000 : 20_000 + (int)(ahead / Day), ObservedTime.DayOf(received + ahead, received));
    }

    [Fact]
    public void IsSuspect_extremes_do_not_overflow()
    {
        Assert.True(ObservedTime.IsSuspect(long.MaxValue, long.MinValue));
        Assert.True(ObservedTime.IsSuspect(long.MinValue, long.MaxValue));
    }
}
