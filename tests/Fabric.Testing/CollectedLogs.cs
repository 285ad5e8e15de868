using Microsoft.Extensions.Logging;

namespace Fabric.Testing;

/// <summary>The last log lines, kept for the message of a failing test.</summary>
/// <param name="least">Lines below this level are not kept.</param>
/// <param name="stamp">What each line begins with; null for the time of day.</param>
public sealed class CollectedLogs(LogLevel least = LogLevel.Information, Func<string>? stamp = null) : ILoggerFactory, ILogger
{
    private const int LinesMax = 1_000;

    private readonly Queue<string> _lines = new();

    /// <summary>Told of every line that is kept.</summary>
    public Action<string>? Watcher { get; set; }

    public string Text
    {
        get
        {
            lock (_lines)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void Dispose()
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= least;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
        {
            return;
        }

        string at = stamp?.Invoke() ?? $"{TimeProvider.System.GetUtcNow():HH:mm:ss.fff}";
        string line = $"{at} {logLevel} {formatter(state, exception)} {exception?.GetType().Name} {exception?.Message}";
        lock (_lines)
        {
            Watcher?.Invoke(line);
            _lines.Enqueue(line);
            if (_lines.Count > LinesMax)
            {
                _lines.Dequeue();
            }
        }
    }
}
