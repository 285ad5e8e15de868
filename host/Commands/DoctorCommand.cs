using System.CommandLine;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Fabric.DuckDb;
using Fabric.Kafka;
using Fabric.Kafka.Clients;

namespace Fabric.Host.Commands;

/// <summary><c>fabric doctor</c>: what is missing on this machine, and the command that installs it.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var command = new Command("doctor", "Check what this machine has and say how to install what is missing");
        command.SetAction(_ => Examine());
        return command;
    }

    private static int Examine()
    {
        bool isWell = Tell(".NET runtime", RuntimeInformation.FrameworkDescription, null)
            & Try("librdkafka", LibraryOfKafka, "apt-get install librdkafka1 (or: make setup)")
            & Try("DuckDB", () => DuckDbDatabase.LibraryVersion, "make setup")
            & Try("Node.js (demo and judges only)", () => VersionOf("node", "--version"), "install Node.js 20 or later")
            & Try("kcat (tests only)", () => VersionOf("kcat", "-V"), "apt-get install kcat (or: make setup)")
            & Try("mosquitto (tests only)", () => VersionOf("/usr/sbin/mosquitto", "-h"), "apt-get install mosquitto (or: make setup)");
        return isWell ? ExitCode.Done : ExitCode.No;
    }

    private static string LibraryOfKafka()
    {
        LibrdkafkaResolver.Ensure();
        return Confluent.Kafka.Library.VersionString;
    }

    private static string VersionOf(string program, string argument)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, argument)
        {
            RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output.Split('\n').FirstOrDefault(line => line.Any(char.IsDigit))?.Trim() ?? "present";
    }

    private static bool Try(string what, Func<string> find, string remedy)
    {
        try
        {
            return Tell(what, find(), null);
        }
        catch (Exception exception) when (exception is KafkaException or DllNotFoundException or TypeInitializationException
            or System.ComponentModel.Win32Exception or EntryPointNotFoundException)
        {
            return Tell(what, null, remedy);
        }
    }

    private static bool Tell(string what, string? found, string? remedy)
    {
        Console.WriteLine(found is null ? $"missing  {what}: {remedy}" : $"ok       {what}: {found}");
        return found is not null;
    }
}
