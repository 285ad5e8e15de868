namespace Fabric.Avro;

/// <summary>A record, enum or fixed: a type with a fullname.</summary>
public abstract class NamedSchema : Schema
{
    private protected NamedSchema(
        SchemaName name, IReadOnlyList<SchemaName> aliases, string? doc,
        IReadOnlyDictionary<string, string>? properties, LogicalType logical = default)
        : base(properties, logical)
    {
        SchemaName = name;
        AliasNames = aliases;
        Doc = doc;
    }

    /// <summary>The name without namespace.</summary>
    public string Name => SchemaName.Name;

    /// <summary>Empty for the null namespace.</summary>
    public string Namespace => SchemaName.Namespace;

    public override string FullName => SchemaName.FullName;

    /// <summary>Fullnames under which data of this type may also have been written.</summary>
    public IEnumerable<string> Aliases => AliasNames.Select(alias => alias.FullName);

    /// <summary>Documentation; null when there is none.</summary>
    public string? Doc { get; }

    internal SchemaName SchemaName { get; }

    internal IReadOnlyList<SchemaName> AliasNames { get; }
}
