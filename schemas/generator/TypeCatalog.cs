using Fabric.Avro;

namespace Fabric.Schemas.Generator;

/// <summary>The types of all files: shared ones once, unions by what they hold.</summary>
internal sealed class TypeCatalog
{
    private readonly SortedDictionary<string, NamedSchema> _types = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (string Name, UnionSchema Union)> _unions = new(StringComparer.Ordinal);
    private readonly HashSet<string> _open = new(StringComparer.Ordinal);

    public IEnumerable<NamedSchema> Types => _types.Values;

    /// <summary>Unions of more than null and one type, under the shortest of the names that their fields suggest.</summary>
    public IEnumerable<(string Name, UnionSchema Union)> Unions => _unions.Values.OrderBy(u => u.Name, StringComparer.Ordinal);

    public string NameOf(UnionSchema union) => _unions[union.CanonicalForm].Name;

    public void Add(Schema schema)
    {
        switch (schema)
        {
            case NamedSchema named:
                AddNamed(named);
                break;
            case ArraySchema array:
                Add(array.Items);
                break;
            case MapSchema map:
                Add(map.Values);
                break;
            case UnionSchema union:
                foreach (Schema branch in union.Branches)
                {
                    Add(branch);
                }

                break;
        }
    }

    private void AddNamed(NamedSchema named)
    {
        if (_open.Contains(named.FullName))
        {
            throw new InvalidOperationException($"{named.FullName} contains itself: recursive types are not generated");
        }

        if (_types.TryGetValue(named.Name, out NamedSchema? known))
        {
            if (known.Normalize() != named.Normalize())
            {
                throw new InvalidOperationException($"{named.Name} is defined twice, and differently");
            }

            return;
        }

        _types.Add(named.Name, named);
        if (named is not RecordSchema record)
        {
            return;
        }

        _open.Add(named.FullName);
        foreach (RecordField field in record.Fields)
        {
            if (field.Type is UnionSchema { Optional: null } union)
            {
                AddUnion(record.Name + CSharpText.Pascal(field.Name), union);
            }

            Add(field.Type);
        }

        _open.Remove(named.FullName);
    }

    private void AddUnion(string name, UnionSchema union)
    {
        if (!_unions.TryGetValue(union.CanonicalForm, out (string Name, UnionSchema) known) || name.Length < known.Name.Length)
        {
            _unions[union.CanonicalForm] = (name, union);
        }
    }
}
