using Fabric.Avro;

namespace Fabric.Schemas.Generator;

/// <summary>From a folder of *.avsc to C# source, one file per named type and per multi-type union.</summary>
public static class SchemaGenerator
{
    /// <summary>File name to content.</summary>
    /// <exception cref="InvalidOperationException">A type is defined twice and differently, or has a shape that is not generated.</exception>
    public static IReadOnlyDictionary<string, string> Generate(string folder)
    {
        var catalog = new TypeCatalog();
        foreach (string path in Directory.GetFiles(folder, "*.avsc").Order(StringComparer.Ordinal))
        {
            try
            {
                catalog.Add(Schema.Parse(File.ReadAllText(path)));
            }
            catch (AvroException e)
            {
                throw new InvalidOperationException($"{Path.GetFileName(path)}: {e.Message}", e);
            }
        }

        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (NamedSchema type in catalog.Types)
        {
            files.Add($"{type.Name}.cs", type switch
            {
                RecordSchema record => RecordEmitter.Emit(record, catalog),
                EnumSchema symbols => EnumEmitter.Emit(symbols),
                _ => throw new InvalidOperationException($"{type.FullName}: fixed types are not generated yet"),
            });
        }

        foreach ((string name, UnionSchema union) in catalog.Unions)
        {
            files.Add($"{name}.cs", UnionEmitter.Emit(name, union));
        }

        return files;
    }
}
