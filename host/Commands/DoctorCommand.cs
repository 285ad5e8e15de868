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
        Option<bool> json = CommonOptions.Json();
        var command = new Command("doctor", "Check what this machine has and say how to install what is missing") { json };
        command.SetAction(parsed => Examine(parsed.GetValue(json)));
        return command;
    }

    private static int Examine(bool json)
    {
        (string What, string? Found, string Remedy)[] findings =
        [
            (".NET runtime", RuntimeInformation.FrameworkDescription, ""),
            ("librdkafka", Try(LibraryOfKafka), "apt-get install librdkafka1 (or: make setup)"),
            ("DuckDB", Try(() => DuckDbDatabase.LibraryVersion), "make setup"),
            ("Node.js (demo and judges only)", Try(() => VersionOf("node", "--version")), "install Node.js 20 or later"),
            ("kcat (tests only)", Try(() => VersionOf("kcat", "-V")), "apt-get install kcat (or: make setup)"),
            ("mosquitto (tests only)", Try(() => VersionOf("/usr/sbin/mosquitto", "-h")), "apt-get install mosquitto (or: make setup)"),
        ];
        if (json)
        {
            RowPrinter.Print(
                ["what", "found", "remedy"], [.. findings.Select(finding => new object?[]
                {
                    finding.What, finding.Found, finding.Found is null ? finding.Remedy : null,
                })], json, Console.Out);
        }
        else
        {
            foreach ((string what, string? found, string remedy) in findings)
            {
                Console.WriteLine(found is null ? $"missing  {what}: {remedy}" : $"ok       {what}: {found}");
            }
        }

        return findings.All(finding => finding.Found is not null) ? ExitCode.Done : ExitCode.No;
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

    /// <summary>Null when it is not there.</summary>
    private static string? Try(Func<string> find)
    {
        try
        {
            return find();
        }
        catch (Exception exception) when (exception is KafkaException or DllNotFoundException or TypeInitializationException
            or System.ComponentModel.Win32Exception or EntryPointNotFoundException)
        {
            return null;
        }
    }
}
