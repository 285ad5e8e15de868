namespace Fabric.Avro;

/// <summary>One of several types; the wire says which.</summary>
public sealed class UnionSchema : Schema
{
    private readonly Schema[] _branches;

    internal UnionSchema(Schema[] branches)
        : base(null, default)
    {
        _branches = branches;
        NullIndex = Array.FindIndex(branches, branch => branch.Type == SchemaType.Null);
    }

    public override SchemaType Type => SchemaType.Union;

    /// <summary>In the order of the indexes on the wire.</summary>
    public IReadOnlyList<Schema> Branches => _branches;

    /// <summary>Index of the null branch, -1 when there is none.</summary>
    public int NullIndex { get; }

    internal Schema[] BranchArray => _branches;

    /// <summary>The other branch of a union of null and one more type, either way round; null for every other union.</summary>
    public Schema? Optional => _branches.Length == 2 && NullIndex >= 0 ? _branches[1 - NullIndex] : null;
}
