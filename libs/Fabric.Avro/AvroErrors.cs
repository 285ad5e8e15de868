namespace Fabric.Avro;

/// <summary>The codes of <see cref="AvroException"/>: stable, to be counted, alerted on and matched by programs.</summary>
public static class AvroErrors
{
    /// <summary>The schema text is not JSON, or passes a limit on size or depth.</summary>
    public const string SchemaText = "AVRO_SCHEMA_TEXT";

    /// <summary>The JSON is no Avro schema: an attribute is missing or of the wrong kind, a rule of the specification is broken.</summary>
    public const string SchemaInvalid = "AVRO_SCHEMA_INVALID";

    /// <summary>A name is malformed, reserved or defined twice.</summary>
    public const string SchemaName = "AVRO_SCHEMA_NAME";

    /// <summary>A type is used that nothing defines.</summary>
    public const string SchemaUnknownType = "AVRO_SCHEMA_UNKNOWN_TYPE";

    /// <summary>A default value does not fit its type.</summary>
    public const string SchemaDefault = "AVRO_SCHEMA_DEFAULT";

    /// <summary>A named bound on types, branches, symbols or nesting is passed.</summary>
    public const string SchemaLimit = "AVRO_SCHEMA_LIMIT";

    /// <summary>The data end in the middle of a value.</summary>
    public const string Truncated = "AVRO_TRUNCATED";

    /// <summary>A variable-length integer has more than 10 bytes, or does not fit its type.</summary>
    public const string Varint = "AVRO_VARINT";

    /// <summary>A length is negative or longer than what is left.</summary>
    public const string Length = "AVRO_LENGTH";

    /// <summary>An array or map announces more items than the data can hold, or more empty items than the limit.</summary>
    public const string BlockCount = "AVRO_BLOCK_COUNT";

    /// <summary>A boolean is neither 0 nor 1.</summary>
    public const string Boolean = "AVRO_BOOLEAN";

    /// <summary>A string is not valid UTF-8.</summary>
    public const string Utf8 = "AVRO_UTF8";

    /// <summary>An enum index names no symbol.</summary>
    public const string EnumIndex = "AVRO_ENUM_INDEX";

    /// <summary>A union index names no branch.</summary>
    public const string UnionIndex = "AVRO_UNION_INDEX";

    /// <summary>Values are nested deeper than the limit.</summary>
    public const string Depth = "AVRO_DEPTH";

    /// <summary>Bytes are left after the value.</summary>
    public const string Trailing = "AVRO_TRAILING";

    /// <summary>Writer's and reader's schema cannot be resolved, or this value cannot (a branch or symbol the reader lacks).</summary>
    public const string Resolution = "AVRO_RESOLUTION";

    /// <summary>A value does not fit the column it is to be written to (range of a timestamp, digits of a decimal).</summary>
    public const string Range = "AVRO_RANGE";

    /// <summary>A value given for encoding does not fit its schema.</summary>
    public const string Value = "AVRO_VALUE";

    /// <summary>A file is no Avro object container, or is damaged.</summary>
    public const string File = "AVRO_FILE";

    /// <summary>A file is compressed with a codec that is not built here.</summary>
    public const string Codec = "AVRO_CODEC";

    /// <summary>A column mapping does not fit the schema or the batch.</summary>
    public const string Mapping = "AVRO_MAPPING";
}
