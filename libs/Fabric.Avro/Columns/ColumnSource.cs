using Fabric.Core.Columns;

namespace Fabric.Avro;

/// <summary>One column and where its values come from.</summary>
/// <param name="Field">Name, type and nullability.</param>
/// <param name="Path">
/// Names joined by dots, from the root of the record: fields; keys of a map; and, where a union has several types, the type
/// that is meant (<c>samples.value.double</c>). A union of null and one type needs no naming. A name of a type takes the
/// narrower one when the union lacks it: <c>long</c> takes an int, <c>double</c> a float. <see cref="ColumnMapping.IndexPath"/>
/// is the element's index in the exploded array, from 0.
/// </param>
public sealed record ColumnSource(ColumnField Field, string Path);
