using Fabric.DuckDb.Interop;

namespace Fabric.DuckDb;

/// <summary>The logical type of a column, nested types included. Immutable.</summary>
public sealed class DuckDbType
{
    private DuckDbType(DuckDbTypeId id, byte precision, byte scale, int arrayLength, string[] labels, DuckDbField[] fields)
    {
        Id = id;
        Precision = precision;
        Scale = scale;
        ArrayLength = arrayLength;
        Labels = labels;
        Fields = fields;
    }

    public DuckDbTypeId Id { get; }

    /// <summary>Decimal digits, 1..38; 0 for other types.</summary>
    public byte Precision { get; }

    /// <summary>Decimal digits after the point.</summary>
    public byte Scale { get; }

    /// <summary>Elements in each value of a fixed-size ARRAY; 0 for other types.</summary>
    public int ArrayLength { get; }

    /// <summary>The values of an ENUM in order of their number; empty for other types.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>STRUCT and UNION: the members. LIST and ARRAY: one, <c>element</c>. MAP: two, <c>key</c> and <c>value</c>.</summary>
    public IReadOnlyList<DuckDbField> Fields { get; }

    /// <summary>The type in DuckDB's SQL.</summary>
    public override string ToString() => Id switch
    {
        DuckDbTypeId.Decimal => $"DECIMAL({Precision},{Scale})",
        DuckDbTypeId.List => $"{Fields[0].Type}[]",
        DuckDbTypeId.Array => $"{Fields[0].Type}[{ArrayLength}]",
        DuckDbTypeId.Map => $"MAP({Fields[0].Type}, {Fields[1].Type})",
        DuckDbTypeId.Struct => $"STRUCT({MembersText()})",
        DuckDbTypeId.Union => $"UNION({MembersText()})",
        DuckDbTypeId.Enum => $"ENUM({string.Join(", ", Labels.Select(SqlText.Literal))})",
        DuckDbTypeId.TimestampTz => "TIMESTAMP WITH TIME ZONE",
        DuckDbTypeId.TimestampSeconds => "TIMESTAMP_S",
        DuckDbTypeId.TimestampMilliseconds => "TIMESTAMP_MS",
        DuckDbTypeId.TimestampNanoseconds => "TIMESTAMP_NS",
        DuckDbTypeId.TimeTz => "TIME WITH TIME ZONE",
        DuckDbTypeId.TimeNanoseconds => "TIME_NS",
        DuckDbTypeId.SqlNull => "\"NULL\"",
        _ => Id.ToString().ToUpperInvariant(),
    };

    internal static DuckDbType From(LogicalTypeHandle type)
    {
        DuckDbTypeId id = NativeMethods.duckdb_get_type_id(type);
        return id switch
        {
            DuckDbTypeId.Decimal => new DuckDbType(
                id, NativeMethods.duckdb_decimal_width(type), NativeMethods.duckdb_decimal_scale(type), 0, [], []),
            DuckDbTypeId.Enum => new DuckDbType(id, 0, 0, 0, LabelsOf(type), []),
            DuckDbTypeId.List => Nested(id, [Field("element", NativeMethods.duckdb_list_type_child_type(type))]),
            DuckDbTypeId.Array => new DuckDbType(
                id, 0, 0, (int)NativeMethods.duckdb_array_type_array_size(type), [],
                [Field("element", NativeMethods.duckdb_array_type_child_type(type))]),
            DuckDbTypeId.Map => Nested(
                id,
                [
                    Field("key", NativeMethods.duckdb_map_type_key_type(type)),
                    Field("value", NativeMethods.duckdb_map_type_value_type(type)),
                ]),
            DuckDbTypeId.Struct => Nested(id, StructFields(type)),
            DuckDbTypeId.Union => Nested(id, UnionFields(type)),
            _ => Nested(id, []),
        };
    }

    private static DuckDbType Nested(DuckDbTypeId id, DuckDbField[] fields) => new(id, 0, 0, 0, [], fields);

    private static DuckDbField Field(string name, LogicalTypeHandle type)
    {
        using (type)
        {
            return new DuckDbField(name, From(type));
        }
    }

    private static string[] LabelsOf(LogicalTypeHandle type)
    {
        var labels = new string[NativeMethods.duckdb_enum_dictionary_size(type)];
        for (int i = 0; i < labels.Length; i++)
        {
            labels[i] = NativeText.Owned(NativeMethods.duckdb_enum_dictionary_value(type, (ulong)i));
        }

        return labels;
    }

    private static DuckDbField[] StructFields(LogicalTypeHandle type)
    {
        var fields = new DuckDbField[NativeMethods.duckdb_struct_type_child_count(type)];
        for (ulong i = 0; i < (ulong)fields.Length; i++)
        {
            string name = NativeText.Owned(NativeMethods.duckdb_struct_type_child_name(type, i));
            fields[i] = Field(name, NativeMethods.duckdb_struct_type_child_type(type, i));
        }

        return fields;
    }

    private static DuckDbField[] UnionFields(LogicalTypeHandle type)
    {
        var fields = new DuckDbField[NativeMethods.duckdb_union_type_member_count(type)];
        for (ulong i = 0; i < (ulong)fields.Length; i++)
        {
            string name = NativeText.Owned(NativeMethods.duckdb_union_type_member_name(type, i));
            fields[i] = Field(name, NativeMethods.duckdb_union_type_member_type(type, i));
        }

        return fields;
    }

    private string MembersText() =>
        string.Join(", ", Fields.Select(field => $"{SqlText.Identifier(field.Name)} {field.Type}"));
}

/// <summary>A named member of a nested type, or a column of a result.</summary>
public sealed record DuckDbField(string Name, DuckDbType Type);
