namespace Fabric.Avro;

/// <summary>A fullname: name and namespace. The null namespace is the empty string.</summary>
internal readonly record struct SchemaName(string Name, string Namespace)
{
    public string FullName => Namespace.Length == 0 ? Name : $"{Namespace}.{Name}";

    /// <summary>Splits <paramref name="text"/> at its last dot; without one, the enclosing namespace applies.</summary>
    public static SchemaName From(string text, string enclosing)
    {
        int dot = text.LastIndexOf('.');
        return dot < 0 ? new SchemaName(text, enclosing) : new SchemaName(text[(dot + 1)..], text[..dot]);
    }

    /// <summary><c>[A-Za-z_][A-Za-z0-9_]*</c></summary>
    public static bool IsName(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || !(char.IsAsciiLetter(text[0]) || text[0] == '_'))
        {
            return false;
        }

        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '_')
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether both parts are well formed.</summary>
    public bool IsValid()
    {
        if (!IsName(Name))
        {
            return false;
        }

        if (Namespace.Length == 0)
        {
            return true;
        }

        foreach (Range part in Namespace.AsSpan().Split('.'))
        {
            if (!IsName(Namespace.AsSpan()[part]))
            {
                return false;
            }
        }

        return true;
    }
}
