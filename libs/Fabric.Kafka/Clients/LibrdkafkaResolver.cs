using System.Reflection;
using System.Runtime.InteropServices;

namespace Fabric.Kafka.Clients;

/// <summary>
/// Lets Confluent.Kafka find the operating system's librdkafka. The package asks for the unversioned library or for a
/// distribution-specific name (<c>centos7-librdkafka</c>), neither of which Debian's <c>librdkafka1</c> installs.
/// </summary>
public static class LibrdkafkaResolver
{
    private static readonly string[] Candidates =
        ["librdkafka.so.1", "librdkafka.so", "librdkafka.1.dylib", "librdkafka.dylib", "librdkafka.dll"];

    private static readonly Lazy<nint> Library = new(Load);

    /// <summary>Loads the library once per process. Every client calls it before it touches Confluent.Kafka.</summary>
    /// <exception cref="KafkaException">Code <c>LIBRDKAFKA_MISSING</c>.</exception>
    public static void Ensure() => _ = Library.Value;

    /// <summary>Whether a native name that Confluent.Kafka asks for means librdkafka.</summary>
    public static bool IsLibrdkafka(string name) => name.Contains("librdkafka", StringComparison.OrdinalIgnoreCase);

    /// <summary>The first of <paramref name="candidates"/> that loads.</summary>
    /// <exception cref="KafkaException">Code <c>LIBRDKAFKA_MISSING</c>: none does.</exception>
    public static nint LoadFirst(IReadOnlyList<string> candidates)
    {
        foreach (string candidate in candidates)
        {
            if (NativeLibrary.TryLoad(candidate, out nint handle))
            {
                return handle;
            }
        }

        throw new KafkaException(
            "LIBRDKAFKA_MISSING",
            $"The Kafka client library was not found (tried {string.Join(", ", candidates)}). "
            + "Install the package librdkafka1 (Debian, Ubuntu), librdkafka (Alpine, Fedora, Homebrew), or run 'make setup'");
    }

    private static nint Load()
    {
        nint handle = LoadFirst(Candidates);
        NativeLibrary.SetDllImportResolver(typeof(Confluent.Kafka.Library).Assembly, Resolve);
        return handle;

        nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) => IsLibrdkafka(name) ? handle : 0;
    }
}
