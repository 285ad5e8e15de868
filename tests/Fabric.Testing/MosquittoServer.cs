using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Fabric.Testing;

/// <summary>What a test wants of its broker; everything else is set so that nothing queued is dropped.</summary>
public sealed record MosquittoSettings
{
    /// <summary>User to password; empty: anybody may connect.</summary>
    public IReadOnlyDictionary<string, string> Users { get; init; } = new Dictionary<string, string>();

    /// <summary>PEM files of the server's certificate and key and of the CA; null: no TLS.</summary>
    public MosquittoTls? Tls { get; init; }

    /// <summary>Saves the sessions after every change, so that they survive <see cref="MosquittoServer.Kill"/>. Slow.</summary>
    public bool SavesEveryChange { get; init; }

    /// <summary>Further lines of mosquitto.conf.</summary>
    public IReadOnlyList<string> Lines { get; init; } = [];
}

/// <summary>Files for a TLS listener.</summary>
public sealed record MosquittoTls(string CaFile, string CertificateFile, string KeyFile, bool RequiresClientCertificate = false);

/// <summary>
/// A mosquitto of one test's own, on a free port of 127.0.0.1 that stays the same over restarts, with persistence and without
/// a limit on queued messages. Call <c>Skip.IfNot(MosquittoServer.Judge.IsPresent, MosquittoServer.Judge.Absent)</c> first.
/// </summary>
public sealed class MosquittoServer : IAsyncDisposable
{
    private const int SigTerm = 15;
    private const int SigStop = 19;
    private const int SigCont = 18;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    private readonly TempFolder _folder = new();
    private readonly MosquittoSettings _settings;
    private readonly ConcurrentQueue<string> _log = new();
    private Process? _process;

    private MosquittoServer(MosquittoSettings settings) => _settings = settings;

    /// <summary>The program, to be skipped on when it is not installed.</summary>
    public static Judge Judge => Judge.Program("mosquitto");

    public int Port { get; private set; }

    /// <summary>Of the process that runs now.</summary>
    public int ProcessId => Running().Id;

    /// <summary>0 without TLS.</summary>
    public int TlsPort { get; private set; }

    /// <summary><c>mqtt://127.0.0.1:PORT</c>.</summary>
    public Uri Url => new($"mqtt://127.0.0.1:{Port}");

    /// <summary><c>mqtts://localhost:PORT</c>: certificates are made out to localhost.</summary>
    public Uri TlsUrl => new($"mqtts://localhost:{TlsPort}");

    /// <summary>What the broker has logged so far, over all its lives.</summary>
    public IReadOnlyCollection<string> Log => _log;

    public static async Task<MosquittoServer> StartAsync(MosquittoSettings? settings = null)
    {
        var server = new MosquittoServer(settings ?? new MosquittoSettings());
        for (int attempt = 1; ; attempt++)
        {
            server.Port = FreePort.Find();
            server.TlsPort = server._settings.Tls is null ? 0 : FreePort.Find();
            server.WriteFiles();
            try
            {
                await server.StartAgainAsync();
                return server;
            }
            catch (InvalidOperationException) when (attempt < 5)
            {
                // Somebody took the port between the look and the bind: try another one.
            }
        }
    }

    /// <summary>Starts the process after <see cref="Kill"/> or <see cref="StopAsync"/>; returns when it listens.</summary>
    public async Task StartAgainAsync()
    {
        var listening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Process process = Judge.Start("-c", _folder["mosquitto.conf"]);
        process.EnableRaisingEvents = true;
        process.ErrorDataReceived += (_, line) => Note(line.Data, listening);
        process.OutputDataReceived += (_, line) => Note(line.Data, listening);
        process.Exited += (_, _) => listening.TrySetException(
            new InvalidOperationException("mosquitto ended: " + string.Join('\n', _log.TakeLast(5))));
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        _process = process;
        await listening.Task.WaitAsync(Bound);
    }

    /// <summary>kill -9: nothing is saved, connections break.</summary>
    public void Kill()
    {
        Process process = Running();
        process.Kill();
        process.WaitForExit(Bound);
        process.Dispose();
        _process = null;
    }

    /// <summary>Ends it the polite way: sessions and queued messages are saved.</summary>
    public async Task StopAsync()
    {
        Process process = Running();
        Signal(process.Id, SigTerm);
        await process.WaitForExitAsync().WaitAsync(Bound);
        process.Dispose();
        _process = null;
    }

    /// <summary>Stops the process without closing anything: to its clients the line is half open.</summary>
    public void Freeze() => Signal(Running().Id, SigStop);

    /// <summary>Ends <see cref="Freeze"/>.</summary>
    public void Thaw() => Signal(Running().Id, SigCont);

    public ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            Kill();
        }

        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private static void Signal(int processId, int signal)
    {
        if (SendSignal(processId, signal) != 0)
        {
            throw new InvalidOperationException($"Signal {signal} to process {processId} failed");
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int SendSignal(int processId, int signal);

    private Process Running() => _process ?? throw new InvalidOperationException("mosquitto is not running");

    private void Note(string? line, TaskCompletionSource listening)
    {
        if (line is null)
        {
            return;
        }

        _log.Enqueue(line);
        if (line.Contains(" running", StringComparison.Ordinal))
        {
            listening.TrySetResult();
        }
    }

    private void WriteFiles()
    {
        List<string> lines =
        [
            $"listener {Port} 127.0.0.1",
            $"allow_anonymous {(_settings.Users.Count == 0 ? "true" : "false")}",
            "persistence true",
            $"persistence_location {_folder.Path}/",
            $"autosave_interval {(_settings.SavesEveryChange ? 1 : 1800)}",
            $"autosave_on_changes {(_settings.SavesEveryChange ? "true" : "false")}",
            "max_queued_messages 0",
            "log_dest stderr",
            "log_type error", "log_type warning", "log_type notice", "log_type information",
            .. _settings.Lines,
        ];
        if (Environment.UserName == "root")
        {
            lines.Add("user root");
        }

        if (_settings.Users.Count > 0)
        {
            WritePasswords();
            lines.Add($"password_file {_folder["passwords"]}");
        }

        if (_settings.Tls is { } tls)
        {
            lines.AddRange(
            [
                $"listener {TlsPort} 127.0.0.1", $"cafile {tls.CaFile}", $"certfile {tls.CertificateFile}",
                $"keyfile {tls.KeyFile}", $"require_certificate {(tls.RequiresClientCertificate ? "true" : "false")}",
            ]);
        }

        File.WriteAllLines(_folder["mosquitto.conf"], lines);
    }

    private void WritePasswords()
    {
        string path = _folder["passwords"];
        File.WriteAllText(path, "");
        foreach ((string user, string password) in _settings.Users)
        {
            using Process process = Judge.Program("mosquitto_passwd").Start("-b", path, user, password);
            process.WaitForExit(Bound);
        }
    }
}
