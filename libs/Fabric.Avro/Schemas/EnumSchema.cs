using System.Collections.Frozen;
using System.Text;

namespace Fabric.Avro;

/// <summary>An enum: an index into named symbols.</summary>
public sealed class EnumSchema : NamedSchema
{
    private readonly string[] _symbols;
    private readonly FrozenDictionary<string, int> _indexes;

    internal EnumSchema(
        SchemaName name, IReadOnlyList<SchemaName> aliases, string? doc,
        IReadOnlyDictionary<string, string>? properties, string[] symbols, string? defaultSymbol)
        : base(name, aliases, doc, properties)
    {
        _symbols = symbols;
        _indexes = symbols.Select((symbol, index) => (symbol, index))
            .ToFrozenDictionary(pair => pair.symbol, pair => pair.index, StringComparer.Ordinal);
        SymbolBytes = Array.ConvertAll(symbols, Encoding.UTF8.GetBytes);
        Default = defaultSymbol;
    }

    public override SchemaType Type => SchemaType.Enum;

    /// <summary>In the order of the indexes on the wire.</summary>
    public IReadOnlyList<string> Symbols => _symbols;

    /// <summary>What a reader takes a symbol for that it does not know; null when there is none.</summary>
    public string? Default { get; }

    /// <summary>The symbols as UTF-8.</summary>
    internal byte[][] SymbolBytes { get; }

    /// <summary>Index of a symbol, -1 when the enum lacks it.</summary>
    public int IndexOf(string symbol) => _indexes.GetValueOrDefault(symbol, -1);
}
