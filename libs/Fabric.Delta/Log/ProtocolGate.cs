using Fabric.Delta.Actions;
using Fabric.Delta.Schema;

namespace Fabric.Delta.Log;

/// <summary>
/// What this library reads and writes. Reads: reader version 1, version 2 (column mapping), and version 3 as long as column
/// mapping is the only feature listed. Writes: reader version 1 with writer versions 1 and 2, and writer version 7 as long as
/// it lists nothing beyond <c>appendOnly</c> and <c>invariants</c>, none of them in use.
/// </summary>
internal static class ProtocolGate
{
    private const string ColumnMappingMode = "delta.columnMapping.mode";
    private const string ColumnMapping = "columnMapping";

    private static readonly string[] LegacyWriterFeatures =
        ["checkConstraints", "changeDataFeed", "generatedColumns", "columnMapping", "identityColumns"];

    /// <summary>How columns of the schema are found in files.</summary>
    /// <exception cref="DeltaException"><see cref="DeltaCode.ReadUnsupported"/>, with the features by name.</exception>
    public static ColumnMappingMode Read(ProtocolAction protocol, MetadataAction metadata, string where)
    {
        CheckReaderVersion(protocol, where);
        if (metadata.Provider != "parquet")
        {
            throw Unread($"its files are in the format '{Short(metadata.Provider)}'", [Short(metadata.Provider)], where);
        }

        bool mapped = protocol.MinReaderVersion == 2 || protocol.ReaderFeatures?.Contains(ColumnMapping) == true;
        string? mode = mapped ? metadata.Configuration.GetValueOrDefault(ColumnMappingMode) : null;
        return mode switch
        {
            null or "none" => Log.ColumnMappingMode.None,
            "name" => Log.ColumnMappingMode.Name,
            "id" => Log.ColumnMappingMode.Id,
            _ => throw Unread($"{ColumnMappingMode} is '{Short(mode)}'", [ColumnMapping], where),
        };
    }

    /// <summary>Column types that only a feature makes legal, whatever the protocol action says.</summary>
    public static void CheckTypes(StructType schema, string where)
    {
        foreach (StructField field in schema.Fields)
        {
            string? feature = FeatureOf(field.Type);
            if (feature is not null)
            {
                throw Unread($"column '{field.Name}' needs it", [feature], where);
            }
        }
    }

    /// <exception cref="DeltaException"><see cref="DeltaCode.WriteUnsupported"/>, with features and properties by name.</exception>
    public static void CheckWritable(Snapshot snapshot)
    {
        ProtocolAction protocol = snapshot.Protocol;
        var obstacles = new List<string>();
        if (protocol.MinReaderVersion != 1 && protocol.ReaderFeatures is not [])
        {
            obstacles.AddRange(protocol.ReaderFeatures ?? [ColumnMapping]);
        }

        AddWriterObstacles(protocol, obstacles);
        foreach ((string key, string? value) in snapshot.Metadata.Configuration)
        {
            if (IsObstacle(key, value))
            {
                obstacles.Add(key);
            }
        }

        AddColumnObstacles(snapshot.Schema, obstacles);
        if (obstacles.Count > 0)
        {
            List<string> names = obstacles.Distinct().ToList();
            throw new DeltaException(
                DeltaCode.WriteUnsupported,
                $"The table is not written: it uses {string.Join(", ", names)}, which this writer (reader 1, writer 2) cannot honour",
                snapshot.TableRoot)
            { Features = names };
        }
    }

    private static void CheckReaderVersion(ProtocolAction protocol, string where)
    {
        if (protocol.MinReaderVersion is < 1 or > 3)
        {
            throw Unread(
                $"it asks for reader version {protocol.MinReaderVersion}; 1 to 3 are known",
                [$"minReaderVersion={protocol.MinReaderVersion}"], where);
        }

        if (protocol.MinReaderVersion == 3)
        {
            List<string> unknown = (protocol.ReaderFeatures ?? []).Where(name => name != ColumnMapping).Select(Short).ToList();
            if (unknown.Count > 0)
            {
                throw Unread("reading correctly depends on them", unknown, where);
            }
        }
    }

    private static string? FeatureOf(DataType type) => type switch
    {
        PrimitiveType primitive when primitive == PrimitiveType.TimestampNtz => "timestampNtz",
        PrimitiveType primitive when primitive == PrimitiveType.Variant => "variantType",
        ArrayType array => FeatureOf(array.ElementType),
        MapType map => FeatureOf(map.KeyType) ?? FeatureOf(map.ValueType),
        StructType structure => structure.Fields.Select(field => FeatureOf(field.Type)).FirstOrDefault(name => name is not null),
        _ => null,
    };

    private static void AddWriterObstacles(ProtocolAction protocol, List<string> obstacles)
    {
        switch (protocol.MinWriterVersion)
        {
            case 1 or 2:
                break;
            case >= 3 and <= 6:
                // A legacy version implies every feature up to it: 3 brings the first, 4 the next two, then one each.
                int implied = protocol.MinWriterVersion switch { 3 => 1, 4 => 3, 5 => 4, _ => 5 };
                obstacles.AddRange(LegacyWriterFeatures.Take(implied));
                break;
            case 7:
                obstacles.AddRange((protocol.WriterFeatures ?? [])
                    .Where(name => name is not ("appendOnly" or "invariants")).Select(Short));
                break;
            default:
                obstacles.Add($"minWriterVersion={protocol.MinWriterVersion}");
                break;
        }
    }

    private static bool IsObstacle(string key, string? value) =>
        (key == "delta.appendOnly" && string.Equals(value, "true", StringComparison.OrdinalIgnoreCase))
        || key.StartsWith("delta.constraints.", StringComparison.Ordinal);

    private static void AddColumnObstacles(DataType type, List<string> obstacles)
    {
        switch (type)
        {
            case StructType structure:
                foreach (StructField field in structure.Fields)
                {
                    if (field.Metadata.ContainsKey(StructField.InvariantsKey))
                    {
                        obstacles.Add(StructField.InvariantsKey);
                    }

                    if (field.Metadata.ContainsKey(StructField.GenerationKey))
                    {
                        obstacles.Add(StructField.GenerationKey);
                    }

                    AddColumnObstacles(field.Type, obstacles);
                }

                break;
            case ArrayType array:
                AddColumnObstacles(array.ElementType, obstacles);
                break;
            case MapType map:
                AddColumnObstacles(map.KeyType, obstacles);
                AddColumnObstacles(map.ValueType, obstacles);
                break;
            default:
                break;
        }
    }

    private static DeltaException Unread(string why, List<string> features, string where) =>
        new(DeltaCode.ReadUnsupported,
            $"The table is not read: it uses {string.Join(", ", features)}, outside this reader's profile ({why})", where)
        { Features = features };

    private static string Short(string name) => name.Length > 100 ? name[..100] + "…" : name;
}

/// <summary>How columns of the schema are found in data files (protocol, "Column Mapping").</summary>
public enum ColumnMappingMode
{
    /// <summary>By the column's name.</summary>
    None,

    /// <summary>By the physical name noted at the field.</summary>
    Name,

    /// <summary>By the Parquet field id noted at the field.</summary>
    Id,
}
