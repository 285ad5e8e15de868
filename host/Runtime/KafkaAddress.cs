using Fabric.Host.Configuration;

namespace Fabric.Host.Runtime;

/// <summary>
/// Where Kafka is for the processes that do not run it: as configured, or, when the embedded broker let the system pick its
/// port, as it left it in the data folder.
/// </summary>
internal static class KafkaAddress
{
    private const string FileName = "kafka-address";

    public static void Write(FabricOptions options, string bootstrap) => File.WriteAllText(PathOf(options), bootstrap + "\n");

    /// <exception cref="HostException"><c>BROKER_NOT_STARTED</c>.</exception>
    public static string Find(FabricOptions options)
    {
        if (options.Kafka.Bootstrap is { } configured)
        {
            return configured;
        }

        if (options.Kafka.Listen.Port != 0)
        {
            return options.Kafka.Listen.ToString();
        }

        string path = PathOf(options);
        return File.Exists(path)
            ? File.ReadAllText(path).Trim()
            : throw new HostException(
                "BROKER_NOT_STARTED", "The embedded broker has not been started here; start the process that has the role broker "
                + "first, or set kafka.listen to an address with a port", path);
    }

    private static string PathOf(FabricOptions options) => Path.Combine(options.DataFolder, FileName);
}
