using System.CommandLine;
using Fabric.Governance.Privacy;

namespace Fabric.Host.Commands;

/// <summary><c>fabric privacy key PATH</c>: makes the key that keeps people unreadable.</summary>
internal static class PrivacyCommand
{
    public static Command Create()
    {
        var path = new Argument<string>("PATH") { Description = "The new key file; outside the data folder" };
        Option<string> data = new("--data")
        {
            Description = "The data folder, which the key must not be in", DefaultValueFactory = _ => "./data", HelpName = "DIR",
        };
        var key = new Command("key", "Make a privacy key, readable by its owner only") { path, data };
        key.SetAction(parsed =>
        {
            PrivacyKey.Create(parsed.GetValue(path)!, parsed.GetValue(data)!);
            string keyId = PrivacyKey.Load(parsed.GetValue(path)!, parsed.GetValue(data)!).KeyId;
            Console.WriteLine($"key {keyId} in {Path.GetFullPath(parsed.GetValue(path)!)}; keep a copy in a safe place:");
            Console.WriteLine("without it tokens of new data no longer join with the old ones, and quarantined payloads stay shut");
            return ExitCode.Done;
        });
        return new Command("privacy", "Keys that keep people unreadable") { key };
    }
}
