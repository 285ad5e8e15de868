using Fabric.Core;

namespace Fabric.Avro;

/// <summary>
/// A schema, a body or a file is not what Avro allows, or cannot be read as asked. <see cref="FabricException.Code"/> is one
/// of <see cref="AvroErrors"/>. Never retriable: the same bytes fail again.
/// </summary>
public sealed class AvroException : FabricException
{
    /// <param name="code">One of <see cref="AvroErrors"/>.</param>
    /// <param name="message">What was expected and found; never a value from the data.</param>
    /// <param name="path">JSON path in a schema (<c>$.fields[2].type</c>) or field path in data (<c>samples[3].point</c>); may be empty.</param>
    /// <param name="offset">Byte offset in the body or file, -1 when there is none.</param>
    /// <param name="innerException">The cause, when another exception was translated.</param>
    public AvroException(
        string code, string message, string path = "", long offset = -1, Exception? innerException = null)
        : base(code, message, Place(path, offset), isRetriable: false, innerException)
    {
        Path = path;
        Offset = offset;
        Reason = message;
    }

    /// <summary>JSON path in a schema or field path in data; empty when unknown.</summary>
    public string Path { get; }

    /// <summary>Byte offset in the body or file; -1 when there is none.</summary>
    public long Offset { get; }

    /// <summary>The message without the place.</summary>
    internal string Reason { get; }

    private static string Place(string path, long offset) => (path.Length, offset) switch
    {
        (0, < 0) => "",
        (0, _) => $"byte {offset}",
        (_, < 0) => path,
        _ => $"{path}, byte {offset}",
    };
}
