namespace Fabric.Avro;

/// <summary>One reason why a reader cannot read what a writer writes.</summary>
/// <param name="Type">What kind of reason.</param>
/// <param name="Path">Where in the reader's schema, as a JSON pointer: <c>/fields/2/type</c>; <c>/</c> is the root.</param>
/// <param name="Detail">What was expected and found: a field, symbols, types.</param>
public sealed record Incompatibility(IncompatibilityType Type, string Path, string Detail)
{
    /// <summary>The type as registries spell it, e.g. <c>READER_FIELD_MISSING_DEFAULT_VALUE</c>.</summary>
    public string TypeName => Type switch
    {
        IncompatibilityType.NameMismatch => "NAME_MISMATCH",
        IncompatibilityType.FixedSizeMismatch => "FIXED_SIZE_MISMATCH",
        IncompatibilityType.MissingEnumSymbols => "MISSING_ENUM_SYMBOLS",
        IncompatibilityType.ReaderFieldMissingDefaultValue => "READER_FIELD_MISSING_DEFAULT_VALUE",
        IncompatibilityType.TypeMismatch => "TYPE_MISMATCH",
        _ => "MISSING_UNION_BRANCH",
    };

    /// <summary>The message in the form in which Confluent's registry lists it.</summary>
    /// <param name="readerIsNew">Whether the reader is the schema that is asked about (backward) or the registered one (forward).</param>
    public string Describe(bool readerIsNew)
    {
        (string reader, string writer) = readerIsNew ? ("new", "old") : ("old", "new");
        string description = Type switch
        {
            IncompatibilityType.FixedSizeMismatch =>
                $"The size of FIXED type field at path '{Path}' in the {reader} schema does not match with the {writer} schema",
            IncompatibilityType.TypeMismatch =>
                $"The type (path '{Path}') of a field in the {reader} schema does not match with the {writer} schema",
            IncompatibilityType.NameMismatch => $"The name of the schema has changed (path '{Path}')",
            IncompatibilityType.MissingEnumSymbols =>
                $"The {reader} schema is missing enum symbols '{Detail}' at path '{Path}' in the {writer} schema",
            IncompatibilityType.MissingUnionBranch =>
                $"The {reader} schema is missing a type inside a union field at path '{Path}' in the {writer} schema",
            _ => $"The field '{Detail}' at path '{Path}' in the {reader} schema has no default value and is missing in the "
                + $"{writer} schema",
        };
        return $"{{errorType:'{TypeName}', description:'{description}', additionalInfo:'{Detail}'}}";
    }
}
