using System.Diagnostics.CodeAnalysis;

namespace Fabric.DuckDb;

/// <summary>A STRUCT value: members in the order of its type.</summary>
public sealed class DuckDbStruct(IReadOnlyList<DuckDbField> fields, IReadOnlyList<object?> values)
{
    public IReadOnlyList<DuckDbField> Fields { get; } = fields;

    /// <summary>One value per field.</summary>
    public IReadOnlyList<object?> Values { get; } = values;

    /// <summary>The member of that exact name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public object? this[string name] =>
        TryGet(name, out object? value) ? value : throw new KeyNotFoundException($"No member '{name}'");

    public bool TryGet(string name, out object? value)
    {
        for (int i = 0; i < Fields.Count; i++)
        {
            if (Fields[i].Name == name)
            {
                value = Values[i];
                return true;
            }
        }

        value = null;
        return false;
    }
}

/// <summary>A MAP value: entries in stored order; keys are never null and, in files of others, need not be unique.</summary>
public sealed class DuckDbMap(IReadOnlyList<KeyValuePair<object, object?>> entries)
{
    public IReadOnlyList<KeyValuePair<object, object?>> Entries { get; } = entries;

    /// <summary>The value of the first entry with that key.</summary>
    public bool TryGet(object key, [MaybeNullWhen(false)] out object? value)
    {
        foreach (KeyValuePair<object, object?> entry in Entries)
        {
            if (entry.Key.Equals(key))
            {
                value = entry.Value;
                return true;
            }
        }

        value = null;
        return false;
    }
}
