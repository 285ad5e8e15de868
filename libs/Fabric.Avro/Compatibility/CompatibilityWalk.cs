namespace Fabric.Avro;

/// <summary>One check of a reader against a writer. A pair of types is reported where it is first met; recursion ends there.</summary>
internal sealed class CompatibilityWalk
{
    private readonly HashSet<(Schema Reader, Schema Writer)> _visited = [];
    private readonly Dictionary<(Schema Reader, Schema Writer), bool> _fits = [];
    private readonly List<Incompatibility> _reasons = [];
    private readonly List<string> _path = [];

    public static IReadOnlyList<Incompatibility> Check(Schema reader, Schema writer)
    {
        var walk = new CompatibilityWalk();
        walk.Visit(reader, writer);
        return walk._reasons;
    }

    private void Visit(Schema reader, Schema writer)
    {
        StackGuard.Check();
        if (!_visited.Add((reader, writer)))
        {
            return;
        }

        switch (reader, writer)
        {
            case (UnionSchema to, UnionSchema from):
                VisitUnions(to, from);
                break;
            case (_, UnionSchema from):
                foreach (Schema branch in from.BranchArray)
                {
                    Visit(reader, branch);
                }

                break;
            case (UnionSchema to, _):
                if (!Fits(to, writer))
                {
                    Report(IncompatibilityType.MissingUnionBranch, $"reader union lacking writer type: {TypeName(writer)}");
                }

                break;
            default:
                VisitPlain(reader, writer);
                break;
        }
    }

    private void VisitUnions(UnionSchema reader, UnionSchema writer)
    {
        for (int i = 0; i < writer.BranchArray.Length; i++)
        {
            Schema branch = writer.BranchArray[i];
            if (!Fits(reader, branch))
            {
                using Scope at = Enter($"{i}");
                Report(IncompatibilityType.MissingUnionBranch, $"reader union lacking writer type: {TypeName(branch)}");
            }
        }
    }

    private void VisitPlain(Schema reader, Schema writer)
    {
        switch (reader, writer)
        {
            case (ArraySchema to, ArraySchema from):
                VisitAt("items", to.Items, from.Items);
                break;
            case (MapSchema to, MapSchema from):
                VisitAt("values", to.Values, from.Values);
                break;
            case (FixedSchema to, FixedSchema from):
                CheckNames(to, from);
                CheckSizes(to, from);
                break;
            case (EnumSchema to, EnumSchema from):
                CheckNames(to, from);
                CheckSymbols(to, from);
                break;
            case (RecordSchema to, RecordSchema from):
                CheckNames(to, from);
                CheckFields(to, from);
                break;
            default:
                if (SchemaMatch.Promotion(writer.Type, reader.Type) is null)
                {
                    Report(IncompatibilityType.TypeMismatch,
                        $"reader type: {TypeName(reader)} not compatible with writer type: {TypeName(writer)}");
                }

                break;
        }
    }

    private void CheckNames(NamedSchema reader, NamedSchema writer)
    {
        if (!SchemaMatch.Names(writer, reader))
        {
            using Scope at = Enter("name");
            Report(IncompatibilityType.NameMismatch, $"expected: {writer.FullName}");
        }
    }

    private void CheckSizes(FixedSchema reader, FixedSchema writer)
    {
        if (reader.Size != writer.Size)
        {
            using Scope at = Enter("size");
            Report(IncompatibilityType.FixedSizeMismatch, $"expected: {writer.Size}, found: {reader.Size}");
        }
    }

    private void CheckSymbols(EnumSchema reader, EnumSchema writer)
    {
        string[] missing = [.. writer.Symbols.Where(symbol => reader.IndexOf(symbol) < 0)];
        if (missing.Length > 0 && reader.Default is null)
        {
            using Scope at = Enter("symbols");
            Report(IncompatibilityType.MissingEnumSymbols, $"[{string.Join(", ", missing)}]");
        }
    }

    private void CheckFields(RecordSchema reader, RecordSchema writer)
    {
        using Scope fields = Enter("fields");
        RecordField?[] sources = SchemaMatch.SourcesOf(reader, writer);
        foreach (RecordField field in reader.FieldArray)
        {
            using Scope at = Enter($"{field.Position}");
            if (sources[field.Position] is { } source)
            {
                VisitAt("type", field.Type, source.Type);
            }
            else if (!field.HasDefault)
            {
                Report(IncompatibilityType.ReaderFieldMissingDefaultValue, field.Name);
            }
        }
    }

    private void VisitAt(string attribute, Schema reader, Schema writer)
    {
        using Scope at = Enter(attribute);
        Visit(reader, writer);
    }

    /// <summary>Whether some branch of a reader's union takes a type whole. A pair that is asked about inside itself fits.</summary>
    private bool Fits(UnionSchema reader, Schema writer) => Array.Exists(reader.BranchArray, branch => FitsWhole(branch, writer));

    private bool FitsWhole(Schema reader, Schema writer)
    {
        StackGuard.Check();
        if (reader.Type != writer.Type && SchemaMatch.Promotion(writer.Type, reader.Type) is null)
        {
            return false;
        }

        if (_fits.TryGetValue((reader, writer), out bool known))
        {
            return known;
        }

        _fits[(reader, writer)] = true;
        bool fits = (reader, writer) switch
        {
            (ArraySchema to, ArraySchema from) => FitsNested(to.Items, from.Items),
            (MapSchema to, MapSchema from) => FitsNested(to.Values, from.Values),
            (FixedSchema to, FixedSchema from) => to.Size == from.Size && SchemaMatch.Names(from, to),
            (EnumSchema to, EnumSchema from) => SchemaMatch.Names(from, to)
                && (to.Default is not null || from.Symbols.All(symbol => to.IndexOf(symbol) >= 0)),
            (RecordSchema to, RecordSchema from) => SchemaMatch.Names(from, to) && FitsFields(to, from),
            _ => true,
        };
        return _fits[(reader, writer)] = fits;
    }

    private bool FitsNested(Schema reader, Schema writer) => (reader, writer) switch
    {
        (_, UnionSchema from) => Array.TrueForAll(from.BranchArray, branch => FitsNested(reader, branch)),
        (UnionSchema to, _) => Fits(to, writer),
        _ => FitsWhole(reader, writer),
    };

    private bool FitsFields(RecordSchema reader, RecordSchema writer)
    {
        RecordField?[] sources = SchemaMatch.SourcesOf(reader, writer);
        return Array.TrueForAll(reader.FieldArray, field => sources[field.Position] is { } source
            ? FitsNested(field.Type, source.Type)
            : field.HasDefault);
    }

    private void Report(IncompatibilityType type, string detail) =>
        _reasons.Add(new Incompatibility(type, "/" + string.Join('/', _path), detail));

    private static string TypeName(Schema schema) => Schema.NameOf(schema.Type).ToUpperInvariant();

    private Scope Enter(string segment)
    {
        _path.Add(segment);
        return new Scope(_path);
    }

    private readonly struct Scope(List<string> path) : IDisposable
    {
        public void Dispose() => path.RemoveAt(path.Count - 1);
    }
}
