namespace Fabric.Avro;

/// <summary>Names in a column's path that select a branch of a union.</summary>
internal static class TypeSelector
{
    /// <summary>The branch of that name, else the one that promotes to it (int for long, float for double); -1 when there is none.</summary>
    public static int Find(string name, Schema[] branches)
    {
        int exact = Array.FindIndex(branches,
            branch => branch.FullName == name || (branch is NamedSchema named && named.Name == name));
        SchemaType? narrower = name switch
        {
            "long" => SchemaType.Int,
            "double" => SchemaType.Float,
            _ => null,
        };
        return exact >= 0 || narrower is null ? exact : Array.FindIndex(branches, branch => branch.Type == narrower);
    }
}
