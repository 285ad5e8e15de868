namespace Fabric.Avro;

/// <summary>Why a reader cannot read a writer's data; the names are those of Avro's own checker and of Confluent's registry.</summary>
public enum IncompatibilityType
{
    NameMismatch,
    FixedSizeMismatch,
    MissingEnumSymbols,
    ReaderFieldMissingDefaultValue,
    TypeMismatch,
    MissingUnionBranch,
}
