using Fabric.Simulation.Scheduling;
using Microsoft.Extensions.Logging;

namespace Fabric.Simulation.Plant;

/// <summary>The last log lines of all processes, with the world's time, for whoever reads why a run failed.</summary>
internal sealed class SimulatedLogs(Simulator simulator) : ILoggerFactory, ILogger
{
    private const int LinesMax = 300;

    private readonly Queue<string> _lines = new();

    /// <summary>Told of every line.</summary>
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

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
        {
            return;
        }

        string line = $"{simulator.Elapsed.TotalMilliseconds:0} {simulator.Current?.Name} {logLevel} {formatter(state, exception)} {exception?.Message}";
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
