using System.Globalization;

namespace Fabric.Avro;

/// <summary>Where a parser stands: <c>$.fields[2].type</c>.</summary>
internal sealed class JsonPath
{
    private readonly List<string> _segments = ["$"];

    public Scope Attribute(string name) => Push($".{name}");

    public Scope Index(int index) => Push(string.Create(CultureInfo.InvariantCulture, $"[{index}]"));

    public override string ToString() => string.Concat(_segments);

    private Scope Push(string segment)
    {
        _segments.Add(segment);
        return new Scope(this);
    }

    /// <summary>Leaves the place when disposed. After an error nobody reads the path any more.</summary>
    public readonly struct Scope(JsonPath path) : IDisposable
    {
        public void Dispose() => path._segments.RemoveAt(path._segments.Count - 1);
    }
}
