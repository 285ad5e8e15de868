namespace Fabric.Core;

/// <summary>Record keys: UTF-8 text, parts percent-encoded (RFC 3986) and joined by <c>/</c>. Pure, thread-safe.</summary>
public static class RecordKey
{
    /// <summary><c>source/device</c>, <c>source/device/point</c>, …</summary>
    public static string Join(params ReadOnlySpan<string> parts)
    {
        if (parts.Length == 0)
        {
            throw new ArgumentException("A record key has at least one part", nameof(parts));
        }

        string key = Uri.EscapeDataString(parts[0]);
        for (int i = 1; i < parts.Length; i++)
        {
            key = $"{key}/{Uri.EscapeDataString(parts[i])}";
        }

        return key;
    }

    /// <summary>The parts of a key, decoded.</summary>
    public static string[] Split(string key) => Array.ConvertAll(key.Split('/'), Uri.UnescapeDataString);
}
